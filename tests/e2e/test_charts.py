"""Charts in a real browser: drawn, exact under the keys, drawn again for another theme and after a
swap; the risk page's wishes and what-if."""

from __future__ import annotations

import re

from playwright.sync_api import Page, expect

from tests.e2e.live_desk import LiveDesk

CURVE = "[data-chart=payoff]"
READ = f"{CURVE} .chart__readout"


def open_risk(page: Page, desk: LiveDesk, query: str = "") -> None:
    page.goto(f"{desk.address}/risk/{query}")
    expect(page.locator(f"{CURVE}[data-drawn=yes] canvas").first).to_be_visible(timeout=15_000)


def test_the_curve_is_drawn_and_says_exact_values(signed_in: Page, desk: LiveDesk) -> None:
    open_risk(signed_in, desk)
    expect(signed_in.locator(READ)).to_contain_text(re.compile(r"Today.*[+−\d]"))
    resting = signed_in.locator(READ).inner_text()
    signed_in.locator(CURVE).focus()
    for _ in range(5):
        signed_in.keyboard.press("ArrowRight")
    expect(signed_in.locator(READ)).not_to_have_text(resting)
    signed_in.keyboard.press("Escape")
    expect(signed_in.locator(READ)).to_contain_text("0.")


def test_the_readout_is_what_the_table_says(signed_in: Page, desk: LiveDesk) -> None:
    open_risk(signed_in, desk)
    signed_in.locator("#risk-curve summary").click()
    price = signed_in.locator(READ).inner_text().split()[1]
    row = signed_in.locator("#risk-curve tbody tr", has_text=price)
    today = row.locator("td").first.inner_text()
    expect(signed_in.locator(READ)).to_contain_text(today)


def test_charts_follow_the_theme(signed_in: Page, desk: LiveDesk) -> None:
    open_risk(signed_in, desk)
    pixels = """(() => { const found = document.querySelector("[data-chart=payoff] canvas");
        return found.toDataURL(); })()"""
    before = signed_in.evaluate(pixels)
    signed_in.locator('form[data-toggle="theme"] button').click()
    expect(signed_in.locator(f"{CURVE} canvas").first).to_be_visible()
    assert signed_in.evaluate(pixels) != before
    assert signed_in.locator(f"{CURVE} .chart__canvas").count() == 1
    signed_in.locator('form[data-toggle="theme"] button').click()


def test_a_wish_swaps_the_page_and_its_charts(signed_in: Page, desk: LiveDesk) -> None:
    open_risk(signed_in, desk)
    signed_in.locator("#id_of").select_option("SPY")
    expect(signed_in.locator("#curve-title")).to_have_text("P/L along SPY")
    expect(signed_in).to_have_url(re.compile(r"of=SPY"))
    expect(signed_in.locator(f"{CURVE}[data-drawn=yes] canvas").first).to_be_visible()
    expect(signed_in.locator("#risk-moves")).to_contain_text("straddle", timeout=15_000)
    signed_in.locator("#id_measure").select_option("delta")
    expect(signed_in.locator(".heat")).to_be_visible()
    expect(signed_in).to_have_url(re.compile(r"measure=delta"))


def test_a_typed_leg_turns_the_page_into_a_what_if(signed_in: Page, desk: LiveDesk) -> None:
    open_risk(signed_in, desk, "?of=SPY")
    signed_in.locator(".risk__basket > summary").click()
    signed_in.locator("[name=new_quantity]").fill("100")
    signed_in.locator("[name=new_symbol]").fill("SPY")
    signed_in.locator("[name=add_leg]").click()
    expect(signed_in.locator(".is-what-if")).to_be_visible(timeout=15_000)
    expect(signed_in.locator(READ)).to_contain_text("without what-if")
    signed_in.get_by_role("link", name="Back to the book").click()
    expect(signed_in.locator(".is-what-if")).to_have_count(0)


def test_figures_of_scenarios_open_their_arithmetic(signed_in: Page, desk: LiveDesk) -> None:
    open_risk(signed_in, desk, "?of=SPY")
    signed_in.locator("[data-figure=risk-cell-0-0]").click()
    expect(signed_in.locator("#figure-sheet")).to_contain_text("american")
