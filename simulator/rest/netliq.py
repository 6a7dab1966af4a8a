"""Net liquidating value over time. This service sends no context."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from simulator.access import account_of
from simulator.balances import net_liq, settled_net_liq
from simulator.http import (
    context_of,
    invalid,
    items,
    ok,
    query,
    query_time,
    text,
    world_of,
)
from simulator.market.calendar import new_york_date
from simulator.model import Account, Bar
from simulator.transfers import pending

if TYPE_CHECKING:
    from simulator.world import World

SPANS = {"1d": 1, "1w": 7, "1m": 31, "3m": 92, "6m": 183, "1y": 366, "all": 100_000}
FIVE_MINUTES = timedelta(minutes=5)


async def history(request: Request) -> Response:
    """`GET /accounts/{number}/net-liq/history`: five-minute bars for a day, daily ones beyond."""
    world, account = world_of(request), account_of(request)
    back, start = query(request, "time-back"), query_time(request, "start-time")
    end = query_time(request, "end-time")
    if back is None and start is None:
        raise invalid(("time-back", "is missing"))
    if start is None and back not in SPANS:
        raise invalid(("time-back", "does not have a valid value"))
    bars = [*_bars(world, account, back, start), current_bar(world, account)]
    return items([bar_wire(bar) for bar in bars if end is None or bar.at <= end])


def _bars(world: World, account: Account, back: str | None, start: datetime | None) -> list[Bar]:
    kept, now = world.history[account.number], world.clock.now()
    if start is None and back == "1d":
        today = new_york_date(now)
        return [bar for bar in kept.minutes if new_york_date(bar.at) == today]
    first = start if start is not None else now - timedelta(days=SPANS[back or "all"])
    today = new_york_date(now)
    return [bar for bar in kept.days if bar.at >= first and new_york_date(bar.at) < today]


def current_bar(world: World, account: Account) -> Bar:
    """The bar that is still growing; its close is the present value."""
    now, minutes = world.clock.now(), world.history[account.number].minutes
    value, coming = settled_net_liq(world, account), pending(account)
    before = minutes[-1].close if minutes else value
    at = now.replace(minute=now.minute - now.minute % 5, second=0, microsecond=0)
    return Bar(
        at=at, open=before, high=max(before, value), low=min(before, value), close=value,
        pending_open=minutes[-1].pending if minutes else coming, pending=coming,
    )  # fmt: skip


def bar_wire(bar: Bar) -> dict[str, Any]:
    """A bar: every number is text; the totals include what is pending."""
    own = {
        "open": text(bar.open),
        "high": text(bar.high),
        "low": text(bar.low),
        "close": text(bar.close),
    }
    first, last = bar.pending_open, bar.pending
    coming = {"open": first, "high": max(first, last), "low": min(first, last), "close": last}
    pending = {f"pending-cash-{key}": text(value) for key, value in coming.items()}
    total = {f"total-{key}": text(getattr(bar, key) + coming[key]) for key in own}
    return {**own, **pending, **total, "time": bar.at.strftime("%Y-%m-%d %H:%M:%S+00")}


async def current(request: Request) -> Response:
    """`GET /accounts/{number}/net-liq`: the present value."""
    account = account_of(request)
    value = net_liq(world_of(request), account)
    data = {"account-number": account.number, "net-liquidating-value": text(value)}
    return ok(data, context_of(request))


def routes(world: World) -> list[Route]:
    """Routes of this family."""
    return [
        Route("/accounts/{number}/net-liq/history", history),
        Route("/accounts/{number}/net-liq", current),
    ]
