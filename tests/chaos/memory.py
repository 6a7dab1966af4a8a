"""Resident memory of the processes that live from the first third of a run to its end."""

from __future__ import annotations

from tests.chaos.stage import Child


class Memory:
    """Looked at now and then; what counts is the first look after a third, and the last."""

    def __init__(self, children: list[Child]) -> None:
        self._children = children
        self._third: dict[str, tuple[int, float]] = {}

    def look(self, share: float) -> None:
        """``share``: how much of the run has passed."""
        if share >= 1 / 3 and not self._third:
            self._third = {
                child.name: (child.process.pid, child.memory()) for child in self._children
            }

    def end(self) -> dict[str, tuple[float, float]]:
        """MiB after the first third and now, of the processes that are still the same."""
        return {
            child.name: (round(self._third[child.name][1], 1), round(child.memory(), 1))
            for child in self._children
            if self._third.get(child.name, (0, 0.0))[0] == child.process.pid
        }
