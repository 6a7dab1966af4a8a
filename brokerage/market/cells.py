"""The cells of the latest book: one frozen struct per kind of figure of one symbol."""

from __future__ import annotations

import time
from datetime import UTC, datetime

import msgspec

# Depth and tape as kept for pages: levels a side, sales.
DEPTH_LEVELS = 10
TAPE_LENGTH = 50


class Cell(msgspec.Struct, array_like=True, frozen=True, gc=False):
    """What every cell begins with: local time of receipt, epoch seconds."""

    received_at: float

    @property
    def received(self) -> datetime:
        """The local time of receipt, aware, UTC."""
        return datetime.fromtimestamp(self.received_at, UTC)

    def age(self, now: float | None = None) -> float:
        """Seconds since receipt, never negative."""
        return max(0.0, (time.time() if now is None else now) - self.received_at)


class Quote(Cell, array_like=True, frozen=True, gc=False):
    """Best bid and ask; sizes in shares or contracts."""

    bid: float | None = None
    ask: float | None = None
    bid_size: float | None = None
    ask_size: float | None = None
    bid_exchange: str | None = None
    ask_exchange: str | None = None

    @property
    def mid(self) -> float | None:
        """Middle of bid and ask; None when one is missing or the two are crossed."""
        if self.bid is None or self.ask is None or self.ask < self.bid:
            return None
        return (self.bid + self.ask) / 2


class Trade(Cell, array_like=True, frozen=True, gc=False):
    """Last trade (time in epoch milliseconds) and the day's volume."""

    price: float | None = None
    size: float | None = None
    time: int | None = None
    change: float | None = None
    day_volume: float | None = None
    exchange: str | None = None
    tick_direction: str | None = None


class Summary(Cell, array_like=True, frozen=True, gc=False):
    """Prices of the session and the close before it; open interest in contracts."""

    open: float | None = None
    high: float | None = None
    low: float | None = None
    close: float | None = None
    prev_close: float | None = None
    open_interest: int | None = None
    day_id: int | None = None


class Greeks(Cell, array_like=True, frozen=True, gc=False):
    """Model values per share: theta a day, vega and rho a point, volatility as a fraction."""

    delta: float | None = None
    gamma: float | None = None
    theta: float | None = None
    vega: float | None = None
    rho: float | None = None
    volatility: float | None = None
    price: float | None = None


class Theo(Cell, array_like=True, frozen=True, gc=False):
    """Theoretical price and what it was computed from."""

    price: float | None = None
    underlying_price: float | None = None
    delta: float | None = None
    gamma: float | None = None
    dividend: float | None = None
    interest: float | None = None


class Underlying(Cell, array_like=True, frozen=True, gc=False):
    """Volatility and volume over all options of an underlying."""

    volatility: float | None = None
    front_volatility: float | None = None
    back_volatility: float | None = None
    call_volume: float | None = None
    put_volume: float | None = None
    put_call_ratio: float | None = None


class Profile(Cell, array_like=True, frozen=True, gc=False):
    """Description and state of the instrument."""

    description: str | None = None
    trading_status: str | None = None
    status_reason: str | None = None
    high_52_week: float | None = None
    low_52_week: float | None = None
    beta: float | None = None
    high_limit: float | None = None
    low_limit: float | None = None


class Level(msgspec.Struct, array_like=True, frozen=True, gc=False):
    """One price of the order book; count is the number of orders where it is known."""

    price: float
    size: float
    count: int | None = None


class Depth(Cell, array_like=True, frozen=True):
    """The order book, best price first, at most DEPTH_LEVELS a side."""

    bids: list[Level] = []
    asks: list[Level] = []


class Sale(msgspec.Struct, array_like=True, frozen=True, gc=False):
    """One line of the tape; time in epoch milliseconds, side is BUY, SELL or None."""

    time: int | None = None
    price: float | None = None
    size: float | None = None
    exchange: str | None = None
    side: str | None = None


class Tape(Cell, array_like=True, frozen=True):
    """The latest sales, newest first, at most TAPE_LENGTH."""

    sales: list[Sale] = []


class Cells(msgspec.Struct, omit_defaults=True):
    """All cells of one symbol; the attribute names are the words on the wire."""

    quote: Quote | None = None
    trade: Trade | None = None
    trade_eth: Trade | None = None
    summary: Summary | None = None
    greeks: Greeks | None = None
    theo: Theo | None = None
    underlying: Underlying | None = None
    profile: Profile | None = None
    depth: Depth | None = None
    tape: Tape | None = None

    def merge(self, newer: Cells) -> None:
        """Take over what the newer one has; each cell changes whole, so readers see no mixture."""
        for name in self.__struct_fields__:
            value = getattr(newer, name)
            if value is not None:
                setattr(self, name, value)


CELL_TYPES: dict[str, type[Cell]] = {
    "quote": Quote,
    "trade": Trade,
    "trade_eth": Trade,
    "summary": Summary,
    "greeks": Greeks,
    "theo": Theo,
    "underlying": Underlying,
    "profile": Profile,
    "depth": Depth,
    "tape": Tape,
}
# The event types of the upstream feed by the cell they fill.
EVENT_TYPES = {
    "quote": "Quote",
    "trade": "Trade",
    "trade_eth": "TradeETH",
    "summary": "Summary",
    "greeks": "Greeks",
    "theo": "TheoPrice",
    "underlying": "Underlying",
    "profile": "Profile",
    "depth": "Order",
    "tape": "TimeAndSale",
}
