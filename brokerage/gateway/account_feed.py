"""One connection's account stream: notifications into the mirror, a re-sync after each connect."""

from __future__ import annotations

import asyncio
import logging
import time
from uuid import UUID

from django.db import InterfaceError, OperationalError

from brokerage import environments
from brokerage.aio import first_failure
from brokerage.gateway.health import HealthBoard
from brokerage.gateway.threads import in_thread
from brokerage.gateway.tokens import StreamTokens
from brokerage.models import Account, Connection
from brokerage.sync import ingest, runs, schedule
from brokerage.sync.times import make_due
from brokerage.tastytrade.streaming import (
    AccountMessage,
    AccountStream,
    AccountTimings,
    StreamGap,
    StreamNotice,
    StreamState,
)

logger = logging.getLogger(__name__)

# What is not told with the accounts and has to be asked for.
ACTIONS = ("quote-alerts-subscribe",)
WATCH_SECONDS = 2.0
RESYNC_DELAYS = (0.0, 1.0, 3.0)
# Heartbeats are acknowledged: nothing at all for their interval and a little is a bad sign.
QUIET_MARGIN = 3.0


def account_numbers(connection_id: UUID) -> list[str]:
    """The numbers of the open accounts that the connection reaches."""
    reached = Account.objects.filter(accesses__connection_id=connection_id)
    return sorted(reached.exclude(is_closed=True).values_list("number", flat=True).distinct())


class AccountFeed:
    """Runs until cancelled, or until GiveUp. Messages are applied one after the other, so those
    of one account keep their order; while the mirror is read again they wait in the stream.
    """

    def __init__(
        self,
        connection: Connection,
        tokens: StreamTokens,
        health: HealthBoard,
        *,
        timings: AccountTimings | None = None,
        user_agent: str = "strikedesk/0.1",
    ) -> None:
        self._connection, self._tokens, self._health = connection, tokens, health
        self._timings = timings or AccountTimings()
        self._user_agent = user_agent

    async def run(self) -> None:
        """Follow the connection's accounts; start over when their set changes."""
        while True:
            numbers = await in_thread(account_numbers, self._connection.pk)
            if numbers:
                await self._follow(numbers)
            else:
                self._health.account("connecting", "waiting for the first sync")
                await asyncio.sleep(WATCH_SECONDS / 2)

    async def _follow(self, numbers: list[str]) -> None:
        """Until the set of accounts is another one."""
        environment = environments.environment_for(self._connection.environment)
        async with AccountStream(
            environment.account_stream_url,
            numbers,
            self._tokens.access,
            timings=self._timings,
            user_agent=self._user_agent,
            actions=ACTIONS,
        ) as stream:
            await first_failure(self._consume(stream), self._watch(stream, numbers))

    async def _watch(self, stream: AccountStream, numbers: list[str]) -> None:
        """Ends when the accounts changed; tells when the stream has fallen silent."""
        while await in_thread(account_numbers, self._connection.pk) == numbers:
            await asyncio.sleep(WATCH_SECONDS)
            self._tell_silence(stream)

    def _tell_silence(self, stream: AccountStream) -> None:
        heard = stream.last_frame
        state = self._health.health.account
        if heard is None or state.state not in ("up", "quiet"):
            return
        silence = time.monotonic() - heard
        state.last_frame_at = time.time() - silence
        if silence > self._timings.heartbeat + QUIET_MARGIN:
            self._health.account("quiet", "the account stream has fallen silent")
        else:
            self._health.account("up")

    async def _consume(self, stream: AccountStream) -> None:
        async for item in stream:
            if isinstance(item, AccountMessage):
                await self._ingest(item)
            elif isinstance(item, StreamGap):
                await self._fill(item)
            elif isinstance(item, StreamNotice):
                logger.warning("account stream: %s", item.text)
            elif isinstance(item, StreamState):
                await self._state(item)

    async def _state(self, state: StreamState) -> None:
        if state.state != "up":
            self._health.account(state.state, state.reason)
            return
        self._health.account("connecting", "reading the accounts again")
        if await self._resync():
            self._health.account("up")

    async def _resync(self) -> bool:
        """Nothing is replayed, so everything is read again; what comes meanwhile waits."""
        for delay in RESYNC_DELAYS:
            await asyncio.sleep(delay)
            try:
                await in_thread(runs.sync_after_reconnect, self._connection)
                return True
            except runs.SyncIncomplete as error:
                logger.warning("reading again after a reconnect was cut short: %s", error)
            except Exception:
                # The schedule reads again soon; notifications must not wait for ever.
                logger.exception("the mirror could not be read again after a reconnect")
        self._health.account("up", "the accounts could not be read again yet")
        return False

    async def _fill(self, gap: StreamGap) -> None:
        """What was missed is due at once; the worker reads it at its next tick."""
        logger.info("account stream: %s; the accounts are read again", gap.text)
        try:
            await in_thread(make_due, self._connection, schedule.AFTER_RECONNECT)
        except (OperationalError, InterfaceError):
            logger.warning("the database does not answer; the schedule reads what was missed")

    async def _ingest(self, message: AccountMessage) -> None:
        """Apply one notification. While the database is away it waits, and those behind it."""
        while True:
            try:
                await in_thread(ingest.ingest, self._connection, message)
                return
            except (OperationalError, InterfaceError):
                logger.warning("the database does not answer; a notification waits")
                await asyncio.sleep(1.0)
            except Exception:
                # One message that cannot be applied must not stop those that can.
                logger.exception("a notification of type %s was not applied", message.type)
                return
