"""The socket: the one file that touches it.

``Wire`` is what both protocols look like from here. ``run_wire`` moves frames between socket and
protocol until one of them ends, and always ends by raising.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine, Sequence
from contextlib import asynccontextmanager
from ipaddress import ip_address
from typing import Any, Generic, Protocol, TypeVar
from urllib.parse import urlsplit

from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidHandshake, InvalidURI

from brokerage.tastytrade.streaming.errors import (
    AddressRefused,
    ConnectFailed,
    ConnectionEnded,
    SendStalled,
)

Item_co = TypeVar("Item_co", covariant=True)
Item = TypeVar("Item")

OPEN_SECONDS = 10.0
SEND_SECONDS = 10.0
CLOSE_SECONDS = 2.0
MAX_MESSAGE_BYTES = 16 * 1024 * 1024

# Frames carry tokens: the library must never log them, whatever the server's log level is.
_quiet = logging.getLogger("brokerage.tastytrade.streaming.socket")
_quiet.setLevel(logging.WARNING)


class Wire(Protocol[Item_co]):
    """A protocol without a socket; ``opened`` turns True when the peer has let it in."""

    opened: bool

    def receive(self, frame: str | bytes, now: float) -> Sequence[Item_co]: ...
    def tick(self, now: float) -> None: ...
    def touch(self, now: float) -> None: ...
    def deadline(self) -> float: ...
    def outgoing(self) -> list[str]: ...


def check_address(url: str) -> None:
    """Refuses clear text beyond this machine, and credentials in an address."""
    parts = urlsplit(url)
    if not parts.hostname or parts.username is not None or parts.password is not None:
        raise AddressRefused("a stream's address needs a host and carries no credentials")
    if parts.scheme != "wss" and not (parts.scheme == "ws" and _is_loopback(parts.hostname)):
        raise AddressRefused(f"{parts.scheme}:// is not used to speak to {parts.hostname}")


def _is_loopback(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False


class _Connect(connect):
    """A client that follows no redirect: the token would follow it too."""

    def process_redirect(self, exc: Exception) -> Exception:
        return exc


@asynccontextmanager
async def open_socket(url: str, user_agent: str) -> AsyncIterator[ClientConnection]:
    """An open WebSocket; raises AddressRefused or ConnectFailed, and closes in bounded time.

    Liveness is the protocols' own business (their watchdogs see a peer that answers pings but
    delivers nothing), so the library's pings are off.
    """
    check_address(url)
    loopback = _is_loopback(urlsplit(url).hostname or "")
    try:
        socket = await _Connect(
            url,
            user_agent_header=user_agent,
            compression=None,
            open_timeout=OPEN_SECONDS,
            close_timeout=CLOSE_SECONDS,
            ping_interval=None,
            max_size=MAX_MESSAGE_BYTES,
            proxy=None if loopback else True,
            logger=_quiet,
        )
    except (OSError, TimeoutError, InvalidHandshake, InvalidURI) as error:
        raise ConnectFailed(f"the broker's stream cannot be reached ({_words(error)})") from None
    try:
        yield socket
    finally:
        with contextlib.suppress(Exception):
            await socket.close()


def _words(error: Exception) -> str:
    """A short reason; an OSError's own text names the address, which people may read."""
    if isinstance(error, TimeoutError):
        return "no answer in time"
    if isinstance(error, OSError) and error.strerror:
        return error.strerror
    return type(error).__name__


class WireRunner(Generic[Item]):
    """Drives one wire on one socket. ``poke`` after any change that may have queued frames.

    ``on_open`` is called once, before anything that came later is delivered.
    """

    def __init__(
        self,
        socket: ClientConnection,
        wire: Wire[Item],
        deliver: Callable[[Sequence[Item]], Awaitable[None]],
        clock: Callable[[], float],
        on_open: Callable[[], None],
    ) -> None:
        self.opened = asyncio.Event()
        self._socket, self._wire, self._clock = socket, wire, clock
        self._deliver, self._on_open = deliver, on_open
        self._delivering = False
        self._poke = asyncio.Event()

    def poke(self) -> None:
        self._poke.set()

    async def run(self, *companions: Coroutine[Any, Any, None]) -> None:
        """Until the first of reader, sender and companions fails; raises what it raised."""
        works = [self._read(), self._tend(), *companions]
        tasks = [asyncio.create_task(work) for work in works]
        try:
            done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_EXCEPTION)
            for task in done:
                task.result()
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

    async def _read(self) -> None:
        try:
            while True:
                frame = await self._socket.recv(decode=False)
                items = self._wire.receive(frame, self._clock())
                self._poke.set()
                if self._wire.opened and not self.opened.is_set():
                    self.opened.set()
                    self._on_open()
                if items:
                    self._delivering = True
                    await self._deliver(items)
                    self._delivering = False
        except ConnectionClosed as closed:
            raise _ended(closed) from None

    async def _tend(self) -> None:
        """Send what is due, and wait for the next deadline or a poke."""
        while True:
            self._poke.clear()
            if self._delivering:
                self._wire.touch(self._clock())
            try:
                self._wire.tick(self._clock())
            finally:
                for frame in self._wire.outgoing():
                    await self._send(frame)
            pause = min(max(0.0, self._wire.deadline() - self._clock()), 3600.0)
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(pause):
                    await self._poke.wait()

    async def _send(self, frame: str) -> None:
        try:
            async with asyncio.timeout(SEND_SECONDS):
                await self._socket.send(frame)
        except TimeoutError:
            raise SendStalled("the broker takes no more bytes") from None
        except ConnectionClosed as closed:
            raise _ended(closed) from None


def _ended(closed: ConnectionClosed) -> ConnectionEnded:
    received = closed.rcvd
    if received is None:
        return ConnectionEnded(None)
    return ConnectionEnded(received.code, received.reason)
