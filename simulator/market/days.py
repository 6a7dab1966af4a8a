"""The trade date of a line: open, high, low, last, volume, previous close, open interest."""

from __future__ import annotations

import math
from collections import OrderedDict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

import numpy as np

from simulator.market import calendar, rng, surface, volumes
from simulator.market.levels import RATE, Levels
from simulator.market.lines import FUTURE, INDEX, Line
from simulator.market.rng import F64
from simulator.market.smiles import smile_of
from simulator.market.view import MONTH, SOON, YEAR, View

FINE = 16
COARSE = 12


@dataclass(slots=True)
class Summary:
    """Prices of a trade date; `close` is None until its close."""

    day: date
    open: float
    high: float
    low: float
    last: float
    last_time: float
    volume: float
    close: float | None
    prev_day: date
    prev_close: float
    prev_volume: float
    open_interest: int
    turnover: float


class Days:
    """Summaries by line, cached per trade date."""

    def __init__(self, levels: Levels) -> None:
        self.levels = levels
        self._extremes: OrderedDict[tuple[str, date], tuple[F64, F64, F64, F64]] = OrderedDict()
        self._marks: OrderedDict[tuple[str, float], float] = OrderedDict()
        self._views: OrderedDict[float, View] = OrderedDict()
        self.option_extremes: dict[tuple[str, float, float], tuple[float, float]] = {}

    def forget(self) -> None:
        """Drop everything cached (after a price was moved by hand)."""
        self._extremes.clear()
        self._marks.clear()
        self._views.clear()
        self.option_extremes.clear()

    def summary(self, view: View, line: Line) -> Summary:
        """The trade date that an instant belongs to."""
        at = view.resting(line.hours)
        day = volumes.trade_day(line.hours, at)
        span = calendar.regular_hours(line.hours, day)
        assert span is not None
        start, end = span[0].timestamp(), span[1].timestamp()
        if at < start:  # before the bell the regular session has not begun
            opened = self.mark(line, at)
        else:
            opened = self.mark(line, start)
        previous = volumes.previous_day(line.hours, day)
        prev_close = self.prev_close(view, line)
        last, when = self._last(view, line, at)
        high, low = self._range(view, line, day, start, min(at, end), opened, last)
        volume = volumes.done(line, at)
        return Summary(
            day, opened, high, low, last, when, volume,
            self.mark(line, end - 0.5) if at >= end else None, previous, prev_close,
            volumes.of_day(line, previous), volumes.open_interest(line, day),
            volume * (opened + last + high + low) / 4,
        )  # fmt: skip

    def last(self, view: View, line: Line) -> float:
        """The last print up to an instant."""
        at = view.resting(line.hours)
        return self._last(view, line, at)[0]

    def prev_close(self, view: View, line: Line) -> float:
        """The close of the trade date before."""
        return self.mark(line, self._prev_close_time(line.hours, view.resting(line.hours)))

    def prepare(self, view: View, lines: Iterable[Line]) -> None:
        """Price options at the instants that last and previous close need, in batches."""
        wanted: dict[float, list[Line]] = {}
        for line in lines:
            if not line.is_option:
                continue
            at = view.resting(line.hours)
            closed = self._prev_close_time(line.hours, at)
            for epoch in {closed, self._last_time(line, at)}:
                if (line.symbol, epoch) not in self._marks:
                    wanted.setdefault(epoch, []).append(line)
        for epoch, missing in wanted.items():
            self._view(epoch).price_all(missing)

    def prepare_ranges(self, view: View, lines: Iterable[Line]) -> None:
        """Price options at the extremes of the day, in batches."""
        from simulator.market.ranges import at_extremes

        groups: dict[str, list[Line]] = {}
        for line in lines:
            if line.is_option:
                groups.setdefault(line.hours, []).append(line)
        for hours, found in groups.items():
            at = view.resting(hours)
            day = volumes.trade_day(hours, at)
            start, end = volumes.span(hours, day)
            if at > start:
                self._view(start).price_all(found)
                at_extremes(self, found, day, start, min(at, end))

    # -- parts -------------------------------------------------------------------------------

    def _prev_close_time(self, hours: str, at: float) -> float:
        day = volumes.trade_day(hours, at)
        return volumes.span(hours, volumes.previous_day(hours, day))[1] - 0.5

    def _last_time(self, line: Line, at: float) -> float:
        """When an option last traded; prints lie on quarter minutes so that marks are shared."""
        done = volumes.done(line, at)
        if done < 1:
            return self._prev_close_time(line.hours, at)
        when = min(volumes.reached(line, at, math.floor(done)), at)
        start = volumes.span(line.hours, volumes.trade_day(line.hours, at))[0]
        return max(math.floor(when / 15) * 15.0, start)

    def mark(self, line: Line, epoch: float) -> float:
        """The rounded price of a line at another instant."""
        key = (line.symbol, epoch)
        found = self._marks.get(key)
        if found is None:
            if line.is_option:
                price = self._view(epoch).price(line)
                found = round((price.bid + price.ask) / 2, 4)
                found = _on_tick(line, found)
            else:
                found = _on_tick(line, self._view(epoch).level(line, epoch))
            self._marks[key] = found
            if len(self._marks) > 200_000:
                self._marks.popitem(last=False)
        return found

    def _view(self, epoch: float) -> View:
        found = self._views.get(epoch)
        if found is None:
            found = self._views[epoch] = View(self.levels, epoch)
            if len(self._views) > 256:
                self._views.popitem(last=False)
        return found

    def _last(self, view: View, line: Line, at: float) -> tuple[float, float]:
        if line.is_option:
            when = self._last_time(line, at)
            return self.mark(line, when), when
        if line.kind == INDEX:
            return _on_tick(line, view.price(line).mid), at
        return self.print_at(line, math.floor(at * 2)), math.floor(at * 2) / 2

    def print_at(self, line: Line, beat: int) -> float:
        """The price of the trade at a half second: the bid or the ask of that instant."""
        price = self._view(beat / 2).price(line)
        draw = rng.uniforms(np.array([line.key ^ beat], dtype=np.uint64))[0]
        return price.bid if draw < 0.5 else price.ask

    def regular_last(self, view: View, line: Line) -> tuple[float, float]:
        """(price, instant) of the last print of a regular session."""
        at = view.resting(line.hours)
        day = volumes.trade_day(line.hours, at)
        start, end = volumes.span(line.hours, day)
        if line.is_option or start <= at < end:
            return self._last(view, line, at)
        if at < start:
            end = volumes.span(line.hours, volumes.previous_day(line.hours, day))[1]
        return self.mark(line, end - 0.5), end - 0.5

    def _range(
        self, view: View, line: Line, day: date, start: float, at: float, opened: float,
        last: float,
    ) -> tuple[float, float]:  # fmt: skip
        if at <= start:
            return max(opened, last), min(opened, last)
        if line.is_option:
            return self._option_range(view, line, day, start, at, opened, last)
        times, highs, low_times, lows = self._moves(line, day, start)
        high = highs[max(0, int(np.searchsorted(times, at, side="right")) - 1)]
        low = lows[max(0, int(np.searchsorted(low_times, at, side="right")) - 1)]
        tick = float(line.ticks[-1][0])
        return (
            max(round(_on_tick(line, float(high)) + tick, 9), opened, last),
            min(_on_tick(line, float(low)), opened, last),
        )

    def _moves(self, line: Line, day: date, start: float) -> tuple[F64, F64, F64, F64]:
        """New highs and new lows of a trade date: (instants, highs, instants, lows)."""
        key = (line.symbol if line.kind == FUTURE else line.level, day)
        found = self._extremes.get(key)
        if found is None:
            span = calendar.regular_hours(line.hours, day)
            assert span is not None
            epochs, levels = self.path(line, start, span[1].timestamp(), FINE)
            top, bottom = np.maximum.accumulate(levels), np.minimum.accumulate(levels)
            ups = np.concatenate(([True], top[1:] > top[:-1]))
            downs = np.concatenate(([True], bottom[1:] < bottom[:-1]))
            found = (epochs[ups], top[ups], epochs[downs], bottom[downs])
            self._extremes[key] = found
            if len(self._extremes) > 2000:
                self._extremes.popitem(last=False)
        return found

    def path(self, line: Line, start: float, end: float, level: int) -> tuple[F64, F64]:
        """The theoretical price of a plain line over a span: (instants, prices)."""
        paths = self.levels.paths
        first, last = paths.day_of(start), paths.day_of(end - 1e-3)
        if line.level == "VIX":
            parts = [self._vix(line, d, min(level, 12)) for d in range(first, last + 1)]
        else:
            parts = [self.levels.grid(line.level, d, level) for d in range(first, last + 1)]
        epochs = np.concatenate([p[0] for p in parts])
        levels = np.concatenate([p[1] for p in parts])
        inside = (epochs >= start) & (epochs < end)
        epochs, levels = epochs[inside], levels[inside]
        if line.level != "VIX":
            levels = levels * self.basis(line, epochs)
        if not len(epochs):
            view = self._view(start)
            return np.array([start]), np.array([view.level(line, start)])
        return epochs, levels

    def exact(self, line: Line, epochs: F64) -> F64:
        """The theoretical price of a plain line at many instants."""
        if line.level == "VIX":
            return self._vix_of(line, epochs, self.levels.states_at(np.round(epochs * 8) / 8))
        return self.levels.at_many(line.level, epochs) * self.basis(line, epochs)

    def basis(self, line: Line, epochs: F64) -> F64 | float:
        """What a future costs per unit of what it follows, at many instants; 1 otherwise."""
        if line.kind != FUTURE or line.future is None:
            return 1.0
        product, row = line.future.product, self.levels.equities.get(line.level)
        years = np.maximum((line.expires - epochs) / YEAR, 0.0)
        if row is None:
            result: F64 = np.exp(product.carry * years)
        else:
            result = product.load * np.exp((RATE - row.dividend_yield) * years)
        return result

    def _vix(self, line: Line, day: int, level: int) -> tuple[F64, F64]:
        epochs, states = self.levels.states(day, level)
        return epochs, self._vix_of(line, epochs, states)

    def _vix_of(self, line: Line, epochs: F64, states: F64) -> F64:
        years = SOON if line.kind == INDEX else np.maximum((line.expires - epochs) / YEAR, 0.0)
        smile = smile_of(self.levels.equities["SPX"])
        near = surface.atm_variance(smile, states, 0.0, np.asarray(years))
        far = surface.atm_variance(smile, states, 0.0, np.asarray(years + MONTH))
        result: F64 = 106.0 * np.sqrt((far - near) / MONTH)
        return result

    def _option_range(
        self, view: View, line: Line, day: date, start: float, at: float, opened: float,
        last: float,
    ) -> tuple[float, float]:  # fmt: skip
        """From the underlying's extremes at the opening's time and volatility.

        The real extremes lie a little inside; only grows as the day goes on.
        """
        from simulator.market.ranges import at_extremes, extremes

        key = (line.symbol, *extremes(self, line, day, start, at))
        if key not in self.option_extremes:
            at_extremes(self, [line], day, start, at)
        values = self.option_extremes[key]
        spots = [_on_tick(line, v) for v in values]
        return max(*spots, opened, last), min(*spots, opened, last)


def _on_tick(line: Line, price: float) -> float:
    tick = float(line.ticks[-1][0])
    for value, threshold in line.ticks:
        if threshold is None or price < float(threshold):
            tick = float(value)
            break
    return round(round(price / tick) * tick, 9)
