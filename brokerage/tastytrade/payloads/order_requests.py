"""Orders as we send them. Prices are positive; the side of the money is in the effect."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

import msgspec

from brokerage.tastytrade import wire


class LegRequest(msgspec.Struct, frozen=True):
    """`quantity` is positive, and absent for a notional order."""

    instrument_type: str
    symbol: str
    action: str
    quantity: Decimal | None = None


class OrderRequest(msgspec.Struct, frozen=True):
    """The body of a placement, a dry run, a replace.

    `external_identifier` is a correlation handle, no guard against duplicates.
    """

    order_type: str
    time_in_force: str
    legs: tuple[LegRequest, ...] = ()
    price: Decimal | None = None
    price_effect: str | None = None
    stop_trigger: Decimal | None = None
    value: Decimal | None = None
    value_effect: str | None = None
    gtc_date: date | None = None
    external_identifier: str | None = None
    source: str | None = None
    automated_source: bool | None = None
    strict_position_effect_validation: bool | None = None
    rules: dict[str, Any] | None = None

    def __post_init__(self) -> None:
        for amount in (self.price, self.value, self.stop_trigger):
            if amount is not None and (not amount.is_finite() or amount < 0):
                raise ValueError("amounts of an order are not negative; the effect has the sign")

    def body(self) -> dict[str, Any]:
        """The JSON-ready request body."""
        found: dict[str, Any] = wire.outgoing(self)
        strict = found.pop("strict-position-effect-validation", None)
        if strict is not None:
            found["advanced-instructions"] = {"strict-position-effect-validation": strict}
        if not self.legs:
            del found["legs"]
        return found


class ComplexOrderRequest(msgspec.Struct, frozen=True):
    """The body of a complex order: OTO and OTOCO have a trigger, PAIRS a ratio."""

    type: str
    orders: tuple[OrderRequest, ...]
    trigger_order: OrderRequest | None = None
    source: str | None = None
    ratio_price_comparator: str | None = None
    ratio_price_threshold: Decimal | None = None
    ratio_price_is_threshold_based_on_notional: bool | None = None

    def body(self) -> dict[str, Any]:
        found: dict[str, Any] = wire.outgoing(self)
        found["orders"] = [order.body() for order in self.orders]
        if self.trigger_order is not None:
            found["trigger-order"] = self.trigger_order.body()
        return found
