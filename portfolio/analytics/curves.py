"""P/L of one underlying's legs along its price: today, in n days, at the near expiration.

For calendars and diagonals this is the only way to best, worst and break-evens: the far legs are
valued by the model at the volatilities shown, and the result is labelled as the model's.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from portfolio.analytics.pricing.european import DAYS
from portfolio.analytics.pricing.normal import Array
from portfolio.analytics.scenarios import Book, unit_values

_POINTS = 801


@dataclass(frozen=True, slots=True)
class Curve:
    """P/L in money at each price of the underlying."""

    spots: Array
    pnl: Array

    @property
    def break_evens(self) -> tuple[float, ...]:
        """Where the sign changes, by straight lines between points."""
        rows, signs = self.pnl, self.pnl < 0.0
        at = np.flatnonzero(signs[1:] != signs[:-1])
        part = rows[at] / (rows[at] - rows[at + 1])
        found = self.spots[at] + part * (self.spots[at + 1] - self.spots[at])
        return tuple(float(value) for value in found)


@dataclass(frozen=True, slots=True)
class ModelOutcome:
    """Best and worst of a curve within its range, where they lie, and the break-evens."""

    best: float
    best_at: float
    worst: float
    worst_at: float
    break_evens: tuple[float, ...]


def curve(
    book: Book, spots: Array, days: float, *, start: float = 0.0, factor: float = 1.0
) -> Curve:
    """P/L when ``days`` have passed, with the underlying of every leg at ``spots``.

    ``start`` is the P/L now, so that the curve passes through the mark at the spot of today. Legs
    that have expired by then are at their intrinsic value. Every leg must be known.
    """
    years = np.maximum(book.years - days / DAYS, 0.0)
    now = unit_values(book, book.spot, book.years, book.volatility)
    then = unit_values(book, spots[:, None], years, book.volatility * factor)
    return Curve(spots, (then - now) @ book.scale + start)


def near_expiration(book: Book) -> float:
    """Days until the first option expires; 0 without options."""
    options = book.years[book.is_option]
    return float(options.min() * DAYS) if options.size else 0.0


def at_near_expiration(book: Book, *, start: float = 0.0, width: float = 0.6) -> ModelOutcome:
    """Best, worst and break-evens at the near expiration, with prices within ± ``width`` of spot.

    ``start`` is the P/L now (for a structure not yet opened 0).
    """
    spot, days = float(book.spot[0]), near_expiration(book)
    strikes = book.strike[book.is_option]
    low, high = spot * (1.0 - width), spot * (1.0 + width)
    even = np.linspace(low, high, _POINTS)
    # The peak of a calendar is a kink at the strike: the strikes must be among the points.
    spots = np.unique(np.concatenate([even, strikes[(strikes > low) & (strikes < high)]]))
    line = curve(book, spots, days, start=start)
    top, bottom = int(line.pnl.argmax()), int(line.pnl.argmin())
    return ModelOutcome(
        float(line.pnl[top]),
        float(spots[top]),
        float(line.pnl[bottom]),
        float(spots[bottom]),
        line.break_evens,
    )
