"""Complex orders as the API shows them: the members whole, no status of their own."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from simulator.http import stamp, text
from simulator.model import ComplexOrder, Order
from simulator.orders.wire import order_wire

if TYPE_CHECKING:
    from simulator.world import World


def complex_wire(world: World, group: ComplexOrder) -> dict[str, Any]:
    """The ComplexOrder object of a stored group."""
    trigger = None if group.trigger is None else world.orders[group.trigger]
    members = [world.orders[number] for number in group.orders]
    wire = {"id": group.id} | drawn(group, trigger, members)
    if group.related:
        wire["related-orders"] = [_related(world.orders[number]) for number in group.related]
    if group.terminal_at is not None:
        wire["terminal-at"] = stamp(group.terminal_at)
    return wire


def drawn(
    group: ComplexOrder, trigger: Order | None, members: list[Order], dry_run: bool = False
) -> dict[str, Any]:
    """The part that a dry run shows too: members without ids there."""
    wire: dict[str, Any] = {"account-number": group.account, "type": group.type}
    if group.ratio_threshold is not None:
        wire |= {
            "ratio-price-comparator": group.ratio_comparator,
            "ratio-price-threshold": text(group.ratio_threshold),
            "ratio-price-is-threshold-based-on-notional": group.ratio_notional,
        }
    if group.source is not None:
        wire["source"] = group.source
    wire["orders"] = [order_wire(order, dry_run) for order in members]
    if trigger is not None:
        wire["trigger-order"] = order_wire(trigger, dry_run)
    return wire


def _related(order: Order) -> dict[str, Any]:
    wire = {
        "id": order.id,
        "complex-order-id": order.complex_id,
        "complex-order-tag": order.complex_tag,
        "replaces-order-id": order.replaces,
        "replacing-order-id": order.replacing,
        "status": order.status,
    }
    return {key: value for key, value in wire.items() if value is not None}
