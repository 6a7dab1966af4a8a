"""Profit and loss by hand-worked numbers and by the laws that they obey."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portfolio.analytics import pnl
from portfolio.analytics.facts import Holding, Kind, Note
from portfolio.analytics.pnl import Carried, ClosedToday, OpenedToday

D = Decimal


def holding(quantity: str, open_price: str | None, **facts: object) -> Holding:
    values: dict = {"multiplier": D(1), "day_base": None, **facts}
    return Holding(D(quantity), open_price=open_price and D(open_price), **values)


@pytest.mark.parametrize(
    ("quantity", "open_price", "mark", "multiplier", "expected"),
    [
        ("100", "50.00", "52.00", "1", "200.00"),
        ("-2", "1.20", "0.80", "100", "80.00"),
        ("2", "1.20", "0.80", "100", "-80.00"),
        ("-100", "50.00", "52.00", "1", "-200.00"),
        ("1", "6010.25", "6034.75", "50", "1225.00"),
        ("-7", "6010.25", "6034.75", "50", "-8575.00"),
        ("0.05", "61250.00", "64880.00", "1", "181.50"),
    ],
)
def test_open_pnl(
    quantity: str, open_price: str, mark: str, multiplier: str, expected: str
) -> None:
    figure = pnl.open_pnl(holding(quantity, open_price, multiplier=D(multiplier)), D(mark))
    assert figure.value == D(expected)
    assert figure.notes == ()


def test_day_pnl_of_carried_and_added_shorts() -> None:
    # −2 carried (close 0.95) and −1 sold today at 0.90: the broker averages the base.
    base = (2 * D("0.95") + D("0.90")) / 3
    short = holding("-3", "1.10", multiplier=D(100), day_base=base)
    assert round(pnl.day_pnl(short, D("0.80")).value, 10) == D("40")


def test_day_pnl_by_lots() -> None:
    lots = [Carried(D(-2), D("0.95")), OpenedToday(D(-1), D("0.90"))]
    assert pnl.day_pnl_by_lots(lots, D("0.80"), D(100)).value == D("40.00")


def test_day_pnl_of_what_was_closed_today_needs_no_mark() -> None:
    lots = [ClosedToday(D(-1), exit=D("0.50"), base=D("0.95"))]
    assert pnl.day_pnl_by_lots(lots, None, D(100)).value == D("45.00")


def test_day_pnl_counts_todays_realized_gain_once() -> None:
    part = holding("1", "10", day_base=D("11"), realized_day=D("3.50"))
    assert pnl.day_pnl(part, D("12")).value == D("4.50")


def test_day_pnl_of_a_closed_position_is_what_was_realized() -> None:
    closed = holding("0", "10", realized_day=D("312.40"))
    assert pnl.day_pnl(closed, None).value == D("312.40")


def test_a_missing_mark_is_a_note_and_not_zero() -> None:
    for figure in (pnl.open_pnl, pnl.day_pnl):
        result = figure(holding("5", "10", day_base=D("9")), None)
        assert result.value is None
        assert Note.NO_MARK in result.notes


def test_a_missing_close_is_counted_from_the_open_price_and_says_so() -> None:
    figure = pnl.day_pnl(holding("5", "10"), D("12"))
    assert figure.value == D("10")
    assert figure.notes == (Note.NO_CLOSE,)


def test_a_missing_multiplier_is_never_assumed() -> None:
    figure = pnl.open_pnl(holding("5", "10", multiplier=None), D("12"))
    assert figure.value is None
    assert Note.NO_MULTIPLIER in figure.notes


def test_cost_is_what_was_received_for_a_short() -> None:
    assert pnl.cost(holding("-2", "1.20", multiplier=D(100))) == D("240.00")
    assert pnl.pnl_ratio(D("80"), D("240")) == D("80") / D("240")
    assert pnl.pnl_ratio(D("80"), None) is None


def test_buying_power_use() -> None:
    assert pnl.buying_power_use(D("50000"), D("18000")) == D("0.64")
    assert pnl.buying_power_use(D("0"), D("18000")) is None
    assert pnl.buying_power_use(None, D("18000")) is None


prices = st.decimals("0.01", "9999", places=4)
quantities = st.decimals("-500", "500", places=8).filter(bool)


@given(quantities, prices, prices, prices)
def test_the_other_side_makes_the_opposite(
    quantity: Decimal, open_price: Decimal, base: Decimal, mark: Decimal
) -> None:
    def figures(amount: Decimal) -> tuple[Decimal | None, Decimal | None]:
        facts = Holding(amount, D(100), open_price, base, kind=Kind.OPTION)
        return pnl.open_pnl(facts, mark).value, pnl.day_pnl(facts, mark).value

    assert figures(-quantity) == tuple(-value for value in figures(quantity))  # type: ignore[operator]
