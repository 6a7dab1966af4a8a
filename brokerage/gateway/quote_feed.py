"""One connection's market stream: what is held and looked at, conflated into frames."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import time

import redis
import redis.asyncio
from django.conf import settings

from brokerage import environments, market
from brokerage.aio import first_failure
from brokerage.gateway.conflation import Conflator
from brokerage.gateway.health import HealthBoard
from brokerage.gateway.interest import Following, held_pairs, subscription
from brokerage.gateway.silence import SilenceWatch
from brokerage.gateway.threads import in_thread
from brokerage.gateway.tokens import StreamTokens
from brokerage.models import Connection
from brokerage.outage import Outage
from brokerage.tastytrade.streaming import (
    DXLinkStream,
    Event,
    QuoteToken,
    StreamNotice,
    StreamState,
    Timings,
)

logger = logging.getLogger(__name__)

INTEREST_SECONDS = 1.0
HELD_SECONDS = 2.0
WATCH_SECONDS = 1.0


class QuoteFeed:
    """Runs until cancelled, or until GiveUp."""

    def __init__(
        self,
        server: redis.asyncio.Redis,
        connection: Connection,
        tokens: StreamTokens,
        health: HealthBoard,
        *,
        timings: Timings | None = None,
        user_agent: str = "strikedesk/0.1",
    ) -> None:
        self._server, self._connection = server, connection
        self._tokens, self._health = tokens, health
        self._timings, self._user_agent = timings, user_agent
        self._feed = market.feed_key(connection)
        self._conflator = Conflator()
        self._following = Following()
        self._gone: list[str] = []
        self._cleared = False
        self._outage = Outage(logger, "market frames")

    async def run(self) -> None:
        environment = environments.environment_for(self._connection.environment)
        async with DXLinkStream(
            self._token, environment, timings=self._timings, user_agent=self._user_agent
        ) as stream:
            await first_failure(
                self._consume(stream),
                self._publish(),
                self._follow(stream),
                self._watch(stream),
            )

    # --- In ---------------------------------------------------------------------------------------

    async def _token(self, *, renew: bool) -> QuoteToken:
        """The stream's token provider; a feed whose level changed starts with an empty book."""
        token = await self._tokens.quote(renew=renew)
        if token.level != self._connection.quote_level:
            self._conflator.clear()
            self._cleared = bool(self._connection.quote_level)
        if (token.level, token.delayed) != (
            self._connection.quote_level,
            self._connection.quotes_delayed,
        ):
            await in_thread(self._keep_level, token)
        self._health.level(token.level, token.delayed)
        return token

    def _keep_level(self, token: QuoteToken) -> None:
        known = {"quote_level": token.level[:16], "quotes_delayed": token.delayed}
        self._connection.quote_level = token.level
        self._connection.quotes_delayed = token.delayed
        Connection.objects.filter(pk=self._connection.pk).update(**known)

    async def _consume(self, stream: DXLinkStream) -> None:
        async for batch in stream.batches():
            events = [item for item in batch if isinstance(item, Event)]
            if events:
                self._conflator.apply(events, time.time())
            if len(events) < len(batch):
                for item in batch:
                    self._heard(item)

    def _heard(self, item: object) -> None:
        if isinstance(item, StreamState):
            self._health.market(item.state, item.reason)
        elif isinstance(item, StreamNotice):
            logger.warning("market stream: %s", item.text)
            if item.kind == "capacity":
                self._health.capacity(item.text)

    async def _watch(self, stream: DXLinkStream) -> None:
        """Tell when an open stream has fallen silent, long before it is given up."""
        watch = SilenceWatch()
        while True:
            await asyncio.sleep(WATCH_SECONDS)
            now, state = time.monotonic(), self._health.health.market
            watch.heard(stream.last_frame, stream.last_data)
            if stream.last_data is not None:
                state.last_frame_at = time.time() - (now - stream.last_data)
            if state.state == "up" and watch.quiet(now):
                self._health.market("quiet", "the market stream has fallen silent")
            elif state.state == "quiet" and not watch.quiet(now):
                self._health.market("up")

    # --- What to follow ---------------------------------------------------------------------------

    async def _follow(self, stream: DXLinkStream) -> None:
        """Keep the subscriptions at what is held and wanted; pages poke when they want more."""
        held_at, held = 0.0, []
        poke = asyncio.create_task(self._pokes(woken := asyncio.Event()))
        try:
            while True:
                now = time.monotonic()
                if now - held_at >= HELD_SECONDS:
                    held_at, held = now, await in_thread(held_pairs, self._connection.pk)
                with contextlib.suppress(redis.RedisError):
                    wanted = await market.current_interest(self._server, self._feed)
                    self._update(stream, [*wanted, *held], now)
                woken.clear()
                with contextlib.suppress(TimeoutError):
                    async with asyncio.timeout(INTEREST_SECONDS):
                        await woken.wait()
        finally:
            poke.cancel()

    def _update(self, stream: DXLinkStream, pairs: list[tuple[str, str]], now: float) -> None:
        before = self._following.symbols()
        added, removed = self._following.want(pairs, now)
        if not added and not removed:
            return
        stream.update(map(subscription, added), map(subscription, removed))
        gone = before - self._following.symbols()
        self._conflator.forget(gone)
        self._gone.extend(gone)

    async def _pokes(self, woken: asyncio.Event) -> None:
        """Wake the follower when a page says what it wants; polling alone takes a second."""
        while True:
            with contextlib.suppress(redis.RedisError):
                async with self._server.pubsub(ignore_subscribe_messages=True) as pubsub:
                    await pubsub.subscribe(market.interest_channel(self._feed))
                    while True:
                        if await pubsub.get_message(timeout=30.0) is not None:
                            woken.set()
            await asyncio.sleep(1.0)

    # --- Out --------------------------------------------------------------------------------------

    async def _publish(self) -> None:
        """One frame per MARKET_FRAME_SECONDS, if anything changed."""
        loop = asyncio.get_running_loop()
        due = loop.time()
        while True:
            due = max(due + settings.MARKET_FRAME_SECONDS, loop.time())
            await asyncio.sleep(due - loop.time())
            await self._publish_frame()

    async def _publish_frame(self) -> None:
        cells = self._conflator.take()
        gone, self._gone = self._gone, []
        cleared, self._cleared = self._cleared, False
        if not (cells or gone or cleared):
            return
        frame = market.Frame(time.time(), cells=cells, gone=gone, cleared=cleared)
        try:
            await market.publish(self._server, self._feed, frame)
        except redis.RedisError as error:
            self._outage.failed(error)
            self._conflator.put_back(cells)
            self._gone, self._cleared = [*gone, *self._gone], cleared or self._cleared
            await asyncio.sleep(0.5)
        else:
            self._outage.worked()
