"""The strip of working orders at the foot of every page."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from django.urls import NoReverseMatch, reverse

from brokerage.enums import SUBMISSION_STATUSES, WORKING_STATUSES
from brokerage.models import Order
from portfolio import formats

SHOWN = 8


@dataclass(frozen=True, slots=True)
class StripOrder:
    """One working order in a line: status chip, words, price."""

    url: str
    status: str
    tone: str
    words: str
    price: str


@dataclass(frozen=True, slots=True)
class Strip:
    rows: list[StripOrder]
    more: int


def strip_of(orders: Sequence[Order], count: int) -> Strip:
    """The first of the working orders given, of which there are `count`."""
    rows = [_row(order) for order in orders[:SHOWN]]
    return Strip(rows, max(0, count - len(rows)))


def _row(order: Order) -> StripOrder:
    return StripOrder(
        url=_url(order),
        status=status_words(order),
        tone=status_tone(order.status),
        words=order_words(order),
        price=formats.structure_price(order.price, order.price_effect) if order.price else "",
    )


def status_tone(status: str) -> str:
    """The chip's group by the broker's status."""
    if status in WORKING_STATUSES:
        return "working"
    return "submission" if status in SUBMISSION_STATUSES else "terminal"


def status_words(order: Order) -> str:
    """The broker's word; with `3/10` when a part has been filled."""
    for leg in order.legs.all():
        if leg.quantity and leg.remaining_quantity is not None:
            done = leg.quantity - leg.remaining_quantity
            if 0 < done < leg.quantity:
                sizes = (formats.quantity(item, sign=False) for item in (done, leg.quantity))
                return f"{order.status} {'/'.join(sizes)}"
    return order.status


def order_words(order: Order) -> str:
    """`−1 SPY 17 Jan 26 590 P`, and how many more legs there are."""
    legs = list(order.legs.all())
    if not legs:
        return order.underlying_symbol
    first = legs[0]
    amount = first.quantity if first.quantity is not None else order.size
    if amount is not None and first.action.startswith("Sell"):
        amount = -amount
    words = formats.leg_label(amount, first.symbol, first.instrument_type)
    return f"{words} +{len(legs) - 1}" if len(legs) > 1 else words


def _url(order: Order) -> str:
    try:
        return reverse("portfolio:order-detail", args=[order.pk])
    except NoReverseMatch:
        return ""
