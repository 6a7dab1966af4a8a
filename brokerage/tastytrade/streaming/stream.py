"""A stream that never ends by itself: connect, deliver, and connect again after every failure."""

from __future__ import annotations

import asyncio
import logging
import time
from abc import ABC, abstractmethod
from collections.abc import AsyncIterator, Callable, Sequence
from types import TracebackType
from typing import Generic, Self, TypeVar

from brokerage.tastytrade.streaming.backoff import Backoff
from brokerage.tastytrade.streaming.connection import WireRunner
from brokerage.tastytrade.streaming.errors import GiveUp, StreamError, TokenRefused
from brokerage.tastytrade.streaming.mailbox import Mailbox
from brokerage.tastytrade.streaming.messages import StreamState

Item = TypeVar("Item")

logger = logging.getLogger(__name__)

# A connection that lasted this long counts as success: the next failure starts at short delays.
STABLE_SECONDS = 10.0
# A refused token is tried again with a new one, never in a hurry.
REFUSED_SECONDS = 2.0


class ReconnectingStream(ABC, Generic[Item]):
    """``async with`` opens it, ``async for`` yields its items, changes of state among them.

    Reading, keep-alives and reconnects go on in a task of their own, so a slow consumer costs
    nothing but its own delay. Iteration ends only with GiveUp, raised by a token provider.
    """

    def __init__(
        self,
        *,
        user_agent: str,
        backoff: Backoff | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.state = StreamState("connecting")
        self._user_agent = user_agent
        self._backoff = backoff or Backoff()
        self._clock = clock
        self._mailbox: Mailbox[Item | StreamState] = Mailbox()
        self._task: asyncio.Task[None] | None = None
        self._runner: WireRunner[Item] | None = None
        self._refused = False

    async def __aenter__(self) -> Self:
        self._task = asyncio.create_task(self._run())
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)
        self._mailbox.close()

    async def __aiter__(self) -> AsyncIterator[Item | StreamState]:
        async for batch in self.batches():
            for item in batch:
                yield item

    async def batches(self) -> AsyncIterator[list[Item | StreamState]]:
        """The same items in lists as they came in: cheaper where there are many."""
        while True:
            try:
                batch = await self._mailbox.take()
            except StopAsyncIteration:
                return
            yield batch

    @abstractmethod
    async def _session(self) -> None:
        """One connection from opening to its end; always ends by raising."""

    # --- For the streams ------------------------------------------------------------------------

    def _say(self, state: StreamState) -> None:
        if state != self.state:
            self.state = state
            self._mailbox.post(state)

    def _opened(self) -> None:
        self._say(StreamState("up"))

    async def _deliver(self, items: Sequence[Item]) -> None:
        await self._mailbox.put(items)

    # --- The loop -------------------------------------------------------------------------------

    async def _run(self) -> None:
        while True:
            opened_at = self._clock()
            self._say(StreamState("connecting", self.state.reason, self._backoff.attempt))
            try:
                await self._session()
            except GiveUp as final:
                self._say(StreamState("down", str(final)))
                self._mailbox.close(final)
                return
            except StreamError as error:
                await self._pause(error, opened_at)
            except Exception as error:
                # A defect of ours or of the wire must not end the stream for good.
                logger.exception("a stream's session failed")
                await self._pause(StreamError(f"internal: {type(error).__name__}"), opened_at)

    async def _pause(self, error: StreamError, opened_at: float) -> None:
        self._refused = isinstance(error, TokenRefused)
        if self.state.state == "up" and self._clock() - opened_at >= STABLE_SECONDS:
            self._backoff.succeeded()
        delay = self._backoff.next(at_least=REFUSED_SECONDS if self._refused else 0.0)
        self._say(StreamState("down", str(error), self._backoff.attempt, delay))
        await asyncio.sleep(delay)
