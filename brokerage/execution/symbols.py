"""Order symbols as a ticket needs them: is it well formed, and how is one put together.

The grammar itself is the adapter's; here it only gets words for people.
"""

from __future__ import annotations

import re
from datetime import date
from decimal import Decimal

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


def option_symbol(root: str, expiration: date, option_type: str, strike: Decimal) -> str:
    """The 21-character option symbol; ValueError when root or strike do not fit."""
    thousandths = strike * 1000
    if thousandths != thousandths.to_integral_value() or not 0 < strike < 100_000:
        raise ValueError("strike")
    if not 1 <= len(root) <= 6:
        raise ValueError("root")
    return f"{root:<6}{expiration:%y%m%d}{option_type}{int(thousandths):08d}"
