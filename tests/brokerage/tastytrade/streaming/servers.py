"""Real WebSocket servers on loopback that misbehave on request."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from typing import Any

from websockets.asyncio.server import ServerConnection, serve
from websockets.exceptions import ConnectionClosed

Script = Callable[["Talk"], Awaitable[None]]


class Talk:
    """One connection as the server sees it."""

    def __init__(self, socket: ServerConnection, number: int) -> None:
        self.socket, self.number = socket, number
        self.seen: list[dict[str, Any]] = []

    async def say(self, kind: str, channel: int = 0, **body: Any) -> None:
        await self.socket.send(json.dumps({"type": kind, "channel": channel, **body}))

    async def send(self, message: dict[str, Any]) -> None:
        await self.socket.send(json.dumps(message))

    async def hear(self, kind: str | None = None) -> dict[str, Any]:
        """The next frame, or the next one of this type or action."""
        while True:
            frame = json.loads(await self.socket.recv())
            self.seen.append(frame)
            if kind is None or kind in (frame.get("type"), frame.get("action")):
                return frame

    async def handshake(self, keepalive: float = 60) -> str:
        """Up to AUTHORIZED; the token that was sent."""
        await self.hear("SETUP")
        await self.say("SETUP", version="1.0", keepaliveTimeout=keepalive)
        await self.say("AUTH_STATE", state="UNAUTHORIZED")
        token = (await self.hear("AUTH"))["token"]
        await self.say("AUTH_STATE", state="AUTHORIZED")
        return str(token)

    async def open_channel(self) -> dict[str, Any]:
        """Channel and set-up; the first subscription frame."""
        request = await self.hear("CHANNEL_REQUEST")
        number = request["channel"]
        await self.say("CHANNEL_OPENED", number, service="FEED", parameters={})
        setup = await self.hear("FEED_SETUP")
        await self.say(
            "FEED_CONFIG",
            number,
            dataFormat="COMPACT",
            eventFields=setup["acceptEventFields"],
        )
        return await self.hear("FEED_SUBSCRIPTION")

    async def quote(self, symbol: str, bid: float, channel: int = 1) -> None:
        row = [symbol, bid, bid + 0.02, 1.0, 2.0, "Q", "Q"]
        await self.say("FEED_DATA", channel, data=["Quote", row])

    async def acknowledge(self, action: str) -> dict[str, Any]:
        frame = await self.hear(action)
        await self.send({"status": "ok", "action": action, "request-id": frame.get("request-id")})
        return frame


class Server:
    def __init__(self) -> None:
        self.url = ""
        self.talks: list[Talk] = []


@asynccontextmanager
async def served(script: Script) -> AsyncIterator[Server]:
    """A server whose every connection runs the script; it sees its number from ``talk.number``."""
    server = Server()

    async def handle(socket: ServerConnection) -> None:
        talk = Talk(socket, len(server.talks))
        server.talks.append(talk)
        work = asyncio.ensure_future(script(talk))
        ended = asyncio.ensure_future(socket.wait_closed())
        await asyncio.wait({work, ended}, return_when=asyncio.FIRST_COMPLETED)
        # A script that waits for ever ends with its connection.
        work.cancel()
        with suppress(ConnectionClosed, asyncio.CancelledError):
            await work

    async with serve(handle, "127.0.0.1", 0, close_timeout=0.2) as running:
        port = running.sockets[0].getsockname()[1]
        server.url = f"ws://127.0.0.1:{port}/dxlink"
        yield server


async def forever() -> None:
    await asyncio.Event().wait()
