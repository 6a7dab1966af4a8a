"""A bucket per caller: how many requests a second the front lets pass, in real time.

Off unless the settings name a rate. Clients wait by their own clocks, whatever the virtual one
does, so the bucket fills by real seconds.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from typing import TYPE_CHECKING

from starlette.responses import Response

from simulator.http import json_response

if TYPE_CHECKING:
    from simulator.world import World

MOST_CALLERS = 10_000


class Throttle:
    """Token buckets by caller: the access token's, else the address's."""

    def __init__(self, world: World, clock: Callable[[], float] = time.monotonic) -> None:
        self.world = world
        self.clock = clock
        self._buckets: dict[str, tuple[float, float]] = {}

    def refusal(self, caller: str) -> Response | None:
        """The 429 for a caller whose bucket is empty, None for one that may pass."""
        rate = self.world.settings.rate_limit
        if rate <= 0:
            return None
        now, burst = self.clock(), max(1.0, float(self.world.settings.rate_burst))
        level, seen = self._buckets.get(caller, (burst, now))
        level = min(burst, level + (now - seen) * rate)
        if len(self._buckets) >= MOST_CALLERS:
            self._buckets.clear()
        self._buckets[caller] = (level - 1 if level >= 1 else level, now)
        return None if level >= 1 else too_many(math.ceil((1 - level) / rate))


def too_many(seconds: int) -> Response:
    """The answer of an empty bucket; `seconds` until the next request may pass."""
    error = {"code": "rate_limit_exceeded", "message": "Too many requests", "retry_after": seconds}
    return json_response({"error": error}, 429, {"retry-after": str(seconds)})
