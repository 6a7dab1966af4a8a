"""Trading sessions and holidays, in the broker's boundaries rather than constants."""

from __future__ import annotations

from datetime import date
from typing import Any, Self

from brokerage.tastytrade.payloads.base import Day, Moment, Payload


class Session(Payload, frozen=True):
    """`start_at` begins the pre-market, `close_at_ext` ends the after-hours; both may be absent."""

    instrument_collection: str = ""
    session_date: Day = None
    start_at: Moment = None
    open_at: Moment = None
    close_at: Moment = None
    close_at_ext: Moment = None


class CurrentSession(Session, frozen=True):
    """`state` is Open, Closed, Pre-market, Extended, or a word not known yet."""

    state: str = ""
    next_session: Session | None = None
    previous_session: Session | None = None


class Holidays(Payload, frozen=True):
    """Exchange calendar dates."""

    market_holidays: tuple[date, ...] = ()
    market_half_days: tuple[date, ...] = ()

    @classmethod
    def read(cls, source: Any) -> Self:
        # Once printed as a bare list of holidays.
        if isinstance(source, list):
            source = {"market-holidays": source}
        return super().read(source)
