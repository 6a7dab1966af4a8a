"""The market of an order's legs, and prices made from it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import ROUND_CEILING, ROUND_FLOOR, Decimal
from typing import TYPE_CHECKING

from simulator.model import ZERO, Leg, Order
from simulator.terms import Terms, terms_of

if TYPE_CHECKING:
    from simulator.world import World


@dataclass(frozen=True, slots=True)
class Side:
    """A leg with a price per unit to execute at and what its far side displays.

    `near` is the price of the other side of the quote, `time` the quote's.
    """

    leg: Leg
    terms: Terms
    ratio: Decimal
    price: Decimal
    size: Decimal
    near: Decimal | None
    last: Decimal | None
    time: datetime | None


@dataclass(frozen=True, slots=True)
class Execution:
    """What a model gives an order now: lots, and the legs at the prices they execute at."""

    lots: Decimal
    sides: Sequence[Side]


def far_sides(world: World, order: Order) -> list[Side] | None:
    """The market of every leg; None when a leg has no far side."""
    found = []
    for leg in order.legs:
        terms, quote = terms_of(world, leg.symbol), world.market.quote(leg.symbol)
        if terms is None or quote is None:
            return None
        price = quote.ask if leg.buys else quote.bid
        if price is None or (price <= 0 and len(order.legs) == 1):
            return None
        near = quote.bid if leg.buys else quote.ask
        found.append(_side(order, leg, terms, Decimal(price), quote, near))
    return found


def _side(
    order: Order, leg: Leg, terms: Terms, price: Decimal, quote: object, near: object
) -> Side:
    size = getattr(quote, "ask_size" if leg.buys else "bid_size", None)
    last = getattr(quote, "last", None)
    return Side(
        leg=leg,
        terms=terms,
        ratio=(leg.quantity or order.size) / order.size if order.size else ZERO,
        price=price,
        size=Decimal(size or 0),
        near=None if near is None else Decimal(str(near)),
        last=None if last is None else Decimal(last),
        time=getattr(quote, "time", None),
    )


def rough_sides(world: World, order: Order) -> list[Side]:
    """The legs at their far sides, else marks, else 1.00: for scripts that fill regardless."""
    found = []
    for leg in order.legs:
        terms, quote = terms_of(world, leg.symbol), world.market.quote(leg.symbol)
        if terms is None:
            raise LookupError(leg.symbol)
        far = None if quote is None else quote.ask if leg.buys else quote.bid
        price = far or world.market.mark(leg.symbol) or 1
        found.append(_side(order, leg, terms, Decimal(price), quote, None))
    return found


def natural(sides: Sequence[Side]) -> Decimal:
    """Net cost per lot at the sides' prices: positive is paid."""
    return sum((s.leg.sign * s.ratio * s.price for s in sides), ZERO)


def limit_of(order: Order) -> Decimal | None:
    """The most that a lot may cost (negative: the least it must bring); None without a price."""
    if order.price is None:
        return None
    return order.price if order.price_effect == "Debit" else -order.price


def at_middle(sides: Sequence[Side]) -> list[Side]:
    """The legs at the middle of their quotes, on the increment, rounded against the order."""
    return [
        s if s.near is None else replace(s, price=_on_tick(s, (s.price + s.near) / 2))
        for s in sides
    ]


def _on_tick(side: Side, price: Decimal) -> Decimal:
    for increment, bound in side.terms.ticks:
        if (bound is None or price < bound) and increment:
            way = ROUND_CEILING if side.leg.buys else ROUND_FLOOR
            return (price / increment).to_integral_value(way) * increment
    return price


def at_net(sides: Sequence[Side], wanted: Decimal) -> list[Side]:
    """The legs moved so that a lot costs exactly `wanted`; no price falls below zero."""
    gap = wanted - natural(sides)
    moved = list(sides)
    for index in sorted(range(len(sides)), key=lambda i: -sides[i].price):
        side = moved[index]
        step = gap / (side.leg.sign * side.ratio)
        price = max(side.price + step, ZERO)
        moved[index] = replace(side, price=price)
        gap -= (price - side.price) * side.leg.sign * side.ratio
        if not gap:
            break
    return moved
