"""Steering the clock: pace, pause, jumps to an instant or to an event of the calendar."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

import msgspec
from starlette.requests import Request

from simulator.control_api import Table
from simulator.http import invalid, parse_time, stamp
from simulator.market.calendar import at, current_session, next_trading_day, session, state

if TYPE_CHECKING:
    from simulator.world import World

FURTHEST = timedelta(days=1100)
SECOND = timedelta(seconds=1)
table = Table()


class ClockChange(msgspec.Struct, kw_only=True, rename="kebab", forbid_unknown_fields=True):
    """How the clock is to go on. A jump comes first, then the pace."""

    advance: float | None = None
    """Virtual seconds to jump ahead."""
    to: str | None = None
    """An ISO time, or `open`, `next-open`, `close`, `next-close`, `expiration`, `midnight`."""
    symbol: str | None = None
    """With `expiration`: the option or future whose end is meant; else the nearest one held."""
    speed: float | None = None
    """Virtual seconds a second, 0 to 10,000."""
    pause: bool = False
    resume: bool = False


def clock_state(world: World) -> dict[str, Any]:
    """The instant, the pace and the stock market's session."""
    now = world.clock.now()
    running = current_session(now)
    return {
        "now": stamp(now),
        "speed": world.clock.speed,
        "session": state(now),
        "open": stamp(running.open),
        "close": stamp(running.close),
    }


@table.add("GET", "/control/clock")
async def show(world: World, request: Request, body: None) -> Any:
    """The virtual time, its pace and the session."""
    return clock_state(world)


@table.add("POST", "/control/clock", ClockChange)
async def steer(world: World, request: Request, body: ClockChange) -> Any:
    """Jump ahead (`advance` or `to`), change the `speed`, `pause` or `resume`."""
    try:
        _steer(world, body)
    except (ValueError, OverflowError) as failure:
        raise invalid(("clock", str(failure))) from None
    return clock_state(world)


def _steer(world: World, body: ClockChange) -> None:
    base = world.clock.base
    if body.advance is not None or body.to is not None:
        target = _target(world, body)
        if target - world.clock.now() > FURTHEST:
            raise ValueError("that is too far ahead")
        if target < world.clock.now():
            raise ValueError("the clock does not run backwards")
        world.jump(target)
    if body.speed is not None:
        world.catch_up()
        base.set_speed(body.speed)
    if body.pause:
        world.catch_up()
        base.pause()
    if body.resume:
        base.resume()
    world.flush()


def _target(world: World, body: ClockChange) -> datetime:
    now = world.clock.now()
    if body.advance is not None:
        return now + timedelta(seconds=body.advance)
    running = current_session(now)
    later = session(next_trading_day(running.date))
    match body.to:
        case "close" | "next-close":
            return running.close if now < running.close else later.close
        case "open" | "next-open":
            return running.open if now < running.open else later.open
        case "expiration":
            return _expiration(world, body.symbol)
        case "midnight":
            return _midnight(now)
    return parse_time(body.to or "")


def _midnight(now: datetime) -> datetime:
    from simulator.market.calendar import new_york_date

    return at(new_york_date(now) + timedelta(days=1), 0)


def _expiration(world: World, symbol: str | None) -> datetime:
    """Just after the end of a contract."""
    now = world.clock.now()
    if symbol is not None:
        ends = [world.market.expires_at(symbol)]  # type: ignore[attr-defined]
    else:
        ends = [
            p.expires_at
            for a in world.accounts.values()
            for p in a.positions.values()
            if p.quantity
        ]
    ahead = [end + SECOND for end in ends if end is not None and end >= now]
    if not ahead:
        raise ValueError("nothing is held that expires" if symbol is None else "does not expire")
    return min(ahead)
