"""The scenario grid as a heat map: rows are prices, columns dates or volatilities."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from portfolio import formats
from portfolio.analytics.pricing.normal import Array
from portfolio.analytics.scenarios import Book, Shocks, grid
from portfolio.charts.frame import Value
from portfolio.risk.choices import CUSHION, DAYS, DELTA, FACTORS, Choices

ROWS = 11
# Days of columns, as far as the last curve goes.
_STEPS = (0, 1, 3, 7, 14, 21, 30, 45, 60, 90, 120, 180, 270, 365)
_COLUMNS = 7
_FACTORS = (0.7, 0.85, 1.0, 1.25, 1.5, 2.0, 3.0)
# Half a step of the difference that a delta is, as a fraction of the price.
BUMP = 0.001
_SHADES = (0.05, 0.2, 0.45, 0.7)


@dataclass(frozen=True, slots=True)
class HeatRow:
    price: str
    move: str
    cells: tuple[Value, ...]
    is_here: bool


@dataclass(frozen=True, slots=True)
class HeatMap:
    """Ready texts; `words` say what the figures are and what they lack."""

    unit: str
    heads: tuple[str, ...]
    rows: tuple[HeatRow, ...]
    words: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Ground:
    """Where a map starts: the unit of prices, the price now (None: moves alone), the days to the
    last column, the cushion over the broker's requirement now."""

    unit: str
    spot: float | None
    days: int
    cushion: float | None


def axes(choices: Choices, ground: Ground) -> Shocks:
    """The moves, days and factors of a map: one of the last two is a single value."""
    moves = np.linspace(-choices.span, choices.span, ROWS) / 100.0
    if choices.across == DAYS:
        return Shocks.of(list(moves), columns_of(ground.days), [choices.factor])
    return Shocks.of(list(moves), [min(choices.days, ground.days)], _FACTORS)


def columns_of(days: int) -> list[float]:
    """Round numbers of days, seven at most, today first and the last day last."""
    found = [step for step in _STEPS if step < days]
    while len(found) > _COLUMNS - 1:
        # The closest pair to the far end says least.
        found.pop(-2)
    return [float(step) for step in [*found, days]] if days else [0.0]


def amounts(book: Book, shocks: Shocks, choices: Choices, ground: Ground) -> tuple[Array, str]:
    """(figures by price and column, which legs are in it)."""
    if choices.measure == DELTA and ground.spot:
        up, down = (_moved(shocks, bump) for bump in (BUMP, -BUMP))
        high, low = grid(book, up), grid(book, down)
        figures = (high.pnl - low.pnl) / (2.0 * BUMP * ground.spot)
        words = high.words
    else:
        found = grid(book, shocks)
        figures, words = found.pnl, found.words
        if choices.measure == CUSHION and ground.cushion is not None:
            figures = figures + ground.cushion
    flat = figures[:, :, 0] if choices.across == DAYS else figures[:, 0, :]
    return flat, words


def _moved(shocks: Shocks, bump: float) -> Shocks:
    return Shocks(shocks.moves + bump, shocks.days, shocks.factors)


def heat_map(book: Book, choices: Choices, ground: Ground) -> HeatMap:
    shocks = axes(choices, ground)
    figures, words = amounts(book, shocks, choices, ground)
    largest = float(np.nan_to_num(np.abs(figures)).max(initial=0.0))
    rows = tuple(
        HeatRow(
            _price(ground, float(shocks.moves[at])),
            f"{formats.signed(round(float(shocks.moves[at]) * 100, 6), 1)}%",
            tuple(
                _cell(float(value), largest, choices.measure, f"risk-cell-{at}-{column}")
                for column, value in enumerate(figures[at])
            ),
            abs(shocks.moves[at]) < 1e-9,
        )
        # The highest price stands on top, as on a chart.
        for at in reversed(range(shocks.moves.size))
    )
    return HeatMap(ground.unit, _heads(shocks, choices), rows, _words(choices, ground, words))


def _price(ground: Ground, move: float) -> str:
    return "" if ground.spot is None else formats.fixed(round(ground.spot * (1 + move), 4), 2)


def _cell(value: float, largest: float, measure: str, ref: str) -> Value:
    if math.isnan(value):
        return Value(formats.UNKNOWN, "num missing", ref)
    text = formats.signed(value, 2) if measure == DELTA else formats.signed_short(value)
    share = abs(value) / largest if largest else 0.0
    shade = sum(1 for edge in _SHADES if share >= edge)
    side = "g" if value > 0 else "l"
    return Value(text, f"num heat-{side}{shade}" if shade else "num", ref)


def _heads(shocks: Shocks, choices: Choices) -> tuple[str, ...]:
    if choices.across == DAYS:
        return tuple("today" if not day else f"in {day:.0f}d" for day in shocks.days)
    names = dict(FACTORS)
    return tuple(f"IV {names.get(float(factor), f'×{factor:g}')}" for factor in shocks.factors)


def _words(choices: Choices, ground: Ground, legs: str) -> tuple[str, ...]:
    each = f"per 1.00 of {ground.unit}"
    what = {
        DELTA: f"Money {each}; by the model, from the slope of the P/L",
        CUSHION: "Maintenance excess now plus the scenario's P/L. The broker's requirement is held "
        "as it is: it would rise in most of these scenarios, so less would be left",
    }.get(choices.measure, "P/L against now, by the model")
    rest = (
        f"volatility {dict(FACTORS)[choices.factor]}"
        if choices.across == DAYS
        else f"after {min(choices.days, ground.days)} days"
    )
    found: Sequence[str] = (f"{what}; {rest}.", f"Holds {legs}." if legs else "")
    return tuple(word for word in found if word)
