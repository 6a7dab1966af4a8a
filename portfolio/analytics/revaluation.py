"""A book valued again as prices tick, at the cost of what changed.

Legs are rows of a matrix of figures. Above them stand sums of blocks of legs, above those sums of
blocks of sums, and so on: a tick writes its row and the few sums over it. Each sum is always made
anew from what it is the sum of, in the same order, so that no rounding piles up and a book that
ticked all day equals one valued afresh, to the last bit.

Figures here are floats for the screen in flight; exact money is `portfolio.analytics.pnl`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import IntEnum

import numpy as np
import numpy.typing as npt

from portfolio.analytics.pricing.normal import Array

# Rows of a block: sums of about this many rows cost hardly more than the call itself.
FAN = 32
_CENT = 0.01


class Column(IntEnum):
    """Figures of a leg: money, and position Greeks in the units of `portfolio.analytics.greeks`."""

    OPEN = 0
    DAY = 1
    VALUE = 2
    DELTA = 3
    GAMMA = 4
    THETA = 5
    VEGA = 6
    DOLLAR_DELTA = 7
    DOLLAR_GAMMA = 8
    BETA_DELTA = 9


WIDTH = len(Column)


@dataclass(frozen=True, slots=True)
class Positions:
    """What does not tick, as arrays of one length.

    ``scale`` is signed quantity × multiplier; ``beta_per_benchmark`` is β ÷ price of the benchmark.
    NaN in ``scale``, ``open_price``, ``day_base`` or ``beta_per_benchmark`` means not known. A leg
    that is no option has a delta of one.
    """

    scale: Array
    open_price: Array
    day_base: Array
    day_realized: Array
    is_option: npt.NDArray[np.bool_]
    beta_per_benchmark: Array


@dataclass(slots=True)
class Ticks:
    """What ticks: mark, Greeks of one unit, price of the underlying; NaN where not known."""

    mark: Array
    delta: Array
    gamma: Array
    theta: Array
    vega: Array
    spot: Array

    @classmethod
    def empty(cls, legs: int) -> Ticks:
        return cls(*(np.full(legs, np.nan) for _ in range(6)))


@dataclass(frozen=True, slots=True)
class Sums:
    """Sums over legs by `Column`, of what is known, and of how many legs that is."""

    amounts: Array
    present: npt.NDArray[np.int64]
    expected: int

    def amount(self, column: Column) -> float | None:
        """The sum; None when no leg has the figure. An empty book sums to 0."""
        if self.expected and not self.present[column]:
            return None
        return float(self.amounts[column])

    def words(self, column: Column) -> str:
        """`3 of 4 legs`; empty when nothing is missing."""
        count = int(self.present[column])
        return "" if count == self.expected else f"{count} of {self.expected} legs"


class LiveBook:
    """The figures of all legs and the sums over them, kept fresh."""

    def __init__(self, positions: Positions, ticks: Ticks) -> None:
        self.positions, self.ticks = positions, ticks
        self.legs = int(positions.scale.size)
        # Figures and, beside them, 1.0 where a figure is known: one sum gives both.
        self._levels = [np.zeros((self._padded(self.legs), 2 * WIDTH))]
        while self._levels[-1].shape[0] > FAN:
            rows = self._levels[-1].shape[0] // FAN
            self._levels.append(np.zeros((self._padded(rows), 2 * WIDTH)))
        self.revalue()

    @staticmethod
    def _padded(rows: int) -> int:
        return max(FAN, -(-rows // FAN) * FAN)

    def revalue(self) -> None:
        """Value every leg anew, after many ticks."""
        self._write(slice(0, self.legs))
        for level, above in zip(self._levels, self._levels[1:], strict=False):
            blocks = level.reshape(-1, FAN, 2 * WIDTH)
            above[: blocks.shape[0]] = blocks.sum(axis=1)

    def update(self, legs: Sequence[int]) -> None:
        """Value these legs anew, and the sums over them."""
        if not len(legs):
            return
        index = np.asarray(legs, dtype=np.intp)
        self._write(index)
        for level, above in zip(self._levels, self._levels[1:], strict=False):
            index = np.unique(index // FAN) if index.size > 1 else index // FAN
            blocks = level.reshape(-1, FAN, 2 * WIDTH)
            above[index] = blocks[index].sum(axis=1)

    def _write(self, legs: slice | npt.NDArray[np.intp]) -> None:
        figures = _figures(self.positions, self.ticks, legs)
        known = figures == figures
        rows = self._levels[0]
        rows[legs, WIDTH:] = known.T
        rows[legs, :WIDTH] = np.where(known, figures, 0.0).T

    def figures(self, leg: int) -> Array:
        """The figures of one leg by `Column`; NaN where not known."""
        row = self._levels[0][leg]
        return np.where(row[WIDTH:] > 0.0, row[:WIDTH], np.nan)

    def sums(self) -> Sums:
        """Over the whole book."""
        return self._sums_of(self._levels[-1].sum(axis=0), self.legs)

    def sums_of(self, legs: npt.NDArray[np.intp]) -> Sums:
        """Over some legs: a group, an account."""
        return self._sums_of(self._levels[0][legs].sum(axis=0), int(legs.size))

    def _sums_of(self, row: Array, expected: int) -> Sums:
        return Sums(row[:WIDTH].copy(), row[WIDTH:].astype(np.int64), expected)


def _figures(
    positions: Positions,
    ticks: Ticks,
    legs: slice | npt.NDArray[np.intp],
) -> Array:
    """(WIDTH, legs): the formulas of `pnl` and `greeks`, over arrays."""
    scale, mark, spot = positions.scale[legs], ticks.mark[legs], ticks.spot[legs]
    is_option = positions.is_option[legs]
    out = np.empty((WIDTH, scale.size))
    np.multiply(scale, mark - positions.open_price[legs], out=out[Column.OPEN])
    np.multiply(scale, mark - positions.day_base[legs], out=out[Column.DAY])
    out[Column.DAY] += positions.day_realized[legs]
    np.multiply(scale, mark, out=out[Column.VALUE])
    for column, values, plain in (
        (Column.DELTA, ticks.delta, 1.0),
        (Column.GAMMA, ticks.gamma, 0.0),
        (Column.THETA, ticks.theta, 0.0),
        (Column.VEGA, ticks.vega, 0.0),
    ):
        np.multiply(scale, np.where(is_option, values[legs], plain), out=out[column])
    exposure, bend = out[Column.DOLLAR_DELTA], out[Column.DOLLAR_GAMMA]
    np.multiply(out[Column.DELTA], spot, out=exposure)
    np.multiply(out[Column.GAMMA], spot, out=bend)
    np.multiply(bend, spot * _CENT, out=bend)
    np.multiply(exposure, positions.beta_per_benchmark[legs], out=out[Column.BETA_DELTA])
    return out
