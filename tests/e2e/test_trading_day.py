"""A day at the desk, in a real browser against real processes."""

from __future__ import annotations

import re
from collections.abc import Callable
from decimal import Decimal

import httpx
import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from tests.e2e.live_desk import LiveDesk

WATCH = """() => {
  window.seen = [];
  const look = () => {
    const chip = document.querySelector('#result-status .chip');
    const words = chip && chip.textContent.trim();
    if (words && window.seen.at(-1) !== words) window.seen.push(words);
  };
  new MutationObserver(look).observe(document.body, {subtree: true, childList: true,
    characterData: true});
  window.addEventListener('beforeunload', () => { window.seen.push('page left'); });
  look();
}"""


def figure(text: str) -> Decimal:
    """The number in a cell: "▲ +1,240.50" → 1240.50."""
    return Decimal(re.sub(r"[^\d.\-]", "", text.replace("−", "-")))


def control(desk: LiveDesk, path: str, **body: object) -> dict[str, object]:
    url = f"{desk.facts['simulator']['control_url']}/{path}"
    answer = httpx.post(url, json=body, headers={"User-Agent": "desk-tests/1"}, timeout=10)
    answer.raise_for_status()
    return dict(answer.json())


def mark(desk: LiveDesk, symbol: str) -> Decimal:
    return Decimal(str(control(desk, "prices", symbol=symbol, factor=1)["mark"]))


def open_ticket(page: Page, desk: LiveDesk, symbol: str, quantity: int) -> None:
    page.goto(f"{desk.address}/trade/")
    page.get_by_label("Symbol", exact=True).fill(symbol)
    page.get_by_label("Symbol", exact=True).press("Tab")
    # The quote shows that the ticket knows the symbol.
    expect(page.locator("#ticket dl.quotes").first).to_contain_text(re.compile(r"\d"))
    page.get_by_label("Quantity").fill(str(quantity))


def position_row(page: Page, symbol: str) -> Locator:
    return page.get_by_role("row").filter(
        has=page.get_by_role("rowheader", name=symbol, exact=True)
    )


def test_quotes_and_profit_move_without_a_reload(signed_in: Page, desk: LiveDesk) -> None:
    signed_in.goto(f"{desk.address}/positions/")
    row = position_row(signed_in, "AAPL").last
    price, profit = row.locator("[id$=-mark]"), row.locator("[id$=-open]")
    before, gained = figure(price.inner_text()), figure(profit.inner_text())
    signed_in.evaluate("window.unbroken = true")

    control(desk, "prices", symbol="AAPL", factor=1.02)

    expect(price).not_to_have_text(re.compile(rf"^{before:,}$"))
    signed_in.wait_for_timeout(700)
    moved = figure(price.inner_text()) - before
    assert moved > 1
    # One hundred shares: the same row's profit moves by the same, a tick or two aside.
    assert abs(figure(profit.inner_text()) - gained - 100 * moved) < 100
    assert signed_in.evaluate("window.unbroken") is True


def test_an_order_from_form_to_fill(signed_in: Page, desk: LiveDesk) -> None:
    page = signed_in
    page.goto(f"{desk.address}/")
    cash = page.locator("dt", has_text=re.compile("^Cash$")).locator("xpath=../dd").first
    cash_before = figure(cash.inner_text())
    limit = (mark(desk, "PFE") * Decimal("0.99")).quantize(Decimal("0.01"))
    open_ticket(page, desk, "PFE", 10)
    page.get_by_label("Limit price").fill(str(limit))
    page.get_by_role("button", name="Preview").last.click()

    expect(page.locator("#fees")).to_contain_text("Total fees")
    expect(page.get_by_text("Buying power").first).to_be_visible()
    page.get_by_role("button", name=re.compile(f"^Send: .*10 PFE.*{limit}")).click()
    page.wait_for_url(re.compile(r"/trade/[0-9a-f-]{36}/"))
    page.evaluate(WATCH)
    chip = page.locator("#result-status .chip")
    expect(chip).to_contain_text("Live", timeout=10_000)

    # The market comes to the order.
    control(desk, "prices", symbol="PFE", factor=0.97)
    expect(chip).to_contain_text("Filled", timeout=10_000)
    expect(page.locator("#result-progress")).to_have_text(re.compile(r"10\s*/\s*10|10"))
    seen = page.evaluate("window.seen")
    assert seen[-1] == "Filled" and "page left" not in seen
    assert any(word.startswith("Live") for word in seen)

    page.goto(f"{desk.address}/positions/")
    expect(position_row(page, "PFE").last).to_contain_text("+10")
    page.goto(f"{desk.address}/")
    paid = cash_before - figure(cash.inner_text())
    assert limit * 10 * Decimal("0.95") < paid < limit * 10 * Decimal("1.01")


def test_a_working_order_is_cancelled(signed_in: Page, desk: LiveDesk) -> None:
    page = signed_in
    limit = (mark(desk, "MSFT") * Decimal("0.8")).quantize(Decimal("0.01"))
    open_ticket(page, desk, "MSFT", 3)
    page.get_by_label("Limit price").fill(str(limit))
    page.get_by_role("button", name="Preview").last.click()
    page.get_by_role("button", name=re.compile("^Send: ")).click()
    page.wait_for_url(re.compile(r"/trade/[0-9a-f-]{36}/"))
    expect(page.locator("#result-status .chip")).to_contain_text("Live", timeout=10_000)

    page.goto(f"{desk.address}/orders/")
    row = page.get_by_role("row").filter(has_text="MSFT")
    row.get_by_role("button", name="Cancel").click()
    page.goto(f"{desk.address}/orders/?tab=today")
    expect(page.get_by_role("row").filter(has_text="MSFT").first).to_contain_text(
        "Cancelled", timeout=10_000
    )


@pytest.fixture
def stranger(browser: Browser, desk: LiveDesk, sign_in: Callable[..., Page]) -> Page:
    password = desk.add_user("stranger")
    context = browser.new_context()
    return sign_in(context.new_page(), "stranger", password)


def test_another_person_sees_nothing_of_it(
    signed_in: Page, stranger: Page, desk: LiveDesk
) -> None:
    signed_in.goto(f"{desk.address}/orders/?tab=history")
    order = signed_in.locator("a[href^='/orders/']").filter(has_text=re.compile("PFE|MSFT")).first
    order_path = order.get_attribute("href")
    signed_in.goto(f"{desk.address}/")
    account = signed_in.locator("a[href^='/accounts/']").first.get_attribute("href")
    assert order_path and account

    for path in (order_path, account):
        answer = stranger.request.get(f"{desk.address}{path}")
        assert answer.status == 404
        missing = re.sub(r"\d", "9", path)
        unknown = stranger.request.get(f"{desk.address}{missing}")
        assert unknown.status == 404
    stranger.goto(f"{desk.address}/positions/")
    expect(stranger.locator("body")).not_to_contain_text("AAPL")
