"""What a customer may do with orders: place, check, cancel, replace."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from simulator.http import ApiError
from simulator.model import Account, Order
from simulator.orders import machine
from simulator.orders.build import build
from simulator.orders.case import Case
from simulator.orders.preview import check, preflight, wrapper
from simulator.orders.request import LegRequest, OrderRequest, read_order

if TYPE_CHECKING:
    from simulator.world import World

REPLACEABLE = ("price", "order-type", "time-in-force", "price-effect", "stop-trigger", "gtc-date")
SCRIPTS = (
    "immediate", "delayed:", "never", "partial:", "reject", "scheduled:", "ledger-lag:",
    "lose-response", "http:",
)  # fmt: skip


def place(world: World, account: Account, body: dict[str, Any], username: str) -> dict[str, Any]:
    """Check, store and start an order; the wrapper of the answer."""
    case = Case(world, account, read_order(body))
    check(case)
    order = build(case)
    measured = preflight(case, order)
    _register(world, order, username)
    if order.rules:
        order.contingent_status = "Pending Condition"
    machine.start(world, order)
    world.record(order)
    return wrapper(case, order, measured, dry_run=False)


def dry_run(world: World, account: Account, body: dict[str, Any]) -> dict[str, Any]:
    """The same checks; nothing is stored."""
    case = Case(world, account, read_order(body))
    check(case)
    order = build(case)
    if order.rules:
        order.status, order.contingent_status = "Contingent", "Pending Condition"
    return wrapper(case, order, preflight(case, order), dry_run=True)


def cancel(world: World, order: Order, username: str) -> Order:
    """Ask for cancellation; 422 for a finished order, a repeat changes nothing."""
    if order.terminal:
        raise _cannot_update("the order could not be cancelled")
    if order.complex_id is not None:
        raise _cannot_update("the order could not be cancelled")
    if order.status not in ("Cancel Requested", "Replace Requested"):
        machine.request_cancel(world, order, username)
    return order


def replace(
    world: World, account: Account, order: Order, body: dict[str, Any], username: str
) -> Order:
    """A new order that waits for the old one's cancellation (PUT and PATCH alike)."""
    case, fresh = _successor(world, account, order, body)
    preflight(case, fresh)
    _register(world, fresh, username)
    fresh.replaces, fresh.contingent_status = order.id, "Pending Order"
    machine.start(world, fresh)
    world.record(fresh)
    order.replacing = fresh.id
    waiting = order.status in ("Received", "Contingent")
    order.status = "Replace Requested"
    if waiting:
        # no exchange has the old order: it ends at once
        world.publish_order(fresh)
        machine.handle(world, "replaced", order)
    else:
        machine.schedule(world, order)
        world.publish_order(order)
        world.publish_order(fresh)
    return fresh


def dry_replace(
    world: World, account: Account, order: Order, body: dict[str, Any]
) -> dict[str, Any]:
    """Checks of a replacement; nothing is stored."""
    case, fresh = _successor(world, account, order, body)
    fresh.status, fresh.contingent_status = "Contingent", "Pending Order"
    fresh.replaces = order.id
    return wrapper(case, fresh, preflight(case, fresh), dry_run=True)


def _successor(
    world: World, account: Account, order: Order, body: dict[str, Any]
) -> tuple[Case, Order]:
    # a replacement that waits for its predecessor has no place in the queue to give up
    waits = order.contingent_status == "Pending Order"
    if waits or order.status not in ("Received", "Contingent", "Live"):
        raise _cannot_update("the order could not be replaced")
    request = read_order(_merged(order, body), legs_required=False)
    _same_legs(order, request)
    request.legs = [
        LegRequest(leg.instrument_type, leg.symbol, leg.action, leg.remaining) for leg in order.legs
    ]
    case = Case(world, account, request, without=order.id)
    check(case)
    return case, build(case)


def _merged(order: Order, body: dict[str, Any]) -> dict[str, Any]:
    """The old order's values under the keys that the body leaves out."""
    kind = body.get("order-type") or order.order_type
    old = {
        "order-type": order.order_type,
        "time-in-force": order.time_in_force,
        "price": str(order.price) if order.price is not None else None,
        "price-effect": order.price_effect,
        "stop-trigger": str(order.stop_trigger) if order.stop_trigger is not None else None,
        "gtc-date": order.gtc_date.isoformat() if order.gtc_date else None,
        "external-identifier": order.external_identifier,
        "source": order.source,
    }
    if kind not in ("Limit", "Stop Limit"):
        old["price"] = old["price-effect"] = None
    if kind not in ("Stop", "Stop Limit"):
        old["stop-trigger"] = None
    return {**{k: v for k, v in old.items() if v is not None}, **body}


def _same_legs(order: Order, request: OrderRequest) -> None:
    if not request.legs:
        return
    sent = {(leg.symbol, leg.action, leg.quantity) for leg in request.legs}
    kept = {(leg.symbol, leg.action, leg.quantity) for leg in order.legs}
    if sent != kept:
        raise _cannot_update("the legs of an order cannot be changed")


def _register(world: World, order: Order, username: str) -> None:
    order.id = world.ids.next("order")
    order.username = username
    order.user_id = str(world.users[username].user_id)
    order.request_id = f"{world.ids.uuid('request')}=order-api={world.ids.hex('request', 4)}"
    order.fill_model = world.settings.fill_model
    order.script = _script(world, order.external_identifier)


def _script(world: World, identifier: str | None) -> str | None:
    if world.settings.script is not None:
        return world.settings.script
    if identifier and identifier.startswith(SCRIPTS):
        return identifier
    return None


def _cannot_update(message: str) -> ApiError:
    return ApiError(422, "cannot_update_order", message)
