"""A ticket as an address: legs of any kind, filled in where the page opens."""

from __future__ import annotations

from decimal import Decimal
from urllib.parse import parse_qs, urlsplit

import pytest

from brokerage.execution.commands import OrderLeg
from brokerage.models import Account
from portfolio.forms.ticket_groups import PartSpec
from portfolio.ticket import edits as ticket_edits
from portfolio.ticket import values as ticket_values

SHARES = OrderLeg("Equity", "KO", "Buy to Open", Decimal(100))
CALL = OrderLeg("Equity Option", "KO    270115C00065000", "Sell to Open", Decimal(1))
ACCOUNT = Account(environment="simulator", number="5WT00001")


def _query(address: str) -> dict[str, str]:
    parts = urlsplit(address)
    assert parts.path == "/trade/"
    return {name: value[0] for name, value in parse_qs(parts.query).items()}


def test_the_address_names_account_legs_and_price() -> None:
    found = _query(
        ticket_values.order_url(
            ACCOUNT,
            [SHARES, CALL],
            price=Decimal("59.4"),
            price_effect="Debit",
            origin="chain",
        )
    )
    assert found == {
        "account": "simulator:5WT00001",
        "order_type": "Limit",
        "time_in_force": "Day",
        "price": "59.40",
        "price_effect": "Debit",
        "origin": "chain",
        "legs": "2",
        "leg-0-instrument_type": "Equity",
        "leg-0-contract": "KO",
        "leg-0-action": "Buy to Open",
        "leg-0-quantity": "100",
        "leg-1-instrument_type": "Equity Option",
        "leg-1-contract": "KO    270115C00065000",
        "leg-1-action": "Sell to Open",
        "leg-1-quantity": "1",
    }


def test_what_is_not_given_is_left_out() -> None:
    found = _query(ticket_values.order_url(None, [SHARES], order_type="Market"))
    assert not {"account", "price", "price_effect", "stop_trigger", "origin"} & set(found)
    assert found["order_type"] == "Market"


@pytest.mark.parametrize(
    ("leg", "symbol"),
    [
        (CALL, "KO"),
        (OrderLeg("Future Option", "./ESZ6 EW3Z6 261218P6500", "Sell to Open"), "/ES"),
        (OrderLeg("Future", "/ESZ6", "Buy"), "/ESZ6"),
        (SHARES, "KO"),
    ],
)
@pytest.mark.django_db
def test_the_symbol_follows_from_the_first_leg(leg: OrderLeg, symbol: str) -> None:
    values = ticket_values.leg_values([leg])
    ticket_edits.normalise(values, PartSpec(), values)
    ticket_edits.take_symbol(values, None)
    assert (values["instrument_type"], values["symbol"]) == (leg.instrument_type, symbol)
