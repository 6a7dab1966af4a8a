"""Expected move by its four usual definitions. They differ: show which one a figure is."""

from __future__ import annotations

import math
from decimal import Decimal
from enum import Enum


class Definition(Enum):
    """Names for people."""

    ONE_SIGMA = "one standard deviation: S·σ·√(days/365)"
    WEIGHTED = "0.6 · ATM straddle + 0.3 · first strangle + 0.1 · second strangle"
    STRADDLE = "0.85 · ATM straddle"
    AVERAGE = "(ATM straddle + first strangle) ÷ 2"


def one_sigma(spot: float, volatility: float, days: float) -> float:
    """For curves: S·σ·√(days/365)."""
    return spot * volatility * math.sqrt(days / 365.0)


def weighted(straddle: Decimal, first: Decimal, second: Decimal) -> Decimal:
    """For the expiration strip: from the at-the-money straddle and the next two strangles."""
    return (6 * straddle + 3 * first + second) / 10


def by_straddle(straddle: Decimal) -> Decimal:
    return straddle * Decimal("0.85")


def average(straddle: Decimal, first: Decimal) -> Decimal:
    return (straddle + first) / 2
