"""Executions: which model looks at an order, and what an execution writes.

`touch` (default): a buy executes at the ask when its limit reaches it, a sell at the bid; more than
the displayed size takes several executions, 100 ms apart, as long as the price holds. `queue`: the
displayed size executes once per change of the quote. `mid`: as `touch`, and with a seeded chance
per change of the quote at the middle where the limit reaches that. `scripted`: see
`fills/scripts.py`. `legacy-cert`: the old fixed table of the broker's sandbox. A spread executes
all legs together. Stops wake by the last price. Each order keeps the name of its model.
"""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import TYPE_CHECKING

from simulator.fills import legacy, scripts
from simulator.fills.sides import Execution, Side, at_middle, far_sides, limit_of, natural
from simulator.market.calendar import new_york_date
from simulator.model import ZERO, Fill, Leg, Order
from simulator.orders import groups
from simulator.orders.sessions import is_open
from simulator.venues import venue_for

if TYPE_CHECKING:
    from simulator.world import World

__all__ = ["FILL_MODELS", "Execution", "execute", "far_sides", "goes_on", "look", "natural"]

FILL_MODELS = ("touch", "queue", "mid", "scripted", "legacy-cert")
MATCHABLE = ("Live", "Cancel Requested", "Replace Requested")
MARKET_LIKE = ("Market", "Notional Market", "Marketable Limit")


def look(world: World, order: Order) -> Execution | None:
    """What an order is given now, None for nothing. Wakes stops."""
    if order.status not in MATCHABLE or order.filled:
        return None
    found = _given(world, order)
    if found is None or not order.oco_side:
        return found
    lots = min(found.lots, groups.room(world, order))
    return Execution(lots, found.sides) if lots > 0 else None


def _given(world: World, order: Order) -> Execution | None:
    if order.fill_model == "scripted" and scripts.decides(order):
        return scripts.look(world, order)
    sides = far_sides(world, order)
    if sides is None or not is_open(sides[0].terms, order.time_in_force, world.clock.now()):
        return None
    if order.fill_model == "legacy-cert":
        return legacy.look(order, sides)
    if not _awake(world, order, sides[0]):
        return None
    if _price_reached(order, sides):
        lots = _lots(world, order, sides)
        return Execution(lots, sides) if lots > 0 else None
    return _middle(world, order, sides) if order.fill_model == "mid" else None


def goes_on(order: Order) -> bool:
    """Whether the rest of an order is looked at again soon, the quote unchanged."""
    return order.fill_model == "touch"


def _awake(world: World, order: Order, side: Side) -> bool:
    if order.order_type not in ("Stop", "Stop Limit") or order.triggered:
        return True
    if side.last is None or order.stop_trigger is None:
        return False
    buys = order.legs[0].buys
    hit = side.last >= order.stop_trigger if buys else side.last <= order.stop_trigger
    if hit:
        order.triggered = True
        world.touch(order)
    return hit


def _price_reached(order: Order, sides: list[Side]) -> bool:
    limit = limit_of(order)
    if limit is None or order.order_type in (*MARKET_LIKE, "Stop"):
        return True
    return natural(sides) <= limit


def _middle(world: World, order: Order, sides: list[Side]) -> Execution | None:
    """The middle, where the limit reaches it and the draw for this quote says so."""
    better, limit = at_middle(sides), limit_of(order)
    if limit is None or natural(better) > limit or not _changed(world, order, sides):
        return None
    drawn = int.from_bytes(
        world.ids.digest("mid", order.id, world.last_match[order.id], size=4), "big"
    )
    if drawn / 2**32 >= world.settings.mid_probability:
        return None
    return Execution(_displayed(order, better), better)


def _lots(world: World, order: Order, sides: list[Side]) -> Decimal:
    if order.fill_model == "queue" and not _changed(world, order, sides):
        return ZERO
    return _displayed(order, sides)


def _displayed(order: Order, sides: list[Side]) -> Decimal:
    """What is left, but no more than the far sides show; crypto and fractions are one piece."""
    left = order.lots_left
    if sides[0].terms.instrument_type == "Cryptocurrency" or left < 1:
        return left
    shown = min(s.size / s.ratio for s in sides)
    whole = Decimal(int(shown)) if shown >= 1 else Decimal(1)
    return min(left, whole)


def _changed(world: World, order: Order, sides: list[Side]) -> bool:
    """Whether a quote is newer than the one this order was last given something from."""
    stamp = max((s.time for s in sides if s.time), default=None)
    if stamp is not None and world.last_match.get(order.id) == stamp:
        return False
    world.last_match[order.id] = stamp
    return True


def execute(world: World, order: Order, given: Execution) -> list[tuple[Leg, Fill]]:
    """The executions of what a model gave, not yet entered in the legs."""
    now = world.clock.now()
    single = len(given.sides) == 1 or order.fill_model == "legacy-cert"
    group = "0" if single else str(world.ids.next("group") + 2_263_000_000)
    return [
        (side.leg, _fill(world, order, side, quantity, group, now))
        for side in given.sides
        if (quantity := min(side.ratio * given.lots, side.leg.remaining)) > 0
    ]


def _fill(
    world: World, order: Order, side: Side, quantity: Decimal, group: str, now: datetime
) -> Fill:
    day = new_york_date(now)
    count = world.ids.daily("fill", day)
    # the legs of a spread trade in one place
    key = (order.id, group) if group != "0" else (order.id, count)
    venue = venue_for(world.ids, side.terms.instrument_type, side.terms.exchange, *key)
    if order.fill_model == "legacy-cert":
        venue = legacy.VENUE
    order.venue = venue
    return Fill(
        fill_id=f"{len(side.leg.fills) + 1}_SIM{order.id}.{day:%Y%m%d}.{count}",
        quantity=quantity,
        price=side.price,
        at=now,
        venue=venue,
        exec_id=str(world.ids.next("exec")),
        group_id=group,
    )
