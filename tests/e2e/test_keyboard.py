"""The keyboard and the focus at the order desk: no single key sends, and rows that are drawn again
take nothing away from the person at them."""

from __future__ import annotations

import re
import string
from collections.abc import Iterator
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Page, Request, Route, expect

from tests.e2e import ordering, trading
from tests.e2e.live_desk import LiveDesk
from tests.e2e.ordering import WAIT

KEYS = [*string.ascii_lowercase, *"0[]{}=/?+-", "Enter", "Space", "Escape", "Delete"]
KEYS += ["Shift+Enter", "Alt+Enter", "Shift+Space"]
SENDS = re.compile(r"/(submit|cancel|cancel-all|cancel-group|send|kill|release)/$")


@pytest.fixture
def wide(signed_in: Page) -> Page:
    signed_in.set_viewport_size({"width": 1440, "height": 900})
    return signed_in


@pytest.fixture
def sent(wide: Page) -> Iterator[list[str]]:
    """Paths of requests that would send or cancel; none of them, and no other page, gets out."""
    paths: list[str] = []

    def hold(route: Route, request: Request) -> None:
        path = urlsplit(request.url).path
        if request.method == "POST" and SENDS.search(path):
            paths.append(path)
        if request.is_navigation_request() or request.method == "POST":
            route.fulfill(status=204)
        else:
            route.fallback()

    def on() -> None:
        wide.route("**/*", hold)

    wide.hold = on  # type: ignore[attr-defined]
    yield paths
    wide.unroute_all(behavior="ignoreErrors")


def confirmation(page: Page, desk: LiveDesk) -> None:
    """An order ready to be sent, far from the market."""
    page.goto(
        f"{desk.address}/trade/?symbol=KO&leg-0-quantity=3&price=1.25&leg-0-action=Buy+to+Open"
    )
    ordering.preview(page)


def address(page: Page, desk: LiveDesk, name: str) -> None:
    """One page on which something can be sent or cancelled."""
    if name == "confirmation":
        confirmation(page, desk)
        return
    page.goto(f"{desk.address}/orders/")
    row = page.locator(".table-orders tbody tr").first
    detail = row.locator("a[id^=open-]").get_attribute("href") or ""
    paths = {
        "book": "/orders/",
        "detail": detail,
        "cancel": f"{detail}cancel/",
        "cancel all": "/orders/cancel-all/?which=all",
        "kill": "/kill/",
    }
    if name == "change":
        row.locator("button[id^=up-]").click()
        expect(page.locator("#ticket-send")).to_be_visible(timeout=WAIT)
        return
    page.goto(desk.address + paths[name])


PLACES = """() => {
    const of = (form) => form && [...form.elements].find((e) => e.type === "submit");
    const all = [...document.querySelectorAll("main [data-send]"),
      ...[...document.querySelectorAll("main input:not([type=hidden]), main select")]
        .filter((e) => of(e.form) && of(e.form).matches("[data-send]")),
      ...document.querySelectorAll("main tbody tr[tabindex]")];
    all.slice(0, 4).forEach((e, i) => e.setAttribute("data-test-place", i));
    return Math.min(4, all.length);
}"""


PAGES = ("book", "detail", "cancel", "cancel all", "kill", "confirmation", "change")
FOCUS = """i => {
    document.querySelectorAll("dialog[open]").forEach((dialog) => dialog.close());
    const node = document.querySelector(`[data-test-place='${i}']`);
    node ? node.focus() : document.activeElement.blur();
}"""


def test_no_single_key_sends(wide: Page, desk: LiveDesk, sent: list[str]) -> None:
    for name in PAGES:
        address(wide, desk, name)
        count = wide.evaluate(PLACES)
        assert count, f"{name}: something on it sends"
        wide.hold()  # type: ignore[attr-defined]
        for place in [None, *range(count)]:
            for key in KEYS:
                wide.evaluate(FOCUS, place)
                wide.keyboard.press(key)
        assert sent == [], name
        wide.locator("main [data-send]").first.focus()
        wide.keyboard.press("Control+Enter")
        wide.wait_for_timeout(150)
        # A script that gets no answer may ask what became of it by the same address.
        assert len(set(sent)) == 1, f"{name}: the chord on the button does send"
        sent.clear()
        wide.unroute_all(behavior="ignoreErrors")


def test_every_chord_of_the_overlay_goes_where_it_says(wide: Page, desk: LiveDesk) -> None:
    wide.goto(f"{desk.address}/orders/")
    wide.keyboard.press("?")
    expect(wide.locator("#keys")).to_be_visible()
    chords = (
        wide.locator("#keys section")
        .first.locator("dl > div")
        .evaluate_all("all => all.map(e => [...e.querySelectorAll('kbd')].map(k => k.textContent))")
    )
    letters = [keys[1] for keys in chords if keys[0] == "g"]
    assert set("potrj") <= set(letters)
    wide.keyboard.press("Escape")
    expect(wide.locator("#keys")).to_be_hidden()
    for letter in letters:
        wide.goto(f"{desk.address}/guards/")
        wide.keyboard.press("g")
        wide.keyboard.press(letter)
        wide.wait_for_url(lambda url: "/guards/" not in url, timeout=WAIT, wait_until="commit")


REDRAW = """async () => {
    const part = () => document.querySelector("#order-table, #order-detail");
    const old = part();
    // Told before the page listens it is not heard: said again, for half a minute.
    for (let at = 0; part() === old && at < 600; at++) {
        if (at % 40 === 0) document.body.dispatchEvent(new CustomEvent("desk:order.updated"));
        await new Promise((done) => setTimeout(done, 50));
    }
    await new Promise((done) => setTimeout(done, 150));
}"""


def test_focus_ticks_typing_and_scroll_outlive_a_redrawn_table(wide: Page, desk: LiveDesk) -> None:
    wide.set_viewport_size({"width": 1000, "height": 800})
    wide.goto(f"{desk.address}/orders/")
    for _ in range(2):
        wide.keyboard.press("j")
    row = wide.evaluate("document.activeElement.id")
    assert row.startswith("order-")
    wide.keyboard.press("x")
    wide.evaluate("document.querySelector('#order-table .table-scroll').scrollLeft = 60")
    scrolled = wide.evaluate("document.querySelector('#order-table .table-scroll').scrollLeft")
    assert scrolled > 0
    wide.evaluate("document.getElementById('filter-symbol').value = 'JP'")
    wide.evaluate(REDRAW)
    assert wide.evaluate("document.activeElement.id") == row
    assert wide.locator("input[name=order]:checked").count() == 1
    assert wide.evaluate("document.querySelector('.table-scroll').scrollLeft") == scrolled
    assert wide.locator("#filter-symbol").input_value() == "JP"


def test_a_row_that_has_gone_leaves_the_focus_to_its_neighbour(wide: Page, desk: LiveDesk) -> None:
    wide.goto(f"{desk.address}/orders/")
    wide.keyboard.press("j")
    own = wide.evaluate("document.activeElement.id")
    ids = wide.locator("#order-table tbody tr").evaluate_all("all => all.map(row => row.id)")
    wide.route(
        "**/orders/table/**",
        lambda route: route.fulfill(
            body=re.sub(rf'<tr[^>]*id="{own}".*?</tr>', "", route.fetch().text(), flags=re.S),
            content_type="text/html",
        ),
    )
    wide.evaluate(REDRAW)
    expect(wide.locator(f"#{own}")).to_have_count(0)
    assert wide.evaluate("document.activeElement.id") == ids[1]


def test_open_parts_of_an_order_stay_open(wide: Page, desk: LiveDesk) -> None:
    wide.goto(f"{desk.address}/orders/")
    wide.locator(".table-orders a[id^=open-]").first.click()
    wide.get_by_text("Raw, as the broker sent it").click()
    expect(wide.locator(".raw")).to_be_visible()
    wide.evaluate(REDRAW)
    expect(wide.locator(".raw")).to_be_visible()
    wide.keyboard.press("Escape")
    wide.wait_for_url(re.compile(r"/orders/$"))


def test_a_ticket_is_staged_opened_and_removed(wide: Page, desk: LiveDesk) -> None:
    before = len(trading.ledger(desk)["orders"])
    wide.goto(
        f"{desk.address}/trade/?symbol=KO&leg-0-quantity=3&price=1.25&leg-0-action=Buy+to+Open"
    )
    ordering.settled(wide)
    wide.locator("#ticket-stage").click()
    row = wide.locator(".table-staged tbody tr", has_text="Staged")
    expect(row).to_have_count(1, timeout=WAIT)
    row.focus()
    wide.keyboard.press("Enter")
    expect(wide.locator("#ticket input[name=price]")).to_have_value("1.25", timeout=WAIT)
    ordering.preview(wide)
    wide.locator("#preview-stage").click()
    expect(wide.locator(".table-staged .chip", has_text="Staged")).to_have_count(1, timeout=WAIT)
    wide.get_by_role("button", name=re.compile("^Remove")).click()
    expect(wide.locator("#messages")).to_contain_text("is removed", timeout=WAIT)
    assert len(trading.ledger(desk)["orders"]) == before


def test_paused_the_table_stands_still_and_is_read_again_afterwards(
    wide: Page, desk: LiveDesk
) -> None:
    wide.goto(f"{desk.address}/orders/")
    wide.locator("#live-pause").click()
    read: list[str] = []
    wide.on("request", lambda request: read.append(urlsplit(request.url).path))
    wide.evaluate("document.body.dispatchEvent(new CustomEvent('desk:order.updated'))")
    wide.wait_for_timeout(600)
    assert "/orders/table/" not in read
    with wide.expect_request("**/orders/table/**", timeout=WAIT):
        wide.locator("#live-pause").click()
