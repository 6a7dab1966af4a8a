"""P50 of a ticket: the chance to earn half of the best profit before expiration, by the model."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from portfolio.analytics.half_profit import PATHS, SEED, half_profit
from portfolio.analytics.scenarios import Book

TIP = (
    f"Half of the max profit at some day's end before expiration: {PATHS:,} paths of the "
    f"underlying from seed {SEED}, without drift, volatilities standing still"
)


@dataclass(frozen=True, slots=True)
class HalfLeg:
    """`scale` signed quantity × units; `right` C, P or empty for the underlying; `mark` a unit's.

    `volatility` decimal, `years` to expiration; both of options alone.
    """

    scale: float
    right: str
    strike: float
    years: float
    volatility: float
    mark: float


def chance_of_half(legs: Sequence[HalfLeg], spot: float, net: float, best: float) -> float | None:
    """Between 0 and 1; None where there is no half to reach or no time left.

    `net`: what the legs bring (positive) or cost, all in all; `best`: the max profit in money.
    """
    options = [leg for leg in legs if leg.right]
    mean = sum(leg.volatility for leg in options) / len(options)
    now = net + sum(leg.scale * leg.mark for leg in legs)
    try:
        return half_profit(_book(legs, spot), best, mean, start=now).chance
    except ValueError:
        return None


def _book(legs: Sequence[HalfLeg], spot: float) -> Book:
    """Without rate and dividend nobody exercises early: the European model is exact."""
    count = len(legs)
    return Book(
        scale=np.array([leg.scale for leg in legs]),
        spot=np.full(count, spot),
        is_option=np.array([bool(leg.right) for leg in legs]),
        is_call=np.array([leg.right == "C" for leg in legs]),
        is_american=np.zeros(count, dtype=bool),
        strike=np.array([leg.strike for leg in legs]),
        years=np.array([leg.years for leg in legs]),
        volatility=np.array([leg.volatility for leg in legs]),
        rate=np.zeros(count),
        dividend_yield=np.zeros(count),
        beta=np.ones(count),
    )
