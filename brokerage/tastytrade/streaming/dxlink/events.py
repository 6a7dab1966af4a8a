"""The events of the market stream, one frozen struct per type.

Field names are the wire's in snake case. A double without a value (``"NaN"``, an infinity, null)
is None; so are the empty character and the word UNDEFINED. Integers keep the wire's 0. Times are
epoch milliseconds, day ids days since 1970-01-01. Fields that were not asked for keep None.

In each struct the fields that are asked for by default come first: the decoder then hands over
no more than was received.
"""

from __future__ import annotations

import re
from typing import ClassVar

import msgspec


def _wire_name(name: str) -> str:
    if name == "symbol":
        return "eventSymbol"
    head, *rest = name.split("_")
    return head + "".join(part[:1].upper() + part[1:] for part in rest)


class Event(msgspec.Struct, frozen=True, gc=False, rename=_wire_name):
    """Base: every event has a streamer symbol."""

    # Name on the wire, and how many of the first fields are asked for by default.
    type_name: ClassVar[str] = ""
    narrow: ClassVar[int] = 0

    symbol: str


class IndexedEvent(Event, frozen=True, gc=False, rename=_wire_name):
    """An event with an index and flags, see brokerage.tastytrade.streaming.dxlink.indexed."""

    event_flags: int = 0
    index: int = 0


class Quote(Event, frozen=True, gc=False, rename=_wire_name):
    """Best bid and ask."""

    type_name: ClassVar[str] = "Quote"
    narrow: ClassVar[int] = 7

    bid_price: float | None = None
    ask_price: float | None = None
    bid_size: float | None = None
    ask_size: float | None = None
    bid_exchange_code: str | None = None
    ask_exchange_code: str | None = None
    bid_time: int | None = None
    ask_time: int | None = None
    sequence: int | None = None
    time_nano_part: int | None = None
    event_time: int | None = None


class Trade(Event, frozen=True, gc=False, rename=_wire_name):
    """Last trade of the regular session and the day's totals."""

    type_name: ClassVar[str] = "Trade"
    narrow: ClassVar[int] = 8

    price: float | None = None
    size: float | None = None
    time: int | None = None
    change: float | None = None
    day_volume: float | None = None
    exchange_code: str | None = None
    tick_direction: str | None = None
    day_id: int | None = None
    day_turnover: float | None = None
    extended_trading_hours: bool | None = None
    sequence: int | None = None
    time_nano_part: int | None = None
    event_time: int | None = None


class TradeETH(Trade, frozen=True, gc=False, rename=_wire_name):
    """Last trade in extended hours: the only print before and after the regular session."""

    type_name: ClassVar[str] = "TradeETH"


class Summary(Event, frozen=True, gc=False, rename=_wire_name):
    """Prices of the session, the close before it, open interest."""

    type_name: ClassVar[str] = "Summary"
    narrow: ClassVar[int] = 8

    day_open_price: float | None = None
    day_high_price: float | None = None
    day_low_price: float | None = None
    day_close_price: float | None = None
    prev_day_close_price: float | None = None
    open_interest: int | None = None
    day_id: int | None = None
    prev_day_id: int | None = None
    prev_day_volume: float | None = None
    day_close_price_type: str | None = None
    prev_day_close_price_type: str | None = None
    event_time: int | None = None


class Profile(Event, frozen=True, gc=False, rename=_wire_name):
    """Description and state of an instrument."""

    type_name: ClassVar[str] = "Profile"
    narrow: ClassVar[int] = 9

    description: str | None = None
    trading_status: str | None = None
    status_reason: str | None = None
    high_52_week_price: float | None = None
    low_52_week_price: float | None = None
    beta: float | None = None
    high_limit_price: float | None = None
    low_limit_price: float | None = None
    short_sale_restriction: str | None = None
    halt_start_time: int | None = None
    halt_end_time: int | None = None
    earnings_per_share: float | None = None
    dividend_frequency: float | None = None
    ex_dividend_amount: float | None = None
    ex_dividend_day_id: int | None = None
    shares: float | None = None
    free_float: float | None = None
    event_time: int | None = None


class Greeks(Event, frozen=True, gc=False, rename=_wire_name):
    """Model values of an option per share: theta a day, vega and rho a point."""

    type_name: ClassVar[str] = "Greeks"
    narrow: ClassVar[int] = 9

    price: float | None = None
    volatility: float | None = None
    delta: float | None = None
    gamma: float | None = None
    theta: float | None = None
    rho: float | None = None
    vega: float | None = None
    time: int | None = None
    event_flags: int = 0
    index: int = 0
    sequence: int | None = None
    event_time: int | None = None


class TheoPrice(Event, frozen=True, gc=False, rename=_wire_name):
    """Theoretical price of an option and what it was computed from."""

    type_name: ClassVar[str] = "TheoPrice"
    narrow: ClassVar[int] = 8

    price: float | None = None
    underlying_price: float | None = None
    delta: float | None = None
    gamma: float | None = None
    dividend: float | None = None
    interest: float | None = None
    time: int | None = None
    event_flags: int = 0
    index: int = 0
    sequence: int | None = None
    event_time: int | None = None


class Underlying(Event, frozen=True, gc=False, rename=_wire_name):
    """Volatility (30 days, as a fraction) and volume over all options of an underlying."""

    type_name: ClassVar[str] = "Underlying"
    narrow: ClassVar[int] = 8

    volatility: float | None = None
    front_volatility: float | None = None
    back_volatility: float | None = None
    call_volume: float | None = None
    put_volume: float | None = None
    put_call_ratio: float | None = None
    time: int | None = None
    option_volume: float | None = None
    event_flags: int = 0
    index: int = 0
    sequence: int | None = None
    event_time: int | None = None


class TimeAndSale(IndexedEvent, frozen=True, gc=False, rename=_wire_name):
    """One line of the tape; a correction or cancellation has the index of what it changes."""

    type_name: ClassVar[str] = "TimeAndSale"
    narrow: ClassVar[int] = 9

    time: int | None = None
    price: float | None = None
    size: float | None = None
    exchange_code: str | None = None
    aggressor_side: str | None = None
    type: str | None = None
    sequence: int | None = None
    bid_price: float | None = None
    ask_price: float | None = None
    exchange_sale_conditions: str | None = None
    trade_through_exempt: str | None = None
    spread_leg: bool | None = None
    extended_trading_hours: bool | None = None
    valid_tick: bool | None = None
    buyer: str | None = None
    seller: str | None = None
    time_nano_part: int | None = None
    event_time: int | None = None


class Order(IndexedEvent, frozen=True, gc=False, rename=_wire_name):
    """One price level or order of a book, per symbol and source."""

    type_name: ClassVar[str] = "Order"
    narrow: ClassVar[int] = 10

    source: str | None = None
    order_side: str | None = None
    price: float | None = None
    size: float | None = None
    count: int | None = None
    scope: str | None = None
    exchange_code: str | None = None
    time: int | None = None
    time_nano_part: int | None = None
    sequence: int | None = None
    action: str | None = None
    action_time: int | None = None
    order_id: int | None = None
    aux_order_id: int | None = None
    executed_size: float | None = None
    trade_id: int | None = None
    trade_price: float | None = None
    trade_size: float | None = None
    market_maker: str | None = None
    event_time: int | None = None


class Candle(IndexedEvent, frozen=True, gc=False, rename=_wire_name):
    """One bar; ``time`` is its start."""

    type_name: ClassVar[str] = "Candle"
    narrow: ClassVar[int] = 13

    time: int | None = None
    open: float | None = None
    high: float | None = None
    low: float | None = None
    close: float | None = None
    volume: float | None = None
    count: int | None = None
    vwap: float | None = None
    sequence: int | None = None
    imp_volatility: float | None = None
    open_interest: float | None = None
    bid_volume: float | None = None
    ask_volume: float | None = None
    event_time: int | None = None


EVENT_TYPES: dict[str, type[Event]] = {
    kind.type_name: kind
    for kind in (
        Quote,
        Trade,
        TradeETH,
        Summary,
        Profile,
        Greeks,
        TheoPrice,
        Underlying,
        TimeAndSale,
        Order,
        Candle,
    )
}


def wire_fields(kind: type[Event]) -> tuple[str, ...]:
    """All field names of a type as the wire spells them, in the struct's order."""
    return kind.__struct_encode_fields__


# What is asked for by default.
ACCEPT_FIELDS: dict[str, tuple[str, ...]] = {
    name: wire_fields(kind)[: kind.narrow] for name, kind in EVENT_TYPES.items()
}


def column_kinds(kind: type[Event]) -> list[str]:
    """Per field, in the struct's order: double, integer, whole (never None), boolean or text."""
    return [_kind(str(field.type)) for field in msgspec.structs.fields(kind)]


def _kind(annotation: str) -> str:
    if annotation == "<class 'int'>":
        return "whole"
    words = {"float": "double", "int": "integer", "bool": "boolean", "str": "text"}
    found = re.search("|".join(words), annotation)
    assert found is not None, annotation
    return words[found.group()]
