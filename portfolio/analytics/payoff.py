"""Profit and loss at expiration, exact: a line with kinks at the strikes.

Everything asked of it (best, worst, break-evens) is answered at the kinks and by the slope beyond
the last one. The underlying cannot fall below 0. Structures whose legs expire at several dates have
no such line: `portfolio.analytics.curves` values their far legs by the model.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from itertools import pairwise

from portfolio.analytics.facts import ZERO
from portfolio.analytics.strategies.legs import Form

INFINITE = Decimal("Infinity")
_TURN = {Form.CALL: 1, Form.PUT: -1}


@dataclass(frozen=True, slots=True)
class PayoffLeg:
    """One leg: ``quantity`` signed, ``price`` what a unit was opened at, ``multiplier`` money per
    point of price. ``units`` is what one option delivers where that is not the multiplier (an
    adjusted option: 150 shares for 100 × strike) and ``cash`` what it delivers besides."""

    form: Form
    quantity: Decimal
    multiplier: Decimal
    price: Decimal
    strike: Decimal | None = None
    units: Decimal | None = None
    cash: Decimal = ZERO

    @property
    def delivered(self) -> Decimal:
        return self.multiplier if self.units is None else self.units

    @property
    def kink(self) -> Decimal | None:
        """The underlying's price at which exercise begins to pay."""
        if self.strike is None or not self.delivered:
            return None
        return max(ZERO, (self.strike * self.multiplier - self.cash) / self.delivered)

    def pnl(self, spot: Decimal) -> Decimal:
        """Money made at expiration with the underlying at ``spot``."""
        paid = self.price * self.multiplier
        if self.form not in _TURN or self.strike is None:
            return self.quantity * (spot * self.multiplier - paid)
        worth = self.delivered * spot + self.cash - self.strike * self.multiplier
        return self.quantity * (max(ZERO, _TURN[self.form] * worth) - paid)

    def slope_far_up(self) -> Decimal:
        if self.form is Form.PUT:
            return ZERO
        return self.quantity * (self.delivered if self.form is Form.CALL else self.multiplier)


@dataclass(frozen=True, slots=True)
class Payoff:
    """``points`` are (price of the underlying, P/L) at 0 and at each kink; beyond the last one the
    P/L changes by ``slope`` per 1.00. ``best`` and ``worst`` are signed and may be infinite."""

    points: tuple[tuple[Decimal, Decimal], ...]
    slope: Decimal
    best: Decimal
    worst: Decimal
    break_evens: tuple[Decimal, ...]

    def pnl(self, spot: Decimal) -> Decimal:
        last_spot, last_pnl = self.points[-1]
        if spot >= last_spot:
            return last_pnl + (spot - last_spot) * self.slope
        for (a, left), (b, right) in pairwise(self.points):
            if a <= spot <= b:
                return left + (right - left) * (spot - a) / (b - a)
        raise ValueError("the underlying cannot be below 0")


def payoff(legs: Iterable[PayoffLeg]) -> Payoff:
    """The line of all legs together, which must expire at one moment. No legs: flat at zero."""
    rows = list(legs)
    kinks = sorted({ZERO, *(leg.kink for leg in rows if leg.kink is not None)})
    points = tuple((spot, sum((leg.pnl(spot) for leg in rows), ZERO)) for spot in kinks)
    slope = sum((leg.slope_far_up() for leg in rows), ZERO)
    values = [pnl for _, pnl in points]
    return Payoff(
        points=points,
        slope=slope,
        best=INFINITE if slope > 0 else max(values),
        worst=-INFINITE if slope < 0 else min(values),
        break_evens=levels(points, slope, ZERO),
    )


def levels(
    points: Sequence[tuple[Decimal, Decimal]], slope: Decimal, level: Decimal
) -> tuple[Decimal, ...]:
    """Where the line passes from below a level to at or above it, or back, in rising order."""
    found: list[Decimal] = []
    for (a, left), (b, right) in pairwise(points):
        if (left < level) != (right < level):
            found.append(a + (level - left) * (b - a) / (right - left))
    spot, pnl = points[-1]
    if slope and (pnl < level) != (slope < 0):
        found.append(spot + (level - pnl) / slope)
    return tuple(dict.fromkeys(found))
