"""Candles: parsed symbols, history drawn back from the paths, and the running bar.

A bar is a pure function of time like everything else: the live bar grows into exactly the bar
that history shows once it is complete.
"""

from __future__ import annotations

import re
from collections import OrderedDict
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING

import numpy as np

from simulator.market import calendar, rng
from simulator.market.days import previous_day
from simulator.market.levels import moment
from simulator.market.lines import CRYPTO, INDEX, Line
from simulator.market.paths import FIRST
from simulator.market.rng import F64

if TYPE_CHECKING:
    from simulator.market.market import Market

MOST_BARS = 8000
EARLIEST = date(2021, 1, 8)
DAILY_LEVEL = 10
_SYMBOL = re.compile(r"^(?P<base>[^{}\s]+?)(?:&(?P<venue>[A-Z]))?\{(?P<body>[^{}\s]*)\}$")
_PERIOD = re.compile(r"^(?P<n>\d+(?:\.\d+)?)?(?P<unit>mo|pm|pr|[tsmhdwoyvp])$")
_SECONDS = {"s": 1, "m": 60, "h": 3600}
_DEFAULTS = {"tho": "false", "a": "m", "price": "last"}


@dataclass(frozen=True, slots=True)
class Spec:
    """A parsed candle symbol; `text` is the normalised form."""

    base: str
    count: float
    unit: str
    regular: bool
    from_session: bool
    text: str

    @property
    def seconds(self) -> float:
        """Length of an intraday bar, 0 for daily and longer ones."""
        return self.count * _SECONDS.get(self.unit, 0)

    @property
    def served(self) -> bool:
        """Whether bars of this kind exist here (time bars do; tick and price bars do not)."""
        if self.unit in _SECONDS:
            return self.seconds >= 1
        return self.unit in ("d", "w", "mo", "y") and self.count == int(self.count)


@dataclass(slots=True)
class Bar:
    """One bar; `time` is its start in epoch milliseconds."""

    time: int
    open: float
    high: float
    low: float
    close: float
    volume: float
    count: int
    vwap: float
    bid_volume: float
    ask_volume: float
    iv: float


def parse(symbol: str) -> Spec | None:
    """A candle symbol, None when it is none."""
    match = _SYMBOL.match(symbol)
    if match is None:
        return None
    parts = match["body"].split(",")
    period = next((p[1:] for p in parts if p.startswith("=")), "t")
    found = _PERIOD.match(period)
    if found is None:
        return None
    count = float(found["n"] or 1)
    keys = dict(p.split("=", 1) for p in parts if "=" in p and not p.startswith("="))
    kept = {k: v for k, v in sorted(keys.items()) if _DEFAULTS.get(k) != v}
    number = "" if count == 1 else format(count, "g")
    venue = f"&{match['venue']}" if match["venue"] else ""
    tail = "".join(f",{k}={v}" for k, v in kept.items())
    text = f"{match['base']}{venue}{{={number}{found['unit']}{tail}}}"
    return Spec(
        match["base"], count, found["unit"], kept.get("tho") == "true", kept.get("a") == "s", text
    )


class Candles:
    """Bars of a market, complete days cached."""

    def __init__(self, market: Market) -> None:
        self.market = market
        self._days: OrderedDict[tuple[str, str, date], list[Bar]] = OrderedDict()
        self._held = 0
        self._running: dict[tuple[str, str], tuple[float, list[Bar]]] = {}

    def history(self, line: Line, spec: Spec, from_ms: int) -> tuple[list[Bar], bool]:
        """(bars newest first from `from_ms` on, whether the limit cut them)."""
        if not spec.served:
            return [], False
        if spec.unit not in _SECONDS:
            bars = self._long(line, spec, from_ms)
        else:
            bars = self._intraday(line, spec, from_ms)
        return bars[:MOST_BARS], len(bars) > MOST_BARS

    def running(self, line: Line, spec: Spec, since_ms: int) -> list[Bar]:
        """Bars that started at or after `since_ms`, oldest first: the live updates."""
        bars, _ = self.history(line, spec, since_ms)
        return list(reversed(bars[:64]))

    # -- intraday ----------------------------------------------------------------------------

    def _intraday(self, line: Line, spec: Spec, from_ms: int) -> list[Bar]:
        now = self.market.view.resting(line.hours)
        today = calendar.trade_date(line.hours, moment(now))
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
        self._days.clear()
        self._held = 0

    def _bars(
        self, line: Line, spec: Spec, day: date, start: float, end: float, level: int
    ) -> list[Bar]:
        origin = start if spec.from_session else calendar.at(day, 0).timestamp()
        seconds = spec.seconds
        first = int((start - origin) // seconds)
        last = int((end - 1e-6 - origin) // seconds)
        edges = origin + seconds * np.arange(first, last + 2)
        inner = np.clip(edges, start, end)
        opens, highs, lows, closes, vols = self._ohlc(line, day, inner, start, end, level)
        volume = np.diff(self.market.days.volumes(line, day, inner))
        bars = _bars(line, edges[:-1], opens, highs, lows, closes, volume, vols)
        return [b for b in bars if b.volume > 0 or line.kind == INDEX or b.time >= (end - 1) * 1e3]

    def _ohlc(
        self, line: Line, day: date, edges: F64, start: float, end: float, level: int
    ) -> tuple[F64, F64, F64, F64, F64]:
        from simulator.market.ranges import under

        plain = under(line) if line.is_option else line
        epochs, prices = self.market.days.path(plain, start, max(end, start + 1), level)
        at = np.clip(np.searchsorted(epochs, edges, side="right") - 1, 0, len(prices) - 1)
        left = np.searchsorted(epochs, edges[:-1])
        opens, closes = prices[at[:-1]], prices[at[1:]]
        highs, lows = np.maximum(opens, closes), np.minimum(opens, closes)
        right = np.minimum(np.searchsorted(epochs, edges[1:]), len(prices))
        filled = right > left
        if filled.any():
            # between the starts of filled bars there are only points of filled bars
            cut = left[filled]
            highs[filled] = np.maximum(highs[filled], np.maximum.reduceat(prices, cut))
            lows[filled] = np.minimum(lows[filled], np.minimum.reduceat(prices, cut))
        states = self._states(edges[1:])
        if line.is_option:
            opens, highs, lows, closes = self._option(line, edges, opens, highs, lows, closes,
                                                      states)  # fmt: skip
        return opens, highs, lows, closes, states

    def _states(self, epochs: F64) -> F64:
        levels = self.market.levels
        days = sorted({levels.paths.day_of(float(e)) for e in (epochs[0], epochs[-1])})
        parts = [levels.states(d, 9) for d in range(days[0], days[-1] + 1)]
        moments = np.concatenate([p[0] for p in parts])
        values = np.concatenate([p[1] for p in parts])
        at = np.clip(np.searchsorted(moments, epochs, side="right") - 1, 0, len(values) - 1)
        result: F64 = values[at]
        return result

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
        day = calendar.trade_date(line.hours, moment(now))
        groups: OrderedDict[date, list[Bar]] = OrderedDict()
        first = max(EARLIEST, moment(max(from_ms, 0) / 1000).date())
        self._prefetch(line, first, day)
        while day >= _period_start(spec, first):
            bar = self._daily(line, spec, day, now)
            if bar is not None:
                groups.setdefault(_period_start(spec, day), []).append(bar)
            day = previous_day(line.hours, day)
            if len(groups) > MOST_BARS or day <= EARLIEST:
                break
        merged = (_merge(start, bars) for start, bars in groups.items())
        return [b for b in merged if b.time >= from_ms]

    def _prefetch(self, line: Line, first: date, last: date) -> None:
        if line.level == "VIX" or line.level not in self.market.levels.names:
            return
        index = self.market.levels.paths.day_index
        span = range(max(index(first), index(last) - 400), index(last))
        days = [d for d in span if (line.symbol, "=d", FIRST + timedelta(days=d)) not in self._days]
        if len(days) > 5:
            wanted = [d for d in days if line.kind == CRYPTO or _trades(d)]
            self.market.levels.prefetch(line.level, wanted, DAILY_LEVEL)

    def _daily(self, line: Line, spec: Spec, day: date, now: float) -> Bar | None:
        start, end = self._span(line, Spec("", 1, "d", True, False, ""), day)
        if now < start or (line.expires and start > line.expires):
            return None
        complete = now >= end
        key = (line.symbol, "=d", day)
        if complete and key in self._days:
            return self._days[key][0]
        stop = min(end, now + 1e-3)
        edges = np.array([start, stop])
        level = DAILY_LEVEL if complete else 15
        o, h, low, c, states = self._ohlc(line, day, edges, start, stop, level)
        volume = np.array([self.market.days.volume(line, min(now, end - 0.5))])
        if complete and line.kind != INDEX:
            volume = np.array([self.market.days.day_volume(line, day)])
        bar = _bars(line, np.array([_midnight(day)]), o, h, low, c, volume, states)[0]
        if complete:
            self._days[key] = [bar]
            self._held += 1
        return bar


def _trades(day: int) -> bool:
    return calendar.is_trading_day(FIRST + timedelta(days=day))


def _midnight(day: date) -> float:
    return datetime(day.year, day.month, day.day, tzinfo=UTC).timestamp()


def _period_start(spec: Spec, day: date) -> date:
    count = max(1, int(spec.count))
    if spec.unit == "d":
        return day if count == 1 else date.fromordinal(day.toordinal() - day.toordinal() % count)
    if spec.unit == "w":
        monday = day - timedelta(days=day.weekday())
        return date.fromordinal(monday.toordinal() - (monday.toordinal() - 1) // 7 % count * 7)
    if spec.unit == "mo":
        month = (day.month - 1) // count * count + 1 if count <= 12 else 1
        return date(day.year, month, 1)
    return date(day.year - day.year % count, 1, 1)


def _merge(start: date, bars: list[Bar]) -> Bar:
    """One bar of several, given newest first."""
    if len(bars) == 1:
        only = bars[0]
        return Bar(
            int(_midnight(start) * 1000),
            only.open,
            only.high,
            only.low,
            only.close,
            only.volume,
            only.count,
            only.vwap,
            only.bid_volume,
            only.ask_volume,
            only.iv,
        )
    volume = sum(b.volume for b in bars)
    value = sum(b.vwap * b.volume for b in bars)
    return Bar(
        int(_midnight(start) * 1000), bars[-1].open, max(b.high for b in bars),
        min(b.low for b in bars), bars[0].close, volume, sum(b.count for b in bars),
        value / volume if volume else bars[0].close, sum(b.bid_volume for b in bars),
        sum(b.ask_volume for b in bars), bars[0].iv,
    )  # fmt: skip


def _bars(
    line: Line, starts: F64, opens: F64, highs: F64, lows: F64, closes: F64, volume: F64,
    states: F64,
) -> list[Bar]:  # fmt: skip
    tick = float(line.ticks[-1][0])
    draws = rng.uniforms(rng.spread(line.key, starts.astype(np.uint64)))
    found = []
    for i, start in enumerate(starts.tolist()):
        o, h, low, c = (
            round(round(float(x[i]) / tick) * tick, 9) for x in (opens, highs, lows, closes)
        )
        size = float(volume[i])
        lifted = float(round(size * (0.35 + 0.3 * draws[i])))
        trades = 0 if size <= 0 else max(1, int(size / (120 if line.row else 4)))
        iv = (line.row.iv if line.row else 0.2) * float(np.exp(0.8 * states[i]))
        found.append(
            Bar(
                int(start * 1000),
                o,
                h,
                low,
                c,
                size,
                trades,
                round((h + low + 2 * c) / 4, 6),
                size - lifted,
                lifted,
                round(iv, 6),
            )
        )
    return found
