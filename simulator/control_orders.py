"""Steering single orders: executions, refusals, stops, scripts."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Literal

import msgspec
from starlette.requests import Request

from simulator.control_api import Table, path_number
from simulator.fills import steer
from simulator.http import invalid, not_found
from simulator.model import Order
from simulator.orders.machine import request_cancel
from simulator.orders.wire import order_wire

if TYPE_CHECKING:
    from simulator.world import World

table = Table()


class OrderAction(msgspec.Struct, kw_only=True, rename="kebab", forbid_unknown_fields=True):
    """What is to happen to one order."""

    action: Literal["fill", "cancel", "reject", "remove", "trigger", "script"]
    quantity: Decimal | None = None
    """`fill`: lots; all that are left without it."""
    price: Decimal | None = None
    """`fill`: net price of a lot, signed as a cost for several legs; the market's without it."""
    reason: str = "Rejected by exchange"
    script: str | None = None
    """`script`: as an external identifier would ask for it; null leaves it to the fill model."""


@table.add("GET", "/control/orders")
async def orders(world: World, request: Request, body: None) -> Any:
    """The orders of all accounts as they stand, with their fill models and scripts."""
    account = request.query_params.get("account-number")
    found = (o for o in world.orders.values() if account in (None, o.account))
    return {"orders": [_shown(order) for order in found]}


@table.add("POST", "/control/orders/{id}", OrderAction)
async def steer_order(world: World, request: Request, body: OrderAction) -> Any:
    """Execute an order wholly or in part, cancel, reject or remove it, wake a stop, script it."""
    order = world.orders.get(path_number(request))
    if order is None:
        raise not_found("order")
    world.catch_up()
    try:
        _act(body)(world, order)
    except ValueError as failure:
        raise invalid(("order", str(failure))) from None
    world.journal.append({"kind": "control", "order-id": order.id, "action": body.action})
    world.flush()
    return _shown(order)


def _act(body: OrderAction) -> Callable[[World, Order], None]:
    match body.action:
        case "fill":
            return lambda world, order: steer.fill(world, order, body.quantity, body.price)
        case "reject":
            return lambda world, order: steer.reject(world, order, body.reason)
        case "script":
            return lambda world, order: steer.script(world, order, body.script)
        case "remove":
            return steer.remove
        case "trigger":
            return steer.trigger
    return _cancel


def _cancel(world: World, order: Order) -> None:
    if order.terminal:
        raise ValueError("the order has ended")
    request_cancel(world, order)


def _shown(order: Order) -> dict[str, Any]:
    return {**order_wire(order), "fill-model": order.fill_model, "script": order.script}
