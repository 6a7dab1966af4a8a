"""The day's range of an option, from the range of what it is on."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np

from simulator.market import calendar, pricing, rng, surface
from simulator.market.levels import RATE
from simulator.market.lines import EQUITY, INDEX, Ladder, Line
from simulator.market.rng import F64
from simulator.market.smiles import smile_of
from simulator.market.universe.equities import Underlying
from simulator.market.view import YEAR, View, future_line

if TYPE_CHECKING:
    from simulator.market.days import Days


CENTS: Ladder = (("0.01", None),)


def at_extremes(days: Days, lines: list[Line], day: date, start: float, at: float) -> None:
    """Put model values at the underlyings' highs and lows since the opening into `days`.

    Priced once per line and pair of extremes, in batches: extremes rarely move.
    """
    wanted, highs, lows = [], [], []
    for line in lines:
        high, low = extremes(days, line, day, start, at)
        if (line.symbol, high, low) not in days.option_extremes:
            wanted.append(line)
            highs.append(high)
            lows.append(low)
    if not wanted:
        return
    if len(days.option_extremes) > 100_000:
        days.option_extremes.clear()
    view = days._view(start)
    top, bottom = (_values(days, view, wanted, ratio) for ratio in (highs, lows))
    for line, high, low, one, two in zip(wanted, highs, lows, top, bottom, strict=True):
        days.option_extremes[(line.symbol, high, low)] = (one, two)


def extremes(days: Days, line: Line, day: date, start: float, at: float) -> tuple[float, float]:
    """High and low of what an option is on, as multiples of its opening; 1 for volatility."""
    if line.underlying == "VIX":
        return 1.0, 1.0
    below = under(line)
    times, highs, low_times, lows = days._moves(below, day, _start(below, day, start))
    high = highs[max(0, int(np.searchsorted(times, at, side="right")) - 1)]
    low = lows[max(0, int(np.searchsorted(low_times, at, side="right")) - 1)]
    opened = days.mark(below, start)
    return round(float(high / opened), 9), round(float(low / opened), 9)


def _values(days: Days, view: View, lines: list[Line], ratios: list[float]) -> list[float]:
    """Model values at the opening with the underlying moved by a ratio."""
    t = view.terms(lines)
    forward = t.forward * np.array(ratios)
    vol = t.vol.copy()
    groups: dict[str, list[int]] = {}
    for n, line in enumerate(lines):
        groups.setdefault(line.level, []).append(n)
    for rows in groups.values():
        first, index = lines[rows[0]], np.array(rows)
        smile = smile_of(first.row if first.row is not None else first.product)
        at = view.resting(first.hours)
        k = np.log(t.strike[index] / forward[index])
        state = view.levels.volatility_state(at)
        vol[index] = surface.volatility(smile, state, at, t.years[index], k)
    moved = pricing.Terms(forward, t.strike, t.years, vol, t.rate, t.carry, t.call, t.european)
    return [float(v) for v in pricing.price(moved)]


def model(view: View, line: Line, spots: F64, times: F64, states: F64) -> F64:
    """Model values of one option for prices of its underlying at several instants."""
    years = np.maximum((line.expires - times) / YEAR, 60.0 / YEAR)
    if line.row is not None and line.root is not None:
        carry = RATE - line.row.dividend_yield
        spots = (spots * line.root.shares + line.root.cash) / 100.0
        forward = spots if line.row.symbol == "VIX" else spots * np.exp(carry * years)
        carry = 0.0 if line.row.symbol == "VIX" else carry
    else:
        carry, forward = 0.0, spots
    smile = smile_of(line.row if line.row is not None else line.product)
    vol = np.array(
        [
            surface.volatility(smile, float(s), float(t), y[None], k[None])[0]
            for s, t, y, k in zip(states, times, years, np.log(line.k / forward), strict=True)
        ]
    )
    size = len(spots)
    return pricing.price(
        pricing.Terms(
            forward,
            np.full(size, line.k),
            years,
            vol,
            np.full(size, RATE),
            np.full(size, carry),
            np.full(size, line.call),
            np.full(size, line.european),
        )
    )


def under(line: Line) -> Line:
    """The line that an option is on."""
    return future_line(line) if line.row is None else _under(line.row)


@lru_cache(maxsize=1024)
def _under(row: Underlying) -> Line:
    index = row.kind == "Index"
    return Line(
        row.symbol, row.symbol, INDEX if index else EQUITY,
        calendar.INDEX if index else calendar.STOCK, CENTS, Decimal(1),
        rng.key("line", row.symbol), row.symbol, level=row.symbol, row=row,
    )  # fmt: skip


def _start(under: Line, day: date, start: float) -> float:
    span = calendar.regular_hours(under.hours, day)
    return span[0].timestamp() if span else start
