"""What a customer may do with orders: place, check, cancel, replace."""

from __future__ import annotations

import copy
from typing import TYPE_CHECKING, Any

from simulator.fills import scripts
from simulator.model import Account, Order
from simulator.orders import complex_checks, groups, machine
from simulator.orders.build import build
from simulator.orders.case import Case
from simulator.orders.changes import cannot_update, merged, unchanged
from simulator.orders.checks import messages
from simulator.orders.preview import check, preflight, refusal, wrapper
from simulator.orders.request import LegRequest, read_order

if TYPE_CHECKING:
    from simulator.world import World


def place(world: World, account: Account, body: dict[str, Any], username: str) -> dict[str, Any]:
    """Check, store and start an order; the wrapper of the answer."""
    case = Case(world, account, read_order(body))
    check(case)
    order = build(case)
    measured = preflight(case, order)
    register(world, order, username)
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
        raise cannot_update("the order could not be cancelled")
    if order.complex_id is not None:
        raise cannot_update("the order could not be cancelled")
    if order.status not in ("Cancel Requested", "Replace Requested"):
        machine.request_cancel(world, order, username)
    return order


def replace(
    world: World, account: Account, order: Order, body: dict[str, Any], username: str
) -> Order:
    """A new order that waits for the old one's cancellation (PUT and PATCH alike)."""
    case, fresh = _successor(world, account, order, body)
    preflight(case, fresh)
    register(world, fresh, username)
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
    return wrapper(case, fresh, preflight(case, fresh), dry_run=True)


def _successor(
    world: World, account: Account, order: Order, body: dict[str, Any]
) -> tuple[Case, Order]:
    # a replacement that waits for its predecessor has no place in the queue to give up
    if (order.waits and not groups.held_by_group(world, order)) or order.status not in (
        "Received", "Contingent", "Live"
    ):  # fmt: skip
        raise cannot_update("the order could not be replaced")
    request = read_order(merged(order, body), legs_required=False)
    unchanged(order, request, body)
    notional = request.order_type == "Notional Market"
    request.legs = [
        LegRequest(leg.instrument_type, leg.symbol, leg.action, None if notional else leg.remaining)
        for leg in order.legs
    ]
    trigger = groups.trigger_of(world, order) if order.waits else None
    case = Case(world, account, request, order.id, order.complex_id, trigger)
    check(case)
    if not groups.pair_holds(world, order, request.order_type):
        raise refusal(messages([complex_checks.BAD_PAIR]))
    fresh = build(case)
    fresh.complex_id, fresh.complex_tag = order.complex_id, order.complex_tag
    fresh.preflight_id, fresh.rules = order.preflight_id, copy.deepcopy(order.rules)
    return case, fresh


def register(world: World, order: Order, username: str) -> None:
    order.id = world.ids.next("order")
    order.username = username
    order.user_id = str(world.users[username].user_id)
    order.request_id = f"{world.ids.uuid('request')}=order-api={world.ids.hex('request', 4)}"
    machine.assign(world, order, _script(world, order.external_identifier))


def _script(world: World, identifier: str | None) -> str | None:
    """The script for all, the identifier's own, or the default of the scripted model."""
    named = world.settings.script or scripts.read(identifier)
    if named is None and world.settings.fill_model == "scripted":
        return "immediate"
    return named
