"""A working order with other values: what may change, what it would then be. Nothing is sent."""

from __future__ import annotations

from typing import Any

from brokerage.enums import TERMINAL_STATUSES
from brokerage.execution import commands, matrix
from brokerage.execution.commands import OrderLeg, ReplaceOrder, SubmitOrder
from brokerage.models import Order


def replace_problem(order: Order) -> str:
    """Why this order cannot be changed; empty when it can be asked for."""
    if order.status in TERMINAL_STATUSES:
        return f"The order is {order.status} already."
    if order.editable is False:
        return f"The broker does not let this order be changed while it is {order.status}."
    if order.order_type not in matrix.ORDER_TYPES:
        return f"The desk does not know how to change a {order.order_type or 'nameless'} order."
    return ""


def present_values(order: Order) -> ReplaceOrder:
    """What may be changed, as it is now."""
    return ReplaceOrder(
        order_type=order.order_type,
        time_in_force=order.time_in_force,
        price=order.price,
        price_effect=order.price_effect if order.price is not None else "",
        stop_trigger=order.stop_trigger,
        gtc_date=order.gtc_date,
    )


def merged(order: Order, changes: ReplaceOrder) -> SubmitOrder:
    """The order as it would be: the changes over the present values, the legs as they are."""
    now = present_values(order)
    kind = changes.order_type or now.order_type
    needs = matrix.ORDER_TYPES[kind].requires if kind in matrix.ORDER_TYPES else frozenset()
    time_in_force = changes.time_in_force or now.time_in_force
    keep = now if not changes.whole else ReplaceOrder()
    price = changes.price if changes.price is not None else keep.price
    return SubmitOrder(
        order_type=kind,
        time_in_force=time_in_force,
        legs=legs_of(order),
        price=price if "price" in needs or changes.price is not None else None,
        price_effect=changes.price_effect or (now.price_effect if price is not None else ""),
        stop_trigger=changes.stop_trigger
        if changes.stop_trigger is not None
        else (keep.stop_trigger if "stop_trigger" in needs else None),
        value=order.value,
        value_effect=order.value_effect,
        gtc_date=changes.gtc_date or (now.gtc_date if time_in_force == "GTD" else None),
    )


def legs_of(order: Order) -> tuple[OrderLeg, ...]:
    return tuple(
        OrderLeg(leg.instrument_type, leg.symbol, leg.action, leg.quantity)
        for leg in order.legs.all()
    )


def expected(target: Order, body: dict[str, Any]) -> dict[str, Any]:
    """The body that the new order should echo."""
    return merged(target, commands.replacement_from(body)).body()
