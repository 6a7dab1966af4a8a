"""A bounded buffer between the socket's reader and the consumer of a stream."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Sequence
from typing import Generic, TypeVar

Item = TypeVar("Item")


class Mailbox(Generic[Item]):
    """Batches in, batches or single items out; ``put`` waits while ``limit`` items lie unread."""

    def __init__(self, limit: int = 100_000) -> None:
        self._limit = limit
        self._batches: deque[Sequence[Item]] = deque()
        self._count = 0
        self._filled = asyncio.Event()
        self._drained = asyncio.Event()
        self._drained.set()
        self._error: BaseException | None = None
        self._closed = False

    @property
    def full(self) -> bool:
        return self._count >= self._limit

    def post(self, item: Item) -> None:
        """One item that must not be lost or waited for (a change of state)."""
        self._append([item])

    async def put(self, batch: Sequence[Item]) -> None:
        while self.full and not self._closed:
            self._drained.clear()
            await self._drained.wait()
        self._append(batch)

    def _append(self, batch: Sequence[Item]) -> None:
        if not batch or self._closed:
            return
        self._batches.append(batch)
        self._count += len(batch)
        self._filled.set()

    def close(self, error: BaseException | None = None) -> None:
        """Nothing more will come; the reader gets what lies here, then ``error`` or the end."""
        self._closed, self._error = True, error
        self._filled.set()
        self._drained.set()

    async def take(self) -> list[Item]:
        """Everything unread, at least one item; StopAsyncIteration when closed and empty."""
        while not self._batches:
            if self._closed:
                raise self._error if self._error is not None else StopAsyncIteration
            self._filled.clear()
            await self._filled.wait()
        items = [item for batch in self._batches for item in batch]
        self._batches.clear()
        self._count = 0
        self._drained.set()
        return items
