"""One connection under the gateway: its two feeds, each restarted when it fails."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Callable, Coroutine
from typing import Any

import redis.asyncio
from django.conf import settings

from brokerage import market
from brokerage.aio import end
from brokerage.environments import UnknownEnvironment
from brokerage.gateway.account_feed import AccountFeed
from brokerage.gateway.health import HealthBoard
from brokerage.gateway.quote_feed import QuoteFeed
from brokerage.gateway.tokens import StreamTokens
from brokerage.models import Connection
from brokerage.tastytrade.streaming import Backoff, GiveUp

logger = logging.getLogger(__name__)

Telling = Callable[[str, str], None]


class ConnectionRunner:
    """Nothing that happens in here reaches another connection's runner."""

    def __init__(self, server: redis.asyncio.Redis, connection: Connection, gateway: str) -> None:
        self.version = version_of(connection)
        self._connection = connection
        self._tokens = StreamTokens(connection)
        self._health = HealthBoard(server, connection.pk, market.feed_key(connection), gateway)
        options: dict[str, Any] = {"user_agent": settings.USER_AGENT}
        self._account = AccountFeed(connection, self._tokens, self._health, **options)
        self._quotes = QuoteFeed(server, connection, self._tokens, self._health, **options)
        self._tasks: list[asyncio.Task[None]] = []

    def start(self) -> None:
        self._tasks = [
            asyncio.create_task(self._kept("account", self._account.run, self._health.account)),
            asyncio.create_task(self._kept("market", self._quotes.run, self._health.market)),
            asyncio.create_task(self._kept("health", self._health.run, None)),
        ]

    async def stop(self, reason: str) -> None:
        """Close both streams and say why."""
        await end(*self._tasks)
        with contextlib.suppress(Exception):
            await self._tokens.close()
        with contextlib.suppress(Exception):
            await self._health.close(reason)

    async def _kept(
        self, name: str, run: Callable[[], Coroutine[Any, Any, None]], tell: Telling | None
    ) -> None:
        """Run it again after every failure, later each time."""
        backoff = Backoff(first=1.0)
        while True:
            reason = "the stream ended"
            try:
                await run()
            except GiveUp as final:
                reason = str(final)
            except UnknownEnvironment as unknown:
                reason = str(unknown)
                logger.warning("connection %s: %s", self._connection.pk, reason)
            except Exception:
                reason = "internal fault; the log says what"
                logger.exception("the %s feed of connection %s failed", name, self._connection.pk)
            if tell is not None:
                tell("down", reason)
            await asyncio.sleep(backoff.next())


def version_of(connection: Connection) -> tuple[str, str]:
    """What makes a runner start anew when it changes: another grant or environment."""
    return (connection.environment, connection.grant_fingerprint)
