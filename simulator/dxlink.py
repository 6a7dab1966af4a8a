"""The market data stream as a WebSocket endpoint.

`DxlinkServer` holds all connections, so that faults can be played on them: see its methods.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import time
from typing import Any

import orjson
from starlette.routing import BaseRoute, WebSocketRoute
from starlette.websockets import WebSocket, WebSocketDisconnect

from simulator.dxlink_faults import Faulty
from simulator.dxlink_feed import Feed, Limits
from simulator.dxlink_session import BYE, Grant, Session

log = logging.getLogger("simulator")

PATH = "/dxlink"
MOST_BYTES = 1 << 20  # of one client frame
IDLE = 0.25


def encode(frame: dict[str, Any] | str) -> str:
    """A frame's text; a fault's garbage is one already."""
    return frame if isinstance(frame, str) else orjson.dumps(frame).decode()


class Connection:
    """One socket: a reader, and a writer that wakes with the market."""

    def __init__(self, server: DxlinkServer, socket: WebSocket) -> None:
        self.socket = socket
        self.id = server.world.ids.hex("market-socket", 4)
        self.faulty = Faulty(server.world, self)
        self.session = Session(
            server.world.market,
            server.authorize,
            time.monotonic(),
            Limits(
                server.most_entries,
                server.most_candles,
                depth=server.depth,
                bulletins=server.bulletins,
            ),
        )
        self.wake = asyncio.Event()
        self.frozen = False
        self._lock = asyncio.Lock()

    async def serve(self) -> None:
        """Run until either side closes."""
        await self.socket.accept()
        writer = asyncio.create_task(self._write())
        try:
            await self._read()
        except WebSocketDisconnect:
            pass
        finally:
            writer.cancel()
            with contextlib.suppress(asyncio.CancelledError, Exception):
                await writer

    async def _read(self) -> None:
        while True:
            message = await self.socket.receive()
            if message["type"] == "websocket.disconnect":
                return
            text = message.get("text") or (message.get("bytes") or b"").decode("utf-8", "replace")
            if len(text) > MOST_BYTES:
                await self.close(1009, "")
                return
            await self._answer(text)
            if self.session.closing:
                await self.close(*self.session.closing)
                return

    async def _answer(self, text: str) -> None:
        now = time.monotonic()
        try:
            payload = orjson.loads(text)
        except ValueError:
            await self.send(self.session.invalid(now))
            return
        await self.send(self.session.receive(payload, now))
        self.wake.set()

    async def _write(self) -> None:
        try:
            await self._follow()
        except (WebSocketDisconnect, RuntimeError):
            return  # the other side is gone; the reader ends the connection
        except Exception:
            log.exception("the market data stream failed")
            await self.close(1011, "")

    async def _follow(self) -> None:
        while True:
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self.wake.wait(), self._pause())
            self.wake.clear()
            await self.send(self.session.tick(time.monotonic()))
            if self.faulty.closing:
                self.session.closing = self.faulty.closing
            if self.session.closing:
                await self.close(*self.session.closing)
                return

    def _pause(self) -> float:
        due = [c.next_flush for c in self.session.channels.values()]
        wait = min((t - time.monotonic() for t in due), default=IDLE)
        return min(max(wait, 0.02), IDLE) if wait > 0 else IDLE

    async def send(self, frames: list[dict[str, Any]]) -> None:
        """Write frames in order, as the faults have them; a frozen connection swallows them."""
        async with self._lock:
            if self.faulty.concerned:
                frames = self.faulty.pass_on(frames)
            for frame in frames:
                if not self.frozen:
                    await self.socket.send_text(encode(frame))

    async def close(self, code: int, reason: str) -> None:
        """Close from our side."""
        with contextlib.suppress(RuntimeError, WebSocketDisconnect):
            await self.socket.close(code, reason)


class DxlinkServer:
    """All connections of a world, and the faults that can be played on them."""

    def __init__(self, world: Any) -> None:
        self.world = world
        self.connections: set[Connection] = set()
        self.most_entries = 25_000
        self.most_candles = 50
        self.bulletins: dict[tuple[str, str], tuple[int, Any]] = {}
        """What Configuration and Message events say, by type and symbol: version, attachment."""
        world.market.on_tick(lambda _: self.poke())

    @property
    def depth(self) -> bool:
        """Whether order books are served to new connections."""
        settings = getattr(self.world, "settings", None)
        return settings is None or bool(settings.depth)

    def announce(self, kind: str, symbol: str, attachment: Any) -> int:
        """Publish an attachment; the number of times that this symbol has had one."""
        version = self.bulletins.get((kind, symbol), (0, None))[0] + 1
        self.bulletins[kind, symbol] = (version, attachment)
        self.poke()
        return version

    def authorize(self, token: str) -> Grant | None:
        """Whether a quote token is good now."""
        tokens = getattr(self.world, "quote_tokens", None)
        if tokens is not None:
            found = tokens.authorize(token)
            return found if isinstance(found, Grant) else Grant("U-SIM") if found else None
        row = self.world.tokens.get(token)
        if row is None or row.kind != "quote" or row.revoked:
            return None
        if row.expires_at <= self.world.clock.now():
            return None
        return Grant(f"U-{row.username}", delayed="demo" in row.scopes)

    def poke(self) -> None:
        """The market has moved."""
        for connection in self.connections:
            connection.wake.set()

    async def serve(self, socket: WebSocket) -> None:
        """The endpoint."""
        connection = Connection(self, socket)
        self.connections.add(connection)
        try:
            await connection.serve()
        finally:
            self.connections.discard(connection)

    # -- faults ------------------------------------------------------------------------------

    async def hang_up(self, code: int = BYE[0], reason: str = BYE[1]) -> int:
        """Close every connection; returns how many there were."""
        targets = list(self.connections)
        for connection in targets:
            await connection.close(code, reason)
        return len(targets)

    def freeze(self, frozen: bool = True) -> int:
        """Stay connected and say nothing, or speak again."""
        for connection in self.connections:
            connection.frozen = frozen
        return len(self.connections)

    async def switch_format(self, data_format: str) -> int:
        """Change the data format of every feed channel by the server's own decision."""
        count = 0
        for connection in list(self.connections):
            feeds = [c for c in connection.session.channels.values() if isinstance(c, Feed)]
            await connection.send([feed.switch(data_format) for feed in feeds])
            count += len(feeds)
        return count


def dxlink_endpoint(world: Any) -> Any:
    """The WebSocket endpoint; the server is kept as `world.dxlink`."""
    server = DxlinkServer(world)
    world.dxlink = server
    return server.serve


def routes(world: Any) -> list[BaseRoute]:
    """The stream's one route."""
    return [WebSocketRoute(PATH, dxlink_endpoint(world))]
