"""Bodies as the broker wants them, and ticks."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest

from brokerage.execution import commands, matrix, ticks
from brokerage.execution.commands import OrderLeg, SubmitOrder

PENNY = ticks.parse_ticks([{"value": "0.01", "threshold": "3.0"}, {"value": "0.05"}])


def test_body_of_a_limit_order():
    order = SubmitOrder(
        "Limit",
        "Day",
        (OrderLeg("Equity", "MSFT", "Buy to Open", Decimal(10)),),
        price=Decimal("182.4"),
        price_effect="Debit",
    )
    assert order.body() == {
        "order-type": "Limit",
        "time-in-force": "Day",
        "price": "182.40",
        "price-effect": "Debit",
        "source": "strikedesk",
        "legs": [
            {
                "instrument-type": "Equity",
                "symbol": "MSFT",
                "action": "Buy to Open",
                "quantity": 10,
            }
        ],
    }


def test_closing_legs_are_validated_strictly_by_the_broker():
    leg = OrderLeg("Equity", "KO", "Sell to Close", Decimal("0.5"))
    body = SubmitOrder("Market", "Day", (leg,)).body()
    assert body["advanced-instructions"] == {"strict-position-effect-validation": True}
    assert body["legs"][0]["quantity"] == "0.5"
    assert "price" not in body


def test_notional_orders_have_no_quantity():
    leg = OrderLeg("Cryptocurrency", "BTC/USD", "Buy to Open")
    body = SubmitOrder(
        "Notional Market", "GTC", (leg,), value=Decimal(10), value_effect="Debit"
    ).body()
    assert (body["value"], body["value-effect"]) == ("10.00", "Debit")
    assert "quantity" not in body["legs"][0]


@pytest.mark.parametrize(
    "order",
    [
        SubmitOrder(
            "Stop Limit",
            "GTD",
            (OrderLeg("Future", "/ESZ6", "Buy", Decimal(1)),),
            price=Decimal("6812.25"),
            price_effect="Debit",
            stop_trigger=Decimal("6810"),
            gtc_date=date(2026, 12, 1),
        ),
        SubmitOrder(
            "Notional Market",
            "Day",
            (OrderLeg("Equity", "KO", "Buy to Open"),),
            value=Decimal("25"),
            value_effect="Debit",
        ),
    ],
)
def test_a_stored_body_gives_the_command_back(order):
    assert commands.from_body(order.body()) == order


def test_amounts_keep_their_digits():
    assert commands.amount_text(Decimal("0.03125")) == "0.03125"
    assert commands.amount_text(Decimal("1E+2")) == "100.00"


@pytest.mark.parametrize(
    ("price", "tick"), [("2.99", "0.01"), ("3.00", "0.05"), ("3.01", "0.05"), ("0", "0.01")]
)
def test_tick_by_price(price, tick):
    assert ticks.tick_at(Decimal(price), PENNY) == Decimal(tick)


def test_stepping_over_a_threshold():
    assert ticks.step(Decimal("2.99"), PENNY, 2) == Decimal("3.05")
    assert ticks.step(Decimal("3.05"), PENNY, -2) == Decimal("2.99")
    assert ticks.step(Decimal("0.01"), PENNY, -5) == 0


def test_a_computed_limit_is_never_better_than_it_is():
    assert ticks.against_the_user(Decimal("1.363"), "Debit", PENNY) == Decimal("1.37")
    assert ticks.against_the_user(Decimal("1.367"), "Credit", PENNY) == Decimal("1.36")


def test_spread_increments_of_other_legs_are_not_ours():
    rows = [{"value": "0.25"}, {"value": "0.05", "symbol": "/ESH7"}]
    assert ticks.parse_ticks(rows) == (ticks.Tick(Decimal("0.25")),)


def test_only_documented_combinations_are_offered():
    assert matrix.offered_order_types("Equity Option", 4) == ["Limit"]
    assert "Notional Market" in matrix.offered_order_types("Equity", 1)
    assert matrix.offered_times("Market", "Equity", 1) == ["Day"]
    assert matrix.offered_times("Stop", "Equity", 1) == ["Day"]
    assert matrix.offered_times("Stop", "Equity", 1, closing=True) == ["Day", "GTC", "GTD"]
    assert "Ext" in matrix.offered_times("Limit", "Equity", 1)
    assert "Ext" not in matrix.offered_times("Limit", "Equity Option", 1)
    assert matrix.offered_times("Notional Market", "Equity", 1) == ["Day"]
    assert matrix.offered_times("Notional Market", "Cryptocurrency", 1) == ["Day", "GTC"]
