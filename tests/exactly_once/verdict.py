"""Does the broker's ledger hold, for each intent, exactly what the intent says?"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from django.db.models import QuerySet

from brokerage.enums import IntentKind, IntentState
from brokerage.models import Account, OrderIntent
from tests.exactly_once import plans
from tests.exactly_once.desk import Button

OPEN = (IntentState.SENDING, IntentState.UNKNOWN)


@dataclass
class Tally:
    """`duplicates`: more than one at the broker. `lost`: the two sides disagree, or an order
    was taken and is not shown. `reposts`: the same placement asked for twice. `states` counts
    how the intents ended."""

    runs: int = 0
    duplicates: int = 0
    lost: int = 0
    undecided: int = 0
    reposts: int = 0
    states: Counter[str] = field(default_factory=Counter)
    complaints: list[str] = field(default_factory=list)

    def add(self, other: Mapping[str, Any]) -> None:
        for name in ("runs", "duplicates", "lost", "undecided", "reposts"):
            setattr(self, name, getattr(self, name) + other[name])
        self.states.update(other["states"])

    def told(self) -> dict[str, Any]:
        names = ("runs", "duplicates", "lost", "undecided", "reposts")
        return {name: getattr(self, name) for name in names} | {"states": dict(self.states)}

    @property
    def clean(self) -> bool:
        return not (self.duplicates or self.lost or self.undecided or self.reposts)


def judge(
    buttons: Iterable[Button],
    account: Account,
    ledger: list[dict[str, Any]],
    posts: Mapping[str, int],
) -> Tally:
    """Compare every button's intent with the ledger's orders of the account."""
    tally = Tally()
    here = [order for order in ledger if order["account-number"] == account.number]
    for button in buttons:
        tally.runs += 1
        intent = _intent(button)
        state = str(intent.state) if intent else "never"
        tally.states[state] += 1
        count = _count(button, here)
        asked = max(posts.get(button.ticket, 0), posts.get(f"{button.ticket}:0", 0))
        tally.reposts += asked > 1
        _compare(tally, button, state, count)
        if intent is not None and orphans(OrderIntent.objects.filter(pk=intent.pk)).exists():
            tally.lost += 1
            tally.complaints.append(f"{button.kind} {button.ticket}: taken, but shows no order")
    return tally


def orphans(intents: QuerySet[OrderIntent]) -> QuerySet[OrderIntent]:
    """Those that the broker took and whose page cannot show the order that they became."""
    single = (IntentKind.SUBMIT, IntentKind.REPLACE)
    return intents.filter(kind__in=single, state=IntentState.ACCEPTED, order=None)


def _compare(tally: Tally, button: Button, state: str, count: int) -> None:
    if state in OPEN:
        tally.undecided += 1
    wanted = 1 if state == IntentState.ACCEPTED else 0
    if count > 1:
        tally.duplicates += 1
    elif count != wanted and state not in OPEN:
        tally.lost += 1
    if count > 1 or count != wanted or state in OPEN:
        tally.complaints.append(f"{button.kind} {button.ticket}: {state}, {count} at the broker")


def _intent(button: Button) -> OrderIntent | None:
    if button.kind == plans.CANCEL:
        rows = OrderIntent.objects.filter(target_id=button.target, kind="cancel")
        # A cancellation that did not arrive may have been asked for again.
        return rows.filter(state=IntentState.ACCEPTED).first() or rows.first()
    return OrderIntent.objects.filter(client_order_id=button.ticket).first()


def _count(button: Button, here: list[dict[str, Any]]) -> int:
    """How often the broker did what the button asks for."""
    if button.kind == plans.SUBMIT:
        return sum(
            order.get("external-identifier") == button.ticket and not order.get("replaces-order-id")
            for order in here
        )
    if button.kind == plans.GROUP:
        parts = [f"{button.ticket}:{index}" for index in range(3)]
        found = Counter(order.get("external-identifier") for order in here)
        counts = {found[part] for part in parts}
        # A group that is there in part would be a third thing.
        return counts.pop() if len(counts) == 1 else 99
    number = _target_number(button)
    if button.kind == plans.REPLACE:
        return sum(order.get("replaces-order-id") == number for order in here)
    gone = ("Cancel Requested", "Cancelled")
    return sum(order["id"] == number and order["status"] in gone for order in here)


def _target_number(button: Button) -> int:
    from brokerage.models import Order

    return int(Order.objects.values_list("broker_id", flat=True).get(pk=button.target))
