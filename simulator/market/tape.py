"""Time and sales: the prints behind volume and last price.

Shares, futures and coins may print every half second, options on quarter minutes; what prints
is what the volume curve adds in that beat, so the tape adds up to the day's volume.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from simulator.market import calendar, rng, volumes
from simulator.market.days import Days
from simulator.market.levels import moment
from simulator.market.lines import CRYPTO, INDEX, Line
from simulator.market.view import View

STOCK_VENUES = "QNPZKDDDJYVUXB"
OPTION_VENUES = "CNQXIWZBMETUHP"


@dataclass(frozen=True, slots=True)
class Print:
    """One trade; `time` in epoch seconds, `aggressor` BUY or SELL."""

    time: float
    sequence: int
    price: float
    size: float
    bid: float
    ask: float
    venue: str
    aggressor: str
    extended: bool


def prints(
    days: Days, view: View, line: Line, since: float, until: float, most: int = 200
) -> list[Print]:
    """Trades after `since` up to `until`, oldest first, the last `most` at most."""
    if line.kind == INDEX:
        return []
    step = 15.0 if line.is_option else 0.5
    last = math.floor(until / step)
    first = max(math.floor(since / step) + 1, last - most * 4)
    found: list[Print] = []
    for beat in range(last, first - 1, -1):
        found.extend(reversed(_beat(days, line, beat * step, step)))
        if len(found) >= most:
            break
    return list(reversed(found[:most]))


def _beat(days: Days, line: Line, at: float, step: float) -> list[Print]:
    when = moment(at)
    if not calendar.is_open(line.hours, when) or (line.expires and at >= line.expires):
        return []
    day = calendar.trade_date(line.hours, when)
    volume = volumes.done_many(
        line,
        day,
        np.array([at - (0.0 if line.is_option else step), at + (step if line.is_option else 0.0)]),
    )
    done = float(volume[1] - volume[0])
    if done <= 0:
        return []
    regular = calendar.regular_hours(line.hours, day)
    extended = regular is None or not regular[0] <= when < regular[1]
    return _prints(days, line, at, step, done, extended)


def _prints(
    days: Days, line: Line, at: float, step: float, done: float, extended: bool
) -> list[Print]:
    beat = math.floor(at / step)
    price = days._view(at).price(line)
    if line.is_option:
        value, buys = days.mark(line, at), None
    else:
        value = days.print_at(line, math.floor(at * 2))
        buys = value >= price.ask
    venues = OPTION_VENUES if line.is_option else STOCK_VENUES
    found = []
    for n, size in enumerate(_split(line, done, beat)):
        draw = rng.uniforms(np.array([line.key ^ (beat * 8 + n)], dtype=np.uint64))[0]
        side = (draw < 0.5) if buys is None else buys
        # a cent of price improvement now and then, never outside the quote
        venue = "\0" if line.kind == CRYPTO or line.future else venues[int(draw * len(venues))]
        found.append(
            Print(
                at + n * step / 8,
                beat % 100_000 * 8 + n,
                value,
                size,
                price.bid,
                price.ask,
                venue,
                "BUY" if side else "SELL",
                extended,
            )
        )
    return found


def _split(line: Line, done: float, beat: int) -> list[float]:
    """The volume of a beat in up to three prints, whole units where the line has them."""
    if line.kind == CRYPTO or done < 4:
        return [done]
    count = 1 + (line.key ^ beat) % 3
    cuts = sorted(
        math.floor(done * u)
        for u in rng.uniforms(rng.spread(line.key ^ beat, np.arange(count - 1, dtype=np.uint64)))
    )
    edges = [0.0, *cuts, done]
    return [b - a for a, b in pairwise(edges) if b > a]
