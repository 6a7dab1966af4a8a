"""One ASGI application on one port: REST, consent page, both streams, control.

`front.Front` stands before it; one task moves the world along with its clock.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import AsyncIterator
from importlib import import_module

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute

from simulator import account_stream, control, oauth
from simulator.front import Front
from simulator.http import ApiError, error
from simulator.lifecycle import open_market
from simulator.routing import Switch
from simulator.world import World

log = logging.getLogger("simulator")

FAMILIES = (
    "customers", "accounts", "balances", "positions", "transactions", "netliq", "margin",
    "orders", "complex_orders", "watchlists", "quote_alerts", "quote_tokens", "sessions_legacy",
    "passwords", "instruments", "chains",
    "market_data", "metrics", "market_time", "search", "precisions", "backtester",
)  # fmt: skip
TICK = 0.25
SHORTEST_SLEEP = 0.004


def create_app(world: World, ticking: bool = True) -> Front:
    """The whole application of one world; without ticking only the control routes move time."""

    @contextlib.asynccontextmanager
    async def lifespan(app: Starlette) -> AsyncIterator[None]:
        task = asyncio.create_task(_tick(world, front.poke)) if ticking else None
        try:
            yield
        finally:
            if task is not None:
                task.cancel()
                with contextlib.suppress(asyncio.CancelledError):
                    await task
            world.flush()

    app = Starlette(
        exception_handlers={
            ApiError: _api_error,
            HTTPException: _http_error,
            Exception: _server_error,
        },
    )
    app.router = Switch(_routes(world), lifespan)
    app.state.world = world
    front = Front(app, world, remembers=ticking)
    return front


def _routes(world: World) -> list[BaseRoute]:
    found: list[BaseRoute] = [*oauth.routes(world), *control.routes(world)]
    found += account_stream.routes(world)
    for family in (*(f"rest.{name}" for name in FAMILIES), "dxlink"):
        with contextlib.suppress(ModuleNotFoundError):
            found += import_module(f"simulator.{family}").routes(world)
    return found


async def _tick(world: World, poke: asyncio.Event) -> None:
    """Move the world along with its clock; sooner when something is due."""
    written = 0.0
    loop = asyncio.get_running_loop()
    while True:
        try:
            world.catch_up()
            if world.settings.skip_closed:
                open_market(world)
            second = loop.time() - written > 1
            world.flush(meta=second)
            written = loop.time() if second else written
        except Exception:
            log.exception("a step of the world failed")
        poke.clear()
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(poke.wait(), _pause(world))


def _pause(world: World) -> float:
    due, speed = world.agenda.next_due, world.clock.speed
    if due is None or speed <= 0:
        return TICK
    seconds = (due - world.clock.now()).total_seconds() / speed
    return min(TICK, max(SHORTEST_SLEEP, seconds))


async def _api_error(request: Request, failure: Exception) -> Response:
    assert isinstance(failure, ApiError)
    return failure.response()


async def _http_error(request: Request, failure: Exception) -> Response:
    assert isinstance(failure, HTTPException)
    if failure.status_code in (404, 405):
        return error(404, "record_not_found", "Couldn't find route")
    return error(failure.status_code, f"http_{failure.status_code}", str(failure.detail))


async def _server_error(request: Request, failure: Exception) -> Response:
    log.error("unhandled", exc_info=failure)
    return error(500, "internal_server_error", "Internal Server Error")
