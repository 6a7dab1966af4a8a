"""Regular sessions of the US equity market when the broker cannot be asked. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

import holidays

NEW_YORK = ZoneInfo("America/New_York")
# The broker's own boundaries for equities: its pre-market starts later than the exchanges'.
_START, _OPEN, _CLOSE, _EXTENDED = time(8, 15), time(9, 30), time(16, 0), time(20, 0)
_EARLY_CLOSE, _EARLY_EXTENDED = time(13, 0), time(17, 0)


@dataclass(frozen=True, slots=True)
class Session:
    """One trading day: pre-market start, open, close and end of after-hours (UTC or aware)."""

    start_at: datetime | None
    open_at: datetime
    close_at: datetime
    close_at_ext: datetime | None

    @property
    def trading_date(self) -> date:
        return self.open_at.astimezone(NEW_YORK).date()

    @property
    def first_at(self) -> datetime:
        return self.start_at or self.open_at

    @property
    def last_at(self) -> datetime:
        return self.close_at_ext or self.close_at


@lru_cache(maxsize=32)
def _closed(year: int) -> frozenset[date]:
    return frozenset(holidays.financial_holidays("NYSE", years=year))


@lru_cache(maxsize=32)
def _half(year: int) -> frozenset[date]:
    return frozenset(holidays.financial_holidays("NYSE", years=year, categories=("half_day",)))


def is_trading_day(day: date) -> bool:
    return day.weekday() < 5 and day not in _closed(day.year)


def session_on(day: date) -> Session | None:
    """The session of that New York date; None on weekends and holidays."""
    if not is_trading_day(day):
        return None
    early = day in _half(day.year)

    def at(clock: time) -> datetime:
        return datetime.combine(day, clock, NEW_YORK)

    return Session(
        start_at=at(_START),
        open_at=at(_OPEN),
        close_at=at(_EARLY_CLOSE if early else _CLOSE),
        close_at_ext=at(_EARLY_EXTENDED if early else _EXTENDED),
    )


def sessions_between(first: date, last: date) -> list[Session]:
    """All sessions from ``first`` to ``last``, both included, oldest first."""
    days = (first + timedelta(days=n) for n in range((last - first).days + 1))
    return [session for day in days if (session := session_on(day)) is not None]
