"""Types that come as snapshots and changes by index: candles, series, the tape."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from simulator.dxlink_events import Event, series_rows
from simulator.dxlink_fields import BEGIN, END, NAN, REMOVE, SNIP, time_index
from simulator.market import tape
from simulator.market.bars import Bar, Spec
from simulator.market.lines import Line
from simulator.market.market import Market
from simulator.market.view import View


@dataclass(slots=True)
class Subscription:
    """One (type, symbol, source) of a channel."""

    type: str
    symbol: str
    line: Line | None
    source: str = ""
    from_time: int = 0
    spec: Spec | None = None
    key: object = None
    since: float = 0.0  # virtual time of the last look
    fresh: bool = True
    last_bar: int = 0
    levels: dict[int, Event] = field(default_factory=dict)


def candles(entry: Subscription, market: Market, view: View) -> list[Event]:
    """A snapshot with its marks, afterwards the bars that changed."""
    name = entry.spec.text if entry.spec else entry.symbol
    if entry.fresh:
        bars: list[Bar] = []
        cut = False
        if entry.line is not None and entry.spec is not None:
            bars, cut = market.candles.history(entry.line, entry.spec, entry.from_time)
        entry.last_bar = bars[0].time if bars else entry.from_time
        entry.key = _bar_key(bars[0]) if bars else None
        rows = [_bar(bar, name) for bar in bars]
        return marked(rows, entry, [_end_marker(entry, name)], cut)
    if entry.line is None or entry.spec is None:
        return []
    found = market.candles.running(entry.line, entry.spec, entry.last_bar)
    if not found or _bar_key(found[-1]) == entry.key:
        return []
    entry.last_bar, entry.key = found[-1].time, _bar_key(found[-1])
    return [_bar(bar, name) for bar in found]


def _bar_key(bar: Bar) -> tuple[Any, ...]:
    return bar.time, bar.high, bar.low, bar.close, bar.volume


def _bar(bar: Bar, name: str) -> Event:
    volume: Any = bar.volume if bar.count else NAN
    return {
        "eventType": "Candle", "eventSymbol": name, "eventFlags": 0,
        "index": time_index(bar.time), "time": bar.time, "sequence": 0,
        "count": bar.count, "open": bar.open, "high": bar.high, "low": bar.low,
        "close": bar.close, "volume": volume, "vwap": bar.vwap if bar.count else NAN,
        "bidVolume": bar.bid_volume if bar.count else NAN,
        "askVolume": bar.ask_volume if bar.count else NAN, "impVolatility": bar.iv,
    }  # fmt: skip


def _end_marker(entry: Subscription, name: str) -> Event:
    return {
        "eventType": entry.type, "eventSymbol": name, "eventFlags": REMOVE | END,
        "index": time_index(entry.from_time), "time": entry.from_time,
    }  # fmt: skip


def marked(
    rows: list[Event], entry: Subscription, marker: list[Event], cut: bool = False
) -> list[Event]:
    """A snapshot, newest first, with its begin and end marks."""
    if not rows:
        end = marker[0] if marker else {
            "eventType": entry.type, "eventSymbol": entry.symbol, "index": 0,
        }  # fmt: skip
        return [{**end, "eventFlags": BEGIN | END | REMOVE}]
    rows[0]["eventFlags"] = BEGIN
    if cut:
        rows[-1]["eventFlags"] |= SNIP
        return rows
    if marker and rows[-1]["time"] > entry.from_time:
        return rows + marker
    rows[-1]["eventFlags"] |= END
    return rows


def series(entry: Subscription, market: Market, view: View) -> list[Event]:
    """All expirations of an underlying when anything changed."""
    assert entry.line is not None
    rows = series_rows(market, view, entry.line)
    for row in rows:
        row["eventType"], row["eventSymbol"] = "Series", entry.symbol
    key = tuple((r["index"], r["volatility"], r["callVolume"], r["putVolume"]) for r in rows)
    if key == entry.key:
        return []
    first, entry.key = entry.key is None, key
    end = {"eventType": "Series", "eventSymbol": entry.symbol, "eventFlags": REMOVE | END,
           "index": 0, "time": 0}  # fmt: skip
    return marked([*rows, end], entry, []) if first and rows else rows


def sale(p: tape.Print, symbol: str) -> Event:
    """One print as a TimeAndSale event."""
    stamp = int(p.time * 1000)
    return {
        "eventType": "TimeAndSale", "eventSymbol": symbol, "eventFlags": 0,
        "index": time_index(stamp, p.sequence % (1 << 22)), "time": stamp,
        "sequence": p.sequence % (1 << 22), "exchangeCode": p.venue, "price": p.price,
        "size": p.size, "bidPrice": p.bid, "askPrice": p.ask,
        "exchangeSaleConditions": "@ T " if p.extended else "@   ",
        "aggressorSide": p.aggressor, "spreadLeg": False, "extendedTradingHours": p.extended,
        "validTick": True, "type": "NEW", "buyer": None, "seller": None,
    }  # fmt: skip
