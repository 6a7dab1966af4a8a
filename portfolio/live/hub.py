"""The hub: one market subscriber per web process, and what its open pages want to see.

Frames come once per ``MARKET_FRAME_SECONDS`` and feed over Valkey pub/sub, are merged into the
latest books, and mark the symbols that changed for each open page. The pages' wishes are added up
and registered upstream as one owner per process and feed, so the gateway sees processes, not
pages.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import time
import uuid
from collections.abc import Iterable, Mapping

import msgspec
import redis
import redis.asyncio

from brokerage import market
from brokerage.aio import end
from portfolio.live.book import LatestBook

logger = logging.getLogger(__name__)

REFRESH_SECONDS = 10.0
# A feed that no page shows stays subscribed for this long: people click back and forth.
LINGER_SECONDS = 30.0
# Without a running hub a book is read from Valkey at most this often.
SNAPSHOT_SECONDS = 1.0
_CONTROL = "market:hub"


class Listener:
    """One open page's view of the hub: what it shows and what of it changed."""

    def __init__(self) -> None:
        self.wanted: dict[str, frozenset[tuple[str, str]]] = {}
        self.symbols: dict[str, frozenset[str]] = {}
        self.dirty: set[tuple[str, str]] = set()
        self.health_changed = True
        self.wake = asyncio.Event()

    def show(self, wanted: Mapping[str, Iterable[tuple[str, str]]]) -> None:
        """Replace what the page shows; nothing is dirty any more."""
        self.wanted = {feed: frozenset(pairs) for feed, pairs in wanted.items()}
        self.symbols = {
            feed: frozenset(symbol for _, symbol in pairs) for feed, pairs in self.wanted.items()
        }
        self.dirty.clear()

    def mark(self, feed: str, frame: market.Frame) -> None:
        hits = self.symbols.get(feed, frozenset()) & frame.cells.keys()
        if hits:
            self.dirty.update((feed, symbol) for symbol in hits)
        if frame.health is not None:
            self.health_changed = True
        if hits or frame.health is not None:
            self.wake.set()


class Hub:
    """Books by feed; reads are safe from any thread, everything else belongs to one event loop."""

    def __init__(self) -> None:
        self.owner = f"web-{uuid.uuid4().hex[:12]}"
        self._books: dict[str, LatestBook] = {}
        self._snapshots: dict[str, tuple[float, LatestBook]] = {}
        self._listeners: dict[str, set[Listener]] = {}
        self._idle_since: dict[str, float] = {}
        self._loop: asyncio.AbstractEventLoop | None = None
        self._tasks: list[asyncio.Task[None]] = []
        self._server: redis.asyncio.Redis | None = None
        self._pubsub: redis.asyncio.client.PubSub | None = None
        self._refresh = asyncio.Event()

    # --- Reading, from any thread -------------------------------------------------------------

    def book(self, feed: str) -> LatestBook:
        """The live book of a feed; in a process that does not follow it, a fresh copy of it.

        Without an answer from Valkey the copy is empty and its health says that it is down.
        """
        return self._books.get(feed) or self._snapshot(feed)

    def _snapshot(self, feed: str) -> LatestBook:
        taken_at, book = self._snapshots.get(feed, (0.0, LatestBook(feed)))
        if time.monotonic() - taken_at < SNAPSHOT_SECONDS:
            return book
        book = LatestBook(feed)
        try:
            book.fill(market.load_book(feed), market.load_health(feed))
        except redis.RedisError as error:
            logger.warning("the latest book of a feed could not be read: %s", type(error).__name__)
        if len(self._snapshots) > 256:
            self._snapshots.clear()
        self._snapshots[feed] = (time.monotonic(), book)
        return book

    # --- Pages --------------------------------------------------------------------------------

    async def show(
        self, listener: Listener, wanted: Mapping[str, Iterable[tuple[str, str]]]
    ) -> None:
        """From now on the page of this listener shows these pairs; its books are filled."""
        self._start()
        self._forget(listener)
        listener.show(wanted)
        for feed in listener.wanted:
            self._listeners.setdefault(feed, set()).add(listener)
            self._idle_since.pop(feed, None)
            if feed not in self._books:
                await self._follow(feed)
        self._refresh.set()

    def leave(self, listener: Listener) -> None:
        """The page is gone or hidden: its wishes are dropped."""
        self._forget(listener)
        listener.show({})
        self._refresh.set()

    def _forget(self, listener: Listener) -> None:
        for feed in listener.wanted:
            listeners = self._listeners.get(feed, set())
            listeners.discard(listener)
            if not listeners:
                self._idle_since.setdefault(feed, time.monotonic())

    # --- Following feeds ----------------------------------------------------------------------

    def _start(self) -> None:
        loop = asyncio.get_running_loop()
        if self._loop is loop and self._tasks and not any(task.done() for task in self._tasks):
            return
        # The first page, or another loop (tests): whatever an old loop held is of no use.
        for task in self._tasks:
            if self._loop is loop:
                task.cancel()
        self._loop = loop
        self._server, self._pubsub = market.async_valkey(), None
        self._refresh = asyncio.Event()
        self._books, self._listeners, self._idle_since = {}, {}, {}
        self._tasks = [loop.create_task(self._receive()), loop.create_task(self._register())]

    async def stop(self) -> None:
        """End both tasks and withdraw the wishes of this process."""
        await end(*self._tasks)
        if self._server is not None:
            with contextlib.suppress(redis.RedisError, RuntimeError):
                for feed in self._books:
                    await market.register_interest_async(self._server, feed, (), self.owner)
            await self._server.aclose()
        self._tasks, self._loop, self._server, self._pubsub = [], None, None, None
        self._books = {}

    async def _follow(self, feed: str) -> None:
        book = self._books.setdefault(feed, LatestBook(feed))
        with contextlib.suppress(redis.RedisError):
            # Without a connection the receiver subscribes and fills when it has one again.
            if self._pubsub is not None:
                await self._pubsub.subscribe(market.channel(feed))
            await self._fill(book)

    async def _fill(self, book: LatestBook) -> None:
        if self._server is None:
            return
        fields = await self._server.hgetall(market.book_key(book.feed))
        health = await self._server.get(market.health_key(book.feed))
        book.fill(market.parse_book(fields), market.parse_health(health))

    async def _receive(self) -> None:
        delay = 0.1
        while True:
            try:
                await self._receive_once()
            except redis.RedisError:
                logger.warning("lost the market channel; trying again in %.1f s", delay)
                self._pubsub = None
                await asyncio.sleep(delay)
                delay = min(delay * 2, 3.0)
            else:
                delay = 0.1

    async def _receive_once(self) -> None:
        assert self._server is not None
        async with self._server.pubsub(ignore_subscribe_messages=True) as pubsub:
            channels = [market.channel(feed) for feed in self._books]
            await pubsub.subscribe(_CONTROL, *channels)
            self._pubsub = pubsub
            for book in list(self._books.values()):
                await self._fill(book)
                self._all_dirty(book.feed)
            while True:
                message = await pubsub.get_message(timeout=30.0)
                if message is not None:
                    self._take(message["channel"].decode(), message["data"])

    def _take(self, channel: str, data: bytes) -> None:
        feed = channel.removeprefix("market:")
        book = self._books.get(feed)
        if book is None:
            return
        try:
            frame = market.decode_frame(data)
        except msgspec.DecodeError:
            logger.warning("a market frame could not be read", exc_info=True)
            return
        book.apply(frame)
        if frame.cleared:
            self._all_dirty(feed)
        for listener in self._listeners.get(feed, ()):
            listener.mark(feed, frame)

    def _all_dirty(self, feed: str) -> None:
        for listener in self._listeners.get(feed, ()):
            listener.dirty.update((feed, symbol) for symbol in listener.symbols[feed])
            listener.health_changed = True
            listener.wake.set()

    # --- Interest -----------------------------------------------------------------------------

    def _wishes(self, feed: str) -> list[tuple[str, str]]:
        wishes = (listener.wanted[feed] for listener in self._listeners.get(feed, ()))
        return sorted(frozenset[tuple[str, str]]().union(*wishes))

    async def _register(self) -> None:
        """Tell upstream at once when wishes change, and again before they run out."""
        told: dict[str, list[tuple[str, str]]] = {}
        while True:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(REFRESH_SECONDS):
                    await self._refresh.wait()
            changed = self._refresh.is_set()
            self._refresh.clear()
            try:
                await self._tell(told, only_changes=changed)
            except redis.RedisError:
                told.clear()
                logger.warning("interest could not be registered")
                await asyncio.sleep(1)
                self._refresh.set()
            await self._drop_idle()

    async def _tell(self, told: dict[str, list[tuple[str, str]]], *, only_changes: bool) -> None:
        assert self._server is not None
        for feed in list(self._books):
            wishes = self._wishes(feed)
            if wishes == told.get(feed, []) and (only_changes or not wishes):
                continue
            await market.register_interest_async(self._server, feed, wishes, self.owner)
            told[feed] = wishes

    async def _drop_idle(self) -> None:
        now = time.monotonic()
        for feed, since in list(self._idle_since.items()):
            if now - since < LINGER_SECONDS:
                continue
            del self._idle_since[feed]
            self._books.pop(feed, None)
            self._listeners.pop(feed, None)
            if self._pubsub is not None:
                with contextlib.suppress(redis.RedisError):
                    await self._pubsub.unsubscribe(market.channel(feed))


hub = Hub()
