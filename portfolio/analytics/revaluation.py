"""A book valued again as prices tick, at the cost of what changed.

Legs are columns of a matrix of figures. Above them stand sums of blocks of legs, above those sums
of blocks of sums, and so on: a tick writes its column and the few sums over it. Each sum is always
made anew from what it is the sum of, so that no rounding piles up over a day of ticks.

Figures here are floats for the screen in flight; exact money is `portfolio.analytics.pnl`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import IntEnum
from typing import TypeVar

import numpy as np
import numpy.typing as npt

from portfolio.analytics.pricing.normal import Array

# Legs of a block: sums of about this many cost hardly more than the call itself.
FAN = 32


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
Number = TypeVar("Number", np.float64, np.int64)


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
        self._blocks = max(1, -(-self.legs // FAN))
        self._figures = np.zeros((WIDTH, FAN * self._blocks))
        self._members = np.zeros(FAN * self._blocks, dtype=np.int64)
        self._members[: self.legs] = 1
        self._sizes = self._members.reshape(FAN, -1).sum(axis=0)
        self._sums: list[Array] = []
        self._counts: list[npt.NDArray[np.int64]] = []
        self.revalue()

    def revalue(self) -> None:
        """Value every leg anew, after many ticks."""
        _figures(self.positions, self.ticks, slice(0, self.legs), self._figures[:, : self.legs])
        blocks = self._figures.reshape(WIDTH, FAN, self._blocks)
        sums = blocks.sum(axis=1)
        if np.isnan(sums).any():
            missing = np.isnan(blocks)
            sums = np.where(missing, 0.0, blocks).sum(axis=1)
            counts = self._sizes - missing.sum(axis=1)
        else:
            counts = np.broadcast_to(self._sizes, sums.shape).copy()
        self._sums, self._counts = [sums], [counts]
        while self._sums[-1].shape[1] > FAN:
            self._sums.append(_fold(self._sums[-1]))
            self._counts.append(_fold(self._counts[-1]))

    def update(self, legs: Sequence[int]) -> None:
        """Value these legs anew, and the sums over them."""
        if not len(legs):
            return
        index = np.asarray(legs, dtype=np.intp)
        self._figures[:, index] = _figures(self.positions, self.ticks, index)
        index = np.unique(index % self._blocks) if index.size > 1 else index % self._blocks
        members = self._figures.reshape(WIDTH, FAN, self._blocks)[:, :, index]
        missing = np.isnan(members)
        self._sums[0][:, index] = np.where(missing, 0.0, members).sum(axis=1)
        self._counts[0][:, index] = self._sizes[index] - missing.sum(axis=1)
        for level in range(1, len(self._sums)):
            index = np.unique(index % self._sums[level].shape[1])
            _refold(self._sums[level - 1], self._sums[level], index)
            _refold(self._counts[level - 1], self._counts[level], index)

    def figures(self, leg: int) -> Array:
        """The figures of one leg by `Column`; NaN where not known."""
        return self._figures[:, leg].copy()

    def sums(self) -> Sums:
        """Over the whole book."""
        return Sums(self._sums[-1].sum(axis=1), self._counts[-1].sum(axis=1), self.legs)

    def sums_of(self, legs: npt.NDArray[np.intp]) -> Sums:
        """Over some legs: a group, an account."""
        members = self._figures[:, legs]
        missing = np.isnan(members)
        present = int(legs.size) - missing.sum(axis=1)
        return Sums(np.where(missing, 0.0, members).sum(axis=1), present, int(legs.size))


def _fold(below: npt.NDArray[Number]) -> npt.NDArray[Number]:
    """Sums of blocks. Block b holds the members b, b + n, b + 2n, …, so that all blocks are summed
    by adding long rows."""
    blocks = -(-below.shape[1] // FAN)
    full = np.zeros((WIDTH, FAN * blocks), dtype=below.dtype)
    full[:, : below.shape[1]] = below
    folded: npt.NDArray[Number] = full.reshape(WIDTH, FAN, blocks).sum(axis=1)
    return folded


def _refold(
    below: npt.NDArray[Number], above: npt.NDArray[Number], index: npt.NDArray[np.intp]
) -> None:
    """The sums of these blocks, anew."""
    blocks = above.shape[1]
    for block in index:
        above[:, block] = below[:, block::blocks].sum(axis=1)


def _figures(
    positions: Positions,
    ticks: Ticks,
    legs: slice | npt.NDArray[np.intp],
    out: Array | None = None,
) -> Array:
    """(WIDTH, legs): the formulas of `pnl` and `greeks`, over arrays."""
    scale, mark, spot = positions.scale[legs], ticks.mark[legs], ticks.spot[legs]
    is_option = positions.is_option[legs]
    if out is None:
        out = np.empty((WIDTH, scale.size))
    opened, day, value, delta, gamma, theta, vega, exposure, bend, beta = out
    np.subtract(mark, positions.open_price[legs], out=opened)
    np.multiply(opened, scale, out=opened)
    np.subtract(mark, positions.day_base[legs], out=day)
    np.multiply(day, scale, out=day)
    np.add(day, positions.day_realized[legs], out=day)
    np.multiply(scale, mark, out=value)
    np.multiply(scale, np.where(is_option, ticks.delta[legs], 1.0), out=delta)
    np.multiply(scale, np.where(is_option, ticks.gamma[legs], 0.0), out=gamma)
    np.multiply(scale, np.where(is_option, ticks.theta[legs], 0.0), out=theta)
    np.multiply(scale, np.where(is_option, ticks.vega[legs], 0.0), out=vega)
    np.multiply(delta, spot, out=exposure)
    np.multiply(gamma, spot, out=bend)
    np.multiply(bend, spot, out=bend)
    np.multiply(bend, 0.01, out=bend)
    np.multiply(exposure, positions.beta_per_benchmark[legs], out=beta)
    return out
