"""The state of one connection's streams: told in frames, kept in Valkey, published as a fact."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import time
from uuid import UUID

import redis
import redis.asyncio

from brokerage import events, market
from brokerage.gateway.threads import in_thread
from brokerage.market import StreamHealth
from brokerage.models import Connection
from brokerage.outage import Outage

logger = logging.getLogger(__name__)

# Told again this often, so that silence means that the gateway is gone.
BEAT_SECONDS = 2.0


class HealthBoard:
    """Both feeds of a connection write here; one task tells it."""

    def __init__(
        self, server: redis.asyncio.Redis, connection_id: UUID, feed: str, gateway: str
    ) -> None:
        now = time.time()
        self.health = market.FeedHealth(
            gateway=gateway,
            market=market.StreamHealth("connecting", now),
            account=market.StreamHealth("connecting", now),
        )
        self._server, self._connection_id, self._feed = server, connection_id, feed
        self._changed = asyncio.Event()
        self._changed.set()
        self._fact_due = False
        self._outage = Outage(logger, "states of streams")

    def market(self, state: str, reason: str = "") -> None:
        self.health.market = self._moved(self.health.market, state, reason)

    def account(self, state: str, reason: str = "") -> None:
        self.health.account = self._moved(self.health.account, state, reason)

    def level(self, level: str, delayed: bool) -> None:
        if (self.health.level, self.health.delayed) != (level, delayed):
            self.health.level, self.health.delayed = level, delayed
            self._tell_soon()

    def capacity(self, text: str) -> None:
        if self.health.capacity != text:
            self.health.capacity = text
            self._tell_soon()

    def _moved(self, held: StreamHealth, state: str, reason: str) -> StreamHealth:
        if (held.state, held.reason) == (state, reason):
            return held
        self._tell_soon()
        since = held.since if held.state == state else time.time()
        return market.StreamHealth(state, since, reason, held.last_frame_at)

    def _tell_soon(self) -> None:
        self._fact_due = True
        self._changed.set()

    async def run(self) -> None:
        """Tell changes at once and the state every BEAT_SECONDS."""
        while True:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(BEAT_SECONDS):
                    await self._changed.wait()
            self._changed.clear()
            await self._tell()

    async def close(self, reason: str) -> None:
        """The last word: this gateway no longer serves the connection."""
        self.market("down", reason)
        self.account("down", reason)
        await self._tell()

    async def _tell(self) -> None:
        self.health.at = time.time()
        frame = market.Frame(self.health.at, health=self.health)
        try:
            await market.publish(self._server, self._feed, frame)
        except redis.RedisError as error:
            self._outage.failed(error)
        else:
            self._outage.worked()
        if self._fact_due:
            self._fact_due = False
            await in_thread(self._publish_fact)

    def _publish_fact(self) -> None:
        connection = Connection.objects.filter(pk=self._connection_id).first()
        if connection is None:
            return
        detail = {"market": self.health.market.state, "account_stream": self.health.account.state}
        events.publish(events.CONNECTION_UPDATED, connection=connection, detail=detail)
