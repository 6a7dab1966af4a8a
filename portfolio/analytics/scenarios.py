"""Positions re-priced under other prices, dates and volatilities.

Legs are columns: every array of a `Book` has one element a leg, and results keep legs last, so that
sums over legs run along memory. The model's value today is shifted onto the mark: a scenario moves
the mark by what the model says changes, and without any shock the book is worth its marks.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from portfolio.analytics.pricing import american, european
from portfolio.analytics.pricing.european import DAYS
from portfolio.analytics.pricing.normal import Array

Flags = npt.NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Book:
    """Legs as arrays of one length.

    ``scale`` is signed quantity × multiplier. ``spot`` is the price of the leg's own underlying
    (for an option on a future the future's; then ``dividend_yield`` equals ``rate``). ``beta`` is
    how far the underlying moves for 1 % of what is shocked. A leg that is no option is worth its
    spot. NaN in ``spot``, ``volatility`` or ``years`` of an option means not known: such a leg is
    left out of sums and counted.
    """

    scale: Array
    spot: Array
    is_option: Flags
    is_call: Flags
    is_american: Flags
    strike: Array
    years: Array
    volatility: Array
    rate: Array
    dividend_yield: Array
    beta: Array

    @property
    def known(self) -> Flags:
        """Legs with every input that their value needs."""
        inputs = self.volatility + self.years + self.strike
        found: Flags = np.isfinite(self.spot) & np.isfinite(self.scale)
        found &= np.isfinite(self.beta) & (~self.is_option | np.isfinite(inputs))
        return found

    @property
    def is_blank(self) -> bool:
        """There are legs, and none of them can be valued: no sum may be said of it."""
        return bool(self.scale.size) and not self.known.any()

    def pick(self, index: npt.NDArray[np.intp] | Flags) -> Book:
        return Book(
            self.scale[index],
            self.spot[index],
            self.is_option[index],
            self.is_call[index],
            self.is_american[index],
            self.strike[index],
            self.years[index],
            self.volatility[index],
            self.rate[index],
            self.dividend_yield[index],
            self.beta[index],
        )


@dataclass(frozen=True, slots=True)
class Shocks:
    """Axes of a grid: price moves as fractions, days that pass, factors on volatility."""

    moves: Array
    days: Array
    factors: Array

    @classmethod
    def of(
        cls,
        moves: Sequence[float],
        days: Sequence[float] = (0.0,),
        factors: Sequence[float] = (1.0,),
    ) -> Shocks:
        return cls(*(np.asarray(axis, dtype=np.float64) for axis in (moves, days, factors)))

    @property
    def shape(self) -> tuple[int, int, int]:
        return self.moves.size, self.days.size, self.factors.size


@dataclass(frozen=True, slots=True)
class Grid:
    """P/L against now in money, by price × date × volatility, over the legs that are known; NaN
    where there are legs and none is known."""

    pnl: Array
    shocks: Shocks
    present: int
    expected: int

    @property
    def words(self) -> str:
        """`3 of 4 legs`; empty when nothing is missing."""
        return "" if self.present == self.expected else f"{self.present} of {self.expected} legs"

    @property
    def best(self) -> float:
        return float(self.pnl.max())

    @property
    def worst(self) -> float:
        return float(self.pnl.min())


def unit_values(book: Book, spots: Array, years: Array, volatility: Array) -> Array:
    """Model value of a unit of each leg; arguments broadcast, legs last. All legs must be known."""
    shape = np.broadcast_shapes(spots.shape, years.shape, volatility.shape, book.scale.shape)
    out = np.empty(shape)
    out[...] = spots
    for style, price in ((False, european.prices), (True, american.prices)):
        legs = np.flatnonzero(book.is_option & (book.is_american == style))
        if legs.size:
            part = book.pick(legs)
            out[..., legs] = price(
                _legs(spots, legs),
                part.strike,
                _legs(years, legs),
                _legs(volatility, legs),
                part.rate,
                part.dividend_yield,
                part.is_call,
            )
    return out


def _legs(values: Array, legs: npt.NDArray[np.intp]) -> Array:
    return values if values.shape[-1] == 1 else values[..., legs]


def leg_changes(book: Book, shocks: Shocks) -> Array:
    """Change of each leg's value in money: (price, date, volatility, leg). All legs known."""
    moves = shocks.moves[:, None, None, None]
    spots = np.maximum(book.spot * (1.0 + moves * book.beta), 0.0)
    years = np.maximum(book.years - shocks.days[None, :, None, None] / DAYS, 0.0)
    volatility = book.volatility * shocks.factors[None, None, :, None]
    now = unit_values(book, book.spot, book.years, book.volatility)
    changed: Array = (unit_values(book, spots, years, volatility) - now) * book.scale
    return changed


def grid(book: Book, shocks: Shocks) -> Grid:
    """The scenario grid of all known legs together."""
    known = book.known
    total = np.zeros(shocks.shape)
    index = np.flatnonzero(known)
    step = max(1, 4_000_000 // max(1, total.size))
    for start in range(0, index.size, step):
        total += leg_changes(book.pick(index[start : start + step]), shocks).sum(axis=-1)
    if book.is_blank:
        total[...] = np.nan
    return Grid(total, shocks, int(known.sum()), int(known.size))


@dataclass(frozen=True, slots=True)
class Stress:
    """One named scenario: a move of what is shocked, a factor on volatility, days that pass."""

    name: str
    move: float
    factor: float
    days: float


STRESSES = (
    Stress("−20 %, volatility ×2", -0.20, 2.0, 0.0),
    Stress("−10 %, volatility ×1.5", -0.10, 1.5, 0.0),
    Stress("−5 %, volatility ×1.25", -0.05, 1.25, 0.0),
    Stress("+5 %, volatility ×0.85", 0.05, 0.85, 0.0),
    Stress("+10 %, volatility ×0.7", 0.10, 0.7, 0.0),
    Stress("Volatility ×2, price unchanged", 0.0, 2.0, 0.0),
    Stress("Volatility ×0.7, price unchanged", 0.0, 0.7, 0.0),
    # 19 October 1987: the S&P 500 lost 20.5 % in a day.
    Stress("October 1987: −20.5 % in a day", -0.205, 2.5, 1.0),
    # 19 February to 23 March 2020: the S&P 500 lost 33.9 % in 33 days.
    Stress("Spring 2020: −34 % in 33 days", -0.34, 3.0, 33.0),
    Stress("A flat month", 0.0, 1.0, 30.0),
)


def stress(book: Book, stresses: Sequence[Stress] = STRESSES) -> list[tuple[Stress, float | None]]:
    """P/L of each named scenario over the legs that are known; None where no leg is."""
    if book.is_blank:
        return [(item, None) for item in stresses]
    part = book.pick(book.known)
    rows: list[tuple[Stress, float | None]] = []
    for item in stresses:
        shocks = Shocks.of([item.move], [item.days], [item.factor])
        rows.append((item, float(leg_changes(part, shocks).sum())))
    return rows
