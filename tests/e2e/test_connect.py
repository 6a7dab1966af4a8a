"""Connecting a broker login in the browser, both ways; and its removal."""

from __future__ import annotations

import re

from playwright.sync_api import Page, expect

from tests.e2e import trading
from tests.e2e.live_desk import LiveDesk


def newcomer(page: Page, desk: LiveDesk, sign_in: object, name: str) -> Page:
    assert callable(sign_in)
    return sign_in(page, name, desk.add_user(name))  # type: ignore[no-any-return]


def test_paste_secret_and_token_then_remove(page: Page, desk: LiveDesk, sign_in: object) -> None:
    newcomer(page, desk, sign_in, "paster")
    page.goto(f"{desk.address}/positions/")
    expect(
        page.get_by_role("link", name=re.compile("connect", re.IGNORECASE)).first
    ).to_be_visible()

    grant = trading.control(desk, "tokens", action="new-grant", scope="read trade openid")
    page.goto(f"{desk.address}/connections/new/")
    page.get_by_role("radio", name=re.compile("simulator", re.IGNORECASE)).check()
    page.get_by_label("Client secret").fill(grant["client_secret"])
    page.get_by_label("Refresh token").fill(grant["refresh_token"])
    page.get_by_role("button", name="Test and connect").click()
    page.wait_for_url(re.compile("/connections/$"))
    # The first sync runs by itself and is watched, not reloaded.
    expect(page.locator("#connection-cards")).to_contain_text(
        re.compile("all steps|done|complete|finished", re.IGNORECASE), timeout=60_000
    )
    expect(page.locator("#connection-cards")).to_contain_text("4")
    assert grant["refresh_token"] not in page.content()
    page.goto(f"{desk.address}/positions/")
    expect(trading.position_row(page, "AAPL").first).to_be_visible()

    page.goto(f"{desk.address}/connections/")
    page.get_by_role("link", name=re.compile("Remove")).click()
    page.get_by_role("button", name=re.compile("Remove")).click()
    page.wait_for_url(re.compile("/connections/$"))
    page.goto(f"{desk.address}/positions/")
    expect(page.locator("body")).not_to_contain_text("AAPL")


def test_agree_on_the_consent_page(page: Page, desk: LiveDesk, sign_in: object) -> None:
    newcomer(page, desk, sign_in, "agreer")
    page.goto(f"{desk.address}/connections/new/")
    page.get_by_role("button", name=re.compile("Continue at the simulator")).click()
    page.wait_for_url(re.compile(r"/auth\.html"))
    page.get_by_role(
        "button", name=re.compile("allow|agree|approve|authorize", re.IGNORECASE)
    ).click()
    page.wait_for_url(re.compile(rf"{re.escape(desk.address)}/connections/"))
    expect(page.locator("#connection-cards")).to_contain_text("Active")

    # The state was good for one return; the same answer again connects nothing.
    page.goto(f"{desk.address}/connections/callback/?code=anything&state=anything")
    expect(page.locator("body")).to_contain_text(re.compile("again|expired|not started|state"))
