"""What an order is tied to: the one it replaces or is replaced by, the one that it waits for."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from django.db.models import Q
from django.urls import reverse

from brokerage.enums import TERMINAL_STATUSES
from brokerage.models import ComplexOrder, Order


@dataclass(frozen=True, slots=True)
class Tie:
    """`words` before the broker's number; `url` is empty for an order that is not mirrored."""

    words: str
    number: int
    url: str = ""

    def __str__(self) -> str:
        return f"{self.words} {self.number}"


# (account, the broker's number) of an order or of a group.
Key = tuple[int, int]


def ties_of(orders: Iterable[Order]) -> dict[int, list[Tie]]:
    """Ties by the order's key, in two queries however many orders there are."""
    rows = list(orders)
    triggers = _triggers(rows)
    raw = {order.pk: _raw(order, triggers) for order in rows}
    wanted = {(order.account_id, number) for order in rows for _, number in raw[order.pk]}
    known = _known(wanted)
    return {
        order.pk: [
            Tie(words, number, _url(known.get((order.account_id, number))))
            for words, number in raw[order.pk]
        ]
        for order in rows
    }


def named_ties(order: Order) -> list[Tie]:
    """What the order itself names; without addresses, without a query."""
    return [Tie(words, number) for words, number in _named(order)]


def _named(order: Order) -> list[tuple[str, int]]:
    named = (("replaces", order.replaces_order_id), ("replaced by", order.replacing_order_id))
    return [(words, number) for words, number in named if number]


def _raw(order: Order, triggers: Mapping[Key, int]) -> list[tuple[str, int]]:
    found = _named(order)
    waits = order.status == "Contingent"
    first = triggers.get((order.account_id, order.complex_order_id or 0))
    if waits and first and first != order.broker_id:
        found.append(("waits for order", first))
    elif waits and order.replaces_order_id:
        found.append(("waits for the end of", order.replaces_order_id))
    return found


def _triggers(orders: Sequence[Order]) -> dict[Key, int]:
    """The entry of each group that one of these orders waits in."""
    groups = {
        (order.account_id, order.complex_order_id)
        for order in orders
        if order.status == "Contingent" and order.complex_order_id is not None
    }
    if not groups:
        return {}
    rows = ComplexOrder.objects.filter(
        account__in={account for account, _ in groups}, broker_id__in={n for _, n in groups}
    ).values_list("account_id", "broker_id", "trigger_order_id")
    return {(account, number): first for account, number, first in rows if first}


def _known(wanted: set[Key]) -> dict[Key, int]:
    if not wanted:
        return {}
    rows = Order.objects.filter(
        Q(account__in={account for account, _ in wanted}), broker_id__in={n for _, n in wanted}
    ).values_list("account_id", "broker_id", "pk")
    return {(account, number): pk for account, number, pk in rows}


def _url(pk: int | None) -> str:
    return reverse("portfolio:order-detail", args=[pk]) if pk is not None else ""


# --- two orders of which one takes the place of the other ---------------------------------------


def pair_words(one: Order, other: Order) -> str:
    """What may happen while a replacement waits; empty once one of the two has ended.

    The broker routes the new order after the old one is cancelled. That both are not filled is
    said only where what remains of the old one proves it.
    """
    old, new = (one, other) if other.replaces_order_id == one.broker_id else (other, one)
    if new.replaces_order_id != old.broker_id or _ended(old) or _ended(new):
        return ""
    if _fits(old, new):
        return (
            f"Order {new.broker_id} is routed once order {old.broker_id} is cancelled: "
            "you may be filled on either, not both."
        )
    return (
        f"Order {new.broker_id} is routed once order {old.broker_id} is cancelled. What remains of "
        "the two does not show that both cannot be filled: look at the quantities."
    )


def _ended(order: Order) -> bool:
    return order.status in TERMINAL_STATUSES or order.gone_at is not None


def _fits(old: Order, new: Order) -> bool:
    """Whether the new order asks for no more of any leg than the old one has left."""
    left = {leg.symbol: leg.remaining_quantity for leg in old.legs.all()}
    asked = [(leg.symbol, leg.remaining_quantity) for leg in new.legs.all()]
    if not asked:
        return False
    for symbol, quantity in asked:
        rest = left.get(symbol)
        if quantity is None or rest is None or quantity > rest:
            return False
    return True
