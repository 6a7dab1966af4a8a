"""Instruments as a ticket needs them: facts of a leg, increments, expirations to choose from.

Reads go through the mirror and `brokerage.reads`; nothing here sends an order.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from brokerage import clock, reads
from brokerage.execution import ticks
from brokerage.execution.checks import InstrumentFacts
from brokerage.execution.commands import (
    CRYPTOCURRENCY,
    EQUITY,
    EQUITY_OPTION,
    FUTURE,
    FUTURE_OPTION,
)
from brokerage.models import Connection, Instrument
from brokerage.tastytrade import symbology


class Unreadable(Exception):
    """The chain cannot be shown now; the text is for people."""


@dataclass(frozen=True, slots=True)
class StrikePair:
    """Order symbols of the call and the put at one strike."""

    call: str
    put: str


@dataclass(frozen=True, slots=True)
class Expiration:
    """One expiration of one root: SPX and SPXW of the same day are two."""

    key: str
    label: str
    underlying: str
    day: date
    strikes: Mapping[Decimal, StrikePair]

    def nearest(self, strike: Decimal) -> str:
        """The strikes around one that does not exist, in words."""
        below = max((item for item in self.strikes if item < strike), default=None)
        above = min((item for item in self.strikes if item > strike), default=None)
        near = [f"{item.normalize():f}" for item in (below, above) if item is not None]
        return f"near it there are {' and '.join(near)}" if near else "there are none"


def normalise(instrument_type: str, text: str) -> str:
    """What a person typed as the ticket's symbol: `brk.b` → BRK/B, `es` stays to be refused."""
    typed = text.strip().upper()
    if instrument_type in (EQUITY, EQUITY_OPTION):
        return symbology.normalise_equity(typed)
    if instrument_type == FUTURE:
        return _future(typed)
    if instrument_type == FUTURE_OPTION:
        return _product_code(typed)
    return f"{typed}/USD" if typed and "/" not in typed else typed


def _future(typed: str) -> str:
    """With its slash and the broker's one-digit year."""
    symbol = typed if typed.startswith("/") else f"/{typed}"
    try:
        return symbology.canonical_future(symbol)
    except symbology.SymbolError:
        return symbol


def _product_code(typed: str) -> str:
    """The product that a chain is asked for: /ES from ES or /ESZ6."""
    symbol = typed if typed.startswith("/") else f"/{typed}"
    try:
        return f"/{symbology.parse_future(symbol).product_code}"
    except symbology.SymbolError:
        return symbol


def underlying_of(environment: str, instrument_type: str, symbol: str) -> str:
    """The symbol a ticket is opened with for this leg: the underlying of an option."""
    if instrument_type == EQUITY_OPTION:
        row = Instrument.objects.filter(environment=environment, symbol=symbol).first()
        if row is not None and row.underlying_symbol:
            return row.underlying_symbol
        return symbol[:6].strip()
    if instrument_type == FUTURE_OPTION:
        return _product_code(symbol[1:7].strip())
    return symbol


# --- facts -------------------------------------------------------------------------------------


def facts(
    connection: Connection, instrument_type: str, symbol: str, *, ask_broker: bool = True
) -> InstrumentFacts | None:
    """What the checks need of an instrument; None when it cannot be read now.

    `found` is False only where the broker itself does not know the symbol.
    """
    row = _row(connection, instrument_type, symbol, ask_broker)
    if row is None:
        return None
    if row is _MISSING:
        return InstrumentFacts(found=False)
    return InstrumentFacts(
        active=row.active,
        closing_only=row.is_closing_only,
        fractional=row.raw.get("is-fractional-quantity-eligible"),
        ticks=_ticks(connection, row, ask_broker),
        multiplier=row.multiplier,
        streamer_symbol=row.streamer_symbol or _derived_streamer(row),
        underlying=row.underlying_symbol or row.symbol,
        description=row.description,
    )


_MISSING: Any = object()


def _row(connection: Connection, instrument_type: str, symbol: str, ask_broker: bool) -> Any:
    if not ask_broker:
        return Instrument.objects.filter(
            environment=connection.environment, instrument_type=instrument_type, symbol=symbol
        ).first()
    try:
        return reads.instrument(connection, instrument_type, symbol)
    except reads.Missing:
        return _MISSING
    except (reads.ReadError, ValueError):
        return None


def _ticks(connection: Connection, row: Instrument, ask_broker: bool) -> tuple[ticks.Tick, ...]:
    """Increments of its price; an option's are told by its underlying."""
    own = ticks.parse_ticks(row.tick_sizes)
    if own or row.instrument_type not in (EQUITY_OPTION, FUTURE_OPTION):
        return own or _single_tick(row)
    kind = EQUITY if row.instrument_type == EQUITY_OPTION else FUTURE
    underlying = _row(connection, kind, row.underlying_symbol, ask_broker)
    if underlying is None or underlying is _MISSING:
        return ()
    return ticks.parse_ticks(underlying.option_tick_sizes)


def _single_tick(row: Instrument) -> tuple[ticks.Tick, ...]:
    """Coins and some futures state one increment instead of a list."""
    size = row.raw.get("tick-size")
    return ticks.parse_ticks([{"value": size}]) if size else ()


def _derived_streamer(row: Instrument) -> str:
    """A fallback where the broker names none."""
    return derived_streamer(row.instrument_type, row.symbol)


def derived_streamer(instrument_type: str, symbol: str) -> str:
    """The streamer symbol where it follows from the symbol alone; empty for futures and coins."""
    try:
        if instrument_type == EQUITY_OPTION:
            return symbology.option_to_streamer(symbol)
    except symbology.SymbolError:
        return ""
    return symbol if instrument_type == EQUITY else ""


# --- chains ------------------------------------------------------------------------------------


def chain(connection: Connection, instrument_type: str, symbol: str) -> dict[str, Expiration]:
    """Expirations by key, earliest first. Raises Unreadable with words for people."""
    today = clock.today(connection)
    try:
        if instrument_type == EQUITY_OPTION:
            found = _equity_chain(reads.option_chain(connection, symbol).value, today)
        else:
            chains = reads.future_option_chain(connection, symbol).value.option_chains
            found = _future_chain(chains, today)
    except reads.Missing:
        raise Unreadable(f"The broker has no options on {symbol}.") from None
    except (reads.ReadError, ValueError) as problem:
        raise Unreadable(f"The option chain of {symbol} cannot be read now: {problem}") from None
    if not found:
        raise Unreadable(f"The broker has no options on {symbol}.")
    return {item.key: item for item in sorted(found, key=lambda item: (item.day, item.key))}


def _equity_chain(chains: Iterable[Any], today: date) -> list[Expiration]:
    return [
        Expiration(
            key=f"{root.root_symbol}:{item.expiration_date}",
            label=_label(item, today, root.root_symbol, root.underlying_symbol),
            underlying=root.underlying_symbol,
            day=item.expiration_date,
            strikes=_strikes(item.strikes),
        )
        for root in chains
        for item in root.expirations
        if item.expiration_date is not None and item.expiration_date >= today
    ]


def _future_chain(chains: Iterable[Any], today: date) -> list[Expiration]:
    return [
        Expiration(
            key=f"{item.option_contract_symbol}:{item.expiration_date}",
            label=_label(item, today, item.option_contract_symbol, "")
            + f" on {item.underlying_symbol}",
            underlying=item.underlying_symbol,
            day=item.expiration_date,
            strikes=_strikes(item.strikes),
        )
        for group in chains
        for item in group.expirations
        if item.expiration_date is not None and item.expiration_date >= today
    ]


def _strikes(rows: Iterable[Any]) -> dict[Decimal, StrikePair]:
    return {
        row.strike_price: StrikePair(row.call, row.put)
        for row in rows
        if row.strike_price is not None
    }


def _label(item: Any, today: date, root: str, underlying: str) -> str:
    """`18 Dec 26 (25d) W AM SPXW`: days left, weekly and settlement marks, a root of its own."""
    day = item.expiration_date
    marks = [f"{day.day} {day:%b %y} ({(day - today).days}d)"]
    if item.expiration_type == "Weekly":
        marks.append("W")
    if item.settlement_type == "AM":
        marks.append("AM")
    if root != underlying:
        marks.append(root)
    return " ".join(marks)


def contract_place(chain: Mapping[str, Expiration], symbol: str) -> tuple[str, Decimal, str] | None:
    """Where an option symbol stands in the chain: expiration key, strike, C or P."""
    for key, expiration in chain.items():
        for strike, pair in expiration.strikes.items():
            if symbol in (pair.call, pair.put):
                return key, strike, "C" if symbol == pair.call else "P"
    return None


__all__ = [
    "CRYPTOCURRENCY",
    "Expiration",
    "StrikePair",
    "Unreadable",
    "chain",
    "contract_place",
    "derived_streamer",
    "facts",
    "normalise",
    "underlying_of",
]
