"""What one contract of an adjusted option delivers, in units and in words.

The broker's option chain says so per class; the sync keeps its list in the raw object of the
option's instrument (see ``brokerage.sync.deliverables``)::

    [{"deliverable-type": "Shares", "symbol": "DIS", "amount": "150", …}, {"Cash", amount in USD}]
"""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from typing import Any

from brokerage.models import Instrument
from portfolio import formats

ADJUSTED, CASH = "Non-standard", "Cash"


def is_adjusted(instrument: Instrument) -> bool:
    return instrument.option_chain_type == ADJUSTED


def units_of(instrument: Instrument, symbol: str) -> Decimal | None:
    """Units of ``symbol`` in one contract; None where the list does not say, or says it twice."""
    shares = [item for item in _listed(instrument) if item.get("symbol") == symbol]
    return formats.decimal(shares[0].get("amount")) if len(shares) == 1 else None


def words(instrument: Instrument) -> str:
    """`150 DIS`, `50 AVGO + 1,250.00 USD in cash`; empty where the broker does not say."""
    return " + ".join(filter(None, map(_part, _listed(instrument))))


def badges(instrument: Instrument) -> Iterator[tuple[str, str]]:
    """(text, tip): that the class is adjusted, and what a contract of it delivers."""
    if not is_adjusted(instrument):
        return
    delivers = words(instrument)
    yield "ADJ", "Adjusted option: its deliverable is not the standard one"
    if delivers:
        yield f"delivers {delivers}", f"One contract delivers {delivers}"
    else:
        yield "delivers ?", "The broker does not say what one contract delivers"


def _listed(instrument: Instrument) -> list[dict[str, Any]]:
    return [item for item in instrument.raw.get("deliverables", []) if isinstance(item, dict)]


def _part(item: dict[str, Any]) -> str:
    amount = formats.decimal(item.get("amount"))
    if amount is None:
        return ""
    if item.get("deliverable-type") == CASH:
        return f"{formats.money(amount)} USD in cash"
    return f"{formats.quantity(amount, sign=False)} {item.get('symbol') or 'units'}"
