"""Which order types, times in force, actions and numbers of legs go together.

One table for both the form (what is offered) and the checks (what is refused). Where the broker
documents nothing, nothing is offered, but a check does not refuse it either: the dry run decides.
"""

from __future__ import annotations

from dataclasses import dataclass

from brokerage.execution.commands import (
    CRYPTOCURRENCY,
    EQUITY,
    EQUITY_OPTION,
    FUTURE,
    FUTURE_OPTION,
)

LIMIT, MARKET, STOP, STOP_LIMIT = "Limit", "Market", "Stop", "Stop Limit"
MARKETABLE_LIMIT, NOTIONAL_MARKET = "Marketable Limit", "Notional Market"
EXTENDED = ("Ext", "GTC Ext", "Ext Overnight", "GTC Ext Overnight")
TIMES_IN_FORCE = ("Day", "GTC", "GTD", "IOC", *EXTENDED)

OPEN_CLOSE = ("Buy to Open", "Sell to Open", "Buy to Close", "Sell to Close")

YES, NO, CLOSING, OPEN_SESSION, SINGLE_EQUITY, UNDOCUMENTED = (
    "yes",
    "no",
    "closing",
    "open-session",
    "single-equity",
    "undocumented",
)


@dataclass(frozen=True, slots=True)
class InstrumentRule:
    max_legs: int
    actions: tuple[str, ...]
    order_types: tuple[str, ...]
    whole: bool = True


@dataclass(frozen=True, slots=True)
class OrderTypeRule:
    max_legs: int
    requires: frozenset[str]
    times: dict[str, str]


_PLAIN = (LIMIT, MARKET, STOP, STOP_LIMIT)

INSTRUMENTS: dict[str, InstrumentRule] = {
    EQUITY: InstrumentRule(
        1, OPEN_CLOSE, (*_PLAIN, MARKETABLE_LIMIT, NOTIONAL_MARKET), whole=False
    ),
    EQUITY_OPTION: InstrumentRule(4, OPEN_CLOSE, (*_PLAIN, MARKETABLE_LIMIT)),
    FUTURE: InstrumentRule(1, ("Buy", "Sell", *OPEN_CLOSE), _PLAIN),
    FUTURE_OPTION: InstrumentRule(4, OPEN_CLOSE, _PLAIN),
    CRYPTOCURRENCY: InstrumentRule(
        1, ("Buy to Open", "Sell to Close"), (LIMIT, MARKET, NOTIONAL_MARKET), whole=False
    ),
}


def _times(day: str, gtc: str, gtd: str, ioc: str, extended: str) -> dict[str, str]:
    return {"Day": day, "GTC": gtc, "GTD": gtd, "IOC": ioc} | dict.fromkeys(EXTENDED, extended)


ORDER_TYPES: dict[str, OrderTypeRule] = {
    LIMIT: OrderTypeRule(4, frozenset({"price"}), _times(YES, YES, YES, YES, SINGLE_EQUITY)),
    MARKET: OrderTypeRule(1, frozenset(), _times(OPEN_SESSION, NO, NO, UNDOCUMENTED, NO)),
    # Seen on the wire for a share and the day; what else it may be combined with is nowhere said.
    MARKETABLE_LIMIT: OrderTypeRule(
        1, frozenset(), _times(YES, UNDOCUMENTED, UNDOCUMENTED, UNDOCUMENTED, NO)
    ),
    STOP: OrderTypeRule(1, frozenset({"stop_trigger"}), _times(YES, CLOSING, CLOSING, NO, NO)),
    STOP_LIMIT: OrderTypeRule(
        1, frozenset({"price", "stop_trigger"}), _times(YES, YES, YES, NO, NO)
    ),
    NOTIONAL_MARKET: OrderTypeRule(
        1,
        frozenset({"value"}),
        _times(OPEN_SESSION, OPEN_SESSION, UNDOCUMENTED, UNDOCUMENTED, NO),
    ),
}


def offered_order_types(instrument_type: str, legs: int) -> list[str]:
    """Order types a form offers for this instrument type and number of legs."""
    rule = INSTRUMENTS.get(instrument_type)
    if rule is None:
        return []
    return [name for name in rule.order_types if ORDER_TYPES[name].max_legs >= legs]


def offered_times(
    order_type: str, instrument_type: str, legs: int, *, closing: bool = False
) -> list[str]:
    """Times in force a form offers; `closing` when every leg closes."""
    return [
        time
        for time in TIMES_IN_FORCE
        if permitted(order_type, time, instrument_type, legs, closing=closing)
        and not _needs_crypto(order_type, time, instrument_type)
        and ORDER_TYPES[order_type].times[time] != UNDOCUMENTED
    ]


def permitted(
    order_type: str, time_in_force: str, instrument_type: str, legs: int, *, closing: bool
) -> bool:
    """False only where the contract refuses the pair; the session is judged elsewhere."""
    rule = ORDER_TYPES[order_type].times.get(time_in_force)
    if rule is None or rule == NO:
        return False
    if rule == CLOSING:
        return closing
    if rule == SINGLE_EQUITY:
        return instrument_type == EQUITY and legs == 1
    return True


def _needs_crypto(order_type: str, time_in_force: str, instrument_type: str) -> bool:
    """A notional order that outlives the day is documented for coins alone."""
    return (
        order_type == NOTIONAL_MARKET
        and time_in_force != "Day"
        and instrument_type != CRYPTOCURRENCY
    )
