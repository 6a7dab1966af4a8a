"""Candles with history: bars drawn back from the paths, and the running bar.

A bar is a pure function of time like everything else: the live bar grows into exactly the bar
that history shows once it is complete.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterator
from datetime import date
from typing import TYPE_CHECKING

import numpy as np

from simulator.market import calendar, volumes
from simulator.market.bars import SECONDS, Bar, Spec, make, merge, midnight, parse, period_start
from simulator.market.levels import moment
from simulator.market.lines import INDEX, Line
from simulator.market.rng import F64
from simulator.market.trade_bars import TradeBars
from simulator.market.volumes import previous_day

if TYPE_CHECKING:
    from simulator.market.market import Market

Columns = tuple[F64, F64, F64, F64, F64]
MOST_BARS = 8000
EARLIEST = date(2021, 1, 8)
DAILY_LEVEL = 9
REGULAR = Spec("", 1, "d", True, False, "")


class Candles:
    """Bars of a market, complete days cached."""

    def __init__(self, market: Market) -> None:
        self.market = market
        self._days: OrderedDict[tuple[str, str, date], list[Bar]] = OrderedDict()
        self.trades = TradeBars(market)
        self._held = 0
        self._years: dict[tuple[str, date], tuple[float, float]] = {}

    def history(self, line: Line, spec: Spec, from_ms: int) -> tuple[list[Bar], bool]:
        """(bars newest first from `from_ms` on, whether the limit cut them)."""
        if not spec.served:
            return [], False
        if spec.by_trades:
            return self.trades.history(line, spec, from_ms, MOST_BARS)
        if spec.unit not in SECONDS:
            bars = self._long(line, spec, from_ms)
        else:
            bars = self._intraday(line, spec, from_ms)
        return bars[:MOST_BARS], len(bars) > MOST_BARS

    def running(self, line: Line, spec: Spec, since_ms: int) -> list[Bar]:
        """Bars that started at or after `since_ms`, oldest first: the live updates."""
        bars, _ = self.history(line, spec, since_ms)
        return list(reversed(bars[:64]))

    def year_range(self, line: Line, day: date) -> tuple[float, float]:
        """Highest and lowest price of the 52 weeks before a day."""
        key = (line.symbol, day)
        if key not in self._years:
            spec = parse(f"{line.streamer}{{=d}}")
            assert spec is not None
            since = int(calendar.at(day, 0).timestamp() - 364 * 86400) * 1000
            bars, _ = self.history(line, spec, since)
            self._years[key] = (max(b.high for b in bars), min(b.low for b in bars))
        return self._years[key]

    # -- intraday ----------------------------------------------------------------------------

    def _intraday(self, line: Line, spec: Spec, from_ms: int) -> list[Bar]:
        now = self.market.view.resting(line.hours)
        today = volumes.trade_day(line.hours, now)
        found = [b for b in reversed(self._today(line, spec, today, now)) if b.time >= from_ms]
        day = today
        while len(found) <= MOST_BARS and day > EARLIEST:
            day = previous_day(line.hours, day)
            span = self._span(line, spec, day)
            if span[1] * 1000 <= from_ms:
                break
            bars = self._complete(line, spec, day)
            found.extend(b for b in reversed(bars) if b.time >= from_ms)
        return found

    def _span(self, line: Line, spec: Spec, day: date) -> tuple[float, float]:
        use = calendar.regular_hours if spec.regular else calendar.hours
        span = use(line.hours, day)
        assert span is not None
        return span[0].timestamp(), span[1].timestamp()

    def _today(self, line: Line, spec: Spec, day: date, now: float) -> list[Bar]:
        start, end = self._span(line, spec, day)
        if now < start:
            return []
        level = 15 if line.is_option else 16
        return self._bars(line, spec, day, start, min(end, now + 1e-3), level)

    def _complete(self, line: Line, spec: Spec, day: date) -> list[Bar]:
        key = (line.symbol, spec.text, day)
        found = self._days.get(key)
        if found is None:
            start, end = self._span(line, spec, day)
            level = 16 if spec.seconds < 20 else 14 if spec.seconds < 300 else 12
            found = self._bars(line, spec, day, start, end, level)
            self._days[key] = found
            self._held += len(found)
            while self._held > 200_000:
                self._held -= len(self._days.popitem(last=False)[1])
        return found

    def forget(self) -> None:
        """Drop cached bars (after a price was moved by hand)."""
        self.trades.forget()
        self._days.clear()
        self._years.clear()
        self._held = 0

    def _bars(
        self, line: Line, spec: Spec, day: date, start: float, end: float, level: int
    ) -> list[Bar]:
        origin = start if spec.from_session else calendar.at(day, 0).timestamp()
        seconds = spec.seconds
        first = int((start - origin) // seconds)
        last = int((end - 1e-6 - origin) // seconds)
        edges: F64 = origin + seconds * np.arange(first, last + 2, dtype=np.float64)
        inner = np.clip(edges, start, end)
        opens, highs, lows, closes, vols = self._ohlc(line, inner, start, end, level)
        volume = np.diff(volumes.done_many(line, day, inner))
        bars = make(line, edges[:-1], opens, highs, lows, closes, volume, vols)
        return [b for b in bars if b.volume > 0 or line.kind == INDEX or b.time >= (end - 1) * 1e3]

    def _ohlc(self, line: Line, edges: F64, start: float, end: float, level: int) -> Columns:
        from simulator.market.ranges import under

        plain = under(line) if line.is_option else line
        epochs, prices = self.market.days.path(plain, start, max(end, start + 1), level)
        ends = edges[1:].copy()
        ends[-1] = min(ends[-1], end - 0.5) if ends[-1] > edges[0] + 1 else ends[-1]
        opens = self.market.days.exact(plain, edges[:-1])
        closes = self.market.days.exact(plain, ends)
        left = np.searchsorted(epochs, edges[:-1])
        highs, lows = np.maximum(opens, closes), np.minimum(opens, closes)
        right = np.minimum(np.searchsorted(epochs, edges[1:]), len(prices))
        filled = right > left
        if filled.any():
            # between the starts of filled bars there are only points of filled bars
            cut = left[filled]
            highs[filled] = np.maximum(highs[filled], np.maximum.reduceat(prices, cut))
            lows[filled] = np.minimum(lows[filled], np.minimum.reduceat(prices, cut))
        states = self.market.levels.states_at(edges[1:])
        if line.is_option:
            opens, highs, lows, closes = self._option(line, edges, opens, highs, lows, closes,
                                                      states)  # fmt: skip
        return opens, highs, lows, closes, states

    def _option(
        self, line: Line, edges: F64, opens: F64, highs: F64, lows: F64, closes: F64, states: F64
    ) -> tuple[F64, F64, F64, F64]:
        from simulator.market.ranges import model

        spots = np.concatenate([opens, highs, lows, closes])
        times = np.concatenate([edges[:-1], edges[1:], edges[1:], edges[1:]])
        values = model(self.market.view, line, spots, times, np.tile(states, 4))
        o, h, low, c = np.split(values, 4)
        stacked = np.vstack([o, h, low, c])
        return o, stacked.max(axis=0), stacked.min(axis=0), c

    # -- days and longer ---------------------------------------------------------------------

    def _long(self, line: Line, spec: Spec, from_ms: int) -> list[Bar]:
        """Daily bars carry 00:00 UTC of their trade date; longer ones that of their first day."""
        now = self.market.view.resting(line.hours)
        today = volumes.trade_day(line.hours, now)
        first = period_start(spec, max(EARLIEST, moment(max(from_ms, 0) / 1000).date()))
        groups: OrderedDict[date, list[Bar]] = OrderedDict()
        for day, bar in self._daily(line, first, today, now):
            groups.setdefault(period_start(spec, day), []).append(bar)
        merged = (merge(start, found) for start, found in groups.items())
        return [b for b in merged if b.time >= from_ms]

    def _daily(
        self, line: Line, first: date, today: date, now: float
    ) -> Iterator[tuple[date, Bar]]:
        """(trade date, bar), newest first."""
        day, dates = today, []
        while day >= max(first, EARLIEST):
            dates.append(day)
            day = previous_day(line.hours, day)
        complete = [d for d in dates if self._span(line, REGULAR, d)[1] <= now]
        self._fill_days(line, complete)
        for day in dates:
            if day in complete[:1] or (complete and day < complete[0]):
                yield day, self._days[(line.symbol, "=d", day)][0]
            elif self._span(line, REGULAR, day)[0] <= now:
                yield day, self._unfinished(line, day, now)

    def _fill_days(self, line: Line, dates: list[date]) -> None:
        missing = [d for d in dates if (line.symbol, "=d", d) not in self._days]
        if not missing:
            return
        spans = np.array([self._span(line, REGULAR, d) for d in missing])
        plain = not line.is_option and line.level != "VIX"
        columns = self._columns(line, missing, spans) if plain else self._slow(line, spans)
        volume = np.array([volumes.of_day(line, d) for d in missing])
        starts: F64 = np.array([midnight(d) for d in missing])
        for day, bar in zip(missing, make(line, starts, *columns[:4], volume, columns[4]),
                            strict=True):  # fmt: skip
            self._days[(line.symbol, "=d", day)] = [bar]
            self._held += 1

    def _columns(self, line: Line, dates: list[date], spans: F64) -> Columns:
        """Open, high, low, close and volatility state of many trade dates at once."""
        days, levels = self.market.days, self.market.levels
        opens, closes = days.exact(line, spans[:, 0]), days.exact(line, spans[:, 1] - 0.5)
        last = np.array([levels.paths.day_index(d) for d in dates])
        rows = sorted({int(d) for d in last} | {int(d) - 1 for d in last})
        place = {day: n for n, day in enumerate(rows)}
        epochs, prices = levels.grids(line.level, rows, DAILY_LEVEL)
        prices = prices * days.basis(line, epochs)
        highs, lows = np.maximum(opens, closes), np.minimum(opens, closes)
        for back in (1, 0):
            at = np.array([place[int(d) - back] for d in last])
            inside = (epochs[at] >= spans[:, :1]) & (epochs[at] < spans[:, 1:])
            highs = np.maximum(highs, np.where(inside, prices[at], -np.inf).max(axis=1))
            lows = np.minimum(lows, np.where(inside, prices[at], np.inf).min(axis=1))
        return opens, highs, lows, closes, levels.states_at(spans[:, 1] - 0.5)

    def _slow(self, line: Line, spans: F64) -> Columns:
        parts = [self._ohlc(line, np.array([a, b]), a, b, DAILY_LEVEL) for a, b in spans.tolist()]
        o, h, low, c, states = (np.concatenate(column) for column in zip(*parts, strict=True))
        return o, h, low, c, states

    def _unfinished(self, line: Line, day: date, now: float) -> Bar:
        start, end = self._span(line, REGULAR, day)
        stop = min(end, now + 1e-3)
        o, h, low, c, states = self._ohlc(line, np.array([start, stop]), start, stop, 15)
        volume = np.array([volumes.done(line, now)])
        return make(line, np.array([midnight(day)]), o, h, low, c, volume, states)[0]


__all__ = ["Bar", "Candles", "Spec", "parse"]
