"""The backtesting service: at the broker a host of its own, here everything below `/backtester`.

camelCase, no envelope, the same bearer token. A backtest takes some virtual seconds (`ETA`), first
`pending`, then `running`; it is computed when it is read after that.
"""

from __future__ import annotations

import asyncio
import math
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, cast

import msgspec
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from simulator.access import user_of
from simulator.backtest_plan import Plan, read, refused
from simulator.backtests import Run, simulate, stamp
from simulator.http import body_json, json_response, not_found, world_of
from simulator.market import chains
from simulator.market.candles import EARLIEST
from simulator.market.lines import EQUITY, INDEX

if TYPE_CHECKING:
    from simulator.market.market import Market
    from simulator.world import World

ROOT = "/backtester"
PENDING = timedelta(seconds=1)
DAYS_A_SECOND = 60
KEPT = 100
HIDDEN = ("createdAt", "log", "cancelled")
Kept = dict[str, Any]


def _market(world: World) -> Market:
    return cast("Market", world.market)


async def available_dates(request: Request) -> Response:
    """`GET /available-dates`: every share, fund and index that has options."""
    world = world_of(request)
    market = _market(world)
    lines = (market.line(symbol) for symbol in sorted(market.levels.equities))
    rows = [
        {"symbol": line.symbol, "startDate": EARLIEST.isoformat(),
         "endDate": world.today().isoformat()}
        for line in lines
        if line is not None and line.kind in (EQUITY, INDEX) and chains.has_options(market, line)
    ]  # fmt: skip
    return json_response(rows)


async def create(request: Request) -> Response:
    """`POST /backtests` → 201 with the plan, an id and how long it will take."""
    world, user = world_of(request), user_of(request)
    plan = await _plan(request)
    now = world.clock.now()
    days = (plan.end_date - plan.start_date).days
    made: Kept = {
        **_shown_plan(plan),
        "id": world.ids.uuid("backtest"),
        "status": "pending",
        "progress": 0,
        "ETA": 2 + math.ceil(days / DAYS_A_SECOND),
        "createdAt": now.isoformat(),
        "log": [f"{stamp(now)} accepted"],
    }
    user.backtests[made["id"]] = made
    for old in list(user.backtests)[:-KEPT]:
        del user.backtests[old]
    world.touch(user)
    return json_response(_shown(made), 201)


async def _plan(request: Request) -> Plan:
    """The body, for an underlying that has options; 400 and 422 otherwise."""
    plan = read(msgspec.to_builtins(await body_json(request)))
    market = _market(world_of(request))
    line = market.line(plan.symbol)
    if line is None or line.kind not in (EQUITY, INDEX) or not chains.has_options(market, line):
        raise refused(f"{plan.symbol} cannot be backtested")
    if plan.start_date < EARLIEST:
        raise refused(f"There are no prices before {EARLIEST}")
    return plan


def _shown_plan(plan: Plan) -> Kept:
    shown: Kept = msgspec.to_builtins(plan)
    return shown


def _shown(kept: Kept) -> Kept:
    return {key: value for key, value in kept.items() if key not in HIDDEN}


async def listed(request: Request) -> Response:
    """`GET /backtests`: the ids."""
    return json_response(list(user_of(request).backtests))


def _found(request: Request) -> Kept:
    found = user_of(request).backtests.get(request.path_params["id"])
    if found is None:
        raise not_found("backtest")
    return found


async def one(request: Request) -> Response:
    """`GET /backtests/{id}`: how far it is, or its result."""
    kept = _found(request)
    await _move(request, kept)
    return json_response(_shown(kept))


async def logs(request: Request) -> Response:
    """`GET /backtests/{id}/logs`: a line for each thing that happened to it."""
    kept = _found(request)
    await _move(request, kept)
    return json_response(kept["log"])


async def cancel(request: Request) -> Response:
    """`POST /backtests/{id}/cancel` → 204; what is completed stays as it is."""
    world, kept = world_of(request), _found(request)
    await _move(request, kept)
    if kept["status"] != "completed":
        _finish(kept, {"statistics": [], "trials": [], "snapshots": [], "notices": ["Cancelled."]})
        kept["cancelled"] = True
        kept["log"].append(f"{stamp(world.clock.now())} cancelled")
        world.touch(user_of(request))
    return Response(status_code=204)


async def _move(request: Request, kept: Kept) -> None:
    """Bring a backtest to the present of the virtual clock."""
    world = world_of(request)
    if kept["status"] == "completed":
        return
    started = datetime.fromisoformat(kept["createdAt"])
    passed, whole = world.clock.now() - started, timedelta(seconds=kept["ETA"])
    if passed >= whole:
        result = await _computed(world, msgspec.convert(_shown(kept), Plan, strict=False), started)
        if kept["status"] != "completed":  # nobody else has waited for it too
            _finish(kept, result)
            kept["progress"] = 1
            kept["log"].append(f"{stamp(started + whole)} completed")
            world.touch(user_of(request))
    elif passed >= PENDING:
        kept["status"], kept["progress"] = "running", round(passed / whole, 2)


def _finish(kept: Kept, result: Kept) -> None:
    kept.pop("ETA", None)
    kept |= {"status": "completed", **result}


async def _computed(world: World, plan: Plan, now: datetime) -> Kept:
    """The result; others are served between two days of it."""
    run = Run(_market(world), plan, now)
    for _ in run.steps():
        await asyncio.sleep(0)
    return run.result()


async def simulate_trade(request: Request) -> Response:
    """`POST /simulate-trade`: one trade from `startDate` to its end, day by day."""
    world, plan = world_of(request), await _plan(request)
    rows = []
    for row in simulate(_market(world), plan, world.clock.now()):
        rows.append(row)
        await asyncio.sleep(0)
    return json_response(rows)


def routes(world: World) -> list[Route]:
    """Routes of this family."""
    return [
        Route(f"{ROOT}/available-dates", available_dates),
        Route(f"{ROOT}/backtests", create, methods=["POST"]),
        Route(f"{ROOT}/backtests", listed, methods=["GET"]),
        Route(f"{ROOT}/backtests/{{id}}", one),
        Route(f"{ROOT}/backtests/{{id}}/logs", logs),
        Route(f"{ROOT}/backtests/{{id}}/cancel", cancel, methods=["POST"]),
        Route(f"{ROOT}/simulate-trade", simulate_trade, methods=["POST"]),
    ]
