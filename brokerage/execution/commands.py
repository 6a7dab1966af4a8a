"""What a person means to do, as frozen values; the wire body is made here and nowhere else.

Amounts and quantities are Decimal. A price is a magnitude with its effect beside it, per unit
(per share for options), never negative.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

SOURCE = "strikedesk"
DEBIT, CREDIT = "Debit", "Credit"
EQUITY, EQUITY_OPTION = "Equity", "Equity Option"
FUTURE, FUTURE_OPTION = "Future", "Future Option"
CRYPTOCURRENCY = "Cryptocurrency"


@dataclass(frozen=True, slots=True)
class OrderLeg:
    """One leg; `quantity` is None for a notional order alone."""

    instrument_type: str
    symbol: str
    action: str
    quantity: Decimal | None = None

    @property
    def buys(self) -> bool:
        return self.action.startswith("Buy")

    @property
    def closes(self) -> bool:
        return self.action.endswith("to Close")

    @property
    def opens(self) -> bool:
        return self.action.endswith("to Open")

    @property
    def signed_quantity(self) -> Decimal | None:
        """Positive when it buys, negative when it sells."""
        if self.quantity is None:
            return None
        return self.quantity if self.buys else -self.quantity


@dataclass(frozen=True, slots=True)
class SubmitOrder:
    """A single order of one to four legs."""

    order_type: str
    time_in_force: str
    legs: tuple[OrderLeg, ...]
    price: Decimal | None = None
    price_effect: str = ""
    stop_trigger: Decimal | None = None
    value: Decimal | None = None
    value_effect: str = ""
    gtc_date: date | None = None

    @property
    def closes(self) -> bool:
        return any(leg.closes for leg in self.legs)

    @property
    def only_closes(self) -> bool:
        return bool(self.legs) and all(leg.closes for leg in self.legs)

    @property
    def instrument_type(self) -> str:
        return self.legs[0].instrument_type if self.legs else ""

    def body(self) -> dict[str, Any]:
        """The request body without external identifier; amounts are text, absent keys left out."""
        body: dict[str, Any] = {
            "order-type": self.order_type,
            "time-in-force": self.time_in_force,
            "legs": [_leg_body(leg) for leg in self.legs],
            "source": SOURCE,
        }
        body |= _amounts(self)
        if self.gtc_date is not None:
            body["gtc-date"] = self.gtc_date.isoformat()
        if self.closes:
            # Without it the broker turns a stale close into a new position the other way round.
            body["advanced-instructions"] = {"strict-position-effect-validation": True}
        return body


@dataclass(frozen=True, slots=True)
class CancelOrder:
    """Ask the broker to cancel one order of one account."""

    account_number: str
    broker_id: int

    def body(self) -> dict[str, Any]:
        return {"cancel": self.broker_id}


def amount_text(value: Decimal) -> str:
    """Plain decimal text with at least two decimals: 229.4 → "229.40", 0.03125 stays."""
    text = f"{value.normalize():f}"
    decimals = len(text.partition(".")[2])
    return text if decimals > 2 else f"{value:.2f}"


def quantity_value(value: Decimal) -> int | str:
    """Whole quantities as a number, fractional ones as exact text."""
    return int(value) if value == value.to_integral_value() else f"{value.normalize():f}"


def _leg_body(leg: OrderLeg) -> dict[str, Any]:
    body: dict[str, Any] = {
        "instrument-type": leg.instrument_type,
        "symbol": leg.symbol,
        "action": leg.action,
    }
    if leg.quantity is not None:
        body["quantity"] = quantity_value(leg.quantity)
    return body


def _amounts(order: SubmitOrder) -> dict[str, str]:
    amounts: dict[str, str] = {}
    if order.price is not None:
        amounts |= {"price": amount_text(order.price), "price-effect": order.price_effect}
    if order.stop_trigger is not None:
        amounts["stop-trigger"] = amount_text(order.stop_trigger)
    if order.value is not None:
        amounts |= {"value": amount_text(order.value), "value-effect": order.value_effect}
    return amounts


def from_body(body: Mapping[str, Any]) -> SubmitOrder:
    """The command that made this body (a stored preview or intent)."""
    return SubmitOrder(
        order_type=body["order-type"],
        time_in_force=body["time-in-force"],
        legs=tuple(_leg_from(leg) for leg in body["legs"]),
        price=_decimal(body.get("price")),
        price_effect=body.get("price-effect", ""),
        stop_trigger=_decimal(body.get("stop-trigger")),
        value=_decimal(body.get("value")),
        value_effect=body.get("value-effect", ""),
        gtc_date=date.fromisoformat(body["gtc-date"]) if body.get("gtc-date") else None,
    )


def _leg_from(leg: Mapping[str, Any]) -> OrderLeg:
    return OrderLeg(
        instrument_type=leg["instrument-type"],
        symbol=leg["symbol"],
        action=leg["action"],
        quantity=_decimal(leg.get("quantity")),
    )


def _decimal(value: object) -> Decimal | None:
    return None if value is None else Decimal(str(value))
