from __future__ import annotations

from datetime import UTC, date, datetime

import pytest

from simulator.market import calendar
from simulator.market.calendar import CME, EQUITY, FUTURE, LATE_OPTION, OPTION, STOCK


def new_york(*parts: int) -> datetime:
    return datetime(*parts, tzinfo=calendar.NEW_YORK).astimezone(UTC)


def test_holidays_and_half_days_of_2026() -> None:
    closed = [
        (1, 1),
        (1, 19),
        (2, 16),
        (4, 3),
        (5, 25),
        (6, 19),
        (7, 3),
        (9, 7),
        (11, 26),
        (12, 25),
    ]
    assert calendar.equity_holidays(2026) == [date(2026, m, d) for m, d in closed]
    assert calendar.equity_half_days(2026) == [date(2026, 11, 27), date(2026, 12, 24)]


def test_futures_trade_on_stock_holidays_but_close_early() -> None:
    day = date(2026, 1, 19)
    assert not calendar.is_trading_day(day)
    assert calendar.is_trading_day(day, CME)
    assert calendar.session(day, CME).close == new_york(2026, 1, 19, 13)
    assert not calendar.is_trading_day(date(2026, 12, 25), CME)


@pytest.mark.parametrize(
    ("moment", "state"),
    [
        ((2026, 3, 11, 8, 14), "Closed"),
        ((2026, 3, 11, 8, 15), "Pre-market"),
        ((2026, 3, 11, 9, 30), "Open"),
        ((2026, 3, 11, 16, 0), "Extended"),
        ((2026, 3, 11, 20, 0), "Closed"),
        ((2026, 3, 14, 12, 0), "Closed"),
        ((2026, 11, 27, 12, 59), "Open"),
        ((2026, 11, 27, 13, 0), "Extended"),
        ((2026, 11, 26, 12, 0), "Closed"),
    ],
)
def test_state_of_the_stock_session(moment: tuple[int, ...], state: str) -> None:
    assert calendar.state(new_york(*moment), EQUITY) == state


def test_futures_pause_for_an_hour_and_open_on_sunday() -> None:
    assert calendar.is_open(FUTURE, new_york(2026, 3, 11, 16, 59))
    assert not calendar.is_open(FUTURE, new_york(2026, 3, 11, 17, 30))
    assert calendar.is_open(FUTURE, new_york(2026, 3, 11, 18, 0))
    assert not calendar.is_open(FUTURE, new_york(2026, 3, 13, 18, 0))
    assert calendar.is_open(FUTURE, new_york(2026, 3, 15, 18, 0))
    assert calendar.trade_date(FUTURE, new_york(2026, 3, 11, 18, 0)) == date(2026, 3, 12)


def test_options_trade_in_the_regular_session_only() -> None:
    assert calendar.is_open(STOCK, new_york(2026, 3, 11, 7, 0))
    assert not calendar.is_open(OPTION, new_york(2026, 3, 11, 9, 29))
    assert not calendar.is_open(OPTION, new_york(2026, 3, 11, 16, 0))
    assert calendar.is_open(LATE_OPTION, new_york(2026, 3, 11, 16, 14))


def test_quotes_rest_at_the_last_close() -> None:
    assert calendar.last_open(STOCK, new_york(2026, 3, 14, 12)) == new_york(2026, 3, 13, 20)
    assert calendar.last_open(OPTION, new_york(2026, 3, 16, 9)) == new_york(2026, 3, 13, 16)


def test_daylight_saving_moves_utc_not_new_york() -> None:
    assert calendar.session(date(2026, 3, 6)).open.hour == 14
    assert calendar.session(date(2026, 3, 9)).open.hour == 13
