"""Trading days, sessions and quoting hours of the exchanges.

Holidays come from the `holidays` package (NYSE and CME). Times are aware UTC datetimes at the
surface and epoch seconds inside. A session's date is the exchange's trade date.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import cache, lru_cache
from zoneinfo import ZoneInfo

import holidays

NEW_YORK = ZoneInfo("America/New_York")
DAY = timedelta(days=1)
EQUITY, CME, CFE = "Equity", "CME", "CFE"

# kinds of quoting hours
STOCK, OPTION, LATE_OPTION, INDEX, FUTURE, CRYPTO = (
    "stock", "option", "late-option", "index", "future", "crypto",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Session:
    """One trade date of a collection; `close_ext` only where there are extended hours."""

    collection: str
    date: date
    start: datetime
    open: datetime
    close: datetime
    close_ext: datetime | None = None


@cache
def _holidays(market: str, year: int, category: str) -> frozenset[date]:
    found = holidays.financial_holidays(market, years=[year], categories=(category,))
    return frozenset(day for day in found if day.year == year)


def equity_holidays(year: int) -> list[date]:
    """Weekday closings of the NYSE."""
    return sorted(d for d in _holidays("NYSE", year, "public") if d.weekday() < 5)


def equity_half_days(year: int) -> list[date]:
    """Days on which the NYSE closes at 13:00."""
    return sorted(_holidays("NYSE", year, "half_day") - _holidays("NYSE", year, "public"))


def futures_holidays(year: int) -> list[date]:
    """Weekday closings of the CME."""
    return sorted(d for d in _holidays("CME", year, "public") if d.weekday() < 5)


def futures_half_days(year: int) -> list[date]:
    """Days on which the CME halts at 13:00 New York."""
    return sorted(_holidays("CME", year, "half_day") - _holidays("CME", year, "public"))


@lru_cache(maxsize=65536)
def is_trading_day(day: date, collection: str = EQUITY) -> bool:
    """Whether the exchange holds a session with this trade date."""
    market = "NYSE" if collection == EQUITY else "CME"
    return day.weekday() < 5 and day not in _holidays(market, day.year, "public")


@lru_cache(maxsize=65536)
def is_half_day(day: date, collection: str = EQUITY) -> bool:
    """Whether the session ends early."""
    market = "NYSE" if collection == EQUITY else "CME"
    return is_trading_day(day, collection) and day in _holidays(market, day.year, "half_day")


def latest_trading_day(day: date, collection: str = EQUITY) -> date:
    """The day itself or the last trading day before it."""
    while not is_trading_day(day, collection):
        day -= DAY
    return day


def next_trading_day(day: date, collection: str = EQUITY) -> date:
    """The first trading day after `day`."""
    day += DAY
    while not is_trading_day(day, collection):
        day += DAY
    return day


def previous_trading_day(day: date, collection: str = EQUITY) -> date:
    """The last trading day before `day`."""
    return latest_trading_day(day - DAY, collection)


def shift_trading_days(day: date, count: int, collection: str = EQUITY) -> date:
    """`count` trading days later (earlier when negative)."""
    step = next_trading_day if count > 0 else previous_trading_day
    for _ in range(abs(count)):
        day = step(day, collection)
    return day


@lru_cache(maxsize=65536)
def at(day: date, hour: int, minute: int = 0) -> datetime:
    """A New York wall-clock time as UTC."""
    local = datetime.combine(day, time(hour, minute), tzinfo=NEW_YORK)
    return local.astimezone(UTC)


def new_york_date(moment: datetime) -> date:
    """The calendar date in New York."""
    return moment.astimezone(NEW_YORK).date()


@lru_cache(maxsize=8192)
def session(day: date, collection: str = EQUITY) -> Session:
    """The session of a trade date (which must be one)."""
    half = is_half_day(day, collection)
    if collection == EQUITY:
        return Session(
            EQUITY, day, at(day, 8, 15), at(day, 9, 30),
            at(day, 13 if half else 16), at(day, 17 if half else 20),
        )  # fmt: skip
    eve = day - DAY
    close = at(day, 13) if half else at(day, 17)
    return Session(collection, day, at(eve, 17, 45), at(eve, 18), close)


def current_session(moment: datetime, collection: str = EQUITY) -> Session:
    """The session that is running, or the next one when none is (its end not yet passed)."""
    day = new_york_date(moment)
    while True:
        if is_trading_day(day, collection):
            found = session(day, collection)
            if moment < (found.close_ext or found.close):
                return found
        day += DAY


def state(moment: datetime, collection: str = EQUITY) -> str:
    """`Open`, `Closed`, `Pre-market` or `Extended`, the broker's words."""
    running = current_session(moment, collection)
    if moment < running.start:
        return "Closed"
    if moment < running.open:
        return "Pre-market"
    return "Open" if moment < running.close else "Extended"


def hours(kind: str, day: date) -> tuple[datetime, datetime] | None:
    """First and last instant with quotes on a trade date, None when there are none."""
    if kind == CRYPTO:
        return at(day, 0), at(day + DAY, 0)
    collection = CME if kind == FUTURE else EQUITY
    if not is_trading_day(day, collection):
        return None
    running = session(day, collection)
    if kind == STOCK:
        return at(day, 7), running.close_ext or running.close
    if kind == LATE_OPTION:
        return running.open, running.close + timedelta(minutes=15)
    return running.open, running.close


def regular_hours(kind: str, day: date) -> tuple[datetime, datetime] | None:
    """The part of the trade date that makes its open, close and volume."""
    span = hours(kind, day)
    if span is None or kind != STOCK:
        return span
    running = session(day)
    return running.open, running.close


def is_open(kind: str, moment: datetime) -> bool:
    """Whether quotes of this kind move at `moment` (close exclusive)."""
    if kind == CRYPTO:
        return True
    day = new_york_date(moment)
    for trade_date in (day, day + DAY):
        span = hours(kind, trade_date)
        if span and span[0] <= moment < span[1]:
            return True
    return False


def last_open(kind: str, moment: datetime) -> datetime:
    """`moment` itself while open, else the last close before it: quotes rest there."""
    if kind == CRYPTO or is_open(kind, moment):
        return moment
    day = new_york_date(moment) + DAY
    while True:
        span = hours(kind, day)
        if span and span[1] <= moment:
            return span[1]
        day -= DAY


def trade_date(kind: str, moment: datetime) -> date:
    """The trade date to which an instant belongs: the running session's, else the last one's."""
    if kind == CRYPTO:
        return new_york_date(moment)
    day = new_york_date(moment) + DAY
    while True:
        span = hours(kind, day)
        if span and span[0] <= moment:
            return day
        day -= DAY
