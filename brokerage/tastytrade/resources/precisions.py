"""How finely each instrument's quantity is kept and traded."""

from __future__ import annotations

from brokerage.tastytrade.calls import Call
from brokerage.tastytrade.payloads.instruments import QuantityPrecision
from brokerage.tastytrade.resources.instruments import quantity_precisions


def list_precisions() -> Call[tuple[QuantityPrecision, ...]]:
    return quantity_precisions()
