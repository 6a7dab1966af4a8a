"""The order desk in a real browser against real processes: by mouse, by keyboard, on a phone."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.e2e import ordering, trading
from tests.e2e.conftest import SignIn
from tests.e2e.live_desk import LiveDesk
from tests.e2e.ordering import WAIT


@pytest.fixture
def wide(signed_in: Page) -> Page:
    signed_in.set_viewport_size({"width": 1440, "height": 900})
    return signed_in


def fill_at_natural(page: Page) -> None:
    """From a filled ticket to executions: natural price, preview, send."""
    ordering.at_natural(page)
    ordering.preview(page).click()
    expect(ordering.status(page)).to_contain_text("Filled", timeout=WAIT)


# --- an iron condor: built, rolled, closed ------------------------------------


def test_an_iron_condor_by_mouse(wide: Page, desk: LiveDesk) -> None:
    page = wide
    ordering.open_chain(page, desk, "AMZN")
    for count, pick in enumerate(ordering.CONDOR, 1):
        ordering.price(page, *pick).click()
        expect(ordering.picked(page)).to_have_count(count, timeout=WAIT)
    page.locator("#chain-ticket").click()
    expect(page.locator("#ticket .leg-box")).to_have_count(4, timeout=WAIT)

    before = ordering.working(desk)
    ordering.at_natural(page)
    send = ordering.preview(page)
    expect(page.locator("#fees")).to_contain_text("Total fees")
    expect(send).to_have_text(re.compile(r"^Send: .*\d cr to …\d{4}$"))
    assert ordering.working(desk) == before
    send.click()
    expect(ordering.status(page)).to_contain_text("Filled", timeout=WAIT)
    assert ordering.working(desk) == before + 1
    expect(ordering.toasts(page).first).to_contain_text("Filled −1 AMZN", timeout=WAIT)
    page.goto(f"{desk.address}/notices/")
    expect(page.locator(".events")).to_contain_text("Filled −1 AMZN")


def test_its_puts_are_rolled(wide: Page, desk: LiveDesk) -> None:
    page = wide
    legs = ordering.held(page, desk, "AMZN", 4)
    puts = [name for name in legs if re.search(r" P\b", name)]
    assert len(puts) == 2
    ordering.act(page, desk, "AMZN", only=r" P\b")
    page.get_by_role("button", name="Roll").click()
    expect(page.locator("#roll-table tbody tr").first).to_contain_text(
        re.compile(r"\d (cr|db)"), timeout=WAIT
    )
    page.locator("#roll-table tbody a").nth(1).click()
    expect(page.locator("#ticket .leg-box")).to_have_count(4, timeout=WAIT)
    fill_at_natural(page)
    after = ordering.held(page, desk, "AMZN", 4, without=puts)
    assert len(set(after) & set(legs)) == 2


def test_it_is_closed(wide: Page, desk: LiveDesk) -> None:
    page = wide
    ordering.act(page, desk, "AMZN")
    page.get_by_role("button", name="Close", exact=True).click()
    expect(page.locator("#ticket .leg-box")).to_have_count(4, timeout=WAIT)
    actions = page.locator("#ticket select[name$=-action]")
    assert all("to Close" in box.input_value() for box in actions.all())
    fill_at_natural(page)
    assert ordering.held(page, desk, "AMZN", 0) == []


def tab_to(page: Page, selector: str, most: int = 120) -> None:
    """Press Tab until the element has the focus; a trap or an unreachable one fails."""
    for _ in range(most):
        if page.evaluate("s => document.activeElement.matches(s)", selector):
            return
        page.keyboard.press("Tab")
    raise AssertionError(f"{selector} cannot be reached with Tab")


def test_an_iron_condor_by_keyboard_alone(wide: Page, desk: LiveDesk) -> None:
    page = wide
    ordering.open_chain(page, desk, "DIA")
    contracts = [
        ordering.price(page, *pick).get_attribute("data-contract") for pick in ordering.CONDOR
    ]
    page.locator("main").focus()
    page.evaluate("document.activeElement.blur()")
    page.keyboard.press("ArrowDown")
    for count, ((side, right, _), contract) in enumerate(
        zip(ordering.CONDOR, contracts, strict=True), 1
    ):
        walk_to(page, right, str(contract))
        page.keyboard.press("s" if side == "sell" else "b")
        expect(ordering.picked(page)).to_have_count(count, timeout=WAIT)
    before = ordering.working(desk)
    page.keyboard.press("n")
    expect(page.locator("#ticket .leg-box")).to_have_count(4, timeout=WAIT)
    tab_to(page, '#ticket button[name=do][value^="nat"]')
    page.keyboard.press("Enter")
    ordering.settled(page)
    tab_to(page, "#ticket-preview")
    page.keyboard.press("Enter")
    expect(page.locator("#ticket-send")).to_be_visible(timeout=WAIT)
    tab_to(page, "#ticket-send")
    for key in ("Enter", "Space"):
        page.keyboard.press(key)
    expect(page.locator("#key-status")).to_contain_text("Ctrl")
    assert ordering.working(desk) == before

    page.keyboard.press("Control+Enter")
    expect(ordering.status(page)).to_contain_text("Filled", timeout=WAIT)
    assert ordering.working(desk) == before + 1


def walk_to(page: Page, right: str, contract: str) -> None:
    """Arrow keys from where the focus is to a price of this contract."""
    here = "() => document.activeElement.dataset.contract || ''"
    if not page.evaluate(here):
        page.keyboard.press("ArrowDown")
    for _ in range(4):
        if str(page.evaluate(here))[12:13] == right:
            break
        page.keyboard.press("ArrowRight" if right == "P" else "ArrowLeft")
    for _ in range(120):
        at = str(page.evaluate(here))
        if at == contract:
            return
        page.keyboard.press("ArrowDown" if at[13:] < contract[13:] else "ArrowUp")
    raise AssertionError(f"{contract} cannot be reached with the arrow keys")


# --- other orders ------------------------------------


def test_a_bracket_stands_together_and_is_taken_back_as_one(wide: Page, desk: LiveDesk) -> None:
    page = wide
    trading.open_ticket(page, desk, "PFE", 20)
    page.locator("#ticket select[name=group]").select_option("OTOCO")
    expect(page.locator("#ticket .ticket-order")).to_have_count(3, timeout=WAIT)
    ordering.settled(page)
    prices = {"price": "0.8", "o1-price": "1.2", "o2-stop_trigger": "0.7"}
    for name, share in prices.items():
        field = page.locator(f"#ticket input[name={name}]")
        field.fill(str(trading.share_of_mark(desk, "PFE", share)))
        field.press("Tab")
        ordering.settled(page)
    ordering.preview(page).click()
    page.wait_for_url(trading.SENT)

    page.goto(f"{desk.address}/orders/?symbol=PFE")
    group = page.locator(".table-orders tr.group", has_text="Bracket").first
    expect(group).to_contain_text("Waiting for entry", timeout=WAIT)
    members = page.locator(".table-orders tbody tr.leg")
    expect(members).to_have_count(3)
    for role in ("entry", "take profit", "stop"):
        expect(members.filter(has_text=role).first).to_be_visible()
    group.get_by_role("button", name="Cancel the group").click()
    expect(page.locator(".cancel-list")).to_contain_text("protects")
    page.get_by_role("button", name="Cancel the group").click()
    page.goto(f"{desk.address}/orders/?symbol=PFE")
    expect(page.locator("main")).to_contain_text("No orders of PFE here.", timeout=WAIT)


def test_a_future_is_ordered_changed_and_cancelled(wide: Page, desk: LiveDesk) -> None:
    page = wide
    page.goto(f"{desk.address}/trade/?instrument_type=Future")
    page.get_by_label("Symbol", exact=True).fill("/ESZ6")
    page.get_by_label("Symbol", exact=True).press("Tab")
    expect(page.locator("#ticket dl.quotes").first).to_contain_text(re.compile(r"\d"), timeout=WAIT)
    page.get_by_label("Quantity").fill("1")
    limit = trading.mark(desk, "/ESZ6") * 95 // 100 // 10 * 10
    page.get_by_label("Limit price", exact=True).fill(f"{limit}.00")
    send = ordering.preview(page)
    expect(send).to_contain_text(f"{limit:,}.00 db")
    send.click()
    expect(ordering.status(page)).to_contain_text("Live", timeout=WAIT)

    page.goto(f"{desk.address}/orders/")
    row = page.locator(".table-orders tbody tr", has_text="/ESZ6").first
    expect(row.locator("[id$=-mark]")).to_contain_text(re.compile(r"\d (cr|db)"), timeout=WAIT)
    row.get_by_role("button", name=re.compile("One tick up")).click()
    send = page.locator("#ticket-send")
    expect(send).to_contain_text(f"to {limit:,}.25 db", timeout=WAIT)
    send.click()
    expect(page.locator("#messages")).to_contain_text("is taken", timeout=WAIT)
    page.goto(f"{desk.address}/orders/?symbol=")
    row = page.locator(".table-orders tbody tr", has_text=f"{limit:,}.25").first
    expect(row).to_contain_text("replaces", timeout=WAIT)
    expect(row.locator(".chip")).to_contain_text("Live", timeout=WAIT)
    row.get_by_role("button", name=re.compile("^Cancel")).click()
    expect(ordering.toasts(page).first).to_contain_text("Cancelled", timeout=WAIT)


def test_crypto_for_an_amount_of_dollars(wide: Page, desk: LiveDesk) -> None:
    page = wide
    page.goto(f"{desk.address}/trade/?instrument_type=Cryptocurrency&order_type=Notional+Market")
    page.get_by_label("Symbol", exact=True).fill("BTC")
    page.get_by_label("Symbol", exact=True).press("Tab")
    expect(page.locator("#ticket dl.quotes").first).to_contain_text(re.compile(r"\d"), timeout=WAIT)
    page.get_by_label(re.compile("Amount")).fill("25")
    send = ordering.preview(page)
    expect(send).to_contain_text("$25.00")
    send.click()
    expect(ordering.status(page)).to_contain_text("Filled", timeout=WAIT)


def test_an_order_that_the_exchange_refuses(wide: Page, desk: LiveDesk) -> None:
    page = wide
    trading.open_ticket(page, desk, "KO", 3)
    page.get_by_label("Limit price", exact=True).fill(str(trading.share_of_mark(desk, "KO", "0.8")))
    ordering.preview(page).click()
    expect(ordering.status(page)).to_contain_text("Live", timeout=WAIT)
    number = page.locator("#ticket-result a[href^='/orders/']").first.inner_text()
    trading.control(desk, f"orders/{number}", action="reject", reason="Session offline")
    expect(ordering.status(page)).to_contain_text("Rejected", timeout=WAIT)
    expect(page.locator("#ticket-result")).to_contain_text("Session offline")
    expect(page.locator("#alerts")).to_contain_text("Session offline", timeout=WAIT)


def test_an_order_whose_answer_is_lost_is_looked_for_never_sent_again(
    wide: Page, desk: LiveDesk
) -> None:
    page = wide
    before = ordering.working(desk)
    trading.open_ticket(page, desk, "KO", 4)
    page.get_by_label("Limit price", exact=True).fill(str(trading.share_of_mark(desk, "KO", "0.8")))
    send = ordering.preview(page)
    trading.control(desk, "faults", action="drop", method="POST", path="/orders$", count=1)
    send.click()
    expect(page.locator("#result-status")).to_be_visible(timeout=WAIT)
    # Found under its identifier by looking; the ledger holds one.
    expect(ordering.status(page)).to_contain_text("Live", timeout=60_000)
    assert ordering.working(desk) == before + 1
    page.goto(f"{desk.address}/orders/?tab=unknown")
    expect(page.locator("main")).to_contain_text("Nothing is unknown.")


# --- the order book, guards, keys ------------------------------------


def test_the_kill_switch_stops_and_releases(wide: Page, desk: LiveDesk) -> None:
    page = wide
    page.goto(f"{desk.address}/kill/")
    # An account of its own: the others go on working in this session's other tests.
    page.locator(".kill-account", has_text="0003").get_by_role("checkbox").check()
    page.locator("#throw").click()
    expect(page.locator("#messages")).to_contain_text("is blocked")
    expect(page.locator(".banner--danger").last).to_contain_text("kill switch")
    page.get_by_label("Your password").fill(desk.facts["password"])
    page.get_by_role("button", name="Let orders out again").click()
    expect(page.locator("#messages")).to_contain_text("is released")


def test_keys_show_go_and_step(wide: Page, desk: LiveDesk) -> None:
    page = wide
    page.goto(f"{desk.address}/")
    page.keyboard.press("?")
    expect(page.locator("#keys")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.locator("#keys")).to_be_hidden()
    page.keyboard.press("g")
    page.keyboard.press("o")
    page.wait_for_url(re.compile("/orders/$"))
    page.keyboard.press("j")
    first = page.evaluate("document.activeElement.id")
    page.keyboard.press("j")
    second = page.evaluate("document.activeElement.id")
    page.keyboard.press("k")
    assert first != second and page.evaluate("document.activeElement.id") == first
    page.keyboard.press("/")
    assert page.evaluate("document.activeElement.id") == "filter-symbol"
    # A letter typed into a field is text.
    page.keyboard.type("gp")
    expect(page.locator("#filter-symbol")).to_have_value("gp")


def test_a_day_on_the_phone(browser: Browser, desk: LiveDesk, sign_in: SignIn) -> None:
    context = browser.new_context(viewport={"width": 390, "height": 844})
    page = sign_in(context.new_page())
    trading.open_ticket(page, desk, "INTC", 5)
    expect(page.get_by_label("Limit price", exact=True)).to_be_hidden()
    page.get_by_role("button", name="Next: price").click()
    page.get_by_label("Limit price", exact=True).fill(
        str(trading.share_of_mark(desk, "INTC", "0.8"))
    )
    ordering.preview(page).click()
    expect(ordering.status(page)).to_contain_text("Live", timeout=WAIT)
    for path in ("/orders/", "/guards/", "/kill/", "/orders/cancel-all/?which=all", "/notices/"):
        page.goto(f"{desk.address}{path}")
        wide = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
        assert page.evaluate(wide) <= 0, path
    page.goto(f"{desk.address}/orders/")
    card = page.locator(".table-orders tbody tr", has_text="INTC").first
    button = card.get_by_role("button", name=re.compile("^Cancel"))
    box = button.bounding_box()
    assert box is not None and box["height"] >= 44
    button.click()
    expect(ordering.toasts(page).first).to_contain_text("Cancelled", timeout=WAIT)
    context.close()
