"""The line of calendars and diagonals: profit and loss at their near expiration, by the model.

What expires later is then worth what the European model says at the volatility of today, with rate
and dividends of 0, as for the chance of profit. The line passes through the profit and loss at the
marks: what the model says changes is added to it. Between its points it is straight.
"""

from __future__ import annotations

from decimal import Decimal
from functools import lru_cache
from itertools import pairwise
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from portfolio.analytics.curves import curve, near_expiration
from portfolio.analytics.facts import Kind
from portfolio.analytics.payoff import INFINITE, Payoff
from portfolio.analytics.pricing.european import DAYS
from portfolio.analytics.pricing.normal import Array
from portfolio.analytics.scenarios import Book

if TYPE_CHECKING:
    from portfolio.positions.strategies import Strategy

SOURCE = "the model's line at the near expiration"
MARK = "by the model"
# Points of the line, over so much of the price to each side; strikes and 0 come besides.
_POINTS, _WIDTH = 241, 0.6
# The model takes logarithms: nearly nothing stands for a price of 0.
_NOTHING = 1e-6


class ModelLeg(NamedTuple):
    """``right``: C, P or empty for what is no option; ``scale`` quantity × multiplier; ``years`` in
    whole minutes; ``gain`` the profit and loss at the mark."""

    right: str
    scale: float
    strike: float
    years: float
    volatility: float
    gain: Decimal


def legs_of(strategy: Strategy) -> tuple[ModelLeg, ...] | None:
    """None where a mark, an open price, a volatility, the time left or a plain deliverable is
    missing, or its legs are of different underlyings."""
    found = []
    for view in strategy.views:
        leg, holding, value = view.leg, view.leg.holding, view.value
        if holding.multiplier is None or holding.kind is Kind.UNKNOWN or value.open.value is None:
            return None
        scale = float(holding.quantity * holding.multiplier)
        if not leg.is_option:
            found.append(ModelLeg("", scale, 0.0, 0.0, 0.0, value.open.value))
            continue
        left, strike = leg.seconds_left, leg.strike
        if not leg.is_plain or strike is None or left is None or not value.volatility:
            return None
        years = max(0.0, left // 60 * 60) / (DAYS * 86_400)
        made = (leg.right, scale, float(strike), years, value.volatility, value.open.value)
        found.append(ModelLeg(*made))
    one = len({view.leg.contract for view in strategy.views}) == 1
    return tuple(found) if one and found else None


def line_of(strategy: Strategy) -> Payoff | None:
    """The line by the model; None where an input is missing."""
    legs, spot = legs_of(strategy), strategy.spot
    return None if legs is None or not spot else _line(legs, float(spot))


@lru_cache(maxsize=1024)
def _line(legs: tuple[ModelLeg, ...], spot: float) -> Payoff:
    """The same inputs come again with every page, and every two seconds on an open one."""
    book, start = _book(legs, spot), float(sum(leg.gain for leg in legs))
    spots = _spots(legs, spot)
    drawn = curve(book, spots, near_expiration(book), start=start)
    places = [Decimal(0), *(Decimal(str(price)) for price in spots[1:].tolist())]
    points = tuple(zip(places, (Decimal(str(pnl)) for pnl in drawn.pnl.tolist()), strict=True))
    slope = Decimal(str(sum(leg.scale for leg in legs if leg.right != "P")))
    values = [pnl for _, pnl in points]
    return Payoff(
        points,
        slope,
        INFINITE if slope > 0 else max(values),
        -INFINITE if slope < 0 else min(values),
        tuple(_crossings(points, slope)),
    )


def _spots(legs: tuple[ModelLeg, ...], spot: float) -> Array:
    """Ascending; the peak of a calendar is a kink at its strike."""
    even = np.linspace(spot * (1 - _WIDTH), spot * (1 + _WIDTH), _POINTS)
    strikes = [leg.strike for leg in legs if leg.right]
    found: Array = np.unique(np.concatenate([[spot * _NOTHING, spot], even, strikes]))
    return found


def _book(legs: tuple[ModelLeg, ...], spot: float) -> Book:
    def column(values: list[float]) -> Array:
        return np.array(values, dtype=np.float64)

    nothing, options = np.zeros(len(legs)), np.array([bool(leg.right) for leg in legs])
    return Book(
        scale=column([leg.scale for leg in legs]),
        spot=column([spot] * len(legs)),
        is_option=options,
        is_call=np.array([leg.right == "C" for leg in legs]),
        is_american=np.zeros(len(legs), dtype=bool),
        strike=column([leg.strike for leg in legs]),
        years=column([leg.years for leg in legs]),
        volatility=column([leg.volatility for leg in legs]),
        rate=nothing,
        dividend_yield=nothing,
        beta=np.ones(len(legs)),
    )


def _crossings(points: tuple[tuple[Decimal, Decimal], ...], slope: Decimal) -> list[Decimal]:
    """Where the line changes its sign; beyond the last point by the slope."""
    found = [
        a - left * (b - a) / (right - left)
        for (a, left), (b, right) in pairwise(points)
        if (left < 0) != (right < 0)
    ]
    last, pnl = points[-1]
    if slope and (pnl < 0) == (slope > 0):
        found.append(last - pnl / slope)
    return found
