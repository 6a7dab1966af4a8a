"""The FEED service of one channel: configuration, subscriptions, and what is due to be sent.

Nothing here touches a socket: `setup`, `subscribe` and `collect` return frames.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

from simulator.dxlink_books import book
from simulator.dxlink_events import Event, Events
from simulator.dxlink_fields import (
    ALIASES,
    BOOK,
    BULLETINS,
    FIELDS,
    LAST_VALUE,
    NAN,
    TAPE,
    empty,
)  # fmt: skip
from simulator.dxlink_indexed import Subscription, candles, marked, sale, series
from simulator.dxlink_sales import option_sales
from simulator.market import bars, tape
from simulator.market.market import Market
from simulator.market.view import View

Frame = dict[str, Any]
ROWS_PER_FRAME = 400
MOST_SALES = 200
ENTITLEMENTS = ("Configuration", "sim.entitlements")
LATEST = 4_102_444_800_000  # 2100, the end of what a fromTime may ask for

# virtual seconds between looks at types that need not follow each tick
PACE = {"Greeks": 1.0, "TheoPrice": 2.0, "Summary": 1.0, "Underlying": 5.0, "Profile": 60.0,
        "Series": 5.0, "Candle": 1.0}  # fmt: skip


@dataclass(slots=True)
class Limits:
    """Caps of one connection and what is used of them."""

    entries: int = 25_000
    candles: int = 50
    used: int = 0
    used_candles: int = 0
    depth: bool = True
    """Whether order books are served."""
    bulletins: dict[tuple[str, str], tuple[int, Any]] = field(default_factory=dict)
    """(type, symbol) → (version, attachment) of Configuration and Message events."""

    def entitlements(self, delayed: bool) -> dict[str, Any]:
        """What this connection may have."""
        return {
            "feed": "delayed" if delayed else "realtime", "depth": self.depth,
            "entries": self.entries, "candles": self.candles,
        }  # fmt: skip


class TooMany(Exception):
    """A cap is reached; the text is what the server says."""


class Feed:
    """State of one FEED channel."""

    def __init__(self, channel: int, contract: str, limits: Limits) -> None:
        self.channel = channel
        self.contract = contract
        self.limits = limits
        self.period = 0.1
        self.format = "FULL"
        self.asked: dict[str, list[str]] = {}
        self.subscriptions: dict[tuple[str, str, str], Subscription] = {}
        self._announced: dict[str, list[str]] = {}
        self._getters: dict[str, Callable[[Event], list[Any]]] = {}
        self.next_flush = 0.0

    # -- configuration -----------------------------------------------------------------------

    def setup(self, message: Frame) -> Frame:
        """Take over the wishes of a FEED_SETUP and answer with what is in force."""
        period = message.get("acceptAggregationPeriod")
        if isinstance(period, int | float) and not isinstance(period, bool):
            self.period = min(max(float(period), 0.0), 60.0)
        if message.get("acceptDataFormat") in ("FULL", "COMPACT"):
            self.format = message["acceptDataFormat"]
        fields = message.get("acceptEventFields")
        changed = {}
        if isinstance(fields, dict):
            for name, wanted in fields.items():
                if isinstance(wanted, list) and all(isinstance(f, str) for f in wanted) and wanted:
                    self.asked[name] = wanted
                    self._getters.pop(name, None)
                    if name in self._announced:
                        changed[name] = self._announced[name] = wanted
        return self._config(changed)

    def _config(self, fields: dict[str, list[str]]) -> Frame:
        frame: Frame = {
            "type": "FEED_CONFIG", "channel": self.channel, "dataFormat": self.format,
            "aggregationPeriod": self.period,
        }  # fmt: skip
        if fields:
            frame["eventFields"] = fields
        return frame

    def switch(self, data_format: str) -> Frame:
        """Change the format by the server's own decision."""
        self.format = data_format
        return self._config({})

    def fields_of(self, event_type: str) -> list[str]:
        """The field list in force for a type."""
        return self.asked.get(event_type) or list(FIELDS[event_type])

    # -- subscriptions -----------------------------------------------------------------------

    def subscribe(self, message: Frame, market: Market) -> list[str]:
        """Apply reset, remove, add in this order; returns the texts of refused caps."""
        if message.get("reset") is True:
            self.clear()
        for item in _objects(message.get("remove")):
            self._drop(_key(item))
        refused: dict[str, None] = {}
        for item in _objects(message.get("add")):
            try:
                self._add(item, market)
            except TooMany as reason:
                refused[str(reason)] = None
        return list(refused)

    def clear(self) -> None:
        """Forget all subscriptions."""
        for key in list(self.subscriptions):
            self._drop(key)

    def _drop(self, key: tuple[str, str, str]) -> None:
        found = self.subscriptions.pop(key, None)
        if found is not None:
            self.limits.used -= 1
            self.limits.used_candles -= found.type == "Candle"

    def _add(self, item: Frame, market: Market) -> None:
        key = _key(item)
        event_type, symbol, source = key
        if event_type not in FIELDS or symbol == "*":
            return
        if key not in self.subscriptions:
            self._count(event_type)
        entry = Subscription(event_type, symbol, None, source, _from_time(item.get("fromTime")))
        if event_type == "Candle":
            entry.spec = bars.parse(symbol)
            base = entry.spec.base if entry.spec else ""
            entry.line = market.line_of_streamer(base)
        else:
            entry.line = market.line_of_streamer(symbol)
        self.subscriptions[key] = entry

    def _count(self, event_type: str) -> None:
        limits = self.limits
        if limits.used >= limits.entries:
            raise TooMany("Your subscription size is too big")
        if event_type == "Candle" and limits.used_candles >= limits.candles:
            raise TooMany("Your subscription size for event type 'Candle' is too big")
        limits.used += 1
        limits.used_candles += event_type == "Candle"

    # -- data --------------------------------------------------------------------------------

    def collect(self, market: Market, view: View, events: Events) -> list[Frame]:
        """Frames for everything that is new since the last look."""
        due = [s for s in self.subscriptions.values() if self._due(s, view)]
        if not due:
            return []
        _prepare(market, view, due)
        batches: dict[str, list[Event]] = {}
        for entry in due:
            found = self._look(entry, market, view, events)
            if found:
                batches.setdefault(entry.type, []).extend(found)
            entry.since, entry.fresh = view.epoch, False
        return list(self._frames(batches))

    def _due(self, entry: Subscription, view: View) -> bool:
        if entry.fresh:
            return True
        if view.epoch == entry.since:
            return False
        pace = PACE.get(entry.type, 0.0)
        return abs(view.epoch - entry.since) >= pace

    def _look(self, entry: Subscription, market: Market, view: View, events: Events) -> list[Event]:
        if entry.type == "Candle":
            return candles(entry, market, view)
        if entry.type in BULLETINS:
            return self._bulletin(entry, market, view)
        if entry.line is None:
            return []
        if entry.type in BOOK:
            return book(entry, market, view) if self.limits.depth else []
        if entry.type == "Series":
            return series(entry, market, view)
        if entry.type in TAPE:
            return self._tape(entry, market, view)
        if entry.type in LAST_VALUE:
            return self._value(entry, events)
        return []

    def _value(self, entry: Subscription, events: Events) -> list[Event]:
        assert entry.line is not None
        built = events.build(entry.type, entry.line, entry.symbol)
        if built is None:
            return []
        key, event = built
        if key == entry.key:
            return []
        entry.key = key
        # STREAM has no initial value: only what happens from now on
        return [] if entry.fresh and self.contract == "STREAM" else [event]

    def _tape(self, entry: Subscription, market: Market, view: View) -> list[Event]:
        if entry.fresh and (self.contract == "STREAM" or not self._history(entry)):
            if self.contract != "TICKER":
                return []
            return self._sales(entry, market, view, view.epoch - 3600, 1)
        since = entry.from_time / 1000 if entry.fresh else entry.since
        rows = self._sales(entry, market, view, since, MOST_SALES)
        if entry.fresh:
            rows.reverse()
            return marked(rows, entry, [])
        return rows[-1:] if self.contract == "TICKER" else rows

    def _sales(
        self, entry: Subscription, market: Market, view: View, since: float, most: int
    ) -> list[Event]:
        """Trades after an instant, oldest first: of one line, or of all options on it."""
        assert entry.line is not None
        if entry.type == "OptionSale":
            return option_sales(market, view, entry.line, entry.symbol, since, most)
        found = tape.prints(market.days, view, entry.line, since, view.epoch, most)
        return [sale(p, entry.symbol) for p in found]

    def _bulletin(self, entry: Subscription, market: Market, view: View) -> list[Event]:
        """What the service says of itself, and what steering wants to be said."""
        told = self.limits.bulletins.get((entry.type, entry.symbol))
        if (entry.type, entry.symbol) == ENTITLEMENTS:
            told = (1, self.limits.entitlements(delayed=view is not market.view))
        if told is None or told == entry.key:
            return []
        entry.key = told
        version, attachment = told
        event = {
            "eventType": entry.type, "eventSymbol": entry.symbol, "version": version,
            "attachment": attachment,
        }  # fmt: skip
        return [] if entry.fresh and self.contract == "STREAM" else [event]

    def _history(self, entry: Subscription) -> bool:
        return self.contract == "HISTORY" or (self.contract == "AUTO" and entry.from_time > 0)

    # -- frames ------------------------------------------------------------------------------

    def _frames(self, batches: dict[str, list[Event]]) -> Iterator[Frame]:
        if self.format == "FULL":
            rows = [_full(event) for found in batches.values() for event in found]
            for start in range(0, len(rows), ROWS_PER_FRAME):
                yield self._data(rows[start : start + ROWS_PER_FRAME])
            return
        for event_type, found in batches.items():
            fields = self.fields_of(event_type)
            if self._announced.get(event_type) != fields:
                self._announced[event_type] = fields
                yield self._config({event_type: fields})
            getter = self._getter(event_type)
            for start in range(0, len(found), ROWS_PER_FRAME):
                values: list[Any] = []
                for event in found[start : start + ROWS_PER_FRAME]:
                    values.extend(getter(event))
                yield self._data([event_type, values])

    def _data(self, data: list[Any]) -> Frame:
        return {"type": "FEED_DATA", "channel": self.channel, "data": data}

    def _getter(self, event_type: str) -> Callable[[Event], list[Any]]:
        getter = self._getters.get(event_type)
        if getter is None:
            known = FIELDS[event_type]
            names = [ALIASES.get(f, f) for f in self.fields_of(event_type)]
            pairs = [(n, empty(event_type, n) if n in known else NAN) for n in names]

            def getter(event: Event) -> list[Any]:
                return [event.get(name, missing) for name, missing in pairs]

            self._getters[event_type] = getter
        return getter


def _full(event: Event) -> Event:
    """A FULL object: all fields of the type, head first."""
    event_type = event["eventType"]
    return {name: event.get(name, empty(event_type, name)) for name in FIELDS[event_type]}


def _objects(value: Any) -> Iterator[Frame]:
    if isinstance(value, list):
        yield from (item for item in value if isinstance(item, dict))


def _key(item: Frame) -> tuple[str, str, str]:
    return (
        str(item.get("type", "")), str(item.get("symbol", "")), str(item.get("source") or ""),
    )  # fmt: skip


def _from_time(value: Any) -> int:
    if isinstance(value, bool) or not isinstance(value, int | float):
        return 0
    return max(0, int(min(value, LATEST)))


def _prepare(market: Market, view: View, due: list[Subscription]) -> None:
    """Price everything that is about to be looked at in as few passes as possible."""
    priced = [s.line for s in due if s.line and s.type not in ("Candle", "Series", "Profile")]
    if view is market.view:
        market.prepare(priced)
    else:
        view.price_all(priced)
    view.greek_all(s.line for s in due if s.line and s.type in ("Greeks", "TheoPrice"))
    market.days.prepare(view, (s.line for s in due if s.line and s.type in ("Trade", "Summary")))
    market.days.prepare_ranges(view, (s.line for s in due if s.line and s.type == "Summary"))
