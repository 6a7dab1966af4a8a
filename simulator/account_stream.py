"""The account stream: JSON messages over one socket, every one with the access token.

`connect` comes first; silence of more than a minute, without even a ping, ends in a close. Answers
have `status` and `action`, notifications `type`; nothing is replayed.
"""

from __future__ import annotations

import asyncio
import contextlib
import time
from typing import TYPE_CHECKING, Any

from starlette.routing import WebSocketRoute
from starlette.websockets import WebSocket, WebSocketDisconnect

from simulator.http import dumps, loads
from simulator.model import Token
from simulator.notices import Subscriber
from simulator.oauth import bearer
from simulator.server import LAST_PING

if TYPE_CHECKING:
    from simulator.world import World

SILENCE = 60.0
GRACE = 60.0
LOOK_EVERY = 1.0
CONNECTS = ("connect", "account-subscribe")


def _echoed(value: Any) -> Any:
    """What a client said, to be given back; None for what JSON here cannot write."""
    try:
        dumps(value)
    except TypeError:
        return None
    return value


class Session:
    """One socket."""

    def __init__(self, world: World, socket: WebSocket) -> None:
        self.world = world
        self.socket = socket
        self.id = world.ids.hex("socket", 4)
        self.outbox = Subscriber("")
        self.outbox.id = self.id
        self.outbox.transcript = world.transcript
        self.connected = False
        self.heard = time.monotonic()
        self.doomed_at: float | None = None

    async def run(self) -> None:
        """Serve until either side ends it."""
        await self.socket.accept()
        tasks = [asyncio.create_task(self._write()), asyncio.create_task(self._watch())]
        try:
            while True:
                self._read(await self.socket.receive())
        except (WebSocketDisconnect, RuntimeError):
            pass
        finally:
            for task in tasks:
                task.cancel()
            self.world.hub.subscribers.discard(self.outbox)

    def _read(self, message: Any) -> None:
        if message["type"] == "websocket.disconnect":
            raise WebSocketDisconnect(message.get("code", 1000))
        self.heard = time.monotonic()
        raw = message.get("text")
        try:
            body = loads(raw.encode() if raw is not None else message.get("bytes") or b"")
        except (ValueError, RecursionError):
            body = None
        if not isinstance(body, dict):
            self._answer({}, "error", message="failed")
            return
        self._act(body)

    def _act(self, body: dict[str, Any]) -> None:
        action = body.get("action")
        token = self._token(body)
        if action not in CONNECTS and not self.connected:
            self._answer(body, "error", message="connect-not-completed")
        elif token is None:
            if self.connected and self.doomed_at is None:
                self.doomed_at = time.monotonic() + GRACE
            self._answer(body, "error", message="failed")
        elif action in CONNECTS:
            self._connect(body, token)
        else:
            self.doomed_at = None
            self._other(body, token)

    def _token(self, body: dict[str, Any]) -> Token | None:
        value = body.get("auth-token")
        token = bearer(self.world, value if isinstance(value, str) else None)
        return token if token is not None and "read" in token.scopes else None

    def _connect(self, body: dict[str, Any], token: Token) -> None:
        value = body.get("value")
        numbers = [value] if isinstance(value, str) else value if isinstance(value, list) else []
        user = self.world.users[token.username]
        known = all(isinstance(n, str) and n in user.accounts for n in numbers)
        if not numbers or not known:
            self._answer(body, "error", message="failed")
            return
        self.connected, self.outbox.username = True, user.username
        self.outbox.accounts = frozenset(numbers)
        self.world.hub.subscribers.add(self.outbox)
        self.doomed_at = None
        self._answer(body, "ok", value=numbers)

    def _other(self, body: dict[str, Any], token: Token) -> None:
        match body.get("action"):
            case "heartbeat":
                pass
            case "quote-alerts-subscribe":
                self.outbox.alerts = True
            case "public-watchlists-subscribe":
                self.outbox.watchlists = True
            case "user-message-subscribe":
                value = body.get("value")
                if value != self.world.users[token.username].external_id:
                    self._answer(body, "error", message="failed")
                    return
                self._answer(body, "ok")
                return
            case _:
                self._answer(body, "error", message="not implemented")
                return
        self._answer(body, "ok")

    def _answer(self, body: dict[str, Any], status: str, **more: Any) -> None:
        frame = {
            "status": status,
            "action": _echoed(body.get("action")),
            "web-socket-session-id": self.id,
            **more,
        }
        request_id = _echoed(body.get("request-id"))
        if request_id is not None:
            frame["request-id"] = request_id
        self.outbox.put(dumps(frame))

    async def _write(self) -> None:
        """Send what is queued, in order."""
        with contextlib.suppress(RuntimeError, WebSocketDisconnect):
            while True:
                await self.outbox.wake.wait()
                self.outbox.wake.clear()
                while self.outbox.queue:
                    await self.socket.send_text(self.outbox.queue.popleft().decode())
                if self.outbox.closing is not None:
                    await self.socket.close(*self.outbox.closing)
                    return

    async def _watch(self) -> None:
        """Close what has been silent for too long, or has lost its token."""
        with contextlib.suppress(RuntimeError, WebSocketDisconnect):
            while True:
                await asyncio.sleep(LOOK_EVERY)
                now = time.monotonic()
                ping = self.socket.scope.get(LAST_PING) or 0.0
                silent = now - max(self.heard, ping) > SILENCE
                if silent or (self.doomed_at is not None and now > self.doomed_at):
                    await self.socket.close(1000, "Bye")
                    return


async def account_stream(socket: WebSocket) -> None:
    """`/account-stream`."""
    await Session(socket.app.state.world, socket).run()


def routes(world: World) -> list[WebSocketRoute]:
    """The socket, under its own path and the bare root, which some clients use."""
    return [
        WebSocketRoute("/account-stream", account_stream),
        WebSocketRoute("/", account_stream),
    ]
