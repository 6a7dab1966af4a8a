"""What stands on a chain's strikes already: positions held and orders working, by contract."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from decimal import Decimal

from django.urls import reverse

from brokerage.models import Order
from portfolio import formats
from portfolio.facts import Leg


@dataclass(frozen=True, slots=True)
class Mark:
    """One chip: its text, what it means, its class, where it leads."""

    text: str
    tip: str
    css: str
    url: str = ""


@dataclass
class Marks:
    """Chips by order symbol; `held` is the signed quantity over the accounts in view."""

    held: dict[str, Decimal] = field(default_factory=dict)
    chips: dict[str, list[Mark]] = field(default_factory=dict)


def marks_of(legs: Iterable[Leg], orders: Iterable[Order]) -> Marks:
    """Marks of these positions and working orders."""
    found = Marks()
    for leg in legs:
        if not leg.closed_today:
            found.held[leg.symbol] = found.held.get(leg.symbol, Decimal(0)) + leg.holding.quantity
    for symbol, held in found.held.items():
        if held:
            words = formats.quantity(held)
            tip = f"You hold {words}"
            css = "mark mark--long" if held > 0 else "mark mark--short"
            found.chips[symbol] = [Mark(words, tip, css)]
    for order in orders:
        _mark_order(found, order)
    return found


def _mark_order(found: Marks, order: Order) -> None:
    for leg in order.legs.all():
        left = leg.remaining_quantity if leg.remaining_quantity is not None else leg.quantity
        if not left:
            continue
        side = "B" if leg.action.startswith("Buy") else "S"
        count = formats.quantity(left, sign=False)
        price = formats.structure_price(order.price, order.price_effect) if order.price else ""
        tip = f"Working: {leg.action} {count} {price} ({order.status})".replace("  ", " ")
        chip = Mark(
            f"{side}{count}",
            tip,
            "mark mark--order",
            reverse("portfolio:order-detail", args=[order.pk]),
        )
        found.chips.setdefault(leg.symbol, []).append(chip)
