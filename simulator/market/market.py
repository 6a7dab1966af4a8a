"""The market as the rest of the simulator sees it.

`Market.advance(now)` moves it; every answer afterwards is for that instant. Prices are Decimals
on the tick, sizes Decimals, unknown symbols None.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any, Protocol

from simulator.market import calendar, instruments
from simulator.market.adjustments import Adjustments
from simulator.market.candles import Candles
from simulator.market.days import Days
from simulator.market.levels import Levels, moment
from simulator.market.lines import (
    INDEX,
    Line,
    Registry,
    tick_at,
)  # fmt: skip
from simulator.market.view import View

KEPT_HOT = 3  # ticks for which an asked option is priced ahead with the others
Listener = Callable[[frozenset[str]], None]


class HasNow(Protocol):
    """What the market needs of a clock."""

    def now(self) -> datetime:
        """The virtual instant."""


@dataclass(frozen=True, slots=True)
class Quote:
    """Level 1; a side without a price is None, never 0."""

    bid: Decimal | None
    ask: Decimal | None
    bid_size: Decimal
    ask_size: Decimal
    last: Decimal | None
    mark: Decimal
    prev_close: Decimal | None
    time: datetime

    @property
    def mid(self) -> Decimal | None:
        """Halfway, None when a side is missing."""
        return None if self.bid is None or self.ask is None else (self.bid + self.ask) / 2


@dataclass(frozen=True, slots=True)
class Greeks:
    """Model values per unit: theta per day, vega and rho per one percent, iv a fraction."""

    price: float
    iv: float
    delta: float
    gamma: float
    theta: float
    vega: float
    rho: float


class Market:
    """All instruments and their prices, a pure function of seed and time."""

    def __init__(self, seed: int, clock: HasNow) -> None:
        self.seed = seed
        self.clock = clock
        self.levels = Levels(seed)
        self.registry = Registry(self.levels)
        self.adjustments = Adjustments(self.levels, self.registry)
        self.days = Days(self.levels)
        self.candles = Candles(self)
        self.view = View(self.levels, clock.now().timestamp())
        self._hot: dict[str, tuple[Line, int]] = {}
        self._tick = 0
        self._delayed: tuple[View, float] | None = None
        self._listeners: list[Listener] = []
        self.sessions = calendar

    # -- time --------------------------------------------------------------------------------

    @property
    def now(self) -> datetime:
        """The instant of the current view."""
        return self.view.moment

    def advance(self, now: datetime) -> bool:
        """Move to an instant (backwards is allowed after a restore) and tell the listeners.

        False when it was there already.
        """
        epoch = now.timestamp()
        if epoch == self.view.epoch:
            return False
        self._tick += 1
        self.view = View(self.levels, epoch)
        self._hot = {s: e for s, e in self._hot.items() if e[1] >= self._tick - KEPT_HOT}
        changed = frozenset(self._hot)
        for listener in list(self._listeners):
            listener(changed)
        return True

    def on_tick(self, listener: Listener) -> Callable[[], None]:
        """Call `listener(symbols asked for lately)` after each advance; returns the undo."""
        self._listeners.append(listener)
        return lambda: self._listeners.remove(listener)

    def view_at(self, when: datetime) -> View:
        """The market at another instant (the past for history, the future for tests)."""
        return View(self.levels, when.timestamp())

    def delayed_view(self, minutes: int = 15) -> View:
        """The market as a delayed feed shows it."""
        epoch = self.view.epoch - minutes * 60
        if self._delayed is None or self._delayed[1] != epoch:
            self._delayed = (View(self.levels, epoch), epoch)
        return self._delayed[0]

    # -- instruments -------------------------------------------------------------------------

    def line(self, symbol: str) -> Line | None:
        """Unchanging facts of a REST symbol, None when there is no such instrument."""
        found = self.view.lines.get(symbol)
        if found is None:
            found = self.registry.find(symbol, self.now)
            if found is not None:
                self.view.lines[symbol] = found
        return found

    def line_of_streamer(self, symbol: str) -> Line | None:
        """The same by streamer symbol."""
        return self.registry.find_streamer(symbol, self.now)

    def kind(self, symbol: str) -> str | None:
        """The instrument type (`Index` for indices), None when unknown."""
        line = self.line(symbol)
        return line.kind if line else None

    def instrument(self, symbol: str) -> dict[str, Any] | None:
        """The instrument as REST shows it, plus `instrument-type` where REST leaves it out."""
        line = self.line(symbol)
        return None if line is None else instruments.describe(self, line)

    def multiplier(self, symbol: str) -> Decimal | None:
        """Dollars per 1.00 of price: 1, 100, or the point value of a future."""
        line = self.line(symbol)
        return line.multiplier if line else None

    def tick(self, symbol: str, price: Decimal) -> Decimal | None:
        """The price increment that applies at a price."""
        line = self.line(symbol)
        return tick_at(line.ticks, price) if line else None

    def underlying(self, symbol: str) -> str | None:
        """What an option is on (`SPX`, `/ESZ6`); otherwise the symbol itself."""
        line = self.line(symbol)
        return line.underlying if line else None

    def expires_at(self, symbol: str) -> datetime | None:
        """The end of an option or future, None for what does not end."""
        line = self.line(symbol)
        return moment(line.expires) if line and line.expires else None

    def is_open(self, symbol: str, when: datetime | None = None) -> bool:
        """Whether quotes of this symbol move; False for unknown and ended ones."""
        line, at = self.line(symbol), when or self.now
        if line is None or (line.expires and at.timestamp() >= line.expires):
            return False
        return calendar.is_open(line.hours, at)

    # -- prices ------------------------------------------------------------------------------

    def quote(self, symbol: str) -> Quote | None:
        """Level 1 with last and previous close."""
        found = self.view.quotes.get(symbol)
        if found is None:
            line = self.line(symbol)
            if line is None:
                return None
            found = self.view.quotes[symbol] = self._quote(line)
        return found

    def _quote(self, line: Line) -> Quote:
        price = self._price(line)
        last = self.days.last(self.view, line)
        has_bid = price.bid > 0
        bid, ask = exact(price.bid) if has_bid else None, exact(price.ask)
        mark = ((bid if bid is not None else Decimal(0)) + ask) / 2
        return Quote(
            bid, ask, exact(price.bid_size), exact(price.ask_size), exact(last), mark,
            exact(self.days.prev_close(self.view, line)), moment(self.view.resting(line.hours)),
        )  # fmt: skip

    def quotes(self, symbols: Iterable[str]) -> dict[str, Quote]:
        """Many at once; unknown symbols are left out."""
        lines = [line for s in symbols if (line := self.line(s))]
        self.prepare(lines)
        self.days.prepare(self.view, lines)
        return {line.symbol: q for line in lines if (q := self.quote(line.symbol))}

    def mark(self, symbol: str) -> Decimal | None:
        """Halfway between bid and ask (a missing bid counts as zero)."""
        found = self.view.marks.get(symbol)
        if found is None:
            line = self.line(symbol)
            if line is None:
                return None
            price = self._price(line)
            found = self.view.marks[symbol] = (exact(price.bid) + exact(price.ask)) / 2
        return found

    def theoretical(self, symbol: str) -> float | None:
        """The price before spread and tick."""
        line = self.line(symbol)
        return self._price(line).mid if line else None

    def greeks(self, symbol: str) -> Greeks | None:
        """Model values of an option; None for anything else."""
        line = self.line(symbol)
        if line is None or not line.is_option:
            return None
        g = self.view.greek(line)
        return Greeks(g.price, g.iv, g.delta, g.gamma, g.theta, g.vega, g.rho)

    def settlement(self, symbol: str) -> Decimal | None:
        """The underlying's price that settles an option or future at its end.

        None before the end. For an adjusted option: what its deliverables are worth per share.
        """
        line = self.line(symbol)
        if line is None or not line.expires or line.expires > self.view.epoch:
            return None
        return exact(round(self.view.settled(line), 4))

    def depth(self, symbol: str, levels: int = 10) -> tuple[list[Any], list[Any]] | None:
        """(bids, asks), best first, each a list of `depth.Level`."""
        from simulator.market import depth

        line = self.line(symbol)
        if line is None or line.kind == INDEX:
            return None
        return depth.book(self.view, line, levels)

    def tape(self, symbol: str, seconds: float = 60.0) -> list[Any]:
        """The prints of the last seconds, oldest first, each a `tape.Print`."""
        from simulator.market import tape

        line = self.line(symbol)
        if line is None:
            return []
        since = self.view.epoch - seconds
        return tape.prints(self.days, self.view, line, since, self.view.epoch)

    def prepare(self, lines: Iterable[Line]) -> None:
        """Price many lines in one go."""
        wanted = list(lines)
        for line in wanted:
            if line.is_option:
                self._hot[line.symbol] = (line, self._tick)
        self.view.price_all(wanted)

    def _price(self, line: Line) -> Any:
        if line.is_option:
            if line.symbol not in self.view._prices:
                self._hot[line.symbol] = (line, self._tick)
                self.view.price_all(e[0] for e in self._hot.values())
            else:
                self._hot[line.symbol] = (line, self._tick)
        return self.view.price(line)

    # -- intervention and state --------------------------------------------------------------

    def move(self, name: str, factor: float, now: datetime | None = None) -> None:
        """Multiply a level from now on: a share, index, coin or `/CL`-like product root."""
        import math

        if name == "VIX" or name not in self.levels.names:
            line = self.line(name)
            if line is None or line.level not in self.levels.names:
                raise KeyError(name)
            name = line.level
        self.levels.shock(name, math.log(factor), (now or self.now).timestamp())
        self._anew()

    def adjust(self, *entries: dict[str, Any]) -> None:
        """Carry out what a corporate action changes here (see `adjustments.py`)."""
        for entry in entries:
            self.adjustments.apply(entry)
        self._anew()

    def _anew(self) -> None:
        self.days.forget()
        self.candles.forget()
        self._hot.clear()
        self._delayed = None
        self.view = View(self.levels, self.view.epoch)

    def snapshot(self) -> dict[str, Any]:
        """All state that does not follow from seed and time."""
        return {
            "seed": self.seed,
            "now": self.now.isoformat(),
            **self.levels.snapshot(),
            "adjustments": list(self.adjustments.entries),
        }

    def restore(self, state: dict[str, Any]) -> None:
        """Continue from a snapshot made with the same seed (ValueError otherwise)."""
        if state["seed"] != self.seed:
            raise ValueError("the snapshot belongs to another seed")
        self.adjustments.restore(list(state.get("adjustments", ())))
        self.levels.restore(state)
        self.view = View(self.levels, datetime.fromisoformat(state["now"]).timestamp())
        self._anew()


def exact(value: float) -> Decimal:
    """A float that lies on a tick as the Decimal people mean by it."""
    return Decimal(repr(round(value, 9)))
