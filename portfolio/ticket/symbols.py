"""Symbols for the ticket's type-ahead, through the broker's search."""

from __future__ import annotations

from dataclasses import dataclass

from brokerage import reads
from brokerage.execution import matrix
from brokerage.execution.commands import EQUITY_OPTION, FUTURE_OPTION
from brokerage.models import Connection

MOST = 8
# The search knows what options are on, not the options themselves.
_WANTED = {EQUITY_OPTION: ("Equity", "Index"), FUTURE_OPTION: ("Future",)}


@dataclass(frozen=True, slots=True)
class SymbolChoice:
    """`wish` is what a button says to the ticket: symbol:AAPL:Equity."""

    symbol: str
    description: str
    wish: str


@dataclass(frozen=True, slots=True)
class SymbolsFound:
    """`words` say why there is nothing."""

    matches: tuple[SymbolChoice, ...] = ()
    words: str = ""


def find(connection: Connection | None, instrument_type: str, text: str) -> SymbolsFound:
    """What begins with the text: those of the ticket's instrument first, then the others."""
    wanted = text.strip().upper()
    if connection is None or not wanted:
        return SymbolsFound()
    try:
        rows = reads.search(connection, wanted.lstrip("/.")).value
    except (reads.ReadError, ValueError) as problem:
        return SymbolsFound(words=f"Symbols cannot be searched now: {problem}")
    kinds = _WANTED.get(instrument_type, (instrument_type,))
    offered = [row for row in rows if row.instrument_type in (*kinds, *matrix.INSTRUMENTS)]
    offered.sort(key=lambda row: row.instrument_type not in kinds)
    matches = tuple(
        SymbolChoice(row.symbol, row.description, f"symbol:{row.symbol}:{row.instrument_type}")
        for row in offered[:MOST]
    )
    return SymbolsFound(matches, "" if matches else f"No symbol begins with {wanted}.")
