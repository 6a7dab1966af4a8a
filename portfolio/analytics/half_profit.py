"""P50: the chance that a structure earns half of its best before its first option expires.

Paths of the underlying are drawn by a lognormal walk from a stated seed; at each look the structure
is worth what the model says at that price and date, its volatilities standing still. It is a model
of the volatility shown, not a forecast, and between two looks nothing is seen: more looks find a
little more. The standard error of the chance is √(p·(1−p)/paths), less for the paired paths used.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from functools import lru_cache

import numpy as np
import numpy.typing as npt

from portfolio.analytics.curves import near_expiration
from portfolio.analytics.pricing.european import DAYS
from portfolio.analytics.pricing.normal import Array
from portfolio.analytics.scenarios import Book, unit_values

PATHS = 10_000
SEED = 50
# Looks: one a day, within these bounds.
LEAST_LOOKS, MOST_LOOKS = 20, 64
# The value is known on prices spread evenly in logarithms over so many deviations to either side.
_POINTS, _WIDTH = 512, 6.0
_CELLS = 4096
# Early exercise adds a smooth and small amount: few points tell it.
_COARSE, _DATES = 33, 7


@dataclass(frozen=True, slots=True)
class HalfProfit:
    """``chance`` between 0 and 1; ``target`` in money; how it was found, to be shown with it."""

    chance: float
    target: float
    paths: int
    looks: int
    seed: int


def half_profit(
    book: Book,
    best: float,
    volatility: float,
    *,
    start: float = 0.0,
    drift: float = 0.0,
    days: float | None = None,
    share: float = 0.5,
    paths: int = PATHS,
    seed: int = SEED,
) -> HalfProfit:
    """The chance that P/L reaches ``share`` of ``best`` within ``days`` (to the first expiration).

    ``best`` is the largest profit in money and must be a positive number: what is unlimited has no
    half. ``volatility`` moves the paths (decimal), ``drift`` a year (rate less dividend yield).
    ``start`` is the P/L now. Raises ValueError for another best, for legs of several underlyings
    or with unknown inputs, or when no time is left.
    """
    span = (near_expiration(book) if days is None else days) / DAYS
    _check(book, best, volatility, span, paths)
    target = share * best
    looks = min(max(math.ceil(span * DAYS), LEAST_LOOKS), MOST_LOOKS)
    if start >= target:
        return HalfProfit(1.0, target, paths, looks, seed)
    times = np.linspace(0.0, span, looks + 1)[1:]
    rim = _WIDTH * volatility * math.sqrt(span) + abs(drift) * span
    reached = _reached(book, times, rim, target - start)
    walk = _walk(looks, paths, seed) * (volatility * math.sqrt(span / looks))
    walk += ((drift - 0.5 * volatility**2) * times)[:, None]
    walk *= 0.5 * _CELLS / rim
    walk += 0.5 * _CELLS
    cells = np.clip(walk, 0, _CELLS - 1).astype(np.intp)
    cells += (np.arange(looks) * _CELLS)[:, None]
    hit = reached.ravel().take(cells).any(axis=0)
    return HalfProfit(float(hit.mean()), target, paths, looks, seed)


def _check(book: Book, best: float, volatility: float, span: float, paths: int) -> None:
    if not (math.isfinite(best) and best > 0.0):
        raise ValueError("half of a profit that is unlimited, or none, is nothing to reach")
    if not bool(book.known.all()) or len(set(book.spot.tolist())) != 1:
        raise ValueError("every leg must be known and of one underlying")
    if not (span > 0.0 and volatility > 0.0):
        raise ValueError("no time or no volatility is left")
    if paths < 2 or paths % 2:
        raise ValueError("paths are drawn in pairs")


@lru_cache(maxsize=4)
def _walk(looks: int, paths: int, seed: int) -> Array:
    """Sums of standard normal steps: (look, path); the second half mirrors the first."""
    half = np.random.default_rng(seed).standard_normal((looks, paths // 2))
    sums = np.cumsum(half, axis=0)
    both = np.concatenate([sums, -sums], axis=1)
    both.flags.writeable = False
    return both


def _reached(book: Book, times: Array, rim: float, gain: float) -> npt.NDArray[np.bool_]:
    """(look, cell): whether the structure has gained so much at that price and date."""
    spot = float(book.spot[0])
    places = np.linspace(-rim, rim, _POINTS)
    worth = _values(book, spot * np.exp(places), times)
    now = float(unit_values(book, book.spot, book.years, book.volatility) @ book.scale)
    middles = (np.arange(_CELLS) + 0.5) * (2.0 * rim / _CELLS) - rim
    found = np.empty((times.size, _CELLS), dtype=np.bool_)
    for row, values in enumerate(worth):
        found[row] = np.interp(middles, places, values) >= now + gain
    return found


def _values(book: Book, spots: Array, times: Array) -> Array:
    """Worth of the structure in money: (date, price)."""
    plain = replace(book, is_american=np.zeros_like(book.is_american))
    worth = _worth(plain, spots, times)
    early = np.flatnonzero(book.is_option & book.is_american)
    if early.size:
        worth += _early(book.pick(early), spots, times)
    return worth


def _worth(book: Book, spots: Array, times: Array) -> Array:
    years = np.maximum(book.years - times[:, None, None], 0.0)
    found: Array = unit_values(book, spots[:, None], years, book.volatility) @ book.scale
    return found


def _early(book: Book, spots: Array, times: Array) -> Array:
    """What early exercise is worth, from a few prices and dates, by straight lines between."""
    few = np.linspace(0, spots.size - 1, _COARSE).round().astype(np.intp)
    dates = np.unique(np.linspace(0, times.size - 1, _DATES).round().astype(np.intp))
    plain = replace(book, is_american=np.zeros_like(book.is_american))
    coarse = _worth(book, spots[few], times[dates]) - _worth(plain, spots[few], times[dates])
    wide = np.stack([np.interp(np.log(spots), np.log(spots[few]), row) for row in coarse])
    after = np.clip(np.searchsorted(dates, np.arange(times.size)), 1, dates.size - 1)
    low, high = dates[after - 1], dates[after]
    part = ((np.arange(times.size) - low) / (high - low))[:, None]
    between: Array = wide[after - 1] * (1.0 - part) + wide[after] * part
    return between
