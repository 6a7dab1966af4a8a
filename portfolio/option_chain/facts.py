"""Option chains as pages need them: expirations, strikes and streamer symbols as frozen facts.

Built from what `brokerage.reads` answers. Keys of expirations are those of the ticket.
"""

from __future__ import annotations

import time
from collections import OrderedDict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from functools import cached_property
from typing import Any

from brokerage import clock, reads
from brokerage.execution import instruments, ticks
from brokerage.execution.checks import InstrumentFacts
from brokerage.execution.commands import EQUITY, EQUITY_OPTION, FUTURE, FUTURE_OPTION
from brokerage.models import Connection

KINDS = (EQUITY_OPTION, FUTURE_OPTION)
CALL, PUT = "C", "P"


class NoChain(Exception):
    """There is no chain to show; the text is for people."""


@dataclass(frozen=True, slots=True)
class Contract:
    """One option by its order symbol and its name on the stream (empty where it has none)."""

    symbol: str
    streamer: str


@dataclass(frozen=True, slots=True)
class StrikeRow:
    """A strike with its call and its put; either may be missing."""

    strike: Decimal
    call: Contract | None
    put: Contract | None

    def contract(self, right: str) -> Contract | None:
        return self.call if right == CALL else self.put


@dataclass(frozen=True)
class ChainExpiration:
    """One expiration of one root, strikes ascending. `shares` is the deliverable of a contract."""

    key: str
    root: str
    day: date
    days: int
    marks: tuple[str, ...]
    underlying: str
    rows: tuple[StrikeRow, ...]
    shares: Decimal | None = None
    increments: tuple[ticks.Tick, ...] = ()
    settlement: str = ""

    @cached_property
    def by_strike(self) -> dict[Decimal, StrikeRow]:
        return {row.strike: row for row in self.rows}

    @cached_property
    def strikes(self) -> tuple[Decimal, ...]:
        return tuple(row.strike for row in self.rows)

    def nearest(self, price: Decimal) -> int:
        """The index of the strike nearest to a price; the lower one of two."""
        return min(range(len(self.rows)), key=lambda at: abs(self.rows[at].strike - price))


@dataclass(frozen=True, slots=True)
class Place:
    """Where a contract stands in its chain."""

    expiration: ChainExpiration
    strike: Decimal
    right: str
    contract: Contract


@dataclass(frozen=True)
class Chain:
    """All expirations of an underlying or a futures product, earliest first."""

    symbol: str
    kind: str
    expirations: tuple[ChainExpiration, ...]
    note: str = ""
    by_key: Mapping[str, ChainExpiration] = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "by_key", {item.key: item for item in self.expirations})

    @property
    def underlying_type(self) -> str:
        return FUTURE if self.kind == FUTURE_OPTION else EQUITY

    @cached_property
    def _places(self) -> dict[str, Place]:
        return {
            contract.symbol: Place(item, row.strike, right, contract)
            for item in self.expirations
            for row in item.rows
            for right, contract in ((CALL, row.call), (PUT, row.put))
            if contract is not None
        }

    def place(self, symbol: str) -> Place | None:
        """The place of an order symbol; None for what is not in this chain."""
        return self._places.get(symbol)

    def after(self, day: date) -> tuple[ChainExpiration, ...]:
        """The expirations later than a day."""
        return tuple(item for item in self.expirations if item.day > day)

    def nearest_day(self, days: int) -> ChainExpiration:
        """The expiration nearest to so many days; the earlier of two."""
        return min(self.expirations, key=lambda item: (abs(item.days - days), item.days, item.root))


def kind_of(symbol: str) -> str:
    """Which kind of chain a typed symbol asks for: futures begin with a slash."""
    return FUTURE_OPTION if symbol.strip().startswith("/") else EQUITY_OPTION


# Thousands of contracts are parsed for one click: what was parsed is kept for a moment.
REMEMBER_SECONDS, REMEMBERED = 30.0, 8
_remembered: OrderedDict[tuple[str, str, str, date], tuple[float, Chain]] = OrderedDict()


def load(connection: Connection, kind: str, symbol: str) -> Chain:
    """The chain of a symbol; raises NoChain with words for people.

    Chains are the same for all logins of an environment, as they are in `brokerage.reads`.
    """
    today = clock.today(connection)
    key = (connection.environment, kind, symbol, today)
    at, chain = _remembered.get(key, (0.0, None))
    if chain is not None and time.monotonic() - at < REMEMBER_SECONDS:
        return chain
    chain = _read(connection, kind, symbol, today)
    _remembered[key] = (time.monotonic(), chain)
    _remembered.move_to_end(key)
    while len(_remembered) > REMEMBERED:
        _remembered.popitem(last=False)
    return chain


def forget() -> None:
    """Chains are read anew."""
    _remembered.clear()


def _read(connection: Connection, kind: str, symbol: str, today: date) -> Chain:
    try:
        if kind == EQUITY_OPTION:
            read = reads.option_chain(connection, symbol)
            found = _of_equities(read.value, today)
        else:
            future = reads.future_option_chain(connection, symbol)
            read, found = future, _of_futures(future.value.option_chains, today)
    except reads.Missing:
        raise NoChain(f"The broker has no options on {symbol}.") from None
    except (reads.ReadError, ValueError) as problem:
        raise NoChain(f"The option chain of {symbol} cannot be read now: {problem}") from None
    if not found:
        raise NoChain(f"The broker has no options on {symbol}.")
    ordered = sorted(found, key=lambda item: (item.day, item.root))
    return Chain(symbol, kind, tuple(ordered), read.stale_because)


def _of_equities(chains: Iterable[Any], today: date) -> list[ChainExpiration]:
    return [
        ChainExpiration(
            key=f"{root.root_symbol}:{item.expiration_date}",
            root=root.root_symbol,
            day=item.expiration_date,
            days=(item.expiration_date - today).days,
            marks=_marks(item, root.root_symbol, root.underlying_symbol, root.option_chain_type),
            underlying=root.underlying_symbol,
            rows=_rows(item.strikes),
            shares=root.shares_per_contract,
            increments=_increments(root.tick_sizes),
            settlement=item.settlement_type,
        )
        for root in chains
        for item in root.expirations
        if _is_open(item, today)
    ]


def _of_futures(chains: Iterable[Any], today: date) -> list[ChainExpiration]:
    return [
        ChainExpiration(
            key=f"{item.option_contract_symbol}:{item.expiration_date}",
            root=item.option_contract_symbol,
            day=item.expiration_date,
            days=(item.expiration_date - today).days,
            marks=_marks(item, item.option_contract_symbol, "", ""),
            underlying=item.underlying_symbol,
            rows=_rows(item.strikes),
            increments=_increments(item.tick_sizes),
            settlement=item.settlement_type,
        )
        for group in chains
        for item in group.expirations
        if _is_open(item, today)
    ]


def _is_open(item: Any, today: date) -> bool:
    return item.expiration_date is not None and item.expiration_date >= today and item.strikes


def _marks(item: Any, root: str, underlying: str, chain_type: str) -> tuple[str, ...]:
    """`W` weekly, `Q` quarterly, `M` month's end, `AM` settlement, a root of its own, `ADJ`."""
    kinds = {"Weekly": "W", "Quarterly": "Q", "End-Of-Month": "M"}
    found = [kinds.get(item.expiration_type, "")]
    if item.settlement_type == "AM":
        found.append("AM")
    if root != underlying.replace("/", ""):
        found.append(root)
    if chain_type == "Non-standard":
        found.append("ADJ")
    return tuple(mark for mark in found if mark)


def _increments(rows: Sequence[Any]) -> tuple[ticks.Tick, ...]:
    return tuple(
        ticks.Tick(row.value, row.threshold)
        for row in rows
        if row.value and row.value > 0 and not getattr(row, "symbol", "")
    )


def _rows(strikes: Iterable[Any]) -> tuple[StrikeRow, ...]:
    found = [
        StrikeRow(
            row.strike_price,
            Contract(row.call, row.call_streamer_symbol) if row.call else None,
            Contract(row.put, row.put_streamer_symbol) if row.put else None,
        )
        for row in strikes
        if row.strike_price is not None
    ]
    return tuple(sorted(found, key=lambda row: row.strike))


def normalise(text: str) -> tuple[str, str]:
    """(kind, symbol) of what a person typed: `es` is a share, `/esz6` means the product /ES."""
    typed = text.strip().upper()
    if not typed:
        return EQUITY_OPTION, ""
    kind = kind_of(typed)
    return kind, instruments.normalise(kind, typed)


def underlying_facts(
    connection: Connection, chain: Chain, expiration: ChainExpiration
) -> InstrumentFacts | None:
    """What is known of the share, index or future that an expiration delivers."""
    symbol = expiration.underlying or chain.symbol
    return instruments.facts(connection, chain.underlying_type, symbol)
