"""A hand on single orders: execute, reject, remove, trigger a stop, give a script."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING

from simulator import matching
from simulator.fills import scripts
from simulator.fills.sides import Execution
from simulator.model import WORKING, Order
from simulator.orders import groups, machine

if TYPE_CHECKING:
    from simulator.world import World


def fill(
    world: World, order: Order, lots: Decimal | None = None, price: Decimal | None = None
) -> None:
    """Execute a working order whatever the market says, wholly or in part.

    `price` is the net price of a lot, signed as a cost for several legs (negative: received) and
    the price per unit for one. Raises ValueError for an order that does not work, for more lots
    than are left, and for a side of an OCO whose other side has taken its place.
    """
    if order.status not in WORKING:
        raise ValueError("the order does not work")
    wanted = order.lots_left if lots is None else lots
    most = min(order.lots_left, groups.room(world, order)) if order.oco_side else order.lots_left
    if not 0 < wanted <= most:
        raise ValueError("not so many lots are left")
    if price is not None and len(order.legs) == 1:
        price *= order.legs[0].sign
    sides = scripts.priced(world, order, price)
    world.apply(order, matching.execute(world, order, Execution(wanted, sides)))
    world.publish_groups()


def reject(world: World, order: Order, reason: str) -> None:
    """The exchange refuses an order that has not ended. Raises ValueError when it has."""
    _open(order)
    machine.reject(world, order, reason)
    machine.drop_successor(world, order)
    world.publish_groups()


def remove(world: World, order: Order) -> None:
    """The broker's administration takes an order out; what was executed stands."""
    _open(order)
    partly = any(leg.fills for leg in order.legs)
    machine.finish(world, order, "Partially Removed" if partly else "Removed")
    machine.drop_successor(world, order)
    world.publish_groups()


def trigger(world: World, order: Order) -> None:
    """Wake a stop as if its trigger price had been seen."""
    _open(order)
    if order.stop_trigger is None:
        raise ValueError("the order has no stop trigger")
    order.triggered = True
    world.touch(order)
    world.match(order)
    world.publish_groups()


def script(world: World, order: Order, text: str | None) -> None:
    """Give an order a script, or with None leave it to the model in force again."""
    _open(order)
    if text is not None and scripts.read(text) is None:
        raise ValueError("that is no script")
    machine.assign(world, order, text)
    world.touch(order)
    world.match(order)
    world.publish_groups()


def _open(order: Order) -> None:
    if order.terminal:
        raise ValueError("the order has ended")
