"""How much is traded: day totals, the curve through the day, open interest.

Totals are drawn once per line and trade date; what is done at an instant follows a fixed curve,
so volume is a pure function of time and never falls.
"""

from __future__ import annotations

import math
from bisect import bisect_right
from datetime import date
from functools import lru_cache

import numpy as np

from simulator.market import calendar, rng
from simulator.market.levels import moment
from simulator.market.lines import CRYPTO, FUTURE, FUTURE_OPTION, INDEX, OPTION, Line
from simulator.market.rng import F64

# share of a session's volume done by share of its time
_TIME = (0.0, 0.05, 0.15, 0.35, 0.6, 0.8, 0.95, 1.0)
_DONE = (0.0, 0.11, 0.25, 0.44, 0.62, 0.78, 0.91, 1.0)
_COINS = {"BTC/USD": 9000.0, "ETH/USD": 120_000.0}
Drawn = tuple[int, float, float]
"""What a line's volume is drawn from: a split changes the last two (see `_drawn`)."""
_typical: dict[Drawn, float] = {}
_totals: dict[tuple[Drawn, date], float] = {}


def of_day(line: Line, day: date) -> float:
    """Shares, contracts or coins of a whole trade date."""
    key = (_drawn(line), day)
    found = _totals.get(key)
    if found is None:
        if len(_totals) > 300_000:
            _totals.clear()
        found = _totals[key] = _draw(line, day)
    return found


def _drawn(line: Line) -> Drawn:
    row = line.row
    return (line.key, 0.0, 0.0) if row is None else (line.key, row.adv, row.price)


def _draw(line: Line, day: date) -> float:
    usual = typical(line)
    if not usual:
        return 0.0
    tail = 0.8 if rng.uniform("volume-tail", line.symbol, day) > 0.95 else 0.0
    factor = 0.55 + 0.7 * rng.uniform("volume", line.symbol, day) + tail
    return float(math.floor(usual * factor)) if usual >= 1 else usual * factor


def done(line: Line, at: float) -> float:
    """Done so far on the trade date of an instant; whole units but for coins."""
    if line.kind == INDEX:
        return 0.0
    day = trade_day(line.hours, at)
    start, end = span(line.hours, day)
    share = min(max((at - start) / (end - start), 0.0), 1.0)
    volume = _interp(share, _TIME, _DONE) * of_day(line, day)
    return round(volume, 4) if line.kind == CRYPTO else float(math.floor(volume))


def done_many(line: Line, day: date, epochs: F64) -> F64:
    """`done` at many instants of one trade date, extended hours included."""
    if line.kind == INDEX:
        return np.zeros(len(epochs))
    start, end = span(line.hours, day)
    shares = np.clip((epochs - start) / (end - start), 0.0, 1.0)
    volume = np.interp(shares, _TIME, _DONE) * of_day(line, day)
    if line.hours == calendar.STOCK:
        volume = volume + extended(line, day, epochs)
    result: F64 = np.round(volume, 4) if line.kind == CRYPTO else np.floor(volume)
    return result


def extended(line: Line, day: date, epochs: F64) -> F64:
    """Done before the bell and after it, not part of the regular volume."""
    start, end = span(line.hours, day)
    whole = calendar.hours(line.hours, day)
    assert whole is not None
    first, last = whole[0].timestamp(), whole[1].timestamp()
    early = np.clip((epochs - first) / (start - first), 0, 1)
    late = np.clip((epochs - end) / max(last - end, 1.0), 0, 1)
    result: F64 = of_day(line, day) * (0.012 * early**2 + 0.02 * np.sqrt(late))
    return result


def reached(line: Line, at: float, volume: float) -> float:
    """When the trade date of an instant reached a volume."""
    day = trade_day(line.hours, at)
    start, end = span(line.hours, day)
    total = of_day(line, day)
    share = _interp(min(volume / total, 1.0), _DONE, _TIME) if total else 0.0
    return start + share * (end - start)


def typical(line: Line) -> float:
    """An ordinary day's volume."""
    key = _drawn(line)
    found = _typical.get(key)
    if found is None:
        if len(_typical) > 300_000:
            _typical.clear()
        found = _typical[key] = _usual(line)
    return found


def _usual(line: Line) -> float:
    if line.kind == INDEX:
        return 0.0
    if line.kind == CRYPTO:
        return _COINS.get(line.symbol, 4_000_000.0)
    if line.kind == FUTURE:
        assert line.future is not None
        return line.future.product.adv * 0.8
    if line.row is not None and line.kind != OPTION:
        return line.row.adv
    return _option_usual(line)


def _option_usual(line: Line) -> float:
    """Interest concentrates near the money and on round strikes."""
    if line.row is not None:
        base = max(line.row.adv, 2e7 if line.row.kind == "Index" else 0.0) * 0.0006
        distance = abs(math.log(line.k / line.row.price)) / line.row.iv
    else:
        assert line.product is not None
        base, distance = line.product.adv * 0.01, 0.6
    lump = 3.0 if line.k % 5 == 0 else 1.0
    draw = rng.uniform("interest", line.symbol)
    return max(base * lump * math.exp(-3.0 * distance) * (0.2 + draw**3 * 3), 0.4)


def open_interest(line: Line, day: date) -> int:
    """Open contracts at the start of a day; 0 for what has none."""
    drift = rng.uniform("oi", line.symbol, day)
    if line.kind == FUTURE:
        return int(typical(line) * (1.2 + 0.1 * drift))
    if line.kind not in (OPTION, FUTURE_OPTION):
        return 0
    level = 0.3 + rng.uniform("oi-level", line.symbol)
    return int(typical(line) * 9 * (1 + 0.1 * drift) * level)


# -- trade dates -----------------------------------------------------------------------------


@lru_cache(maxsize=8192)
def trade_day(hours: str, at: float) -> date:
    """The trade date of an instant."""
    return calendar.trade_date(hours, moment(at))


@lru_cache(maxsize=65536)
def span(hours: str, day: date) -> tuple[float, float]:
    """The regular session of a trade date in epoch seconds."""
    found = calendar.regular_hours(hours, day)
    assert found is not None
    return found[0].timestamp(), found[1].timestamp()


@lru_cache(maxsize=65536)
def previous_day(hours: str, day: date) -> date:
    """The trade date before."""
    if hours == calendar.CRYPTO:
        return day - calendar.DAY
    collection = calendar.CME if hours == calendar.FUTURE else calendar.EQUITY
    return calendar.previous_trading_day(day, collection)


def _interp(x: float, xs: tuple[float, ...], ys: tuple[float, ...]) -> float:
    n = min(bisect_right(xs, x), len(xs) - 1)
    return ys[n - 1] + (x - xs[n - 1]) / (xs[n] - xs[n - 1]) * (ys[n] - ys[n - 1])
