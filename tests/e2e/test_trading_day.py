"""A day at the desk, in a real browser against real processes."""

from __future__ import annotations

import re
from collections.abc import Callable
from decimal import Decimal

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.e2e import trading
from tests.e2e.live_desk import LiveDesk
from tests.e2e.trading import figure

WATCH = """() => {
  window.seen = [];
  const look = () => {
    const chip = document.querySelector('#result-status .chip');
    const words = chip && chip.textContent.trim();
    if (words && window.seen.at(-1) !== words) window.seen.push(words);
  };
  new MutationObserver(look).observe(document.body, {subtree: true, childList: true,
    characterData: true});
  look();
}"""


def test_quotes_and_profit_move_without_a_reload(signed_in: Page, desk: LiveDesk) -> None:
    signed_in.goto(f"{desk.address}/positions/")
    row = trading.position_row(signed_in, "AAPL").last
    price, profit = row.locator("[id$=-mark]"), row.locator("[id$=-open]")
    before, gained = figure(price.inner_text()), figure(profit.inner_text())
    signed_in.evaluate("window.unbroken = true")

    trading.control(desk, "prices", symbol="AAPL", factor=1.02)

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
    limit = trading.share_of_mark(desk, "PFE", "0.99")
    trading.open_ticket(page, desk, "PFE", 10)
    trading.preview(page, limit)

    expect(page.locator("#fees")).to_contain_text("Total fees")
    expect(page.get_by_text("Buying power").first).to_be_visible()
    expect(page.locator("#ticket-send")).to_have_text(re.compile(f"^Send: .*10 PFE.*{limit}"))
    chip = trading.send(page)
    page.evaluate(WATCH)
    expect(chip).to_contain_text("Live", timeout=10_000)

    # The market comes to the order.
    trading.control(desk, "prices", symbol="PFE", factor=0.97)
    expect(chip).to_contain_text("Filled", timeout=10_000)
    expect(page.locator("#result-progress")).to_contain_text("10")
    # The same page all along: its watcher is still there and saw the states come.
    seen = page.evaluate("window.seen")
    assert seen[-1] == "Filled" and any(word.startswith("Live") for word in seen)

    page.goto(f"{desk.address}/positions/")
    expect(trading.position_row(page, "PFE").last).to_contain_text("+10")
    page.goto(f"{desk.address}/")
    paid = cash_before - figure(cash.inner_text())
    assert limit * 10 * Decimal("0.95") < paid < limit * 10 * Decimal("1.01")


def test_a_working_order_is_cancelled(signed_in: Page, desk: LiveDesk) -> None:
    page = signed_in
    trading.open_ticket(page, desk, "MSFT", 3)
    trading.preview(page, trading.share_of_mark(desk, "MSFT", "0.8"))
    expect(trading.send(page)).to_contain_text("Live", timeout=10_000)

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


def test_another_person_sees_nothing_of_it(signed_in: Page, stranger: Page, desk: LiveDesk) -> None:
    signed_in.goto(f"{desk.address}/orders/?tab=history")
    order = signed_in.locator("a[href^='/orders/']").filter(has_text=re.compile("PFE|MSFT")).first
    order_path = order.get_attribute("href")
    signed_in.goto(f"{desk.address}/")
    account = signed_in.locator("a[href^='/accounts/']").first.get_attribute("href")
    assert order_path and account

    for path in (order_path, account):
        foreign = stranger.request.get(f"{desk.address}{path}")
        missing = stranger.request.get(f"{desk.address}{re.sub(r'[0-9]', '9', path)}")
        assert foreign.status == missing.status == 404
    stranger.goto(f"{desk.address}/positions/")
    expect(stranger.locator("body")).not_to_contain_text("AAPL")
