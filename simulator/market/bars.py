"""Candle symbols, and the bars they name."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

import numpy as np

from simulator.market import rng
from simulator.market.lines import Line
from simulator.market.rng import F64

_SYMBOL = re.compile(r"^(?P<base>[^{}\s]+?)(?:&(?P<venue>[A-Z]))?\{(?P<body>[^{}\s]*)\}$")
_PERIOD = re.compile(r"^(?P<n>\d+(?:\.\d+)?)?(?P<unit>mo|pm|pr|[tsmhdwoyvp])$")
TRADES = frozenset({"t", "v", "p", "pm", "pr"})
SECONDS = {"s": 1, "m": 60, "h": 3600}
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
        return self.count * SECONDS.get(self.unit, 0)

    @property
    def served(self) -> bool:
        """Whether bars of this kind and length exist here."""
        if self.unit in SECONDS:
            return self.seconds >= 1
        if self.by_trades:
            return self.count > 0 and (self.unit != "t" or self.count == int(self.count))
        return self.count >= 1 and self.count == int(self.count)

    @property
    def by_trades(self) -> bool:
        """Made of trades, not of time (`trade_bars.py`)."""
        return self.unit in TRADES


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


def midnight(day: date) -> float:
    """00:00 UTC of a date in epoch seconds."""
    return datetime(day.year, day.month, day.day, tzinfo=UTC).timestamp()


def period_start(spec: Spec, day: date) -> date:
    """The first day of the daily or longer bar that a day belongs to."""
    count = max(1, int(spec.count))
    if spec.unit == "d":
        return day if count == 1 else date.fromordinal(day.toordinal() - day.toordinal() % count)
    if spec.unit == "w":
        monday = day - timedelta(days=day.weekday())
        return date.fromordinal(monday.toordinal() - (monday.toordinal() - 1) // 7 % count * 7)
    if spec.unit == "o":
        return _option_cycle(day, count)
    if spec.unit == "mo":
        month = (day.month - 1) // count * count + 1 if count <= 12 else 1
        return date(day.year, month, 1)
    return date(day.year - day.year % count, 1, 1)


def _option_cycle(day: date, count: int) -> date:
    """The day after the last third Friday before a day (every `count`-th one)."""
    month = day.year * 12 + day.month - 1
    month -= _third_friday(month) >= day
    month -= month % count
    return _third_friday(month) + timedelta(days=1)


def _third_friday(month: int) -> date:
    first = date(month // 12, month % 12 + 1, 1)
    return first + timedelta(days=(4 - first.weekday()) % 7 + 14)


def merge(start: date, bars: list[Bar]) -> Bar:
    """One bar of several, given newest first."""
    if len(bars) == 1:
        only = bars[0]
        return Bar(
            int(midnight(start) * 1000),
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
        int(midnight(start) * 1000), bars[-1].open, max(b.high for b in bars),
        min(b.low for b in bars), bars[0].close, volume, sum(b.count for b in bars),
        value / volume if volume else bars[0].close, sum(b.bid_volume for b in bars),
        sum(b.ask_volume for b in bars), bars[0].iv,
    )  # fmt: skip


def make(
    line: Line, starts: F64, opens: F64, highs: F64, lows: F64, closes: F64, volume: F64,
    states: F64,
) -> list[Bar]:  # fmt: skip
    """Bars from columns, prices rounded to the tick."""
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
