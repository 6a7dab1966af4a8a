"""The proxy in front of the services: what every request passes before and after them.

It strips an optional `/v1`, wants a User-Agent, checks versions and tokens, plays scripted faults,
stamps the Date of the virtual clock, writes the state file before an answer leaves, and keeps the
transcript where one is wanted.
"""

from __future__ import annotations

import asyncio
import re
from datetime import UTC, datetime
from email.utils import format_datetime
from functools import lru_cache

from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from simulator import oauth
from simulator.fault_rest import Player, hang_up
from simulator.faults import HTML, TITLES, Fault, Meeting
from simulator.fills.scripts import LOST
from simulator.http import error
from simulator.remembered import Remembered
from simulator.throttle import Throttle
from simulator.transcript import Listening
from simulator.world import World

PUBLIC = re.compile(
    r"^/(oauth/token|auth\.html|control(/.*)?|margin-requirements-public-configuration"
    r"|symbols/search/.*|sessions|device-challenge|password(/reset)?|confirmation|healthz)$"
)
NO_PROXY = re.compile(r"^/(control(/.*)?|auth\.html|healthz)$")
ACCOUNT = re.compile(r"/accounts/([^/]+)")
ORDER_ROUTES = re.compile(r"^/(accounts|customers)/[^/]+/(complex-)?orders(/|$)")
READS = ("GET", "HEAD")
OLDEST, OLDEST_ORDERS = "20240501", "20250813"


class Front:
    """What a request passes before and after the services."""

    def __init__(self, app: ASGIApp, world: World, remembers: bool = False) -> None:
        self.app = app
        self.world = world
        self.remembered = Remembered(world, remembers)
        self.poke = asyncio.Event()
        self.throttle = Throttle(world)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one connection."""
        if scope["type"] == "lifespan":
            await self.app(scope, receive, send)
            return
        scope["path"] = _plain_path(scope["path"])
        if scope["type"] == "websocket":
            await self.app(scope, receive, send)
            return
        if self.world.transcript.on:
            receive = Listening(receive)
        await self._http(scope, receive, send)

    async def _http(self, scope: Scope, receive: Receive, send: Send) -> None:
        headers = _headers(scope)
        fault = None
        if "rest" in self.world.faults.on and not NO_PROXY.match(scope["path"]):
            fault = self.world.faults.take(self._meeting(scope, headers))
        outbox = Outbox(self.world, send, None if fault is None else Player(self.world, fault))
        try:
            await self._answer(scope, receive, outbox, headers, fault)
        except Exception:
            # Starlette answers a failure and raises it again; the answer is all that is wanted
            if not outbox.messages:
                raise
        if scope["method"] not in READS:
            self.remembered.forget()
            self.poke.set()
        if self.world.transcript.on:
            self.world.transcript.request(scope, receive, outbox.messages)
        await outbox.deliver(receive, lost=LOST in scope)

    async def _answer(
        self, scope: Scope, receive: Receive, outbox: Outbox, headers: dict[str, str],
        fault: Fault | None,
    ) -> None:  # fmt: skip
        if outbox.player is not None and outbox.player.instead:
            await outbox.player.answer()(scope, receive, outbox)
            return
        refusal = self._refusal(scope, headers)
        if refusal is not None:
            await refusal(scope, receive, outbox)
        elif fault is not None and fault.action == "lag":
            number = ACCOUNT.search(scope["path"])
            with outbox.player.lagging(number.group(1) if number else ""):  # type: ignore[union-attr]
                await self.app(scope, receive, outbox)
        else:
            await self._served(scope, receive, outbox)

    async def _served(self, scope: Scope, receive: Receive, outbox: Outbox) -> None:
        key = self.remembered.key(scope)
        known = None if key is None else self.remembered.find(key)
        if known is None:
            await self.app(scope, receive, outbox)
            if key is not None:
                self.remembered.keep(key, outbox.messages)
            return
        for message in known:
            await outbox({**message, "headers": message["headers"][:-1]}
                         if "headers" in message else message)  # fmt: skip

    def _meeting(self, scope: Scope, headers: dict[str, str]) -> Meeting:
        number = ACCOUNT.search(scope["path"])
        token = oauth.bearer(self.world, headers.get("authorization"))
        return Meeting(
            on="rest",
            path=scope["path"],
            method=scope["method"],
            account=number.group(1) if number else None,
            username=token.username if token else None,
            connection=token.grant_id if token else None,
        )

    def _refusal(self, scope: Scope, headers: dict[str, str]) -> Response | None:
        path = scope["path"]
        if NO_PROXY.match(path):
            return None
        if not headers.get("user-agent"):
            return Response(HTML.format(TITLES[401]), 401, media_type="text/html")
        if self.world.settings.rate_limit > 0:
            limited = self.throttle.refusal(headers.get("authorization") or _address(scope))
            if limited is not None:
                return limited
        if not _version_served(path, headers.get("accept-version")):
            return error(406, 406, "The requested version is not supported.")
        if PUBLIC.match(path):
            return None
        return self._authorise(scope, headers.get("authorization"))

    def _authorise(self, scope: Scope, header: str | None) -> Response | None:
        token = oauth.bearer(self.world, header)
        if token is None:
            return oauth.unauthorized(self.world, header).response()
        user = self.world.users[token.username]
        scope.setdefault("state", {})["user"] = user
        scope["state"]["token"] = token
        trade = oauth.needs_trade(scope["method"], scope["path"])
        if ("trade" if trade else "read") not in token.scopes:
            return oauth.insufficient_scope().response()
        return None


class Outbox:
    """Holds an answer back until the state is written; then sends it as the fault has it."""

    def __init__(self, world: World, send: Send, player: Player | None) -> None:
        self.world = world
        self.send = send
        self.player = player
        self.messages: list[Message] = []

    async def __call__(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            stamp = _date(int(self.world.clock.now().timestamp()))
            message["headers"] = [*message.get("headers", []), (b"date", stamp)]
        self.messages.append(message)

    async def deliver(self, receive: Receive, lost: bool = False) -> None:
        """Write the state file, then the answer, unless a scripted order lost it."""
        self.world.flush(meta=False)
        if lost:
            hang_up(self.send)
            return
        if self.player is not None:
            await self.player.deliver(self.messages, receive, self.send)
            return
        for message in self.messages:
            await self.send(message)


@lru_cache(64)
def _date(second: int) -> bytes:
    return format_datetime(datetime.fromtimestamp(second, UTC), usegmt=True).encode()


def _plain_path(path: str) -> str:
    if path == "/v1" or path.startswith("/v1/"):
        path = path[3:] or "/"
    return path.rstrip("/") or "/"


def _address(scope: Scope) -> str:
    client = scope.get("client")
    return str(client[0]) if client else ""


def _headers(scope: Scope) -> dict[str, str]:
    return {k.decode("latin-1").lower(): v.decode("latin-1") for k, v in scope["headers"]}


def _version_served(path: str, version: str | None) -> bool:
    if version is None:
        return True
    oldest = OLDEST_ORDERS if ORDER_ROUTES.match(path) else OLDEST
    return _is_day(version) and version >= oldest


@lru_cache(256)
def _is_day(version: str) -> bool:
    if not re.fullmatch(r"\d{8}", version):
        return False
    try:
        datetime.strptime(version, "%Y%m%d").replace(tzinfo=UTC)
    except ValueError:
        return False
    return True


__all__ = ["Front", "Outbox"]
