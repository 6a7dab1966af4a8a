"""Latent random paths that can be read at any instant in any order.

Each series is a slowly mean-reverting walk over days, refined within the day by midpoint
displacement on a grid of 2^16 steps of equal variance (about half a second in regular hours).
Every number is a hash of (seed, series, day, node), so a path depends on nothing but the seed
and the time: not on tick cadence, restarts or who asks.
"""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass, field
from datetime import date, timedelta

import numpy as np

from simulator.market import calendar, rng
from simulator.market.rng import F64

FIRST, LAST = date(2021, 1, 1), date(2037, 1, 1)
LEVELS = 16
STEPS = 1 << LEVELS
MOST_HELD = 6_000_000  # grid points kept
MOST_DAYS = 64  # drawn at once
MOST_NODES = 8192  # of bridges, kept

# share of a business day's variance passed by New York hour; nights count for a quarter
_HOURS = np.array([0, 4, 8, 9.5, 10, 11, 12.5, 14, 15, 16, 18, 24]) / 24
_PASSED = np.array([0, 0.03, 0.07, 0.12, 0.24, 0.38, 0.51, 0.63, 0.73, 0.87, 0.91, 1.0])
_QUIET_DAY = 0.05


@dataclass(frozen=True, slots=True)
class Jump:
    """A step of a series: on which day, at which share of it, how large (log)."""

    day: int
    at: float
    size: float


@dataclass(frozen=True, slots=True)
class Series:
    """One path: `daily` is the standard deviation of a business day's log move."""

    name: str
    daily: float
    half_life: float = 500.0  # business days to lose half of a deviation
    always: bool = False  # moves on weekends and holidays as well
    noise: str | None = None  # shares its shocks with another series
    jump_rate: float = 0.0  # per day
    jump_size: float = 0.0
    events: tuple[Jump, ...] = field(default=())


class Paths:
    """All series of a seed; `read` gives one instant, `grid` a whole day."""

    def __init__(self, seed: int, series: list[Series]) -> None:
        self.names = {s.name: i for i, s in enumerate(series)}
        self._series = series
        self._keys = np.array(
            [rng.key(seed, "path", s.noise or s.name) for s in series], dtype=np.uint64
        )
        self._daily = np.array([s.daily for s in series])
        self._phi = np.exp(-np.log(2.0) / np.array([s.half_life for s in series]))
        self._always = np.array([s.always for s in series])
        self.days = (LAST - FIRST).days
        self._starts = _midnights(self.days + 1)
        self._weights = self._day_weights()
        self._jumps = self._draw_jumps()
        self._jumps_of: dict[int, list[tuple[int, Jump]]] = {}
        for day, jumps in self._jumps.items():
            for index, jump in jumps:
                self._jumps_of.setdefault(index, []).append((day, jump))
        self._base = self._walk()
        self._grids: OrderedDict[tuple[int, int, int], F64] = OrderedDict()
        self._held = 0
        # series that move with business hours, and those that always do
        self._groups = [np.nonzero(~self._always)[0], np.nonzero(self._always)[0]]
        self._nodes: OrderedDict[tuple[int, int, int], tuple[F64, F64]] = OrderedDict()
        self._days: dict[tuple[int, int], tuple[rng.U64, F64]] = {}

    def series_name(self, index: int) -> str:
        """The name of a series by position."""
        return self._series[index].name

    def always(self, index: int) -> bool:
        """Whether a series moves on weekends and nights alike."""
        return bool(self._always[index])

    # -- time --------------------------------------------------------------------------------

    def day_of(self, epoch: float) -> int:
        """Index of the New York day of an instant; ValueError outside 2021–2036."""
        day = int(np.searchsorted(self._starts, epoch, side="right")) - 1
        if not 0 <= day < self.days:
            raise ValueError("the simulator's market exists from 2021 to 2036")
        return day

    def day_index(self, day: date) -> int:
        """Index of a calendar date."""
        return (day - FIRST).days

    def share(self, day: int, epoch: float) -> float:
        """How much of the day's clock time has passed."""
        start, end = self._starts[day], self._starts[day + 1]
        return float((epoch - start) / (end - start))

    def node(self, epoch: float) -> tuple[int, int]:
        """Grid position of an instant on the variance clock: (day, step)."""
        day = self.day_of(epoch)
        return day, min(STEPS - 1, int(np.interp(self.share(day, epoch), _HOURS, _PASSED) * STEPS))

    def moment(self, day: int, step: int) -> float:
        """The instant at which a grid step begins."""
        share = float(np.interp(step / STEPS, _PASSED, _HOURS))
        start, end = self._starts[day], self._starts[day + 1]
        return float(start + share * (end - start))

    # -- values ------------------------------------------------------------------------------

    def read(self, epoch: float) -> F64:
        """The value of every series at an instant."""
        day, step = self.node(epoch)
        always = self.share(day, epoch)
        values = np.empty(len(self._series))
        for group, rows in enumerate(self._groups):
            own_step = min(STEPS - 1, int(always * STEPS)) if group else step
            values[rows] = self._bridge(day, own_step, group)
        passed = np.where(self._always, always, step / STEPS)
        drift = self._base[day] * (1.0 - (1.0 - self._phi) * passed)
        jumped = np.zeros(len(self._series))
        for index, jump in self._jumps.get(day, ()):
            if always >= jump.at:
                jumped[index] += jump.size
        result: F64 = drift + values + jumped
        return result

    def read_many(self, name: str, epochs: F64) -> F64:
        """One series at many instants."""
        index = self.names[name]
        days = np.searchsorted(self._starts, epochs, side="right") - 1
        shares = (epochs - self._starts[days]) / (self._starts[days + 1] - self._starts[days])
        passed = shares if self._always[index] else np.interp(shares, _HOURS, _PASSED)
        steps = np.minimum((passed * STEPS).astype(np.int64), STEPS - 1)
        values = self._descend(index, days, steps)
        faded = shares if self._always[index] else steps / STEPS
        values += self._base[days, index] * (1.0 - (1.0 - self._phi[index]) * faded)
        for day, jump in self._jumps_of.get(index, ()):
            values[(days == day) & (shares >= jump.at)] += jump.size
        result: F64 = values
        return result

    def _descend(self, index: int, days: np.ndarray, steps: np.ndarray) -> F64:
        """The bridge of a series at one grid step per day given."""
        scale = self._daily[index] * np.sqrt(self._weights[days, index])
        bases = rng.mix(self._keys[index] + days.astype(np.uint64) + np.uint64(1))
        low, high = np.zeros(len(days)), rng.normals(bases) * scale
        for depth in range(LEVELS):
            nodes = ((1 << depth) + (steps >> (LEVELS - depth))).astype(np.uint64)
            draws = rng.normals(rng.spread(bases, nodes))
            middle = 0.5 * (low + high) + draws * (0.5 * 2.0 ** (-depth / 2)) * scale
            right = (steps >> (LEVELS - 1 - depth) & 1).astype(bool)
            low, high = np.where(right, middle, low), np.where(right, high, middle)
        return low

    def grid(self, name: str, day: int, level: int) -> tuple[F64, F64]:
        """One series over a day at 2^level + 1 points: (instants, values), right-continuous."""
        index = self.names[name]
        epochs = self._grid_epochs(index, day, level)
        cached = self._grids.get((index, day, level))
        if cached is None:
            return epochs, self._draw_grid(index, day, level, epochs)
        self._grids.move_to_end((index, day, level))
        return epochs, cached

    def _grid_epochs(self, index: int, day: int, level: int) -> F64:
        points = np.linspace(0.0, 1.0, (1 << level) + 1)
        shares = points if self._always[index] else np.interp(points, _PASSED, _HOURS)
        start, end = self._starts[day], self._starts[day + 1]
        result: F64 = start + shares * (end - start)
        return result

    def prefetch(self, name: str, days: list[int], level: int) -> None:
        """Draw many days of a series at once, for long histories."""
        index = self.names[name]
        missing = [d for d in days if (index, d, level) not in self._grids]
        for start in range(0, len(missing), MOST_DAYS):
            chosen = missing[start : start + MOST_DAYS]
            drawn = self._draw_days(index, np.array(chosen), level)
            for day, values in zip(chosen, drawn, strict=True):
                self._finish(index, day, level, values, self._grid_epochs(index, day, level))

    def _draw_grid(self, index: int, day: int, level: int, epochs: F64) -> F64:
        values = self._draw_days(index, np.array([day]), level)[0]
        return self._finish(index, day, level, values, epochs)

    def _finish(self, index: int, day: int, level: int, values: F64, epochs: F64) -> F64:
        shares = (epochs - self._starts[day]) / (self._starts[day + 1] - self._starts[day])
        for row, jump in self._jumps.get(day, ()):
            if row == index:
                values[shares >= jump.at] += jump.size
        self._grids[(index, day, level)] = values
        self._held += len(values)
        while self._held > MOST_HELD:
            self._held -= len(self._grids.popitem(last=False)[1])
        return values

    def _draw_days(self, index: int, days: np.ndarray, level: int) -> F64:
        """Rows of one series for several days, without jumps."""
        scale = self._daily[index] * np.sqrt(self._weights[days, index])
        bases = rng.mix(self._keys[index] + days.astype(np.uint64) + np.uint64(1))
        path = np.zeros((len(days), 2))
        path[:, 1] = rng.normals(bases) * scale
        for depth in range(level):
            nodes = np.arange(1 << depth, dtype=np.uint64) + np.uint64(1 << depth)
            middle = 0.5 * (path[:, :-1] + path[:, 1:])
            draws = rng.normals(rng.spread(bases[:, None], nodes[None, :]))
            middle += (scale * 0.5 * 2.0 ** (-depth / 2))[:, None] * draws
            finer = np.empty((len(days), 2 * path.shape[1] - 1))
            finer[:, ::2], finer[:, 1::2] = path, middle
            path = finer
        points = np.linspace(0.0, 1.0, (1 << level) + 1)
        fade = 1.0 - (1.0 - self._phi[index]) * points
        result: F64 = path + self._base[days, index][:, None] * fade[None, :]
        return result

    # -- construction ------------------------------------------------------------------------

    def _bridge(self, day: int, step: int, group: int) -> F64:
        """The bridge of a group of series at a grid step of a day.

        Two instants share the way down to their last common node, so nodes are kept.
        """
        way = [(1 << depth) + (step >> (LEVELS - depth)) for depth in range(LEVELS + 1)]
        depth, low, high = self._deepest(group, day, way)
        bases, scale = self._draws_of(group, day)
        nodes = np.array(way[depth:LEVELS], dtype=np.uint64)
        draws = rng.normals(rng.spread(bases, nodes[:, None]))
        for n in range(depth, LEVELS):
            middle = 0.5 * (low + high) + draws[n - depth] * (0.5 * 2.0 ** (-n / 2)) * scale
            if step >> (LEVELS - 1 - n) & 1:
                low = middle
            else:
                high = middle
            self._nodes[group, day, way[n + 1]] = low, high
        while len(self._nodes) > MOST_NODES:
            self._nodes.popitem(last=False)
        return low

    def _deepest(self, group: int, day: int, way: list[int]) -> tuple[int, F64, F64]:
        """The deepest node on a way down that is known: its depth and its two ends."""
        for depth in range(LEVELS, -1, -1):
            known = self._nodes.get((group, day, way[depth]))
            if known is not None:
                return depth, *known
        bases, scale = self._draws_of(group, day)
        return 0, np.zeros(len(bases)), rng.normals(bases) * scale

    def _draws_of(self, group: int, day: int) -> tuple[rng.U64, F64]:
        """What the draws of a day start from, and how far a day goes, per series of a group."""
        found = self._days.get((group, day))
        if found is None:
            rows = self._groups[group]
            bases = rng.mix(self._keys[rows] + np.uint64(day + 1))
            found = bases, self._daily[rows] * np.sqrt(self._weights[day][rows])
            if len(self._days) > 64:
                self._days.clear()
            self._days[group, day] = found
        return found

    def _day_weights(self) -> F64:
        business = np.full(self.days, _QUIET_DAY)
        for offset in range(self.days):
            if calendar.is_trading_day(FIRST + timedelta(days=offset)):
                business[offset] = 1.0
        return np.where(self._always[None, :], 1.0, business[:, None])

    def _draw_jumps(self) -> dict[int, list[tuple[int, Jump]]]:
        found: dict[int, list[tuple[int, Jump]]] = {}
        days = np.arange(self.days, dtype=np.uint64)
        for index, series in enumerate(self._series):
            for jump in series.events:
                found.setdefault(jump.day, []).append((index, jump))
            if not series.jump_rate:
                continue
            base = int(self._keys[index]) ^ 0x5DEECE66D
            hit = np.nonzero(rng.uniforms(rng.spread(base, days)) < series.jump_rate)[0]
            for day in hit:
                size = rng.normals(rng.spread(base ^ 1, np.array([day], dtype=np.uint64)))[0]
                when = rng.uniforms(rng.spread(base ^ 2, np.array([day], dtype=np.uint64)))[0]
                if self._weights[day, index] == 1.0:
                    jump = Jump(int(day), float(when), float(size * series.jump_size))
                    found.setdefault(int(day), []).append((index, jump))
        return found

    def _walk(self) -> F64:
        days = np.arange(1, self.days + 1, dtype=np.uint64)
        shocks = rng.normals(rng.mix(self._keys[None, :] + days[:, None]))
        shocks *= self._daily * np.sqrt(self._weights)
        for day, jumps in self._jumps.items():
            if 0 <= day < self.days:
                for index, jump in jumps:
                    shocks[day, index] += jump.size
        base = np.zeros((self.days + 1, len(self._series)))
        for day in range(self.days):
            base[day + 1] = base[day] * self._phi + shocks[day]
        return base


def _midnights(count: int) -> F64:
    starts = [calendar.at(FIRST + timedelta(days=n), 0).timestamp() for n in range(count)]
    return np.array(starts)
