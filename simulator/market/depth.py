"""The order book: ten levels a side around level 1, the same for everybody who asks."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

import numpy as np

from simulator.market import rng
from simulator.market.lines import CRYPTO, FUTURE, Line
from simulator.market.view import View


@dataclass(frozen=True, slots=True)
class Level:
    """One price level; `count` is the number of orders in it."""

    price: Decimal
    size: Decimal
    count: int


def book(view: View, line: Line, levels: int = 10) -> tuple[list[Level], list[Level]]:
    """(bids, asks), best first; the best levels are exactly level 1."""
    price = view.price(line)
    bids = _side(view, line, price.bid, price.bid_size, -1, levels)
    return bids, _side(view, line, price.ask, price.ask_size, 1, levels)


def _side(view: View, line: Line, best: float, size: float, sign: int, levels: int) -> list[Level]:
    if best <= 0:
        return []
    tick = _tick(line, best)
    draws = _draws(view, line, sign, levels)
    found, price = [_level(line, best, size, float(draws[0, 0]))], best
    for n in range(1, levels):
        gap = 1 + int(draws[n, 1] * _sparseness(line))
        price = round(price + sign * gap * tick, 9)
        if price <= 0:
            break
        found.append(_level(line, price, _size(line, size, n, float(draws[n, 0])), draws[n, 2]))
    return found


def _draws(view: View, line: Line, sign: int, levels: int) -> np.ndarray:
    # deep levels change slowly: about every four seconds, each line on a beat of its own
    beat = int((view.resting(line.hours) + (line.key & 4095) / 1024) / 4)
    counters = np.arange(levels * 3, dtype=np.uint64)
    draws = rng.uniforms(rng.spread(line.key ^ (beat * 2 + (sign > 0)), counters))
    return draws.reshape(levels, 3)


def _size(line: Line, base: float, n: int, draw: float) -> float:
    if line.kind == CRYPTO:
        return round(0.05 + draw * (1 + n), 4)
    unit = 1.0 if line.kind == FUTURE or line.is_option else 100.0
    return unit * float(int(1 + (base / unit) * 0.3 + draw * 12 * (1 + n / 3)))


def _level(line: Line, price: float, size: float, draw: float) -> Level:
    unit = 100.0 if line.kind == "Equity" else 1.0
    count = 1 + int(float(draw) * min(size / unit, 12.0))
    return Level(Decimal(repr(price)), Decimal(repr(size)), count)


def _sparseness(line: Line) -> float:
    if line.kind == FUTURE:
        return 1.0
    return 3.0 if line.row is not None and line.row.adv > 3e7 else 4.0


def _tick(line: Line, price: float) -> float:
    for value, threshold in line.ticks:
        if threshold is None or price < float(threshold):
            return float(value)
    return float(line.ticks[-1][0])
