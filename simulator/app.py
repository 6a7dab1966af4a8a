"""One ASGI application on one port: REST, consent page, both streams, control.

`Front` is the proxy in front of the services: it strips an optional `/v1`, wants a User-Agent,
checks versions and tokens, applies scripted faults, stamps the Date of the virtual clock and writes
the state file before an answer leaves.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import re
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from email.utils import format_datetime
from importlib import import_module
from typing import Any

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from simulator import account_stream, control, oauth
from simulator.faults import HTML, TITLES, Fault, answer_of
from simulator.http import ApiError, error, json_response
from simulator.lifecycle import open_market
from simulator.world import World

log = logging.getLogger("simulator")

FAMILIES = (
    "customers", "accounts", "balances", "positions", "transactions", "netliq", "margin",
    "orders", "watchlists", "quote_alerts", "quote_tokens", "sessions", "instruments", "chains",
    "market_data", "metrics", "market_time", "search", "precisions",
)  # fmt: skip
PUBLIC = re.compile(
    r"^/(oauth/token|auth\.html|control(/.*)?|margin-requirements-public-configuration"
    r"|symbols/search/.*|sessions|device-challenge|healthz)$"
)
NO_PROXY = re.compile(r"^/(control(/.*)?|auth\.html|healthz)$")
ORDER_ROUTES = re.compile(r"^/(accounts|customers)/[^/]+/(complex-)?orders(/|$)")
OLDEST, OLDEST_ORDERS = "20240501", "20250813"
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
        routes=_routes(world),
        lifespan=lifespan,
        exception_handlers={
            ApiError: _api_error,
            HTTPException: _http_error,
            Exception: _server_error,
        },
    )
    app.router.redirect_slashes = False
    app.state.world = world
    front = Front(app, world)
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


class Front:
    """What a request passes before and after the services."""

    def __init__(self, app: ASGIApp, world: World) -> None:
        self.app = app
        self.world = world
        self.poke = asyncio.Event()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one connection."""
        if scope["type"] == "lifespan":
            await self.app(scope, receive, send)
            return
        scope["path"] = _plain_path(scope["path"])
        if scope["type"] == "websocket":
            await self.app(scope, receive, send)
            return
        await self._http(scope, receive, send)

    async def _http(self, scope: Scope, receive: Receive, send: Send) -> None:
        outbox = _Outbox(self.world, send)
        fault = None
        if not NO_PROXY.match(scope["path"]):
            fault = self.world.faults.take(scope["method"], scope["path"])
        try:
            if fault is not None and await self._fault(fault, scope, receive, outbox):
                return
            await self._serve(scope, receive, outbox)
        except Exception:
            # Starlette answers a failure and raises it again; the answer is all that is wanted
            if not outbox.messages:
                raise
        if fault is not None and fault.action == "hang":
            await asyncio.sleep(fault.seconds)
        self.poke.set()
        await outbox.deliver(drop=fault is not None and fault.action == "drop")

    async def _serve(self, scope: Scope, receive: Receive, outbox: _Outbox) -> None:
        refusal = self._refusal(scope)
        await (self.app if refusal is None else refusal)(scope, receive, outbox)

    def _refusal(self, scope: Scope) -> Response | None:
        path, headers = scope["path"], _headers(scope)
        if NO_PROXY.match(path):
            return None
        if not headers.get("user-agent"):
            return Response(HTML.format(TITLES[401]), 401, media_type="text/html")
        if not _version_served(path, headers.get("accept-version")):
            return error(406, 406, "The requested version is not supported.")
        if PUBLIC.match(path):
            return None
        return self._authorise(scope, headers.get("authorization"))

    def _authorise(self, scope: Scope, header: str | None) -> Response | None:
        token = oauth.bearer(self.world, header)
        if token is None:
            return oauth.unauthorized(self.world).response()
        user = self.world.users[token.username]
        scope.setdefault("state", {})["user"] = user
        scope["state"]["token"] = token
        trade = oauth.needs_trade(scope["method"], scope["path"])
        if ("trade" if trade else "read") not in token.scopes:
            return oauth.insufficient_scope().response()
        return None

    async def _fault(self, fault: Fault, scope: Scope, receive: Receive, outbox: _Outbox) -> bool:
        """Answer in place of the services where the fault says so."""
        if fault.action != "status":
            return False
        status, kind, body, headers = answer_of(fault)
        if kind == "text/html":
            response = Response(body, status, headers, media_type=kind)
        else:
            response = json_response(body, status, headers)
        await response(scope, receive, outbox)
        await outbox.deliver()
        return True


class _Outbox:
    """Holds an answer back until the state is written; then sends it, or drops the line."""

    def __init__(self, world: World, send: Send) -> None:
        self.world = world
        self.send = send
        self.messages: list[Message] = []

    async def __call__(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            stamp = format_datetime(
                self.world.clock.now().astimezone(UTC).replace(microsecond=0), usegmt=True
            )
            message["headers"] = [*message.get("headers", []), (b"date", stamp.encode())]
        self.messages.append(message)

    async def deliver(self, drop: bool = False) -> None:
        """Write the state file, then the answer."""
        self.world.flush(meta=False)
        if drop:
            _hang_up(self.send)
            return
        for message in self.messages:
            await self.send(message)


def _hang_up(send: Send) -> None:
    """Cut the connection without an answer (uvicorn's cycle holds the transport)."""
    cycle: Any = getattr(send, "__self__", None)
    transport = getattr(cycle, "transport", None)
    if transport is None:
        raise ConnectionResetError("the answer was dropped on request")
    cycle.disconnected = True
    transport.abort()


def _plain_path(path: str) -> str:
    if path == "/v1" or path.startswith("/v1/"):
        path = path[3:] or "/"
    return path.rstrip("/") or "/"


def _headers(scope: Scope) -> dict[str, str]:
    return {k.decode("latin-1").lower(): v.decode("latin-1") for k, v in scope["headers"]}


def _version_served(path: str, version: str | None) -> bool:
    if version is None:
        return True
    oldest = OLDEST_ORDERS if ORDER_ROUTES.match(path) else OLDEST
    if not re.fullmatch(r"\d{8}", version):
        return False
    try:
        datetime.strptime(version, "%Y%m%d").replace(tzinfo=UTC)
    except ValueError:
        return False
    return version >= oldest
