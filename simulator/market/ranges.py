"""The day's range of an option, from the range of what it is on."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import TYPE_CHECKING

import numpy as np

from simulator.market import pricing, surface
from simulator.market.levels import RATE
from simulator.market.lines import Line
from simulator.market.rng import F64
from simulator.market.smiles import smile_of
from simulator.market.view import YEAR, View, _future_line

if TYPE_CHECKING:
    from simulator.market.days import Days


def at_extremes(days: Days, line: Line, day: date, start: float, at: float) -> list[float]:
    """Model values at the underlying's high and low since the opening."""
    view = days._view(start)
    terms = view.terms([line])
    below = under(line)
    if line.underlying == "VIX":
        return [view.price(line).mid]
    times, highs, low_times, lows = days._moves(below, day, _start(days, below, day, start))
    high = highs[max(0, int(np.searchsorted(times, at, side="right")) - 1)]
    low = lows[max(0, int(np.searchsorted(low_times, at, side="right")) - 1)]
    opened = days.mark(below, start)
    ratio = np.array([high / opened, low / opened])
    forward = terms.forward[0] * ratio
    return _values(line, view, terms, forward)


def _values(line: Line, view: View, t: pricing.Terms, forward: np.ndarray) -> list[float]:
    years = np.repeat(t.years, 2)
    smile = smile_of(line.row if line.row is not None else line.product)
    at = view.resting(line.hours)
    k = np.log(line.k / forward)
    vol = surface.volatility(smile, view.levels.volatility_state(at), at, years, k)
    both = pricing.Terms(
        forward, np.repeat(t.strike, 2), years, vol, np.repeat(t.rate, 2), np.repeat(t.carry, 2),
        np.repeat(t.call, 2), np.repeat(t.european, 2),
    )  # fmt: skip
    return [float(v) for v in pricing.price(both)]


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
    if line.row is None:
        return _future_line(line)
    return replace(
        line, symbol=line.row.symbol, kind="Index" if line.row.kind == "Index" else "Equity",
        hours="index" if line.row.kind == "Index" else "stock", root=None, expiration=None,
        expires=0.0,
    )  # fmt: skip


def _start(days: Days, under: Line, day: date, start: float) -> float:
    from simulator.market import calendar

    span = calendar.regular_hours(under.hours, day)
    return span[0].timestamp() if span else start


__all__ = ["at_extremes", "model", "under"]
