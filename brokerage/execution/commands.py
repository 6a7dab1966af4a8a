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

from brokerage.execution import rules as rules_of
from brokerage.execution.amounts import amount_text, decimal_of, quantity_value
from brokerage.execution.rules import OrderRules

SOURCE = "strikedesk"
DEBIT, CREDIT = "Debit", "Credit"
# Of a bare future: the broker decides whether it opens or closes.
BUY, SELL = "Buy", "Sell"
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
    rules: OrderRules | None = None

    @property
    def orders(self) -> tuple[SubmitOrder, ...]:
        """The orders it consists of: itself."""
        return (self,)

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
        if self.rules is not None:
            body["rules"] = self.rules.body()
        if self.closes:
            # Without it the broker turns a stale close into a new position the other way round.
            body["advanced-instructions"] = {"strict-position-effect-validation": True}
        return body


OTO, OCO, OTOCO, PAIRS = "OTO", "OCO", "OTOCO", "PAIRS"
COMPLEX_KINDS = (OTO, OCO, OTOCO, PAIRS)


@dataclass(frozen=True, slots=True)
class SubmitComplexOrder:
    """Orders that depend on each other; they are placed and cancelled as one.

    OTO and OTOCO have a `trigger_order`; PAIRS has the ratio of its two orders' prices
    (`ratio_comparator` is gte or lte) and nothing else has one.
    """

    kind: str
    members: tuple[SubmitOrder, ...]
    trigger_order: SubmitOrder | None = None
    ratio_comparator: str = ""
    ratio_threshold: Decimal | None = None
    ratio_is_notional: bool = False

    @property
    def orders(self) -> tuple[SubmitOrder, ...]:
        """All of them, the trigger first; the broker numbers its findings in this order."""
        first = () if self.trigger_order is None else (self.trigger_order,)
        return (*first, *self.members)

    @property
    def only_closes(self) -> bool:
        return all(order.only_closes for order in self.orders)

    @property
    def legs(self) -> tuple[OrderLeg, ...]:
        return tuple(leg for order in self.orders for leg in order.legs)

    def body(self) -> dict[str, Any]:
        """The request body without external identifiers."""
        body: dict[str, Any] = {"type": self.kind, "source": SOURCE}
        if self.trigger_order is not None:
            body["trigger-order"] = self.trigger_order.body()
        body["orders"] = [order.body() for order in self.members]
        if self.kind == PAIRS and self.ratio_threshold is not None:
            body |= _ratio(self.ratio_comparator, self.ratio_threshold)
            body["ratio-price-is-threshold-based-on-notional"] = self.ratio_is_notional
        return body


Submission = SubmitOrder | SubmitComplexOrder


@dataclass(frozen=True, slots=True)
class ReplaceOrder:
    """A new price, type or time for a working order; legs and quantity stay.

    `whole` sends all of these (PUT), else only what is given (PATCH): a nudge by ticks.
    """

    order_type: str = ""
    time_in_force: str = ""
    price: Decimal | None = None
    price_effect: str = ""
    stop_trigger: Decimal | None = None
    gtc_date: date | None = None
    whole: bool = True

    @property
    def method(self) -> str:
        return "PUT" if self.whole else "PATCH"

    def body(self) -> dict[str, Any]:
        """The request body; keys that are not given are left out."""
        body: dict[str, Any] = {}
        if self.time_in_force:
            body["time-in-force"] = self.time_in_force
        if self.order_type:
            body["order-type"] = self.order_type
        if self.price is not None:
            body |= {"price": amount_text(self.price), "price-effect": self.price_effect}
        if self.stop_trigger is not None:
            body["stop-trigger"] = amount_text(self.stop_trigger)
        if self.gtc_date is not None:
            body["gtc-date"] = self.gtc_date.isoformat()
        return body


@dataclass(frozen=True, slots=True)
class EditPairs:
    """Another ratio for a PAIRS order: the one thing that may be changed about it."""

    comparator: str
    threshold: Decimal

    def body(self) -> dict[str, Any]:
        return _ratio(self.comparator, self.threshold)


@dataclass(frozen=True, slots=True)
class CancelOrder:
    """Ask the broker to cancel one order of one account, or a whole group of them."""

    account_number: str
    broker_id: int
    is_group: bool = False

    def body(self) -> dict[str, Any]:
        return {"cancel-group" if self.is_group else "cancel": self.broker_id}


def _ratio(comparator: str, threshold: Decimal) -> dict[str, Any]:
    return {
        "ratio-price-comparator": comparator,
        "ratio-price-threshold": amount_text(threshold),
    }


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


def submission_from(body: Mapping[str, Any]) -> Submission:
    """The command that made this body, of one order or of a group."""
    if "orders" not in body:
        return from_body(body)
    trigger = body.get("trigger-order")
    return SubmitComplexOrder(
        kind=body["type"],
        members=tuple(from_body(item) for item in body["orders"]),
        trigger_order=from_body(trigger) if trigger else None,
        ratio_comparator=body.get("ratio-price-comparator", ""),
        ratio_threshold=decimal_of(body.get("ratio-price-threshold")),
        ratio_is_notional=bool(body.get("ratio-price-is-threshold-based-on-notional")),
    )


def from_body(body: Mapping[str, Any]) -> SubmitOrder:
    """The command that made this body (a stored preview or intent)."""
    return SubmitOrder(
        order_type=body["order-type"],
        time_in_force=body["time-in-force"],
        legs=tuple(_leg_from(leg) for leg in body["legs"]),
        price=decimal_of(body.get("price")),
        price_effect=body.get("price-effect", ""),
        stop_trigger=decimal_of(body.get("stop-trigger")),
        value=decimal_of(body.get("value")),
        value_effect=body.get("value-effect", ""),
        gtc_date=date.fromisoformat(body["gtc-date"]) if body.get("gtc-date") else None,
        rules=rules_of.from_body(body.get("rules")),
    )


def replacement_from(body: Mapping[str, Any]) -> ReplaceOrder:
    """The change that made this body."""
    return ReplaceOrder(
        order_type=body.get("order-type", ""),
        time_in_force=body.get("time-in-force", ""),
        price=decimal_of(body.get("price")),
        price_effect=body.get("price-effect", ""),
        stop_trigger=decimal_of(body.get("stop-trigger")),
        gtc_date=date.fromisoformat(body["gtc-date"]) if body.get("gtc-date") else None,
        whole="order-type" in body and "time-in-force" in body,
    )


def _leg_from(leg: Mapping[str, Any]) -> OrderLeg:
    return OrderLeg(
        instrument_type=leg["instrument-type"],
        symbol=leg["symbol"],
        action=leg["action"],
        quantity=decimal_of(leg.get("quantity")),
    )
