"""Conflation: many events in, the latest cell per symbol and kind out, once per frame. Pure."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Iterable
from typing import Any

from brokerage import market
from brokerage.tastytrade.streaming import (
    Event,
    Greeks,
    IndexedEvents,
    Order,
    Profile,
    Quote,
    Summary,
    TheoPrice,
    TimeAndSale,
    Trade,
    TradeETH,
    Underlying,
    depth,
)

# A frame never holds more cells: the first one after a large subscription is spread over several.
CELLS_PER_FRAME = 2000


def _quote(e: Quote, at: float) -> market.Quote:
    return market.Quote(
        at,
        e.bid_price,
        e.ask_price,
        e.bid_size,
        e.ask_size,
        e.bid_exchange_code,
        e.ask_exchange_code,
    )


def _trade(e: Trade, at: float) -> market.Trade:
    return market.Trade(
        at, e.price, e.size, e.time, e.change, e.day_volume, e.exchange_code, e.tick_direction
    )


def _summary(e: Summary, at: float) -> market.Summary:
    return market.Summary(
        at,
        e.day_open_price,
        e.day_high_price,
        e.day_low_price,
        e.day_close_price,
        e.prev_day_close_price,
        e.open_interest,
        e.day_id,
    )


def _greeks(e: Greeks, at: float) -> market.Greeks:
    return market.Greeks(at, e.delta, e.gamma, e.theta, e.vega, e.rho, e.volatility, e.price)


def _theo(e: TheoPrice, at: float) -> market.Theo:
    return market.Theo(at, e.price, e.underlying_price, e.delta, e.gamma, e.dividend, e.interest)


def _underlying(e: Underlying, at: float) -> market.Underlying:
    return market.Underlying(
        at,
        e.volatility,
        e.front_volatility,
        e.back_volatility,
        e.call_volume,
        e.put_volume,
        e.put_call_ratio,
    )


def _profile(e: Profile, at: float) -> market.Profile:
    return market.Profile(
        at,
        e.description,
        e.trading_status,
        e.status_reason,
        e.high_52_week_price,
        e.low_52_week_price,
        e.beta,
        e.high_limit_price,
        e.low_limit_price,
    )


# Event type to the cell it fills.
_CELLS: dict[type[Event], tuple[str, Callable[[Any, float], market.Cell]]] = {
    Quote: ("quote", _quote),
    Trade: ("trade", _trade),
    TradeETH: ("trade_eth", _trade),
    Summary: ("summary", _summary),
    Greeks: ("greeks", _greeks),
    TheoPrice: ("theo", _theo),
    Underlying: ("underlying", _underlying),
    Profile: ("profile", _profile),
}


class Conflator:
    """Takes events in and gives frames out; what changed twice in between is sent once."""

    def __init__(self) -> None:
        self._latest: dict[tuple[type[Event], str], tuple[Event, float]] = {}
        self._ready: dict[tuple[str, str], market.Cell] = {}
        self._books: dict[str, dict[str | None, IndexedEvents[Order]]] = {}
        self._tapes: dict[str, OrderedDict[int, market.Sale]] = {}
        self._touched: dict[tuple[str, str], float] = {}

    def apply(self, events: Iterable[Event], received_at: float) -> None:
        """Take over events in order; ``received_at`` is the local time, epoch seconds."""
        latest = self._latest
        for event in events:
            kind = type(event)
            if kind in _CELLS:
                latest[kind, event.symbol] = (event, received_at)
            elif isinstance(event, TimeAndSale):
                self._sale(event, received_at)
            elif isinstance(event, Order):
                self._order(event, received_at)

    def _sale(self, event: TimeAndSale, received_at: float) -> None:
        """A new line of the tape, or one that corrects or cancels the line of its index."""
        tape = self._tapes.setdefault(event.symbol, OrderedDict())
        if event.type == "CANCEL":
            tape.pop(event.index, None)
        else:
            tape[event.index] = market.Sale(
                event.time, event.price, event.size, event.exchange_code, event.aggressor_side
            )
        while len(tape) > market.TAPE_LENGTH:
            tape.popitem(last=False)
        self._touched["tape", event.symbol] = received_at

    def _order(self, event: Order, received_at: float) -> None:
        sources = self._books.setdefault(event.symbol, {})
        if sources.setdefault(event.source, IndexedEvents()).apply(event):
            self._touched["depth", event.symbol] = received_at

    def take(self, limit: int = CELLS_PER_FRAME) -> dict[str, market.Cells]:
        """The changed cells by symbol, at most ``limit``; the rest stays for the next frame."""
        self._settle()
        if len(self._ready) <= limit:
            taken, self._ready = self._ready, {}
        else:
            keys = list(self._ready)[:limit]
            taken = {key: self._ready.pop(key) for key in keys}
        frame: dict[str, market.Cells] = {}
        for (name, symbol), cell in taken.items():
            setattr(frame.setdefault(symbol, market.Cells()), name, cell)
        return frame

    def put_back(self, frame: dict[str, market.Cells]) -> None:
        """The frame could not be published: its cells are due again unless newer ones came."""
        for symbol, cells in frame.items():
            for name in market.CELL_TYPES:
                if (cell := getattr(cells, name)) is not None:
                    self._ready.setdefault((name, symbol), cell)

    def forget(self, symbols: Iterable[str]) -> None:
        """Nobody follows these symbols any more."""
        gone = set(symbols)
        for symbol in gone:
            self._books.pop(symbol, None)
            self._tapes.pop(symbol, None)
        self._latest = {key: value for key, value in self._latest.items() if key[1] not in gone}
        self._ready = {key: value for key, value in self._ready.items() if key[1] not in gone}
        self._touched = {key: value for key, value in self._touched.items() if key[1] not in gone}

    def clear(self) -> None:
        """Forget everything: what comes next is of another level."""
        self.__init__()  # type: ignore[misc]

    def _settle(self) -> None:
        """Turn what came in since the last frame into cells."""
        latest, self._latest = self._latest, {}
        for (kind, symbol), (event, received_at) in latest.items():
            name, convert = _CELLS[kind]
            self._ready[name, symbol] = convert(event, received_at)
        touched, self._touched = self._touched, {}
        for (name, symbol), received_at in touched.items():
            make = self._depth_cell if name == "depth" else self._tape_cell
            self._ready[name, symbol] = make(symbol, received_at)

    def _depth_cell(self, symbol: str, received_at: float) -> market.Depth:
        """The sources' levels side by side, best price first."""
        bids: list[market.Level] = []
        asks: list[market.Level] = []
        for book in self._books.get(symbol, {}).values():
            buys, sells = depth(book, market.DEPTH_LEVELS)
            bids += [market.Level(*level) for level in buys]
            asks += [market.Level(*level) for level in sells]
        bids.sort(key=lambda level: -level.price)
        asks.sort(key=lambda level: level.price)
        return market.Depth(received_at, bids[: market.DEPTH_LEVELS], asks[: market.DEPTH_LEVELS])

    def _tape_cell(self, symbol: str, received_at: float) -> market.Tape:
        return market.Tape(received_at, list(reversed(self._tapes.get(symbol, {}).values())))
