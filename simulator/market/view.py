"""The whole market at one instant, computed lazily and in batches.

A view is immutable in time: `Market.advance` makes a new one. Prices are floats here; the
facade turns them into Decimals on the tick.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from functools import lru_cache
from typing import Any

import numpy as np

from simulator.market import calendar, pricing, rng, surface
from simulator.market.contracts import Future
from simulator.market.expirations import Root
from simulator.market.levels import RATE, Levels, moment
from simulator.market.lines import CRYPTO, FUTURE, FUTURE_OPTION, INDEX, Line
from simulator.market.rng import F64
from simulator.market.smiles import smile_of

YEAR = 365.0 * 86400.0
SOON = 60.0 / YEAR
MONTH = 30.0 / 365.0


@dataclass(slots=True)
class Price:
    """Level 1 of a line: floats on the tick; sizes in shares, contracts or coins."""

    bid: float
    ask: float
    bid_size: float
    ask_size: float
    mid: float  # before rounding
    iv: float = math.nan
    forward: float = math.nan


@dataclass(slots=True)
class Greek:
    """Model values of an option per unit of its underlying."""

    price: float
    iv: float
    delta: float
    gamma: float
    theta: float
    vega: float
    rho: float


class View:
    """Prices of any line at `epoch` (UTC seconds)."""

    def __init__(self, levels: Levels, epoch: float) -> None:
        self.levels = levels
        self.epoch = epoch
        self.moment = moment(epoch)
        self._rest: dict[str, float] = {}
        self._prices: dict[str, Price] = {}
        self._greeks: dict[str, Greek] = {}
        # what the facade has answered for this instant
        self.lines: dict[str, Line] = {}
        self.quotes: dict[str, Any] = {}
        self.marks: dict[str, Decimal] = {}
        self.rows: dict[str, dict[str, Any]] = {}

    def resting(self, hours: str) -> float:
        """The instant at which quotes of these hours stand: now, or the last close."""
        if hours not in self._rest:
            found = calendar.last_open(hours, self.moment)
            self._rest[hours] = self.epoch if found is self.moment else found.timestamp() - 0.5
        return self._rest[hours]

    # -- levels ------------------------------------------------------------------------------

    def level(self, line: Line, epoch: float | None = None) -> float:
        """Theoretical price of a share, index, coin or future."""
        at = self.resting(line.hours) if epoch is None else epoch
        if line.kind == FUTURE:
            return self._future_level(line, min(at, line.expires))
        if line.level == "VIX":
            return self.vix(at, SOON)
        return self.levels.spot(line.level, at)

    def vix(self, at: float, years: float) -> float:
        """The volatility index, spot (years near 0) or forward."""
        smile = smile_of(self.levels.equities["SPX"])
        state = self.levels.volatility_state(at)
        ends = np.array([years, years + MONTH])
        total = surface.atm_variance(smile, state, at, ends)
        return float(106.0 * math.sqrt((total[1] - total[0]) / MONTH))

    def _future_level(self, line: Line, at: float) -> float:
        assert line.future is not None
        product = line.future.product
        years = max((line.expires - at) / YEAR, 0.0)
        if product.source == "VIX":
            return self.vix(at, years)
        spot = self.levels.spot(line.level, at)
        row = self.levels.equities.get(line.level)
        if row is not None:
            return spot * product.load * math.exp((RATE - row.dividend_yield) * years)
        return spot * math.exp(product.carry * years)

    # -- quotes ------------------------------------------------------------------------------

    def price(self, line: Line) -> Price:
        """Level 1 of one line."""
        found = self._prices.get(line.symbol)
        if found is None:
            self.price_all([line])
            found = self._prices[line.symbol]
        return found

    def price_all(self, lines: Iterable[Line]) -> None:
        """Compute level 1 of many lines at once."""
        options = []
        for line in lines:
            if line.symbol in self._prices:
                continue
            if line.is_option:
                options.append(line)
            else:
                self._prices[line.symbol] = self._plain(line)
        if options:
            self._price_options(options)

    def _plain(self, line: Line) -> Price:
        mid = self.level(line)
        tick = _float_tick(line, mid)
        if line.kind == INDEX:
            half = mid * 0.00004
            return Price(_down(mid - half, tick), _up(mid + half, tick), 0.0, 0.0, mid)
        half = 0.5 * tick if line.kind == FUTURE else _half_spread(line, mid)
        bid = max(_down(mid - half, tick), tick)
        ask = max(_up(mid + half, tick), bid + tick) if line.kind != FUTURE else bid + tick
        ask = round(ask, 9)
        sizes = self._sizes(line, 2)
        return Price(bid, ask, sizes[0], sizes[1], mid)

    def _sizes(self, line: Line, count: int) -> list[float]:
        # sizes flicker about once a second, each line on a beat of its own
        at = self.resting(line.hours)
        beat = int(at + (line.key & 1023) / 1024)
        keys = rng.spread(line.key ^ beat, np.arange(count, dtype=np.uint64))
        draws = rng.uniforms(keys)
        if line.kind == CRYPTO:
            return [float(x) for x in np.round(0.02 + 2.0 * draws**3, 4)]
        if line.kind == FUTURE:
            return [float(x) for x in np.floor(2 + 40 * draws**2)]
        if line.is_option:
            return [float(x) for x in np.floor(1 + 120 * draws**2)]
        return [float(x) for x in 100.0 * np.floor(1 + 24 * draws**3)]

    # -- options -----------------------------------------------------------------------------

    def terms(self, lines: Sequence[Line]) -> pricing.Terms:
        """Pricing inputs for option lines at this instant."""
        count = len(lines)
        forward, years, vol = np.empty(count), np.empty(count), np.empty(count)
        carry = np.zeros(count)
        strike = np.array([line.k for line in lines])
        groups: dict[tuple[str, str, str], list[int]] = {}
        for i, line in enumerate(lines):
            root = line.root.symbol if line.root else ""
            groups.setdefault((line.underlying, root, line.hours), []).append(i)
        for rows in groups.values():
            index = np.array(rows)
            self._fill(lines[rows[0]], [lines[i] for i in rows], index, strike, forward, years,
                       vol, carry)  # fmt: skip
        return pricing.Terms(
            forward, strike, years, vol, np.full(count, RATE), carry,
            np.array([line.call for line in lines]), np.array([line.european for line in lines]),
        )  # fmt: skip

    def _fill(
        self, first: Line, lines: list[Line], index: np.ndarray, strike: F64, forward: F64,
        years: F64, vol: F64, carry: F64,
    ) -> None:  # fmt: skip
        at = self.resting(first.hours)
        ends = np.array([line.expires for line in lines])
        t = np.maximum((ends - at) / YEAR, SOON)
        state = self.levels.volatility_state(at)
        smile = smile_of(first.row if first.row is not None else first.product)
        f, b = self._forward(first, at, t)
        years[index], forward[index], carry[index] = t, f, b
        vol[index] = surface.volatility(smile, state, at, t, np.log(strike[index] / f))

    def _forward(self, line: Line, at: float, years: F64) -> tuple[F64 | float, float]:
        if line.kind == FUTURE_OPTION:
            assert line.future is not None
            return self._future_level(future_line(line), at), 0.0
        assert line.row is not None and line.root is not None
        if line.row.symbol == "VIX":
            return np.array([self.vix(at, float(t)) for t in years]), 0.0
        spot = self.delivered(line.root, line.level, at)
        b = RATE - line.row.dividend_yield
        return spot * np.exp(b * years), b

    def _price_options(self, lines: list[Line]) -> None:
        t = self.terms(lines)
        mid = pricing.price(t)
        for i, line in enumerate(lines):
            if line.expires <= self.epoch:
                mid[i] = max((1 if line.call else -1) * (self.settled(line) - line.k), 0.0)
        half = _option_half_spread(lines, t, mid)
        ticks, cuts, wide = _tick_columns(lines)
        step = np.where(mid - half < cuts, ticks, wide)
        bid = np.maximum(np.round(np.floor((mid - half) / step + 1e-9) * step, 9), 0.0)
        step = np.where(mid + half < cuts, ticks, wide)
        ask = np.round(np.ceil((mid + half) / step - 1e-9) * step, 9)
        ask = np.maximum(ask, np.round(bid + ticks, 9))
        sizes = self._option_sizes(lines)
        for i, line in enumerate(lines):
            self._prices[line.symbol] = Price(
                float(bid[i]), float(ask[i]), sizes[i][0] if bid[i] > 0 else 0.0, sizes[i][1],
                float(mid[i]), float(t.vol[i]), float(t.forward[i]),
            )  # fmt: skip

    def settled(self, line: Line) -> float:
        """The price per unit that an ended option or future is settled against."""
        at = line.expires
        if line.future is not None:
            future = future_line(line) if line.is_option else line
            return self._future_level(future, at)
        if line.level == "VIX":
            return self.vix(at, SOON)
        if line.root is None:
            return self.levels.spot(line.level, at)
        return self.delivered(line.root, line.level, at)

    def delivered(self, root: Root, level: str, at: float) -> float:
        """What the delivery of one contract is worth, a hundredth of it."""
        worth = self.levels.spot(level, at) * root.shares + root.cash
        for symbol, shares in root.also:
            worth += self.levels.spot(symbol, at) * shares
        return worth / 100.0

    def _option_sizes(self, lines: list[Line]) -> list[tuple[float, float]]:
        keys = np.array([line.key for line in lines], dtype=np.uint64)
        rest = np.array([self.resting(line.hours) for line in lines])
        beat = (rest / 2.0 + (keys & np.uint64(1023)).astype(float) / 1024).astype(np.uint64)
        low = rng.uniforms(rng.spread(keys, beat * np.uint64(2)))
        high = rng.uniforms(rng.spread(keys, beat * np.uint64(2) + np.uint64(1)))
        bids = np.floor(1 + 160 * low**2).tolist()
        return list(zip(bids, np.floor(1 + 160 * high**2).tolist(), strict=True))

    # -- Greeks ------------------------------------------------------------------------------

    def greek(self, line: Line) -> Greek:
        """Greeks of one option."""
        if line.symbol not in self._greeks:
            self.greek_all([line])
        return self._greeks[line.symbol]

    def greek_all(self, lines: Iterable[Line]) -> None:
        """Greeks of many options at once; lines that are no options are left out."""
        wanted = [x for x in lines if x.is_option and x.symbol not in self._greeks]
        if not wanted:
            return
        t = self.terms(wanted)
        rows = pricing.greeks(t)
        table = np.column_stack(
            (rows.price, t.vol, rows.delta, rows.gamma, rows.theta, rows.vega, rows.rho)
        ).tolist()
        for line, values in zip(wanted, table, strict=True):
            if line.expires <= self.epoch:
                values = [self.price(line).mid, values[1], *_expired_delta(line, self), 0, 0, 0, 0]
            self._greeks[line.symbol] = Greek(*values)


def _expired_delta(line: Line, view: View) -> tuple[float]:
    inside = view.price(line).mid > 0
    return ((1.0 if line.call else -1.0) if inside else 0.0,)


def future_line(line: Line) -> Line:
    """The line of the future under a future option."""
    assert line.future is not None
    return _future_line(line.future, line.level)


@lru_cache(maxsize=4096)
def _future_line(future: Future, level: str) -> Line:
    product = future.product
    return Line(
        future.symbol, future.streamer, FUTURE, calendar.FUTURE,
        ((format(product.tick, "f"), None),), product.point, rng.key("line", future.streamer),
        future.symbol, level=level, future=future, expires=future.expires.timestamp(),
    )  # fmt: skip


def _float_tick(line: Line, price: float) -> float:
    for value, threshold in line.ticks:
        if threshold is None or price < float(threshold):
            return float(value)
    return float(line.ticks[-1][0])


def _down(price: float, tick: float) -> float:
    return float(round(math.floor(price / tick + 1e-9) * tick, 9))


def _up(price: float, tick: float) -> float:
    return float(round(math.ceil(price / tick - 1e-9) * tick, 9))


def _half_spread(line: Line, mid: float) -> float:
    if line.kind == CRYPTO:
        return mid * 0.0003
    adv = line.row.adv if line.row else 1e6
    return mid * 0.000012 * max(1.0, math.pow(3e7 / adv, 0.4))


def _option_half_spread(lines: list[Line], t: pricing.Terms, mid: F64) -> F64:
    """Wider with price, with distance from the money in deviations, with time, when illiquid."""
    z = np.abs(np.log(t.strike / t.forward)) / (t.vol * np.sqrt(t.years))
    rough = np.array([_roughness(line) for line in lines])
    base = 0.004 + 0.0045 * mid * (1.0 + 0.15 * np.minimum(z, 6.0) ** 2)
    scale = t.forward / 400.0
    base += 0.004 * scale * np.minimum(t.years, 2.0)
    result: F64 = base * rough
    return result


def _roughness(line: Line) -> float:
    if line.kind == FUTURE_OPTION:
        return 1.5
    assert line.row is not None
    if line.row.kind == "Index":
        return 1.2
    return min(4.0, max(1.0, math.pow(4e7 / max(line.row.adv, 1e5), 0.35)))


def _tick_columns(lines: list[Line]) -> tuple[F64, F64, F64]:
    small = np.array([float(line.ticks[0][0]) for line in lines])
    cut = np.array([float(line.ticks[0][1] or "inf") for line in lines])
    large = np.array([float(line.ticks[-1][0]) for line in lines])
    return small, cut, large
