"""Trading sessions and holidays."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime

from brokerage.tastytrade import wire
from brokerage.tastytrade.calls import Call, get, many, one
from brokerage.tastytrade.payloads.market_time import CurrentSession, Holidays, Session


def current_sessions(collections: Sequence[str] = ("Equity",)) -> Call[tuple[CurrentSession, ...]]:
    """`collections` of Equity, CME, CFE."""
    return get(
        "/market-time/sessions/current",
        parse=many(CurrentSession),
        query={"instrument-collections[]": collections},
    )


def sessions(
    to_date: date, *, from_date: date | None = None, collection: str = "Equity"
) -> Call[tuple[Session, ...]]:
    """A span of at most nine months; the rows name no date."""
    return get(
        "/market-time/sessions",
        parse=many(Session),
        query={"from-date": from_date, "to-date": to_date, "instrument-collection": collection},
    )


def equities_current(current_time: datetime | None = None) -> Call[CurrentSession]:
    return get(
        "/market-time/equities/sessions/current",
        parse=one(CurrentSession),
        query={"current-time": current_time},
    )


def equities_next(day: date | None = None) -> Call[Session]:
    """The first session on or after a day."""
    return get("/market-time/equities/sessions/next", parse=one(Session), query={"date": day})


def equities_previous(day: date | None = None) -> Call[Session]:
    """The last session before a day."""
    return get("/market-time/equities/sessions/previous", parse=one(Session), query={"date": day})


def futures_all_current() -> Call[tuple[CurrentSession, ...]]:
    return get("/market-time/futures/sessions/current", parse=many(CurrentSession))


def futures_current(exchange: str = "CME") -> Call[CurrentSession]:
    return get("/market-time/futures/sessions/current/{}", exchange, parse=one(CurrentSession))


def futures_next(exchange: str = "CME", day: date | None = None) -> Call[Session]:
    return get(
        "/market-time/futures/sessions/next/{}",
        exchange,
        parse=one(Session),
        query={"date": day},
    )


def futures_previous(exchange: str = "CME", day: date | None = None) -> Call[Session]:
    return get(
        "/market-time/futures/sessions/previous/{}",
        exchange,
        parse=one(Session),
        query={"date": day},
    )


def equities_holidays() -> Call[Holidays]:
    return get("/market-time/equities/holidays", parse=_holidays)


def futures_holidays(exchange: str = "CME") -> Call[Holidays]:
    return get("/market-time/futures/holidays/{}", exchange, parse=_holidays)


def _holidays(body: object) -> Holidays:
    found = wire.data(body)
    if isinstance(found, dict) and isinstance(found.get("items"), list):
        found = found["items"]
    return Holidays.read(found)
