"""Is a typed symbol well formed? The adapter has the grammar; here it gets words for people."""

from __future__ import annotations

import re

from brokerage.execution.commands import (
    CRYPTOCURRENCY,
    EQUITY,
    EQUITY_OPTION,
    FUTURE,
    FUTURE_OPTION,
)

_GRAMMAR: dict[str, tuple[re.Pattern[str], str]] = {
    EQUITY: (
        re.compile(r"[A-Z][A-Z0-9]{0,5}(/[A-Z]{1,2})?"),
        "A ticker looks like AAPL or BRK/B.",
    ),
    EQUITY_OPTION: (
        re.compile(r"(?=.{21}$)[A-Z0-9]{1,6} *\d{6}[CP]\d{8}"),
        "Choose expiration, strike and call or put.",
    ),
    FUTURE: (
        re.compile(r"/[0-9A-Z]{1,4}[FGHJKMNQUVXZ]\d{1,2}"),
        "A future looks like /ESZ6.",
    ),
    FUTURE_OPTION: (
        re.compile(r"\./.{5,6}.{6}\d{6}[CP]\d+(\.\d+)?"),
        "Choose expiration, strike and call or put.",
    ),
    CRYPTOCURRENCY: (re.compile(r"[A-Z0-9]{2,6}/USD"), "A coin looks like BTC/USD."),
}


def grammar_problem(instrument_type: str, symbol: str) -> str:
    """Plain words when the symbol is malformed for its type, else an empty text."""
    if not symbol:
        return "Enter a symbol."
    grammar = _GRAMMAR.get(instrument_type)
    if grammar is None:
        return "This kind of instrument cannot be traded."
    pattern, words = grammar
    if not pattern.fullmatch(symbol):
        return f"“{symbol.strip()}” is not a symbol of this kind. {words}"
    return ""
