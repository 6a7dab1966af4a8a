"""The simulator page in a browser: what is pressed there happens in the simulator."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import httpx
import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from tests.e2e.conftest import SignIn
from tests.e2e.live_desk import LiveDesk
from tests.e2e.trading import control, mark

TOO_WIDE = "document.documentElement.scrollWidth - document.documentElement.clientWidth"


def told(desk: LiveDesk, path: str) -> Any:
    """What the simulator says of itself."""
    url = f"{desk.facts['simulator']['control_url']}/{path}"
    return httpx.get(url, headers={"User-Agent": "desk-tests/1"}, timeout=10).json()


@pytest.fixture(autouse=True)
def left_as_it_was(desk: LiveDesk) -> Iterator[None]:
    """Clock running at its pace, no faults, the usual fills, for whoever comes next."""
    yield
    control(desk, "clock", resume=True, speed=1)
    httpx.delete(f"{desk.facts['simulator']['control_url']}/faults", timeout=10)
    control(desk, "settings", **{"fill-model": "touch", "script": None})
    control(desk, "transcript", on=False)


@pytest.fixture
def page_(signed_in: Page, desk: LiveDesk) -> Page:
    signed_in.goto(f"{desk.address}/simulator/")
    expect(signed_in.get_by_role("heading", name="Simulator", level=1)).to_be_visible()
    return signed_in


def card(page: Page, title: str) -> Locator:
    """The form under a heading."""
    heading = page.get_by_role("heading", name=title, exact=True)
    return page.locator("form.simulator-form").filter(has=heading)


def do(page: Page, title: str, button: str, **values: str) -> None:
    """Fill a form by the ends of its names, press, and wait for the answer."""
    form = card(page, title)
    for name, value in values.items():
        entry = form.locator(f"[name='{name.replace('_', '-')}']")
        if entry.evaluate("e => e.tagName") == "SELECT":
            entry.select_option(value)
        else:
            entry.fill(value)
    form.get_by_role("button", name=button, exact=True).click()
    page.wait_for_load_state()


def now(desk: LiveDesk) -> datetime:
    return datetime.fromisoformat(told(desk, "clock")["now"])


def test_pause_pace_and_jump(page_: Page, desk: LiveDesk) -> None:
    do(page_, "Stand still", "Pause")
    expect(page_.locator("#simulator-state")).to_contain_text("paused")
    stopped = now(desk)
    assert now(desk) == stopped
    do(page_, "Jump ahead", "Advance", advance="90")
    assert (now(desk) - stopped).total_seconds() == 90
    do(page_, "Go on", "Resume")
    do(page_, "Pace", "Set", speed="10")
    expect(page_.locator("#simulator-state")).to_contain_text("×10")
    assert told(desk, "clock")["speed"] == 10


def test_a_price_shock_reaches_the_market(page_: Page, desk: LiveDesk) -> None:
    before = mark(desk, "PEP")
    do(page_, "Move an underlying", "Move", symbol="PEP", factor="0.9")
    expect(page_.locator(".messages, .toasts").first).to_contain_text("Move an underlying")
    assert mark(desk, "PEP") / before == pytest.approx(Decimal("0.9"), abs=Decimal("0.01"))
    control(desk, "prices", symbol="PEP", price=str(before))


def test_what_cannot_be_moved_is_said_at_the_form(page_: Page) -> None:
    do(page_, "Move an underlying", "Move", symbol="NOPE", factor="0.9")
    form = card(page_, "Move an underlying")
    expect(form).to_contain_text("cannot be moved")
    expect(form.locator("[name=symbol]")).to_have_value("NOPE")


def test_a_fault_is_entered_met_and_taken_back(page_: Page, desk: LiveDesk) -> None:
    do(page_, "Enter a fault", "Enter", what="rest:status", status="503", path="/warrants$")
    expect(page_.locator("#simulator-state")).to_contain_text("Faults in force1")
    (fault,) = told(desk, "faults")["faults"]
    assert (fault["status"], fault["path"]) == (503, "/warrants$")
    do(page_, "Take a fault back", "Take back", fault=str(fault["id"]))
    assert told(desk, "faults")["faults"] == []


def test_the_rarer_fields_of_a_fault_are_folded_away(page_: Page) -> None:
    form = card(page_, "Enter a fault")
    expect(form.locator("[name=chance]")).to_be_hidden()
    form.locator("summary").click()
    expect(form.locator("[name=chance]")).to_be_visible()


def test_the_fill_model(page_: Page, desk: LiveDesk) -> None:
    do(page_, "Fill model and behaviour", "Save", fill_model="queue")
    assert told(desk, "settings")["fill-model"] == "queue"
    expect(page_.locator("#simulator-state")).to_contain_text("queue")


def test_a_snapshot_is_kept_and_gone_back_to(page_: Page, desk: LiveDesk) -> None:
    do(page_, "Stand still", "Pause")
    kept = now(desk)
    do(page_, "Keep a snapshot", "Keep", name="browser")
    do(page_, "Jump ahead", "Advance", advance="30")
    assert now(desk) > kept
    do(page_, "Go back to a snapshot", "Go back", snapshot="browser")
    assert now(desk) == kept
    do(page_, "Forget a snapshot", "Forget", snapshot="browser")
    assert told(desk, "snapshots")["snapshots"] == []


def test_the_transcript_is_a_file(page_: Page, desk: LiveDesk, tmp_path: Path) -> None:
    page_.get_by_role("button", name="Keep from now on").click()
    expect(page_.locator("#simulator-state")).to_contain_text("kept")
    address = desk.facts["simulator"]["api_url"]
    httpx.get(f"{address}/margin-requirements-public-configuration", headers={"User-Agent": "t/1"})
    with page_.expect_download() as waiting:
        page_.get_by_role("link", name="Transcript", exact=True).click()
    waiting.value.save_as(tmp_path / "transcript.jsonl")
    lines = (tmp_path / "transcript.jsonl").read_text().splitlines()
    assert any("public-configuration" in line for line in lines)
    assert all(json.loads(line) for line in lines)


@pytest.mark.parametrize("theme", ["dark", "light"])
def test_nothing_is_cut_off(browser: Browser, desk: LiveDesk, sign_in: SignIn, theme: str) -> None:
    context = browser.new_context()
    context.add_cookies([{"name": "strikedesk_theme", "value": theme, "url": desk.address}])
    page = sign_in(context.new_page())
    for width, height in ((1440, 900), (1024, 768), (390, 844), (320, 640)):
        page.set_viewport_size({"width": width, "height": height})
        page.goto(f"{desk.address}/simulator/")
        assert page.evaluate(TOO_WIDE) <= 0, f"{width} px scrolls sideways"
        outside = page.evaluate(
            """() => [...document.querySelectorAll('main form, main table, main dl, main select')]
            .filter((e) => e.getBoundingClientRect().right > innerWidth + 1).length"""
        )
        assert outside == 0, f"something is cut off at {width} px"
    context.close()
