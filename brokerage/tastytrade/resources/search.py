"""Symbol search."""

from __future__ import annotations

from brokerage.tastytrade.calls import Call, get, many
from brokerage.tastytrade.payloads.market_data import SymbolMatch


def symbols(text: str) -> Call[tuple[SymbolMatch, ...]]:
    """Symbols and names that begin with the text."""
    return get("/symbols/search/{}", text, parse=many(SymbolMatch))
