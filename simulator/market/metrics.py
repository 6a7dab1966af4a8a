"""Volatility and corporate figures of an underlying, from its own paths and surface."""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass
from datetime import date, timedelta
from typing import TYPE_CHECKING

import numpy as np

from simulator.market import calendar, surface
from simulator.market.candles import parse
from simulator.market.lines import Line
from simulator.market.rng import F64
from simulator.market.smiles import smile_of

if TYPE_CHECKING:
    from simulator.market.market import Market

MONTH = np.array([30.0 / 365])
_closes: OrderedDict[tuple[int, str, date], F64] = OrderedDict()


@dataclass(frozen=True, slots=True)
class Volatility:
    """Implied volatility against its own year; fractions, rank and percentile 0..1."""

    index: float
    five_days_ago: float
    rank: float
    percentile: float


def implied(market: Market, line: Line) -> Volatility:
    """The 30-day volatility now and where it lies in the last year."""
    now = market.view.resting(calendar.OPTION)
    smile = smile_of(line.row if line.row is not None else line.product)
    today = calendar.new_york_date(market.now)
    days = [today - timedelta(days=n) for n in range(1, 366)]
    past = [
        (calendar.at(d, 15).timestamp(), market.levels.paths.day_index(d))
        for d in days
        if calendar.is_trading_day(d)
    ]
    states = np.array([market.levels.states(d, 6)[1][40] for _, d in past])
    history = np.array([_month(smile, s, at) for s, (at, _) in zip(states, past, strict=True)])
    index = _month(smile, market.levels.volatility_state(now), now)
    low, high = min(history.min(), index), max(history.max(), index)
    rank = (index - low) / (high - low) if high > low else 0.5
    return Volatility(index, float(history[4]), float(rank), float((history < index).mean()))


def _month(smile: surface.Smile, state: float, at: float) -> float:
    return float(np.sqrt(surface.atm_variance(smile, float(state), at, MONTH)[0] / MONTH[0]))


def closes(market: Market, line: Line) -> F64:
    """Daily closes of the last four months, newest first."""
    key = (id(market), line.symbol, calendar.new_york_date(market.now))
    found = _closes.get(key)
    if found is None:
        spec = parse(f"{line.streamer}{{=d}}")
        assert spec is not None
        since = int((market.view.epoch - 150 * 86400) * 1000)
        bars, _ = market.candles.history(line, spec, since)
        found = _closes[key] = np.array([b.close for b in bars])
        if len(_closes) > 2000:
            _closes.popitem(last=False)
    return found


def historical(prices: F64, days: int) -> float:
    """Annual volatility of the last daily moves, in percent."""
    moves = np.diff(np.log(prices[: days + 1]))
    return float(np.std(moves, ddof=1) * np.sqrt(252) * 100) if len(moves) > 1 else 0.0


def correlation(first: F64, second: F64) -> float:
    """Correlation of daily moves over three months."""
    size = min(len(first), len(second), 64)
    moves = [np.diff(np.log(x[:size])) for x in (first, second)]
    return float(np.corrcoef(moves[0], moves[1])[0, 1]) if size > 3 else 0.0
