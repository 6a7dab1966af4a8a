"""The virtual clock: every time in the simulator comes from here.

Virtual time runs at `speed` times real time from an anchor; speed 0 stands still. Nothing else
may read the wall clock to decide what the market or an order does.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

from simulator.market.calendar import NEW_YORK, latest_trading_day

MAX_SPEED = 10_000.0


def default_start(today: datetime | None = None) -> datetime:
    """10:30 New York of the latest trading day, so that the market is open at any hour outside."""
    local = (today or datetime.now(UTC)).astimezone(NEW_YORK)
    day = latest_trading_day(local.date())
    return datetime(day.year, day.month, day.day, 10, 30, tzinfo=NEW_YORK).astimezone(UTC)


class Clock:
    """Virtual UTC time; `wall` is injectable so that tests need no sleeping."""

    def __init__(
        self,
        start: datetime | None = None,
        speed: float = 1.0,
        wall: Callable[[], float] = time.monotonic,
    ) -> None:
        self._wall = wall
        self.start = (start or default_start()).astimezone(UTC)
        self._anchor = self.start
        self._anchor_wall = wall()
        self._speed = _checked(speed)
        self._resume_speed = self._speed or 1.0

    @property
    def speed(self) -> float:
        """Virtual seconds per real second; 0 is a stopped clock."""
        return self._speed

    def now(self) -> datetime:
        """The virtual instant, aware, UTC."""
        passed = (self._wall() - self._anchor_wall) * self._speed
        return self._anchor + timedelta(seconds=max(0.0, passed)) if passed else self._anchor

    def set_speed(self, speed: float) -> None:
        """Change the pace from this instant on; ValueError outside 0..10,000."""
        checked = _checked(speed)
        self._hold()
        self._speed = checked
        if checked:
            self._resume_speed = checked

    def pause(self) -> None:
        """Stop; `resume` goes on at the pace there was."""
        self.set_speed(0)

    freeze = pause

    def resume(self) -> None:
        """Go on at the last pace above zero."""
        self.set_speed(self._resume_speed)

    def jump(self, to: datetime) -> None:
        """Move to an instant; time never goes back (ValueError)."""
        if to.tzinfo is None:
            raise ValueError("a jump needs a time with an offset")
        if to < self.now():
            raise ValueError("the clock does not run backwards")
        self._anchor = to.astimezone(UTC)
        self._anchor_wall = self._wall()

    def advance(self, delta: timedelta) -> None:
        """Jump ahead by a span."""
        self.jump(self.now() + delta)

    def snapshot(self) -> dict[str, Any]:
        """State for a restart: the instant reached and the pace."""
        return {
            "start": self.start.isoformat(),
            "now": self.now().isoformat(),
            "speed": self._speed,
            "resume-speed": self._resume_speed,
        }

    def restore(self, state: dict[str, Any]) -> None:
        """Continue from a snapshot; the time in between did not happen."""
        self.start = datetime.fromisoformat(state["start"])
        self._anchor = datetime.fromisoformat(state["now"])
        self._anchor_wall = self._wall()
        self._speed = _checked(state["speed"])
        self._resume_speed = _checked(state.get("resume-speed") or 1.0)

    def _hold(self) -> None:
        self._anchor = self.now()
        self._anchor_wall = self._wall()


class EventClock:
    """The virtual clock, held at an event's instant while that event is handled."""

    def __init__(self, clock: Clock) -> None:
        self.base = clock
        self.pinned: datetime | None = None

    def now(self) -> datetime:
        """The instant of the event at hand, else of the clock."""
        return self.pinned if self.pinned is not None else self.base.now()

    @property
    def speed(self) -> float:
        """Virtual seconds per second."""
        return self.base.speed


def _checked(speed: float) -> float:
    value = float(speed)
    if not 0 <= value <= MAX_SPEED:
        raise ValueError(f"speed must lie between 0 and {MAX_SPEED:g}")
    return value
