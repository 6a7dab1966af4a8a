"""Whose is an order without an identifier? A person may say so where the desk must not guess."""

from __future__ import annotations

from typing import Any

from django.db import transaction

from brokerage import audit
from brokerage.enums import PLACING_KINDS, IntentKind, IntentState
from brokerage.execution import adoption, looking, outcomes
from brokerage.execution.evidence import ALIKE, NOT_OURS
from brokerage.execution.refusals import CommandRefused
from brokerage.models import Order, OrderIntent


def look_alikes(intent: OrderIntent) -> list[Order]:
    """Mirrored orders that look like this unknown intent and that nobody owns, oldest first."""
    rows = Order.objects.filter(
        account=intent.account, broker_id__in=intent.error.get(ALIKE, ()), intent=None
    )
    return list(rows.prefetch_related("legs__fills").order_by("broker_id"))


def adopt(user: Any, intent: OrderIntent, order: Order) -> OrderIntent:
    """ "It is this one": the unknown intent opened through `access` became this order.

    Raises CommandRefused when the intent is settled or the order is no look-alike of it.
    """
    _require(intent, order)
    if intent.kind == IntentKind.COMPLEX:
        looking.adopt_group(intent, order, "person")
    else:
        outcomes.accepted(intent, order.broker_id, order.raw, found_by="person")
        adoption.link(intent, order.broker_id)
    _note(user, intent, "adopted", order)
    return intent


@transaction.atomic
def disown(user: Any, intent: OrderIntent, order: Order) -> OrderIntent:
    """ "It is not ours": the look-alike no longer stands in the way of saying not found."""
    _require(intent, order)
    row = OrderIntent.objects.select_for_update().get(pk=intent.pk)
    alike = [pk for pk in row.error.get(ALIKE, ()) if pk != order.broker_id]
    not_ours = sorted({*row.error.get(NOT_OURS, ()), order.broker_id})
    row.error = row.error | {ALIKE: alike, NOT_OURS: not_ours}
    row.save(update_fields=["error"])
    _note(user, row, "disowned", order)
    outcomes.tell(row)
    return row


def _require(intent: OrderIntent, order: Order) -> None:
    if intent.kind not in PLACING_KINDS or intent.state != IntentState.UNKNOWN:
        raise CommandRefused("Only an order whose outcome is unknown can be claimed.")
    if order.pk not in {candidate.pk for candidate in look_alikes(intent)}:
        raise CommandRefused("This order does not look like the one that was sent.")


def _note(user: Any, intent: OrderIntent, outcome: str, order: Order) -> None:
    audit.record(
        "order",
        "claim",
        outcome,
        user=user,
        connection=intent.connection,
        account=intent.account,
        details={"intent": str(intent.pk), "broker_id": order.broker_id},
    )
