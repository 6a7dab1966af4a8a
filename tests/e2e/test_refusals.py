"""What goes wrong is said in plain words at the right place, and costs nothing."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Page, expect

from tests.e2e import trading
from tests.e2e.live_desk import LiveDesk


@pytest.fixture(autouse=True)
def nothing_was_sent(desk: LiveDesk) -> Iterator[None]:
    before = len(trading.ledger(desk)["orders"])
    yield
    assert len(trading.ledger(desk)["orders"]) == before


def problems_at(page: Page, label: str) -> str:
    """The text of the field's own error."""
    field = page.get_by_label(label, exact=True).locator(
        "xpath=ancestor::*[contains(concat(' ', @class, ' '), ' field ')][1]"
    )
    return field.locator(".field__error").inner_text()


def connect(page: Page, desk: LiveDesk, secret: str, token: str) -> None:
    page.goto(f"{desk.address}/connections/new/")
    page.get_by_role("radio", name=re.compile("simulator", re.IGNORECASE)).check()
    page.get_by_label("Client secret").fill(secret)
    page.get_by_label("Refresh token").fill(token)
    page.get_by_role("button", name="Test and connect").click()


def test_a_wrong_client_secret(signed_in: Page, desk: LiveDesk) -> None:
    grant = trading.control(desk, "tokens", action="new-grant")
    connect(signed_in, desk, "wrong-" + grant["client_secret"][6:], grant["refresh_token"])
    assert "secret" in problems_at(signed_in, "Client secret").lower()
    # Secrets are never sent back into a page.
    assert grant["refresh_token"] not in signed_in.content()


def test_a_revoked_grant(signed_in: Page, desk: LiveDesk) -> None:
    grant = trading.control(desk, "tokens", action="new-grant")
    connect(signed_in, desk, grant["client_secret"], grant["refresh_token"] + "x")
    assert re.search("token|grant", problems_at(signed_in, "Refresh token").lower())


def test_a_quantity_of_nothing(signed_in: Page, desk: LiveDesk) -> None:
    trading.open_ticket(signed_in, desk, "AAPL", 0)
    trading.preview(signed_in, "100.00")
    assert problems_at(signed_in, "Quantity")
    # What was typed is still there.
    expect(signed_in.get_by_label("Limit price", exact=True)).to_have_value("100.00")


def test_an_unknown_symbol(signed_in: Page, desk: LiveDesk) -> None:
    signed_in.goto(f"{desk.address}/trade/")
    signed_in.get_by_label("Symbol", exact=True).fill("NOSUCH")
    signed_in.get_by_label("Quantity").fill("1")
    trading.preview(signed_in, "10.00")
    expect(signed_in.locator("#ticket .field__error").first).to_contain_text(
        re.compile("unknown|not know|no such|does not list", re.IGNORECASE)
    )


def test_a_price_off_the_tick(signed_in: Page, desk: LiveDesk) -> None:
    trading.open_ticket(signed_in, desk, "AAPL", 1)
    trading.preview(signed_in, "100.001")
    assert re.search(r"tick|0\.01|increment", problems_at(signed_in, "Limit price"))


def test_not_enough_buying_power(signed_in: Page, desk: LiveDesk) -> None:
    trading.open_ticket(signed_in, desk, "AAPL", 20_000)
    trading.preview(signed_in, trading.share_of_mark(desk, "AAPL", "1"))
    refused = signed_in.locator("#ticket-errors, #ticket .notice--error").first
    expect(refused).to_contain_text(re.compile("buying power|margin", re.IGNORECASE))
    # The broker's own figures come with its refusal.
    expect(signed_in.locator("#ticket")).to_contain_text(re.compile(r"Buying power", re.IGNORECASE))
    expect(signed_in.get_by_label("Quantity")).to_have_value(re.compile("20,?000"))
