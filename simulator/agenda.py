"""What is due when, in virtual time. The order of equal instants is the order of entry."""

from __future__ import annotations

import heapq
from collections.abc import Iterable
from datetime import datetime
from typing import Any

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

    def snapshot(self) -> list[Entry]:
        """All events in their order, numbered anew."""
        rows = sorted(self._heap)
        return [(due, place, name, key) for place, (due, _, name, key) in enumerate(rows, 1)]

    def restore(self, entries: Iterable[Any]) -> None:
        """Take over the events of a snapshot in their order; instants may be ISO texts."""
        self._heap = [
            (datetime.fromisoformat(due) if isinstance(due, str) else due, count, name, key)
            for due, count, name, key in entries
        ]
        heapq.heapify(self._heap)
        self._count = max((entry[1] for entry in self._heap), default=0)
