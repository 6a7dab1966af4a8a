"""Groups of orders (OTO, OCO, OTOCO, PAIRS): the broker gives them no status, so it is derived."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from brokerage.enums import TERMINAL_STATUSES
from brokerage.models import Order
from portfolio.orders.facts import OrderFacts
from portfolio.orders.words import Chip

_NAMES = {
    "OTO": "One triggers others",
    "OCO": "One cancels the other",
    "OTOCO": "Bracket: entry with take profit and stop",
    "PAIRS": "Pair by price ratio",
}


@dataclass(frozen=True, slots=True)
class GroupFacts:
    """A group and its members, entry first; `pk` is that of a member, to act on the group."""

    complex_id: int
    account: str
    kind: str
    name: str
    chip: Chip
    members: list[OrderFacts]
    pk: int
    cancellable: bool
    protective: bool
    is_group: bool = True


def group_facts(orders: Sequence[Order], facts: Mapping[int, OrderFacts]) -> GroupFacts:
    """Facts of the group that all these orders belong to; replaced members are left out."""
    present = [order for order in orders if not order.edited] or list(orders)
    present.sort(key=lambda order: (not is_trigger(order), order.broker_id))
    first = present[0]
    kind = first.complex_order_tag.partition("::")[0]
    members = [facts[order.pk] for order in present]
    return GroupFacts(
        complex_id=first.complex_order_id or 0,
        account=str(first.account),
        kind=kind or "Group",
        name=_NAMES.get(kind, "Orders that belong together"),
        chip=group_chip(present),
        members=members,
        pk=first.pk,
        cancellable=any(order.status not in TERMINAL_STATUSES for order in present),
        protective=any(member.protective for member in members),
    )


def is_trigger(order: Order) -> bool:
    return order.complex_order_tag.endswith("trigger-order")


def group_chip(members: Sequence[Order]) -> Chip:
    """Completed, waiting for the entry, protecting, or how an entry came to nothing."""
    trigger = next((order for order in members if is_trigger(order)), None)
    others = [order for order in members if order is not trigger]
    ended = all(order.status in TERMINAL_STATUSES for order in members)
    filled = [order.status == "Filled" for order in others]
    if ended and _done(members[0], filled):
        return Chip("Completed", "good", "every part has come to its end")
    if trigger is not None and trigger.status in TERMINAL_STATUSES and trigger.status != "Filled":
        return Chip(trigger.status, "terminal", "the entry ended without being filled")
    if ended:
        return Chip("Ended", "terminal", "no part works any more")
    if trigger is not None and trigger.status != "Filled":
        return Chip("Waiting for entry", "submission", "the others follow when the entry is filled")
    if all(order.status not in TERMINAL_STATUSES for order in others):
        return Chip("Protecting" if _exits(members[0]) else "Working", "working", "all parts work")
    return Chip("Mixed", "ours", "some parts work, some have ended")


def _done(member: Order, filled: Sequence[bool]) -> bool:
    """One exit of a pair is enough; other groups need all."""
    return any(filled) if _exits(member) else all(filled)


def _exits(member: Order) -> bool:
    return member.complex_order_tag.startswith(("OCO", "OTOCO"))
