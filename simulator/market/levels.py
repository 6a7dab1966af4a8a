"""Where every underlying stands at an instant: spot levels and the level of volatility.

`Levels.at(epoch)` is one matrix product over the latent paths of `paths.py`. Outside its
quoting hours an instrument rests at the last instant it traded, so each kind of hours reads
its own instant.
"""

from __future__ import annotations

from bisect import insort
from collections import OrderedDict
from datetime import UTC, date, datetime
from typing import Any

import numpy as np

from simulator.market import calendar, corporate
from simulator.market.paths import FIRST, Jump, Paths, Series
from simulator.market.rng import F64, uniform
from simulator.market.universe import crypto, equities, factors, futures

RATE = 0.0385
ANCHOR = calendar.at(date(2026, 11, 20), 16).timestamp()
_BUSINESS = np.sqrt(252.0)


class Levels:
    """Spot levels by name: shares, funds, indices, coins, and a source per future product."""

    def __init__(self, seed: int) -> None:
        self.equities = equities.load()
        self.coins = crypto.load()
        self.products = futures.load()
        self._rows: dict[str, tuple[float, dict[str, float]]] = {}
        self._own: list[Series] = []
        self._collect()
        self.paths = Paths(seed, self._series())
        self.names = {name: i for i, name in enumerate(self._rows)}
        self._log0 = np.log(np.array([row[0] for row in self._rows.values()]))
        self._matrix = self._loads()
        self._anchor = self.paths.read(ANCHOR)
        self._first = (dict(self.names), self._log0, self._matrix)
        self._cache: OrderedDict[float, tuple[F64, F64]] = OrderedDict()
        self.shocks: list[tuple[float, str, float]] = []

    # -- reading -----------------------------------------------------------------------------

    def spot(self, name: str, epoch: float) -> float:
        """The level of one name; KeyError when there is no such name."""
        return float(self.read(epoch)[0][self.names[name]])

    def volatility_state(self, epoch: float) -> float:
        """Log of the general volatility level against its long-run mean."""
        return float(self.read(epoch)[1])

    def read(self, epoch: float) -> tuple[F64, F64]:
        """All levels and the volatility state at an instant."""
        key = self._quantise(epoch)
        found = self._cache.get(key)
        if found is None:
            found = self._compute(epoch)
            self._cache[key] = found
            if len(self._cache) > 4096:
                self._cache.popitem(last=False)
        return found

    def grid(self, name: str, day: int, level: int) -> tuple[F64, F64]:
        """A day of one name at 2^level + 1 points: (instants, levels)."""
        row = self._matrix[self.names[name]]
        total: F64 | None = None
        epochs: F64 | None = None
        used = [int(i) for i in np.nonzero(row)[0]]
        always = {self.paths.always(i) for i in used}
        for index in used:
            series = self.paths.series_name(index)
            moments, values = self.paths.grid(series, day, level)
            if epochs is None:
                epochs, total = moments, np.zeros(len(moments))
            if (
                len(always) > 1
                and len(moments) == len(epochs)
                and not np.array_equal(moments, epochs)
            ):
                step = np.searchsorted(moments, epochs, side="right") - 1
                values = values[np.clip(step, 0, len(values) - 1)]
            total = total + row[index] * (values - self._anchor[index])
        assert epochs is not None and total is not None
        levels = np.exp(self._log0[self.names[name]] + total)
        for since, shocked, size in self.shocks:
            if shocked == name:
                levels[epochs >= since] *= np.exp(size)
        return epochs, levels

    def at_many(self, name: str, epochs: F64) -> F64:
        """One name at many instants, each as `spot` has it."""
        epochs = np.round(epochs * 8) / 8
        row = self._matrix[self.names[name]]
        total = np.full(len(epochs), self._log0[self.names[name]])
        for index in np.nonzero(row)[0]:
            series = self.paths.series_name(int(index))
            total += row[index] * (self.paths.read_many(series, epochs) - self._anchor[index])
        levels: F64 = np.exp(total)
        for since, shocked, size in self.shocks:
            if shocked == name:
                levels[epochs >= since] *= np.exp(size)
        return levels

    def grids(self, name: str, days: list[int], level: int) -> tuple[F64, F64]:
        """Many days of one name, a row each: (instants, levels)."""
        row = self._matrix[self.names[name]]
        used = [int(index) for index in np.nonzero(row)[0]]
        for index in used:
            self.paths.prefetch(self.paths.series_name(index), days, level)
        if len({self.paths.always(index) for index in used}) > 1:
            parts = [self.grid(name, day, level) for day in days]
            return np.array([p[0] for p in parts]), np.array([p[1] for p in parts])
        total = np.full((len(days), (1 << level) + 1), self._log0[self.names[name]])
        for index in used:
            series = self.paths.series_name(index)
            rows = [self.paths.grid(series, day, level) for day in days]
            total += row[index] * (np.array([r[1] for r in rows]) - self._anchor[index])
            epochs = np.array([r[0] for r in rows])
        levels = np.exp(total)
        for since, shocked, size in self.shocks:
            if shocked == name:
                levels[epochs >= since] *= np.exp(size)
        return epochs, levels

    def states_at(self, epochs: F64) -> F64:
        """The volatility state at many instants."""
        own, echo = (self.paths.read_many(name, epochs) for name in ("VOLX", "MKTV"))
        return np.clip(own + factors.VOL_LEVERAGE * echo, -0.9, 1.5)

    def states(self, day: int, level: int) -> tuple[F64, F64]:
        """The volatility state over a day at 2^level + 1 points: (instants, states)."""
        epochs, own = self.paths.grid("VOLX", day, level)
        _, echo = self.paths.grid("MKTV", day, level)
        return epochs, np.clip(own + factors.VOL_LEVERAGE * echo, -0.9, 1.5)

    def shock(self, name: str, size: float, since: float) -> None:
        """From `since` on, move a name by a log step (children that track it follow)."""
        if name not in self.names:
            raise KeyError(name)
        for other in self._followers(name):
            insort(self.shocks, (since, other, size))
        self._cache.clear()

    def rescale(self, name: str, size: float) -> None:
        """Move a name by a log step at all times (a split)."""
        self._log0 = self._log0.copy()
        self._log0[self.names[name]] += size
        self._cache.clear()

    def rename(self, old: str, new: str) -> None:
        """Let a level be known by another name too; what moved the old one moves the new."""
        self.names[new] = self.names[old]
        self.shocks = [(t, new if n == old else n, size) for t, n, size in self.shocks]

    def add(self, name: str, like: str, size: float) -> None:
        """A new name that goes the way of another, a log step apart."""
        row = self.names[like]
        self.names[name] = len(self._log0)
        self._log0 = np.append(self._log0, self._log0[row] + size)
        self._matrix = np.vstack((self._matrix, self._matrix[row]))
        self._cache.clear()

    def forget_adjustments(self) -> None:
        """Names, scales and rows as they were at first."""
        names, self._log0, self._matrix = self._first
        self.names.clear()
        self.names.update(names)
        self._cache.clear()

    # -- construction ------------------------------------------------------------------------

    def _followers(self, name: str) -> list[str]:
        found = [name]
        for row in sorted(self.equities.values(), key=lambda r: r.tracks is not None):
            if row.tracks and row.tracks[0] in found and row.symbol not in found:
                found.append(row.symbol)
        return found

    def _quantise(self, epoch: float) -> float:
        return round(epoch * 8) / 8

    def _compute(self, epoch: float) -> tuple[F64, F64]:
        epoch = self._quantise(epoch)
        values = self.paths.read(epoch)
        levels = np.exp(self._log0 + self._matrix @ (values - self._anchor))
        for since, name, size in self.shocks:
            if epoch >= since:
                levels[self.names[name]] *= np.exp(size)
        names = self.paths.names
        state = values[names["VOLX"]] + factors.VOL_LEVERAGE * values[names["MKTV"]]
        return levels, np.clip(state, -0.9, 1.5)

    def _collect(self) -> None:
        scale = {name: daily for name, daily, *_ in factors.FACTORS}
        scale[factors.CRYPTO_FACTOR[0]] = factors.CRYPTO_FACTOR[1]
        for row in sorted(self.equities.values(), key=lambda r: r.tracks is not None):
            if row.symbol != "VIX":
                self._add_equity(row, scale)
        for coin in self.coins.values():
            loads = {"CRYP": coin.load, f"own:{coin.symbol}": 1.0}
            self._rows[coin.symbol] = (coin.price, loads)
            self._own.append(Series(f"own:{coin.symbol}", coin.own, 300, always=True))
        for product in self.products.values():
            if product.source in scale:
                own = f"own:/{_family(product.code)}"
                self._rows[f"/{product.code}"] = (
                    product.price,
                    {product.source: product.load, own: 1.0},
                )
                if own not in {s.name for s in self._own}:
                    self._own.append(Series(own, product.own, 300))

    def _add_equity(self, row: equities.Underlying, scale: dict[str, float]) -> None:
        if row.tracks:
            parent = self.equities[row.tracks[0]]
            level = parent.price * row.tracks[1]
            self._rows[row.symbol] = (level, dict(self._rows[parent.symbol][1]))
            return
        loads = {"MKT": row.beta, **dict(row.loads)}
        explained = sum((loads[f] * scale.get(f, 0.045)) ** 2 for f in loads)
        daily = (row.iv * 0.92 / _BUSINESS) ** 2
        own = np.sqrt(max(daily - explained, daily * 0.03))
        if row.kind != "Index":
            loads[f"own:{row.symbol}"] = 1.0
            rate = 0.012 if row.reports else 0.0
            self._own.append(
                Series(
                    f"own:{row.symbol}",
                    float(own),
                    400,
                    jump_rate=rate,
                    jump_size=row.iv * 0.06,
                    events=_report_jumps(row),
                )
            )
        self._rows[row.symbol] = (row.price, {k: v for k, v in loads.items() if v})

    def _series(self) -> list[Series]:
        name, daily, life, rate, size = factors.CRYPTO_FACTOR
        common = [Series(n, d, h, jump_rate=p, jump_size=s) for n, d, h, p, s in factors.FACTORS]
        common.append(Series(name, daily, life, always=True, jump_rate=rate, jump_size=size))
        name, daily, life, rate, size = factors.VOL
        common.append(Series(name, daily, life, jump_rate=rate, jump_size=size))
        name, daily, life = factors.VOL_ECHO
        common.append(Series(name, daily, life, noise="MKT"))
        return common + self._own

    def _loads(self) -> F64:
        matrix = np.zeros((len(self._rows), len(self.paths.names)))
        for index, (_, loads) in enumerate(self._rows.values()):
            for series, load in loads.items():
                matrix[index, self.paths.names[series]] = load
        return matrix

    def snapshot(self) -> dict[str, Any]:
        """The shocks set by hand; the rest follows from the seed."""
        return {"shocks": [list(entry) for entry in self.shocks]}

    def restore(self, state: dict[str, Any]) -> None:
        """Take over the shocks of a snapshot."""
        self.shocks = [(float(t), str(n), float(s)) for t, n, s in state["shocks"]]
        self._cache.clear()


def _family(code: str) -> str:
    return {"MCL": "CL", "QM": "CL", "MGC": "GC", "M6E": "6E"}.get(code, code)


def _report_jumps(row: equities.Underlying) -> tuple[Jump, ...]:
    jumps = []
    for report in corporate.reports(row):
        after = report.time_of_day == "AMC"
        share = (16 * 60 + 20 if after else 7 * 60 + 30) / 1440
        draw = sum(uniform("earnings", row.symbol, report.date, n) for n in range(6)) - 3.0
        day = (report.date - FIRST).days
        jumps.append(Jump(day, share, float(draw * np.sqrt(2.0) * row.iv * 0.13)))
    return tuple(jumps)


def moment(epoch: float) -> datetime:
    """Epoch seconds as an aware UTC time."""
    return datetime.fromtimestamp(epoch, UTC)
