"""How the members of a complex order move each other.

    OTO, OTOCO   the trigger goes out first; executed whole it releases the other orders, ended
                 otherwise it takes them along
    OCO          both sides go out; one executed whole, or cancelled, cancels the other. A side that
                 expires or is rejected leaves the other alone: it may be what protects
    PAIRS        both orders go out when the ratio of the two last prices passes the threshold

Two sides together never execute more than one of them was for, nor more than there is to close.
A replaced member leaves its place to its successor and is kept among the related orders.
"""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from typing import TYPE_CHECKING

from simulator.buying_power import effect, reserves, tickets_of
from simulator.model import ZERO, ComplexOrder, Order
from simulator.orders import machine
from simulator.orders.sessions import expires_on
from simulator.terms import terms_of

if TYPE_CHECKING:
    from simulator.world import World

TO_START = timedelta(milliseconds=20)
NO_POWER = "Account does not have sufficient buying power available for this order."
ENDED = ("Cancelled", "Removed", "Partially Removed")


def held_back(order: Order) -> bool:
    """Not yet an order of its own: reserves nothing and stands in nobody's way.

    The trigger of a group waits for a moment only and counts from the beginning.
    """
    return order.waits and not (order.complex_tag or "").endswith("trigger-order")


def start(world: World, group: ComplexOrder) -> None:
    """Send out the members that wait for nothing; those of a pair wait for their ratio."""
    if group.type == "PAIRS":
        return
    first = group.orders if group.trigger is None else [group.trigger]
    for number in first:
        release(world, world.orders[number])


def find_pairs(world: World) -> None:
    """Know the pairs that wait among restored groups."""
    world.pairs = {
        group.id: None
        for group in world.complex_orders.values()
        if group.type == "PAIRS" and group.terminal_at is None
    }


def resume(world: World) -> None:
    """After a restart: enter again the beginnings that were due."""
    for group in world.complex_orders.values():
        first = group.orders if group.trigger is None else [group.trigger]
        if group.terminal_at is None and any(world.orders[n].waits for n in first):
            world.agenda.at(world.clock.now() + TO_START, "group", group.id)


def release(world: World, order: Order) -> None:
    """A member's turn: its time in force begins, its buying power is looked at."""
    if order.status != "Contingent" or order.terminal:
        return
    terms = terms_of(world, order.legs[0].symbol)
    if terms is None:
        raise LookupError(order.legs[0].symbol)
    now = world.clock.now()
    order.expires_on = expires_on(terms, order.time_in_force, order.gtc_date, now)
    if not _affordable(world, order):
        machine.reject(world, order, NO_POWER)
    elif order.rules and not order.rules.get("routed-at"):
        order.contingent_status = "Pending Condition"
        machine.schedule(world, order)
        world.publish_order(order)
    else:
        machine.handle(world, "route", order)


def _affordable(world: World, order: Order) -> bool:
    account = world.accounts[order.account]
    if not any(reserves(account, leg) for leg in order.legs):
        return True
    measured = effect(world, account, tickets_of(world, order), order.id)
    return measured.new >= 0 or measured.change >= 0


# -- what a member's fate means for the others -----------------------------------------------


def settled(world: World, order: Order) -> None:
    """A member was executed, in part or whole, or it ended."""
    group = world.complex_orders.get(order.complex_id or 0)
    if group is None:
        return
    if order.edited and order.replacing is not None and order.status == "Cancelled":
        _succeed(group, order)
    elif order.id == group.trigger:
        _trigger_done(world, group, order)
    elif order.id not in group.orders:
        _keep(group, order)
    elif order.oco_side:
        _side_done(world, group, order)
    _close(world, group)
    world.touch(group)


def _succeed(group: ComplexOrder, order: Order) -> None:
    successor = order.replacing or 0
    _keep(group, order)
    if group.trigger == order.id:
        group.trigger = successor
    group.orders = [successor if n == order.id else n for n in group.orders]


def _keep(group: ComplexOrder, order: Order) -> None:
    if order.id not in group.related:
        group.related.append(order.id)


def _trigger_done(world: World, group: ComplexOrder, trigger: Order) -> None:
    if not trigger.terminal:
        return
    for number in group.orders:
        member = world.orders[number]
        if trigger.filled:
            release(world, member)
        elif trigger.status != "Filled" and not member.terminal:
            machine.request_cancel(world, member)


def _side_done(world: World, group: ComplexOrder, order: Order) -> None:
    spent = order.filled or order.status in ENDED
    if not spent and any(leg.fills for leg in order.legs):
        spent = room(world, order) <= 0
    if spent:
        cancel_members(world, group)


def cancel_members(world: World, group: ComplexOrder, username: str | None = None) -> None:
    """Cancel what is left of a group: the members before the trigger that holds them."""
    for number in [*group.orders, *([] if group.trigger is None else [group.trigger])]:
        member = world.orders[number]
        if not member.terminal and member.status not in ("Cancel Requested", "Replace Requested"):
            machine.request_cancel(world, member, username)
        elif member.status == "Replace Requested":
            _stop_replacement(world, member)


def _stop_replacement(world: World, member: Order) -> None:
    """The wish to replace becomes one to cancel."""
    member.status = "Live"
    successor = world.orders.get(member.replacing or 0)
    member.replacing = None
    if successor is not None and not successor.terminal:
        machine.cancelled(world, successor)
    machine.request_cancel(world, member)


def _close(world: World, group: ComplexOrder) -> None:
    members = [world.orders[number] for number in group.members]
    if group.terminal_at is None and all(m.terminal for m in members):
        group.terminal_at = world.clock.now()


# -- limits of a side ------------------------------------------------------------------------


def room(world: World, order: Order) -> Decimal:
    """Lots that a side of an OCO may still execute."""
    group = world.complex_orders.get(order.complex_id or 0)
    done = order.size - order.lots_left
    for number in group.orders if group is not None else ():
        other = world.orders[number]
        if other.id != order.id and other.oco_side:
            done += other.size if other.filled else other.size - other.lots_left
    return min(order.size - done, closable(world, order))


def closable(world: World, order: Order) -> Decimal:
    """Lots of an order that the account's positions can give."""
    positions = world.accounts[order.account].positions
    found = []
    for leg in order.legs:
        held = positions.get(leg.symbol)
        against = held is not None and held.quantity * leg.sign < 0
        ratio = (leg.quantity or order.size) / order.size
        found.append(abs(held.quantity) / ratio if held is not None and against else ZERO)
    return min(found)


# -- pairs -----------------------------------------------------------------------------------


def look_at_ratios(world: World) -> None:
    """Send out the pairs whose ratio has passed its threshold."""
    if not world.pairs:
        return
    for number in list(world.pairs):
        group = world.complex_orders.get(number)
        waiting = [
            member
            for n in (group.orders if group is not None else ())
            if (member := world.orders[n]).status == "Contingent"
        ]
        if group is None or not waiting:
            world.pairs.pop(number, None)
        elif passed(group, ratio(world, group)):
            for member in waiting:
                release(world, member)


def passed(group: ComplexOrder, value: Decimal | None) -> bool:
    """Whether a ratio is on the far side of the threshold."""
    if value is None or group.ratio_threshold is None:
        return False
    if group.ratio_comparator == "gte":
        return value >= group.ratio_threshold
    return value <= group.ratio_threshold


def ratio(world: World, group: ComplexOrder) -> Decimal | None:
    """First order against second: last prices per unit, or their notional values."""
    first, second = (_worth(world, world.orders[n], group.ratio_notional) for n in group.orders[:2])
    return None if first is None or not second else first / second


def _worth(world: World, order: Order, notional: bool) -> Decimal | None:
    leg = order.legs[0]
    quote, terms = world.market.quote(leg.symbol), terms_of(world, leg.symbol)
    if quote is None or quote.last is None or terms is None:
        return None
    price = Decimal(quote.last)
    return price * (leg.quantity or ZERO) * terms.multiplier if notional else price


# -- replacing a member ----------------------------------------------------------------------


def held_by_group(world: World, order: Order) -> bool:
    """Whether it is the group, not a predecessor, that an order waits for."""
    before = world.orders.get(order.replaces or 0)
    return order.complex_id is not None and (before is None or before.terminal)


def trigger_of(world: World, order: Order) -> Order | None:
    """The order that has to be executed before this one goes out."""
    group = world.complex_orders.get(order.complex_id or 0)
    if group is None or group.trigger is None or group.trigger == order.id:
        return None
    return world.orders[group.trigger]


def pair_holds(world: World, order: Order, order_type: str) -> bool:
    """Whether the sides of an OCO still make a pair when one has another type."""
    group = world.complex_orders.get(order.complex_id or 0)
    if group is None or not order.oco_side:
        return True
    types = [order_type if n == order.id else world.orders[n].order_type for n in group.orders]
    return "Limit" in types and any(kind in ("Stop", "Stop Limit") for kind in types)
