"""Small sums of a chain page: expected moves, a delta by model where the feed has none. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from math import erf, log, sqrt

YEAR_DAYS = 365.0
# Weights of the at-the-money straddle and the first and second strangle around it.
STRADDLE, FIRST, SECOND = Decimal("0.6"), Decimal("0.3"), Decimal("0.1")


def normal_cdf(value: float) -> float:
    """The probability that a standard normal variable is at most `value`."""
    return 0.5 * (1.0 + erf(value / sqrt(2.0)))


def model_delta(
    right: str, spot: float, strike: float, volatility: float, days: float
) -> float | None:
    """Black-Scholes delta without rates or dividends; None where the inputs make no sense.

    `days` are calendar days; the last day counts as half of one. A put's delta is negative.
    """
    if spot <= 0 or strike <= 0 or volatility <= 0 or days < 0:
        return None
    years = years_of(days)
    spread = volatility * sqrt(years)
    call = normal_cdf((log(spot / strike) + spread * spread / 2) / spread)
    return call if right == "C" else call - 1.0


def years_of(days: float) -> float:
    """Calendar days as years; the last day counts as half of one."""
    return max(days, 0.5) / YEAR_DAYS


def sigma_move(spot: float | None, volatility: float | None, days: float) -> Decimal | None:
    """One standard deviation until expiration: spot × volatility × √(days / 365)."""
    if not spot or not volatility or days < 0:
        return None
    move = spot * volatility * sqrt(years_of(days))
    return Decimal(str(round(move, 6)))


def quoted_move(straddle: Decimal | None, strangles: Sequence[Decimal | None]) -> Decimal | None:
    """0.6 × straddle + 0.3 × first + 0.1 × second strangle; None when one of them is missing."""
    if straddle is None or len(strangles) < 2 or strangles[0] is None or strangles[1] is None:
        return None
    return STRADDLE * straddle + FIRST * strangles[0] + SECOND * strangles[1]
