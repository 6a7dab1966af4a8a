"""What a customer may do with complex orders: place, check, cancel, move a ratio."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from simulator.buying_power import Effect, effect, tickets_of
from simulator.model import Account, ComplexOrder, Order
from simulator.orders import desk, groups, machine
from simulator.orders.changes import cannot_update
from simulator.orders.complex_checks import Plan, plan, warnings
from simulator.orders.complex_request import read_complex, read_ratio
from simulator.orders.complex_wire import complex_wire, drawn
from simulator.orders.preview import affordable, calculation

if TYPE_CHECKING:
    from simulator.world import World


def place(
    world: World, account: Account, body: dict[str, Any], username: str
) -> tuple[ComplexOrder, dict[str, Any]]:
    """Check, store and start a complex order; the group and the wrapper of the answer."""
    found = plan(world, account, read_complex(body))
    measured = _measure(world, account, found)
    group = _group(world, account, found)
    request_id = ""
    for order in found.orders:
        order.complex_id = group.id
        desk.register(world, order, username)
        request_id = request_id or order.request_id
        order.request_id = request_id
    group.trigger = found.trigger.id if found.trigger is not None else None
    group.orders = [order.id for order in found.members]
    _store(world, group, found.orders)
    data = calculation(measured) | {
        "complex-order": complex_wire(world, group),
        "warnings": warnings(found),
    }
    return group, data


def _group(world: World, account: Account, found: Plan) -> ComplexOrder:
    request = found.request
    return ComplexOrder(
        id=world.ids.next("complex"),
        account=account.number,
        type=request.type,
        orders=[],
        received_at=world.clock.now(),
        source=request.source,
        ratio_comparator=request.comparator,
        ratio_threshold=request.threshold,
        ratio_notional=request.notional,
    )


def _store(world: World, group: ComplexOrder, orders: list[Order]) -> None:
    world.complex_orders[group.id] = group
    world.touch(group)
    for order in orders:
        machine.start(world, order)
        world.record(order)
        world.publish_order(order)
    if group.type == "PAIRS":
        world.pairs[group.id] = None
    else:
        world.agenda.at(world.clock.now() + groups.TO_START, "group", group.id)
    world.publish_groups()


def dry_run(world: World, account: Account, body: dict[str, Any]) -> dict[str, Any]:
    """The same checks; nothing is stored."""
    found = plan(world, account, read_complex(body))
    measured = _measure(world, account, found)
    group = _unnumbered(account, found, world)
    return calculation(measured) | {
        "complex-order": drawn(group, found.trigger, found.members, dry_run=True),
        "warnings": warnings(found),
    }


def _unnumbered(account: Account, found: Plan, world: World) -> ComplexOrder:
    request = found.request
    return ComplexOrder(
        id=0,
        account=account.number,
        type=request.type,
        orders=[],
        received_at=world.clock.now(),
        source=request.source,
        ratio_comparator=request.comparator,
        ratio_threshold=request.threshold,
        ratio_notional=request.notional,
    )


def _measure(world: World, account: Account, found: Plan) -> Effect:
    """Of a pair both orders, else the order that comes first; a trigger's orders follow it."""
    chosen = found.orders if found.request.type == "PAIRS" else found.orders[:1]
    tickets = [ticket for order in chosen for ticket in tickets_of(world, order)]
    measured = effect(world, account, tickets)
    affordable(measured, any(case.opens for case in found.cases[: len(chosen)]))
    return measured


def cancel(world: World, group: ComplexOrder, username: str) -> None:
    """Ask for the end of all members; 422 for a finished group, a repeat changes nothing."""
    if group.terminal_at is not None:
        raise cannot_update("the complex order could not be cancelled")
    groups.cancel_members(world, group, username)
    world.publish_groups()


def edit(world: World, group: ComplexOrder, body: dict[str, Any]) -> dict[str, Any]:
    """Move the ratio of a pair that still waits; the wrapper of the answer."""
    wanted = _editable(world, group, body)
    group.ratio_comparator = wanted.ratio_comparator
    group.ratio_threshold = wanted.ratio_threshold
    world.touch(group)
    world.changed_groups[group.id] = None
    data = _wrapper(world, group)
    groups.look_at_ratios(world)
    world.publish_groups()
    return data


def dry_edit(world: World, group: ComplexOrder, body: dict[str, Any]) -> dict[str, Any]:
    """The checks of `edit`; nothing is stored."""
    return _wrapper(world, _editable(world, group, body))


def _editable(world: World, group: ComplexOrder, body: dict[str, Any]) -> ComplexOrder:
    """The group as it would be; raises the 400 or 422 that says why not."""
    if group.type != "PAIRS":
        raise cannot_update("only the ratio of a PAIRS order can be changed")
    request = read_ratio(body)
    if any(world.orders[n].status != "Contingent" for n in group.orders):
        raise cannot_update("the complex order could not be changed")
    return ComplexOrder(
        id=group.id,
        account=group.account,
        type=group.type,
        orders=group.orders,
        received_at=group.received_at,
        source=group.source,
        ratio_comparator=request.comparator or group.ratio_comparator,
        ratio_threshold=request.threshold or group.ratio_threshold,
        ratio_notional=group.ratio_notional,
    )


def _wrapper(world: World, group: ComplexOrder) -> dict[str, Any]:
    account = world.accounts[group.account]
    tickets = [t for n in group.orders for t in tickets_of(world, world.orders[n])]
    measured = effect(world, account, tickets)
    wire = complex_wire(world, group)
    return calculation(measured) | {"complex-order": wire, "warnings": []}
