"""Implied volatility: an SSVI surface per underlying, free of butterfly and calendar arbitrage.

Total at-the-money variance grows with time (a mean-reverting level plus a lump per earnings
report), and the smile is the power-law SSVI with eta * (1 + |rho|) <= 2, which is sufficient
for both conditions (Gatheral and Jacquier, 2014).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from simulator.market.rng import F64

REVERSION = 4.0
EARNINGS_MOVE = 0.13


@dataclass(frozen=True, slots=True)
class Smile:
    """Shape per underlying: skew `rho`, curvature `eta`, how much it feels the general level."""

    long_run: float
    rho: float
    eta: float
    feel: float
    earnings: tuple[float, ...] = ()  # instants of reports

    def __post_init__(self) -> None:
        if self.eta * (1 + abs(self.rho)) > 2:
            raise ValueError("the smile would allow butterfly arbitrage")


def atm_variance(smile: Smile, state: float | F64, now: float, years: F64) -> F64:
    """Total variance at the money until `years` from `now`."""
    base = smile.long_run**2
    spot = base * np.exp(2.0 * smile.feel * state)
    total = base * years + (spot - base) * (1.0 - np.exp(-REVERSION * years)) / REVERSION
    if smile.earnings:
        ahead = np.array([t for t in smile.earnings if t > now])
        expiry = now + years * 365 * 86400
        count = np.searchsorted(ahead, expiry, side="right")
        total = total + count * (smile.long_run * EARNINGS_MOVE) ** 2
    result: F64 = np.maximum(total, 1e-10)
    return result


def total_variance(smile: Smile, theta: F64, k: F64) -> F64:
    """SSVI total variance at log-moneyness ln(strike / forward)."""
    phi = smile.eta / np.sqrt(theta * (1.0 + theta))
    x = phi * k
    result: F64 = (
        0.5 * theta * (1.0 + smile.rho * x + np.sqrt((x + smile.rho) ** 2 + 1.0 - smile.rho**2))
    )
    return result


def volatility(smile: Smile, state: float | F64, now: float, years: F64, k: F64) -> F64:
    """Annual implied volatility at log-moneyness `k`."""
    theta = atm_variance(smile, state, now, years)
    result: F64 = np.sqrt(total_variance(smile, theta, k) / years)
    return result
