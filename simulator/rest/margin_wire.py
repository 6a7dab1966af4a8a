"""Parts of margin answers that the report and the dry run share."""

from __future__ import annotations

from typing import Any

from simulator.http import text
from simulator.margin import Holding


def underlying_type(symbol: str) -> str:
    """The kind of a margin group, by its symbol."""
    if symbol.startswith("/"):
        return "Future"
    return "Cryptocurrency" if symbol.endswith("/USD") else "Equity"


def entry_wire(entry: Holding) -> dict[str, Any]:
    """A holding inside a strategy; what does not apply is the text NaN."""
    wire: dict[str, Any] = {
        "instrument-symbol": entry.symbol,
        "instrument-type": entry.instrument_type,
        "quantity": text(entry.quantity),
        "average-open-price": "NaN",
        "close-price": text(entry.close_price) if entry.close_price is not None else "NaN",
        "fixing-price": "NaN",
    }
    if entry.is_option and entry.strike is not None and entry.expiration is not None:
        wire |= {"strike-price": text(entry.strike), "option-type": entry.right}
        if entry.instrument_type == "Equity Option":
            side = 1 if entry.right == "C" else -1
            wire["deliverable-quantity"] = text(side * entry.quantity * entry.set_size)
        wire["expiration-date"] = entry.expiration.isoformat()
    return wire
