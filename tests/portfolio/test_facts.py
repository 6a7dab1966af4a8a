"""Rows of the mirror as facts of the maths."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest

from brokerage.models import Position
from portfolio.facts import holding_of, tick_of

D = Decimal
TODAY = date(2026, 3, 10)


def position(**facts: Any) -> Position:
    values = {
        "instrument_type": "Equity",
        "quantity": D(10),
        "multiplier": D(1),
        "average_open_price": D(5),
        **facts,
    }
    return Position(**values)


def test_a_realized_gain_of_another_day_is_not_todays() -> None:
    gained = {"realized_day_gain": D(7)}
    today = position(**gained, realized_day_gain_date=TODAY)
    before = position(**gained, realized_day_gain_date=TODAY - timedelta(days=1))
    assert holding_of(today, TODAY).realized_day == 7
    assert holding_of(before, TODAY).realized_day == 0
    assert holding_of(position(**gained), TODAY).realized_day == 0


def test_the_two_realized_figures_are_never_added_up() -> None:
    both = position(
        realized_day_gain=D(7),
        realized_day_gain_date=TODAY,
        realized_today=D(9),
        realized_today_date=TODAY,
    )
    assert holding_of(both, TODAY).realized_day == 7


@pytest.mark.parametrize(
    ("facts", "blank", "base"),
    [
        ({"average_daily_market_close_price": D(6), "close_price": D(7)}, False, D(6)),
        ({"close_price": D(7)}, False, D(7)),
        ({"average_daily_market_close_price": D(0), "close_price": D(0)}, False, None),
        ({"instrument_type": "Equity Option", "close_price": D(0)}, False, D(0)),
        ({"instrument_type": "Equity Option", "close_price": D(0)}, True, None),
        ({}, False, None),
    ],
)
def test_the_day_s_base_price(facts: dict[str, Any], blank: bool, base: Decimal | None) -> None:
    assert holding_of(position(**facts), TODAY, blank_closes=blank).day_base == base


def test_ticks_are_a_ladder() -> None:
    from brokerage.models import Instrument

    ladder = Instrument(tick_sizes=[{"value": "0.01", "threshold": "3.0"}, {"value": "0.05"}])
    assert tick_of(ladder, D("2.99")) == D("0.01")
    assert tick_of(ladder, D("3.00")) == D("0.05")
    assert tick_of(None, D("3.00")) is None
