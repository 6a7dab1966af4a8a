"""The curve of a book: P/L along the price of a symbol, or of the benchmark.

Three lines: today, so many days ahead, and at an expiration; with break-evens of the last one, the
price now and one and two standard deviations. The values are those of the model, moved onto the
marks: at today's price the first line is the P/L of the marks.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from portfolio import formats
from portfolio.analytics import expected_move
from portfolio.analytics.curves import Curve
from portfolio.analytics.pricing.normal import Array
from portfolio.analytics.scenarios import Book, Shocks, grid
from portfolio.charts.frame import Chart, Line, Table, Value, number

POINTS = 121
_TABLE_EVERY = 6
TODAY, LATER, END, BEFORE = "today", "later", "end", "before"


@dataclass(frozen=True, slots=True)
class Axis:
    """The prices asked about: `spot` now, `low` and `step` even; moves as fractions of spot."""

    unit: str
    spot: float
    low: float
    step: float
    count: int

    @property
    def spots(self) -> Array:
        return self.low + self.step * np.arange(self.count)

    @property
    def moves(self) -> Array:
        found: Array = self.spots / self.spot - 1.0
        return found


def axis_of(unit: str, spot: float, span: int) -> Axis:
    """`span` per cent to each side, in even steps that are round numbers."""
    width = 2.0 * spot * span / 100.0
    step = _round_step(width / POINTS)
    low = max(step, math.floor((spot - width / 2.0) / step) * step)
    return Axis(unit, spot, round(low, 8), step, math.ceil(width / step) + 1)


def _round_step(least: float) -> float:
    """The smallest of 1, 2, 2.5 and 5 times a power of ten that is not below: strikes lie on it."""
    power = 10.0 ** math.floor(math.log10(least))
    return next(factor * power for factor in (1.0, 2.5, 5.0, 10.0) if factor * power >= least)


@dataclass(frozen=True, slots=True)
class Horizon:
    """A line of the chart: its name, role, and how many days have passed."""

    name: str
    role: str
    days: float


@dataclass(frozen=True, slots=True)
class Drawn:
    """The chart's lines with their arithmetic: P/L at each price of the axis, in money."""

    axis: Axis
    horizons: tuple[Horizon, ...]
    lines: tuple[Array, ...]
    words: str

    @property
    def break_evens(self) -> tuple[float, ...]:
        """Of the last line."""
        return Curve(self.axis.spots, self.lines[-1]).break_evens

    def at(self, price: float) -> list[float]:
        """The lines' values at a price, by straight lines between points."""
        return [float(np.interp(price, self.axis.spots, line)) for line in self.lines]


def draw(
    book: Book, axis: Axis, horizons: Sequence[Horizon], *, start: float, factor: float
) -> Drawn:
    """The lines of a book; `start` is the P/L now, `factor` multiplies every volatility."""
    shocks = Shocks(axis.moves, np.array([h.days for h in horizons]), np.array([factor]))
    found = grid(book, shocks)
    lines = tuple(found.pnl[:, at, 0] + start for at in range(len(horizons)))
    return Drawn(axis, tuple(horizons), lines, found.words)


def sigmas(axis: Axis, volatility: float | None, days: float) -> list[tuple[str, float]]:
    """Prices one and two standard deviations away after so many days; none without volatility."""
    if not volatility or days <= 0:
        return []
    move = expected_move.one_sigma(axis.spot, volatility, days)
    around = [("−2σ", -2.0), ("−1σ", -1.0), ("+1σ", 1.0), ("+2σ", 2.0)]
    return [(name, axis.spot + size * move) for name, size in around]


def chart(
    drawn: Drawn, deviations: Sequence[tuple[str, float]], before: Drawn | None = None
) -> Chart:
    """The picture; `before` is the book without what is only thought of."""
    axis = drawn.axis
    places = 2 if axis.spot < 10_000 else 0
    lines = [*zip(drawn.horizons, drawn.lines, strict=True)]
    if before is not None:
        lines.append((Horizon("without what-if", BEFORE, 0.0), before.lines[-1]))
    data: dict[str, Any] = {
        "unit": axis.unit, "low": axis.low, "step": axis.step, "places": places,
        "spot": round(axis.spot, 4), "marks": _marks(drawn, deviations, places),
        "lines": [{"name": each.name, "role": each.role, "values": [number(v) for v in values]}
                  for each, values in lines],
    }  # fmt: skip
    label = f"P/L along the price of {axis.unit}"
    return Chart("payoff", "risk-curve", label, data, _table(drawn, lines, places))


def _marks(
    drawn: Drawn, deviations: Sequence[tuple[str, float]], places: int
) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    prices = dict(deviations)
    if prices:
        found.append({"at": prices["−1σ"], "to": prices["+1σ"]})
    spot = formats.fixed(round(drawn.axis.spot, 4), places)
    found.append({"at": drawn.axis.spot, "kind": "spot", "text": spot})
    found += [
        {"at": price, "kind": "even", "text": formats.fixed(round(price, 4), places)}
        for price in drawn.break_evens
    ]
    return found + [{"at": price, "kind": "sigma", "text": name} for name, price in deviations]


def _table(drawn: Drawn, lines: Sequence[tuple[Horizon, Array]], places: int) -> Table:
    spots = drawn.axis.spots
    nearest = int(np.abs(spots - drawn.axis.spot).argmin())
    rows = sorted({*range(nearest % _TABLE_EVERY, spots.size, _TABLE_EVERY), nearest})
    return Table(
        (drawn.axis.unit, *(each.name for each, _ in lines)),
        tuple(
            Line(
                formats.fixed(round(float(spots[at]), 6), places),
                tuple(_value(float(values[at]), each.role, at) for each, values in lines),
            )
            for at in rows
        ),
    )


def _value(amount: float, role: str, at: int) -> Value:
    css = f"num {formats.tone(amount)}".strip()
    return Value(formats.signed_money(amount), css, f"risk-curve-{role}-{at}")
