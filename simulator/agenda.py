"""What is due when, in virtual time. The order of equal instants is the order of entry."""

from __future__ import annotations

import heapq
from datetime import datetime

Entry = tuple[datetime, int, str, int | str]


class Agenda:
    """A heap of named events."""

    def __init__(self) -> None:
        self._heap: list[Entry] = []
        self._count = 0

    def at(self, due: datetime, name: str, key: int | str) -> None:
        """Enter an event."""
        self._count += 1
        heapq.heappush(self._heap, (due, self._count, name, key))

    @property
    def next_due(self) -> datetime | None:
        """When the first event is due."""
        return self._heap[0][0] if self._heap else None

    def pop(self, until: datetime) -> tuple[datetime, str, int | str] | None:
        """The first event that is due by `until`, removed; None when nothing is."""
        if not self._heap or self._heap[0][0] > until:
            return None
        due, _, name, key = heapq.heappop(self._heap)
        return due, name, key
