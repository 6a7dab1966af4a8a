"""The click that sends, in a browser: its result in place, and what no answer looks like."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Page, Route, expect

from tests.e2e import trading
from tests.e2e.live_desk import LiveDesk

SUBMIT = "**/trade/submit/"


@pytest.fixture
def confirming(signed_in: Page, desk: LiveDesk) -> Page:
    """A confirmation, ready to be sent."""
    page = signed_in
    trading.open_ticket(page, desk, "PFE", 1)
    trading.preview(page, trading.share_of_mark(desk, "PFE", "0.6"))
    expect(page.locator("#ticket-send")).to_be_visible()
    return page


def orders(desk: LiveDesk) -> int:
    return len(trading.ledger(desk)["orders"])


def test_the_result_takes_the_confirmations_place(confirming: Page, desk: LiveDesk) -> None:
    page, before = confirming, orders(desk)
    loads: list[str] = []
    page.on("request", lambda request: loads.append(f"{request.method} {request.resource_type}"))
    page.locator("#ticket-send").click()
    page.wait_for_url(trading.SENT)
    expect(page.locator("#result-status .chip")).to_have_text("Live")
    expect(page).to_have_title(re.compile("Accepted"))
    expect(page.locator("#ticket-page h1")).to_be_focused()
    assert "GET document" not in loads

    # A reload asks for the result, and going back leads to the ticket: nothing is sent again.
    page.reload()
    expect(page.locator("#result-status .chip")).to_have_text("Live")
    page.go_back()
    page.wait_for_url(re.compile("/trade/$"))
    expect(page.locator("#ticket-send")).to_have_count(0)
    assert orders(desk) == before + 1


@pytest.mark.parametrize("way", ["lost", "error"])
def test_without_an_answer_it_is_open_and_never_failed(
    confirming: Page, desk: LiveDesk, way: str
) -> None:
    """The order arrives and its answer does not: asking again finds the one order."""
    page, before = confirming, orders(desk)

    def swallow(route: Route) -> None:
        route.fetch()
        if way == "lost":
            route.abort("connectionreset")
        else:
            route.fulfill(status=502, body="Bad gateway")

    page.route(SUBMIT, swallow)
    page.locator("#ticket-send").click()
    notice = page.locator("#send-unclear")
    expect(notice).to_be_visible()
    expect(notice).to_contain_text("Sent, checking")
    expect(page.locator("#toasts .toast")).to_have_count(0)
    expect(page.locator("main")).not_to_contain_text(re.compile("failed", re.IGNORECASE))
    page.unroute(SUBMIT)
    page.locator("#ticket-send").click()
    page.wait_for_url(trading.SENT)
    expect(page.locator("#result-status .chip")).to_have_text("Live")
    assert orders(desk) == before + 1


def test_two_tabs_and_a_double_click_are_one_order(confirming: Page, desk: LiveDesk) -> None:
    page, before = confirming, orders(desk)
    form = page.locator("#confirm-form")
    values = form.evaluate("form => Object.fromEntries(new FormData(form))")
    # Another tab with the same confirmation, as a restored or duplicated one has it.
    twin = page.request.post(f"{desk.address}/trade/submit/", form=values)
    page.locator("#ticket-send").dblclick()
    page.wait_for_url(trading.SENT)
    assert page.url == twin.url
    assert orders(desk) == before + 1


def test_signed_out_meanwhile_sends_nothing(confirming: Page, desk: LiveDesk) -> None:
    page, before = confirming, orders(desk)
    page.context.clear_cookies(name="strikedesk_session")
    page.locator("#ticket-send").click()
    page.wait_for_url(re.compile("/sign-in/"))
    expect(page.locator("input[name=login]")).to_be_visible()
    assert orders(desk) == before
