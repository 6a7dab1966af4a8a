"""The market stream over a socket."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Protocol

import msgspec

from brokerage.tastytrade.streaming.backoff import Backoff
from brokerage.tastytrade.streaming.connection import WireRunner, open_socket
from brokerage.tastytrade.streaming.dxlink.events import ACCEPT_FIELDS
from brokerage.tastytrade.streaming.dxlink.protocol import DXLinkProtocol, Output, Timings
from brokerage.tastytrade.streaming.errors import (
    AddressRefused,
    ConnectionEnded,
    StreamError,
    TokenExpired,
)
from brokerage.tastytrade.streaming.stream import ReconnectingStream
from brokerage.tastytrade.streaming.subscriptions import (
    MAX_FRAME_BYTES,
    Subscription,
    Subscriptions,
)

# A quote token lives for a day; it is renewed some minutes before.
TOKEN_SECONDS = 24 * 3600.0
RENEW_AHEAD_SECONDS = 600.0
RENEW_AGAIN_SECONDS = 60.0
TOO_BIG = 1009


class QuoteToken(msgspec.Struct, frozen=True):
    """What the broker hands out for its market data. ``level`` "api" is real time."""

    value: str
    url: str
    level: str = ""
    expires_at: datetime | None = None

    def __repr__(self) -> str:
        return f"QuoteToken(level={self.level!r})"

    @property
    def delayed(self) -> bool:
        """Whether the figures come some fifteen minutes late."""
        return self.level == "demo" or "/delayed" in self.url


class QuoteTokenProvider(Protocol):
    """Fetches a quote token; with ``renew`` one that is not the last one.

    It raises TokenUnavailable to be asked again later, GiveUp to end the stream.
    """

    async def __call__(self, *, renew: bool) -> QuoteToken: ...


class ChecksStreamerUrl(Protocol):
    """An environment: raises ValueError for an address that its tokens may not be sent to."""

    def check_streamer_url(self, url: str) -> object: ...


class DXLinkStream(ReconnectingStream[Output]):
    """Events of the wanted symbols, notices and changes of state.

    The address comes with each token and is checked by the environment before anything is sent.
    Subscriptions outlive connections. ``fields`` names the wire fields wished per event type.
    """

    def __init__(
        self,
        token_provider: QuoteTokenProvider,
        environment: ChecksStreamerUrl,
        *,
        user_agent: str = "strikedesk/0.1",
        timings: Timings | None = None,
        fields: Mapping[str, Sequence[str]] = ACCEPT_FIELDS,
        backoff: Backoff | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        super().__init__(user_agent=user_agent, backoff=backoff, clock=clock)
        self.token: QuoteToken | None = None
        self.subscriptions = Subscriptions()
        self._provider, self._environment = token_provider, environment
        self._timings, self._fields = timings or Timings(), fields
        self._max_frame_bytes = MAX_FRAME_BYTES
        self._protocol: DXLinkProtocol | None = None

    # --- What to deliver ------------------------------------------------------------------------

    async def subscribe(
        self,
        wanted: Mapping[str, Iterable[str]],
        *,
        source: str | None = None,
        from_time: int | None = None,
    ) -> None:
        """Symbols by event type; ``source`` for Order, ``from_time`` (epoch ms) for Candle."""
        self.update(add=_entries(wanted, source, from_time))

    async def unsubscribe(
        self, wanted: Mapping[str, Iterable[str]], *, source: str | None = None
    ) -> None:
        self.update(remove=_entries(wanted, source, None))

    def update(self, add: Iterable[Subscription] = (), remove: Iterable[Subscription] = ()) -> None:
        """Change the wanted set; only the difference is sent."""
        removed = self.subscriptions.remove(remove)
        added = self.subscriptions.add(add)
        if self._protocol is not None and self._runner is not None and (added or removed):
            self._protocol.update(added, removed, self._clock())
            self._runner.poke()

    @property
    def last_frame(self) -> float | None:
        """When the open connection last heard anything (the stream's clock)."""
        return self._protocol.last_frame if self._protocol is not None else None

    @property
    def last_data(self) -> float | None:
        """When the open connection last delivered data (the stream's clock)."""
        return self._protocol.last_data if self._protocol is not None else None

    # --- One connection -------------------------------------------------------------------------

    async def _session(self) -> None:
        self.token = token = await self._provider(renew=self._refused)
        self._check(token.url)
        async with open_socket(token.url, self._user_agent) as socket:
            self._protocol = protocol = DXLinkProtocol(
                token.value,
                self.subscriptions,
                self._clock(),
                timings=self._timings,
                fields=self._fields,
                max_frame_bytes=self._max_frame_bytes,
            )
            self._runner = WireRunner(socket, protocol, self._deliver, self._clock, self._opened)
            try:
                await self._runner.run(self._keep_token_fresh(self._runner, protocol, token))
            except ConnectionEnded as ended:
                self._shrink_frames(ended)
                raise
            finally:
                self._protocol = self._runner = None

    def _check(self, url: str) -> None:
        try:
            self._environment.check_streamer_url(url)
        except ValueError as error:
            raise AddressRefused(str(error)) from None

    def _shrink_frames(self, ended: ConnectionEnded) -> None:
        """The server found a frame of ours too big: cut smaller from now on."""
        if ended.code == TOO_BIG:
            self._max_frame_bytes = max(1000, self._max_frame_bytes // 2)

    async def _keep_token_fresh(
        self, runner: WireRunner[Output], protocol: DXLinkProtocol, token: QuoteToken
    ) -> None:
        """Renew the token ahead of its end, again and again."""
        await runner.opened.wait()
        while True:
            await asyncio.sleep(_renewal_delay(token))
            fresh = await self._renewed(token)
            if fresh is None:
                await asyncio.sleep(RENEW_AGAIN_SECONDS)
                continue
            if fresh.url != token.url or fresh.level != token.level:
                raise TokenExpired("the market data moved to another address")
            self.token = token = fresh
            protocol.renew(token.value, self._clock())
            runner.poke()

    async def _renewed(self, token: QuoteToken) -> QuoteToken | None:
        """A token that lasts longer; None when there is none yet and the old one still serves."""
        try:
            fresh = await self._provider(renew=True)
        except StreamError:
            return None
        if fresh.value == token.value and fresh.expires_at == token.expires_at:
            return None
        return fresh


def _renewal_delay(token: QuoteToken) -> float:
    left = TOKEN_SECONDS
    if token.expires_at is not None:
        left = (token.expires_at - datetime.now(UTC)).total_seconds()
    # Short-lived tokens (a simulator's) are renewed at nine tenths of their life.
    return max(1.0, left - min(RENEW_AHEAD_SECONDS, left / 10))


def _entries(
    wanted: Mapping[str, Iterable[str]], source: str | None, from_time: int | None
) -> list[Subscription]:
    return [
        Subscription(kind, symbol, source, from_time)
        for kind, symbols in wanted.items()
        for symbol in symbols
    ]
