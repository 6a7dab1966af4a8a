"""Every page at every width in both themes: nothing refused, nothing cut off, nothing jumping."""

from __future__ import annotations

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.e2e.conftest import SignIn
from tests.e2e.live_desk import LiveDesk

PATHS = ("/", "/positions/", "/orders/", "/orders/?tab=today", "/orders/?tab=unknown",
         "/orders/cancel-all/?which=all", "/trade/", "/chain/?symbol=SPY", "/risk/",
         "/risk/?of=SPY", "/guards/", "/kill/",
         "/connections/", "/connections/new/", "/notices/", "/settings/")  # fmt: skip
TOO_WIDE = "document.documentElement.scrollWidth - document.documentElement.clientWidth"


@pytest.mark.parametrize("theme", ["dark", "light"])
def test_no_page_scrolls_sideways(
    browser: Browser, desk: LiveDesk, sign_in: SignIn, theme: str
) -> None:
    context = browser.new_context(viewport={"width": 1440, "height": 900})
    context.add_cookies([{"name": "strikedesk_theme", "value": theme, "url": desk.address}])
    page = sign_in(context.new_page())
    refused: list[str] = []
    page.on(
        "console",
        lambda said: refused.append(said.text) if said.type in ("error", "warning") else None,
    )
    for path in PATHS:
        for width, height in ((1440, 900), (1024, 768), (390, 844), (320, 640)):
            page.set_viewport_size({"width": width, "height": height})
            answer = page.goto(f"{desk.address}{path}")
            assert answer is not None and answer.ok, path
            assert page.evaluate(TOO_WIDE) <= 0, f"{path} at {width} px scrolls sideways"
    assert not refused
    context.close()


def test_figures_do_not_move_their_neighbours(signed_in: Page, desk: LiveDesk) -> None:
    signed_in.goto(f"{desk.address}/positions/")
    lamp = signed_in.locator("[data-live-lamp]")
    expect(lamp).to_contain_text("Live", timeout=15_000)
    places = """() => [...document.querySelectorAll('th, td')].map(
        (cell) => Math.round(cell.getBoundingClientRect().left))"""
    before = signed_in.evaluate(places)
    signed_in.wait_for_timeout(1500)
    assert signed_in.evaluate(places) == before


def test_pause_stops_the_figures(signed_in: Page, desk: LiveDesk) -> None:
    signed_in.goto(f"{desk.address}/positions/")
    expect(signed_in.locator("[data-live-lamp]")).to_contain_text("Live", timeout=15_000)
    signed_in.locator("[data-live-pause]").click()
    expect(signed_in.locator("[data-live-lamp]")).to_contain_text("Paused")
    signed_in.wait_for_timeout(400)
    marks = "() => [...document.querySelectorAll('[id$=-mark]')].map((cell) => cell.textContent)"
    before = signed_in.evaluate(marks)
    signed_in.wait_for_timeout(1200)
    assert signed_in.evaluate(marks) == before
