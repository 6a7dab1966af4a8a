"""Sessions and holidays of the exchanges."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING, Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from simulator.http import (
    context_of,
    invalid,
    items,
    not_found,
    ok,
    query,
    query_date,
    query_list,
    query_time,
    stamp,
    world_of,
)  # fmt: skip
from simulator.market import calendar
from simulator.market.calendar import CFE, CME, EQUITY, Session

if TYPE_CHECKING:
    from simulator.world import World

Wire = dict[str, Any]
COLLECTIONS = (EQUITY, CME, CFE)
LONGEST = timedelta(days=280)


def _now(request: Request) -> datetime:
    return query_time(request, "current-time") or world_of(request).clock.now()


def session_row(found: Session, dated: bool = True) -> Wire:
    """A session; `dated` adds its trade date."""
    row: Wire = {"instrument-collection": found.collection}
    if dated:
        row["session-date"] = found.date.isoformat()
    row |= {
        "start-at": stamp(found.start),
        "open-at": stamp(found.open),
        "close-at": stamp(found.close),
    }
    if found.close_ext:
        row["close-at-ext"] = stamp(found.close_ext)
    return row


def current_row(now: datetime, collection: str) -> Wire:
    """The session that runs or comes next, with its state and its neighbours."""
    running = calendar.current_session(now, collection)
    state = calendar.state(now, collection)
    following = calendar.next_trading_day(running.date, collection)
    if state == "Closed":  # the session that comes is the next one
        following = running.date
    before = calendar.previous_trading_day(running.date, collection)
    return {
        **session_row(running, dated=False),
        "state": state,
        "next-session": session_row(calendar.session(following, collection)),
        "previous-session": session_row(calendar.session(before, collection)),
    }


def _collection(name: str) -> str:
    for known in COLLECTIONS:
        if known.lower() == name.lower():
            return known
    raise not_found("instrument collection")


async def sessions_current(request: Request) -> Response:
    """The present session of each collection asked for."""
    wanted = query_list(request, "instrument-collections")
    if not wanted:
        raise invalid(("instrument-collections", "is missing"))
    unknown = [w for w in wanted if w not in COLLECTIONS]
    if unknown:
        raise invalid(("instrument-collections", "does not have a valid value"))
    now = _now(request)
    return items([current_row(now, c) for c in wanted], context_of(request))


async def sessions(request: Request) -> Response:
    """All sessions of a span of at most nine months."""
    until = query_date(request, "to-date")
    if until is None:
        raise invalid(("to-date", "is missing"))
    since = query_date(request, "from-date") or calendar.new_york_date(_now(request))
    if until - since > LONGEST:
        raise invalid(("to-date", "must be within 9 months of from-date"))
    collection = query(request, "instrument-collection") or EQUITY
    if collection not in COLLECTIONS:
        raise invalid(("instrument-collection", "does not have a valid value"))
    days = (since + timedelta(days=n) for n in range((until - since).days + 1))
    found = [
        session_row(calendar.session(d, collection), dated=False)
        for d in days
        if calendar.is_trading_day(d, collection)
    ]
    return items(found, context_of(request))


async def current(request: Request) -> Response:
    """The present session of one collection."""
    return ok(current_row(_now(request), _of(request)), context_of(request))


async def futures_current(request: Request) -> Response:
    """The present session of both futures exchanges."""
    now = _now(request)
    return items([current_row(now, c) for c in (CME, CFE)], context_of(request))


async def following(request: Request) -> Response:
    """The first session on or after a date (after today without one)."""
    collection = _of(request)
    day = query_date(request, "date") or _today(request) + timedelta(days=1)
    while not calendar.is_trading_day(day, collection):
        day += timedelta(days=1)
    return ok(session_row(calendar.session(day, collection)), context_of(request))


async def previous(request: Request) -> Response:
    """The last session before a date (today without one)."""
    collection = _of(request)
    day = calendar.previous_trading_day(query_date(request, "date") or _today(request), collection)
    return ok(session_row(calendar.session(day, collection)), context_of(request))


async def holidays(request: Request) -> Response:
    """Closings and half days of this year and the next."""
    year = _today(request).year
    stock = _of(request) == EQUITY
    closed = calendar.equity_holidays if stock else calendar.futures_holidays
    half = calendar.equity_half_days if stock else calendar.futures_half_days
    years = (year, year + 1)
    data = {
        "market-holidays": [d.isoformat() for y in years for d in closed(y)],
        "market-half-days": [d.isoformat() for y in years for d in half(y)],
    }
    return ok(data, context_of(request))


def _of(request: Request) -> str:
    return _collection(request.path_params.get("collection", EQUITY))


def _today(request: Request) -> date:
    return calendar.new_york_date(_now(request))


def routes(world: World) -> list[Route]:
    """Routes of this family."""
    root = "/market-time"
    return [
        Route(f"{root}/sessions/current", sessions_current),
        Route(f"{root}/sessions", sessions),
        Route(f"{root}/equities/sessions/current", current),
        Route(f"{root}/equities/sessions/next", following),
        Route(f"{root}/equities/sessions/previous", previous),
        Route(f"{root}/futures/sessions/current", futures_current),
        Route(f"{root}/futures/sessions/current/{{collection}}", current),
        Route(f"{root}/futures/sessions/next/{{collection}}", following),
        Route(f"{root}/futures/sessions/previous/{{collection}}", previous),
        Route(f"{root}/equities/holidays", holidays),
        Route(f"{root}/futures/holidays/{{collection}}", holidays),
    ]
