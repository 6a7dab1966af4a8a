"""Executions against the simulated market.

`touch` (default): a buy executes at the ask when its limit reaches it, a sell at the bid; more than
the displayed size takes several executions, 100 ms apart, as long as the price holds. `queue`: the
displayed size executes once per change of the quote. A spread executes at its natural price, all
legs together. Stops wake by the last price.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import TYPE_CHECKING

from simulator.market.calendar import new_york_date
from simulator.model import ZERO, Fill, Leg, Order
from simulator.orders.sessions import is_open
from simulator.terms import Terms, terms_of
from simulator.venues import venue_for

if TYPE_CHECKING:
    from simulator.world import World

MATCHABLE = ("Live", "Cancel Requested", "Replace Requested")
MARKET_LIKE = ("Market", "Notional Market", "Marketable Limit")


@dataclass(frozen=True, slots=True)
class Side:
    """A leg's far side of the market: price per unit and displayed quantity."""

    leg: Leg
    terms: Terms
    ratio: Decimal
    price: Decimal
    size: Decimal
    last: Decimal | None
    time: datetime | None


def look(world: World, order: Order) -> Decimal:
    """Lots that execute now; 0 when nothing does. Wakes stops."""
    if order.status not in MATCHABLE or order.filled:
        return ZERO
    sides = far_sides(world, order)
    if sides is None or not _session_open(world, order, sides):
        return ZERO
    if not _awake(world, order, sides[0]) or not _price_reached(order, sides):
        return ZERO
    return _lots(world, order, sides)


def _session_open(world: World, order: Order, sides: list[Side]) -> bool:
    return is_open(sides[0].terms, order.time_in_force, world.clock.now())


def far_sides(world: World, order: Order) -> list[Side] | None:
    """The market of every leg; None when a leg has no far side."""
    found = []
    for leg in order.legs:
        terms, quote = terms_of(world, leg.symbol), world.market.quote(leg.symbol)
        if terms is None or quote is None:
            return None
        price = quote.ask if leg.buys else quote.bid
        size = quote.ask_size if leg.buys else quote.bid_size
        if price is None or (price <= 0 and len(order.legs) == 1):
            return None
        found.append(
            Side(
                leg=leg,
                terms=terms,
                ratio=(leg.quantity or order.size) / order.size if order.size else ZERO,
                price=Decimal(price),
                size=Decimal(size or 0),
                last=None if quote.last is None else Decimal(quote.last),
                time=getattr(quote, "time", None),
            )
        )
    return found


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
    if order.price is None or order.order_type in (*MARKET_LIKE, "Stop"):
        return True
    limit = order.price if order.price_effect == "Debit" else -order.price
    return natural(sides) <= limit


def natural(sides: list[Side]) -> Decimal:
    """Net cost per lot at the far sides: positive is paid."""
    return sum((s.leg.sign * s.ratio * s.price for s in sides), ZERO)


def _lots(world: World, order: Order, sides: list[Side]) -> Decimal:
    left = order.lots_left
    if order.script and order.script.startswith("partial:"):
        return _scripted(order, left)
    fractional = sides[0].terms.instrument_type == "Cryptocurrency"
    if fractional or left < 1:
        return left
    shown = min(s.size / s.ratio for s in sides)
    whole = Decimal(int(shown)) if shown >= 1 else Decimal(1)
    if order.fill_model == "queue":
        stamp = max((s.time for s in sides if s.time), default=None)
        if stamp is not None and world.last_match.get(order.id) == stamp:
            return ZERO
        world.last_match[order.id] = stamp
    return min(left, whole)


def _scripted(order: Order, left: Decimal) -> Decimal:
    wanted = Decimal(order.script.split(":")[1]) if order.script else ZERO
    done = order.size - left
    return max(min(wanted - done, left), ZERO)


def execute(world: World, order: Order, lots: Decimal) -> list[tuple[Leg, Fill]]:
    """Add the executions of `lots` to the legs; prices are those of the far sides now."""
    sides = far_sides(world, order)
    if sides is None:
        return []
    now = world.clock.now()
    group = "0" if len(sides) == 1 else str(world.ids.next("group") + 2_263_000_000)
    done = []
    for side in sides:
        quantity = min(side.ratio * lots, side.leg.remaining)
        fill = _fill(world, order, side, quantity, group, now)
        done.append((side.leg, fill))
    return done


def _fill(
    world: World, order: Order, side: Side, quantity: Decimal, group: str, now: datetime
) -> Fill:
    day = new_york_date(now)
    count = world.ids.daily("fill", day)
    # the legs of a spread trade in one place
    key = (order.id, group) if group != "0" else (order.id, count)
    venue = venue_for(world.ids, side.terms.instrument_type, side.terms.exchange, *key)
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
