"""Waiting longer after each failure, with jitter so that many clients do not return at once."""

from __future__ import annotations

import random
from collections.abc import Callable


class Backoff:
    """Delays in seconds: exponential from ``first`` to ``limit``, each times 0.5 to 1.

    ``succeeded`` starts over. ``chance`` answers a number in [0, 1) and is given in tests.
    """

    def __init__(
        self,
        first: float = 0.5,
        limit: float = 30.0,
        factor: float = 1.7,
        chance: Callable[[], float] = random.random,
    ) -> None:
        self.first, self.limit, self.factor = first, limit, factor
        self.attempt = 0
        self._chance = chance

    def next(self, *, at_least: float = 0.0) -> float:
        """The next delay; ``at_least`` raises it (a refused token is not tried in a hurry)."""
        # The exponent is bounded: a stream that is down for weeks must not overflow.
        full = min(self.limit, self.first * self.factor ** min(self.attempt, 64))
        self.attempt += 1
        return max(at_least, full * (0.5 + self._chance() / 2))

    def succeeded(self) -> None:
        self.attempt = 0
