"""Bars that are made of trades and not of time: by count, volume, price range, momentum, renko.

Each trade date begins anew at its opening, so a bar is a function of that day's trades alone. The
trades are those of the tape, one price each half second; at most the last few days are kept.

    t   so many trades                     v   so many shares, contracts or coins
    p   until the range reaches so much    pm  until the close is so far from the open
    pr  bricks: a price so far on, and twice as far back for a turn
"""

from __future__ import annotations

import math
from collections import OrderedDict
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING

import numpy as np

from simulator.market import calendar, rng, volumes
from simulator.market.bars import Bar, Spec, make
from simulator.market.lines import CRYPTO, FUTURE, INDEX, Line
from simulator.market.rng import F64
from simulator.market.view import _half_spread as half_spread

if TYPE_CHECKING:
    from simulator.market.market import Market

MOST_DAYS = 3
MOST_OPTION_BEATS = 400
STEP, OPTION_STEP = 0.5, 15.0
Brick = tuple[int, int, float, float, float, float]
"""(first trade, last trade, open, high, low, close)."""


@dataclass(slots=True)
class Trades:
    """The trades of a trade date so far: columns, oldest first."""

    times: F64
    prices: F64
    sizes: F64
    counts: F64
    until: float

    def __len__(self) -> int:
        return len(self.times)


class TradeBars:
    """Bars of trades of a market; days are cached and grow."""

    def __init__(self, market: Market) -> None:
        self.market = market
        self._days: OrderedDict[tuple[str, date, bool], Trades] = OrderedDict()

    def forget(self) -> None:
        """Drop everything cached (after a price was moved by hand)."""
        self._days.clear()

    def history(self, line: Line, spec: Spec, from_ms: int, most: int) -> tuple[list[Bar], bool]:
        """(bars newest first from `from_ms` on, whether some are missing at the end)."""
        if line.kind == INDEX:
            return [], False
        now = self.market.view.resting(line.hours)
        day = volumes.trade_day(line.hours, now)
        found: list[Bar] = []
        for _ in range(MOST_DAYS):
            bars = self._bars(line, spec, self._trades(line, day, spec.regular, now))
            found += [b for b in reversed(bars) if b.time >= from_ms]
            span = calendar.hours(line.hours, day)
            if len(found) > most or span is None or span[0].timestamp() * 1000 <= from_ms:
                return found[:most], len(found) > most
            day = volumes.previous_day(line.hours, day)
        return found[:most], True

    # -- trades ------------------------------------------------------------------------------

    def _trades(self, line: Line, day: date, regular: bool, now: float) -> Trades:
        use = calendar.regular_hours if regular else calendar.hours
        span = use(line.hours, day)
        assert span is not None
        start, end = span[0].timestamp(), min(span[1].timestamp(), now)
        key = (line.symbol, day, regular)
        known = self._days.get(key)
        if known is None or known.until > end:
            empty = np.empty(0)
            known = Trades(empty, empty, empty, empty, start)
        if end > known.until:
            known = self._more(line, day, known, end)
            self._days[key] = known
            while len(self._days) > 64:
                self._days.popitem(last=False)
        return known

    def _more(self, line: Line, day: date, known: Trades, end: float) -> Trades:
        step = OPTION_STEP if line.is_option else STEP
        first, last = math.floor(known.until / step) + 1, math.floor(end / step)
        if last < first:
            return known
        # an option's beat begins with its print, that of others ends with it
        shift = 0 if line.is_option else 1
        edges: F64 = np.arange(first - shift, last + 2 - shift, dtype=np.float64) * step
        done: F64 = np.diff(volumes.done_many(line, day, edges))
        kept = np.flatnonzero(done > 0)
        if line.is_option:
            kept = kept[-MOST_OPTION_BEATS:]
        beats: F64 = kept.astype(np.float64) + first
        at, sizes = beats * step, done[kept]
        prices = self._prices(line, beats, at)
        counts = np.where(sizes < 4, 1, 1 + (np.uint64(line.key) ^ beats.astype(np.uint64)) % 3)
        if line.kind == CRYPTO:
            counts = np.ones(len(sizes))
        return Trades(
            np.append(known.times, at), np.append(known.prices, prices),
            np.append(known.sizes, sizes), np.append(known.counts, counts), end,
        )  # fmt: skip

    def _prices(self, line: Line, beats: F64, at: F64) -> F64:
        """What `Days.print_at` says of each beat, in one pass."""
        days = self.market.days
        if line.is_option:
            return np.array([days.mark(line, float(t)) for t in at])
        if not len(at):
            return at
        mid = days.exact(line, at)
        tick = float(line.ticks[-1][0])
        for value, threshold in line.ticks:
            if threshold is None or mid[0] < float(threshold):
                tick = float(value)
                break
        # in proportion to the price, so that one of a dollar tells all
        half = 0.5 * tick if line.kind == FUTURE else mid * half_spread(line, 1.0)
        bid = np.maximum(np.floor((mid - half) / tick + 1e-9) * tick, tick)
        ask = np.maximum(np.ceil((mid + half) / tick - 1e-9) * tick, bid + tick)
        if line.kind == FUTURE:
            ask = bid + tick
        draws = rng.uniforms(np.uint64(line.key) ^ beats.astype(np.uint64))
        result: F64 = np.round(np.where(draws < 0.5, bid, ask), 9).astype(np.float64)
        return result

    # -- bars --------------------------------------------------------------------------------

    def _bars(self, line: Line, spec: Spec, trades: Trades) -> list[Bar]:
        if not len(trades):
            return []
        bricks = list(_bricks(spec, trades))
        first = np.array([b[0] for b in bricks])
        last = np.array([b[1] for b in bricks])
        o, h, low, c = (np.array([b[n] for b in bricks]) for n in range(2, 6))
        sums, counts = np.cumsum(trades.sizes), np.cumsum(trades.counts)
        # a trade that ends several bricks belongs to the first of them
        own = np.insert(first[1:] != last[:-1], 0, True)
        volume = sums[last] - sums[first] + trades.sizes[first] * own
        count = counts[last] - counts[first] + trades.counts[first] * own
        starts = trades.times[first]
        states = self.market.levels.states_at(starts)
        made = make(line, starts, o, h, low, c, volume, states)
        before = -1
        for bar, number in zip(made, count.tolist(), strict=True):
            bar.count = int(number)
            bar.time = before = max(bar.time, before + 1)
        return made


def _bricks(spec: Spec, trades: Trades) -> Iterator[Brick]:
    prices = trades.prices.tolist()
    if spec.unit in ("t", "v"):
        amounts = trades.counts if spec.unit == "t" else trades.sizes
        yield from _filled(prices, amounts.tolist(), spec.count)
    elif spec.unit == "pr":
        yield from _renko(prices, spec.count)
    else:
        yield from _moved(prices, spec.count, spec.unit == "p")


def _filled(prices: list[float], amounts: list[float], size: float) -> Iterator[Brick]:
    """Bars that end with the trade that fills them."""
    first, done = 0, 0.0
    for n, amount in enumerate(amounts):
        done += amount
        if done >= size - 1e-9 or n == len(prices) - 1:
            part = prices[first : n + 1]
            yield first, n, part[0], max(part), min(part), part[-1]
            first, done = n + 1, 0.0


def _moved(prices: list[float], reach: float, by_range: bool) -> Iterator[Brick]:
    """Bars that end with the trade that has gone far enough."""
    first, high, low = 0, prices[0], prices[0]
    for n, price in enumerate(prices):
        high, low = max(high, price), min(low, price)
        gone = high - low if by_range else abs(price - prices[first])
        if gone >= reach - 1e-9 or n == len(prices) - 1:
            yield first, n, prices[first], high, low, price
            if n + 1 < len(prices):
                first, high, low = n + 1, prices[n + 1], prices[n + 1]


def _renko(prices: list[float], size: float) -> Iterator[Brick]:
    first, base, turn = 0, prices[0], 0
    for n, price in enumerate(prices):
        while True:
            up = base + size * (2 if turn < 0 else 1)
            down = base - size * (2 if turn > 0 else 1)
            if down + 1e-9 < price < up - 1e-9:
                break
            side = 1 if price >= up - 1e-9 else -1
            opened = base if turn in (0, side) else base + side * size
            base, turn = opened + side * size, side
            yield first, n, opened, max(opened, base), min(opened, base), base
            first = n
