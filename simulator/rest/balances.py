"""Balances, now and at the ends of days."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from simulator.access import account_of
from simulator.balances import balance, snapshot
from simulator.http import (
    context_of,
    invalid,
    items,
    not_found,
    ok,
    page,
    query,
    query_date,
    world_of,
)
from simulator.model import Account

if TYPE_CHECKING:
    from simulator.world import World

LIST_SINCE = "20240501"
TIMES_OF_DAY = ("BOD", "EOD", "Intraday")


async def balances(request: Request) -> Response:
    """`GET /accounts/{number}/balances`: an object, a list for a client that names a version."""
    data = balance(world_of(request), account_of(request))
    if request.headers.get("accept-version", "") >= LIST_SINCE:
        return items([data], context_of(request))
    return ok(data, context_of(request))


async def in_currency(request: Request) -> Response:
    """`GET /accounts/{number}/balances/{currency}`: always one object."""
    account = account_of(request)
    if request.path_params["currency"] != "USD":
        raise not_found("Balance")
    return ok(balance(world_of(request), account), context_of(request))


async def snapshots(request: Request) -> Response:
    """`GET /accounts/{number}/balance-snapshots`: by day, newest first."""
    account = account_of(request)
    time_of_day = query(request, "time-of-day")
    if time_of_day is None:
        raise invalid(("time-of-day", "is missing"))
    if time_of_day not in TIMES_OF_DAY:
        raise invalid(("time-of-day", "does not have a valid value"))
    on = query_date(request, "snapshot-date")
    start, end = query_date(request, "start-date"), query_date(request, "end-date")
    if on is not None and (start is not None or end is not None):
        raise invalid(("snapshot-date", "is exclusive with start-date and end-date"))
    if query(request, "currency") not in (None, "USD"):
        raise not_found("Balance")
    rows = _rows(world_of(request), account, time_of_day)
    if on is None and start is None and end is None:
        rows = rows[:1] + _current(world_of(request), account)
    else:
        low, high = (on, on) if on else (start, end)
        rows = [r for r in rows if _between(r, low, high)]
    chosen, block = page(request, rows)
    return items(chosen, context_of(request), pagination=block)


def _rows(world: World, account: Account, time_of_day: str) -> list[dict[str, Any]]:
    """Stored end of day balances; the next day begins with what the last one ended with."""
    kept = world.history[account.number].snapshots
    if time_of_day == "Intraday":
        return _current(world, account)
    rows = [{**row, "time-of-day": time_of_day} for row in kept]
    if time_of_day == "BOD":
        dates = [row["snapshot-date"] for row in kept[1:]] + [world.today().isoformat()]
        rows = [
            {**row, "snapshot-date": day}
            for row, day in zip(rows, dates, strict=False)
            if row["snapshot-date"] < day
        ]
    return rows[::-1]


def _current(world: World, account: Account) -> list[dict[str, Any]]:
    return [snapshot(world, account, world.today(), "Intraday")]


def _between(row: dict[str, Any], start: Any, end: Any) -> bool:
    day = row["snapshot-date"]
    return (start is None or day >= start.isoformat()) and (end is None or day <= end.isoformat())


def routes(world: World) -> list[Route]:
    """Routes of this family."""
    return [
        Route("/accounts/{number}/balances", balances),
        Route("/accounts/{number}/balances/{currency}", in_currency),
        Route("/accounts/{number}/balance-snapshots", snapshots),
    ]
