"""kill -9 under an open page: everything comes back, and the page tells what happened."""

from __future__ import annotations

import re
import time

import pytest
from playwright.sync_api import Page, expect

from tests.e2e import trading
from tests.e2e.live_desk import LiveDesk

BACK_WITHIN = 15.0


def quotes_move(page: Page, desk: LiveDesk) -> None:
    """A new price reaches the page."""
    price = trading.position_row(page, "AAPL").last.locator("[id$=-mark]")
    before = price.inner_text()
    trading.control(desk, "prices", symbol="AAPL", factor=1.01)
    expect(price).not_to_have_text(before, timeout=BACK_WITHIN * 1000)


# What the lamp must say in between, where people would otherwise trust dead figures.
@pytest.mark.parametrize(
    ("name", "meanwhile"),
    [
        ("gateway", r"Quotes down|No quotes|Waiting for quotes|Live ([3-9]|1\d) s"),
        ("worker", None),
        ("web", r"Connection lost"),
        ("simulator", r"Quotes down|No quotes|Waiting for quotes"),
    ],
)
def test_the_page_is_true_again(
    signed_in: Page, desk: LiveDesk, name: str, meanwhile: str | None
) -> None:
    signed_in.goto(f"{desk.address}/positions/")
    lamp = signed_in.locator("[data-live-lamp]")
    expect(lamp).to_contain_text("Live", timeout=BACK_WITHIN * 1000)
    signed_in.evaluate("window.unbroken = true")

    if name == "gateway":
        # A dead one is back before the lamp need turn, so it hangs first.
        desk.freeze(name)
        expect(lamp).to_contain_text(re.compile(meanwhile or ""), timeout=BACK_WITHIN * 1000)
    started = time.monotonic()
    former = desk.kill(name)
    if meanwhile and name != "gateway":
        expect(lamp).to_contain_text(re.compile(meanwhile), timeout=BACK_WITHIN * 1000)
    desk.wait_for_another(name, former, BACK_WITHIN)
    expect(lamp).to_contain_text("Live", timeout=BACK_WITHIN * 1000)
    quotes_move(signed_in, desk)

    assert time.monotonic() - started < BACK_WITHIN + 5
    assert signed_in.evaluate("window.unbroken") is True


def test_an_order_survives_the_simulators_death(signed_in: Page, desk: LiveDesk) -> None:
    trading.open_ticket(signed_in, desk, "PFE", 1)
    trading.preview(signed_in, trading.share_of_mark(desk, "PFE", "0.7"))
    chip = trading.send(signed_in)
    expect(chip).to_contain_text("Live", timeout=10_000)

    former = desk.kill("simulator")
    desk.wait_for_another("simulator", former, BACK_WITHIN)
    trading.wait_for_simulator(desk)

    signed_in.goto(f"{desk.address}/orders/")
    row = signed_in.get_by_role("row").filter(has_text="PFE").first
    row.get_by_role("button", name="Cancel").click()
    signed_in.goto(f"{desk.address}/orders/?tab=today")
    expect(signed_in.get_by_role("row").filter(has_text="PFE").first).to_contain_text(
        "Cancelled", timeout=BACK_WITHIN * 1000
    )
