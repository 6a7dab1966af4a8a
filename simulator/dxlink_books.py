"""Order books as indexed levels: aggregated levels, icebergs among them, and spread orders.

Bids have indices below 1000, asks from 1000 on; the best price has the highest index of its side.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from itertools import pairwise

import numpy as np

from simulator.dxlink_events import Event
from simulator.dxlink_fields import PENDING, REMOVE
from simulator.dxlink_indexed import Subscription, marked
from simulator.market import chains, expirations, rng
from simulator.market.calendar import new_york_date
from simulator.market.depth import Level
from simulator.market.depth import book as depth_book
from simulator.market.lines import Line
from simulator.market.market import Market
from simulator.market.view import View

SOURCES = {
    "Order": frozenset({"", "ntv", "DEFAULT", "glbx"}),
    "AnalyticOrder": frozenset({"", "ntv", "DEFAULT", "glbx"}),
    "SpreadOrder": frozenset({"", "ISE", "DEFAULT"}),
}
LEVELS = 10
SPREADS = 5
"""Verticals around the money that have orders."""
ASKS = 1000
NEAREST = timedelta(days=7)
Rows = dict[int, Event]


def book(entry: Subscription, market: Market, view: View) -> list[Event]:
    """A snapshot of the levels, afterwards those that changed as one transaction."""
    now = _rows(entry, market, view)
    if entry.fresh:
        entry.levels = now
        return marked(
            [_event(entry, view, i, now[i]) for i in sorted(now, reverse=True)], entry, []
        )
    changed = [i for i in now if entry.levels.get(i) != now[i]]
    gone = [i for i in entry.levels if i not in now]
    entry.levels = now
    rows = [_event(entry, view, i, now[i]) for i in sorted(changed, reverse=True)]
    rows += [_removed(entry, i) for i in gone]
    for row in rows[:-1]:  # levels that changed together are one transaction
        row["eventFlags"] |= PENDING
    return rows


def _rows(entry: Subscription, market: Market, view: View) -> Rows:
    line = entry.line
    if line is None or entry.source not in SOURCES[entry.type]:
        return {}
    return MAKERS[entry.type](market, view, line)


def _event(entry: Subscription, view: View, index: int, row: Event) -> Event:
    return {
        "eventType": entry.type, "eventSymbol": entry.symbol, "eventFlags": 0, "index": index,
        "time": int(view.epoch * 1000), "source": _source(entry), **row,
    }  # fmt: skip


def _removed(entry: Subscription, index: int) -> Event:
    return {
        "eventType": entry.type, "eventSymbol": entry.symbol, "eventFlags": REMOVE, "index": index,
        "source": _source(entry), "orderSide": "BUY" if index < ASKS else "SELL",
        "scope": "ORDER" if entry.type == "SpreadOrder" else "AGGREGATE",
    }  # fmt: skip


def _source(entry: Subscription) -> str:
    return entry.source or ("ISE" if entry.type == "SpreadOrder" else "ntv")


# -- aggregated levels -----------------------------------------------------------------------


def orders(market: Market, view: View, line: Line) -> Rows:
    """The ten levels a side; an index has none."""
    if line.kind == "Index":
        return {}
    found: Rows = {}
    for base, side, levels in zip((101, 1101), ("BUY", "SELL"), depth_book(view, line, LEVELS),
                                  strict=True):  # fmt: skip
        for n, level in enumerate(levels):
            found[base + LEVELS - n] = _level(side, level)
    return found


def _level(side: str, level: Level) -> Event:
    return {
        "price": float(level.price), "size": float(level.size), "count": level.count,
        "exchangeCode": "Q", "orderSide": side, "scope": "AGGREGATE",
    }  # fmt: skip


def icebergs(market: Market, view: View, line: Line) -> Rows:
    """The same levels with what is hidden in some of them: a peak that is filled up again."""
    found = orders(market, view, line)
    beat = int(view.epoch / 60)
    draws = rng.uniforms(rng.spread(line.key ^ beat, np.arange(2 * ASKS, dtype=np.uint64)))
    for index, row in found.items():
        draw = float(draws[index])
        if draw < 0.25:
            row |= {
                "icebergPeakSize": row["size"],
                "icebergHiddenSize": row["size"] * int(2 + draw * 20),
                "icebergExecutedSize": row["size"] * int(draw * 8),
                "icebergType": "NATIVE" if draw < 0.12 else "SYNTHETIC",
            }
    return found


# -- spreads ---------------------------------------------------------------------------------


def spreads(market: Market, view: View, line: Line) -> Rows:
    """Orders for call verticals around the money of an expiration about a month ahead."""
    pairs = verticals(market, view, line)
    view.price_all([leg for pair in pairs for leg in pair])
    found: Rows = {}
    for n, (near, far) in enumerate(pairs):
        low, high = view.price(near), view.price(far)
        mid, half = low.mid - high.mid, max((low.ask - low.bid + high.ask - high.bid) / 4, 0.01)
        size = float(1 + rng.key("spread", near.symbol, int(view.epoch / 30)) % 40)
        name = f"={near.streamer}-{far.streamer}"
        for base, side, price in ((101, "BUY", mid - half), (1101, "SELL", mid + half)):
            found[base + n] = {
                "price": round(price * 20) / 20, "size": size, "count": 1, "action": "NEW",
                "exchangeCode": "I", "orderSide": side, "scope": "ORDER", "spreadSymbol": name,
                "orderId": rng.key("spread-order", name, side) % 1_000_000_000,
            }  # fmt: skip
    return found


def verticals(market: Market, view: View, line: Line) -> list[tuple[Line, Line]]:
    """Neighbouring calls around the money; none where nothing is listed."""
    roots = [r for r in chains.roots(market, line.symbol) if r.standard] if line.row else []
    listed = expirations.listed(roots[-1], view.moment) if roots else []
    today = new_york_date(view.moment)
    ends = [e for e in listed if e.date - today >= NEAREST] or listed
    if not ends:
        return []
    rungs, spot = chains.ladder(market, roots[-1]), view.price(line).mid
    middle = min(range(len(rungs)), key=lambda i: abs(float(rungs[i]) - spot))
    chosen = rungs[max(0, middle - SPREADS // 2) : middle + SPREADS // 2 + 2]
    calls = [market.registry.option_line(roots[-1], ends[0], True, k) for k in chosen]
    return list(pairwise(calls))


MAKERS: dict[str, Callable[[Market, View, Line], Rows]] = {
    "Order": orders,
    "AnalyticOrder": icebergs,
    "SpreadOrder": spreads,
}
