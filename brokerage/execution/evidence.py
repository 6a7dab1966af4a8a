"""What speaks for an order not being at the broker: complete reads, and nothing that looks like it.

An intent counts as not found only after at least READS complete reads over
`RECONCILE_WINDOW_SECONDS`, none of them failed in between, with the account stream up and no order
without an owner that looks the same.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from brokerage import market
from brokerage.enums import IntentState
from brokerage.execution import identifiers, outcomes
from brokerage.models import Connection, OrderIntent

READS = 3
# What is kept in `error` of an unknown intent: orders that look like it, those that are not it.
ALIKE, NOT_OURS = "look_alikes", "not_ours"
# Clocks differ and the broker stamps an order a little before or after we send it.
LOOK_ALIKE_SECONDS = 30


def read_is_due(intent: OrderIntent) -> bool:
    spacing = settings.RECONCILE_WINDOW_SECONDS / (2 * READS)
    last = _reads(intent)[-1:]
    return not last or timezone.now() - last[0] >= timedelta(seconds=spacing)


def absent(intent: OrderIntent, connection: Connection, alike: list[int]) -> None:
    """A complete read did not show it: count, and give it up when that was thorough."""
    reads = _keep_read(intent, alike)
    window = timedelta(seconds=settings.RECONCILE_WINDOW_SECONDS)
    thorough = len(reads) >= READS and reads[-1] - reads[0] >= window
    if thorough and not alike and market.health(connection).account_up():
        outcomes.not_found(intent)
    elif len(reads) == 1:
        outcomes.tell(intent)


@transaction.atomic
def _keep_read(intent: OrderIntent, alike: list[int]) -> list[datetime]:
    """Add this complete read to the evidence; a second worker's at the same time counts once."""
    row = OrderIntent.objects.select_for_update().get(pk=intent.pk)
    if row.state == IntentState.UNKNOWN and read_is_due(row):
        row.reads_without_trace = [*row.reads_without_trace, timezone.now().isoformat()]
        row.error = row.error | {ALIKE: alike}
        row.save(update_fields=["reads_without_trace", "error"])
    return _reads(row)


def forget(intents: Iterable[OrderIntent]) -> None:
    """After a failed read the counting starts again."""
    pks = [intent.pk for intent in intents]
    OrderIntent.objects.filter(pk__in=pks, state=IntentState.UNKNOWN).update(reads_without_trace=[])


def _reads(intent: OrderIntent) -> list[datetime]:
    return [datetime.fromisoformat(text) for text in intent.reads_without_trace]


# --- orders that look the same ----------------------------------------------------------------


def look_alikes(intent: OrderIntent, connection: Connection, found: Iterable[Any]) -> list[int]:
    """Broker ids of orders without identifier and owner that could be this intent's."""
    earliest, latest = _window(intent, connection)
    shapes = {_shape(body) for body in identifiers.members(intent.body)}
    candidates = {
        order.id
        for order in found
        if not order.external_identifier
        and order.received_at is not None
        and earliest <= order.received_at <= latest
        and _shape(order.raw) in shapes
    }
    owned = OrderIntent.objects.filter(
        account=intent.account, order__broker_id__in=candidates
    ).values_list("order__broker_id", flat=True)
    return sorted(candidates - set(owned) - set(intent.error.get(NOT_OURS, ())))


def _window(intent: OrderIntent, connection: Connection) -> tuple[datetime, datetime]:
    """When the broker would have stamped it; received-at is in the broker's time."""
    sent = intent.sent_at or intent.created_at
    sent += timedelta(seconds=connection.clock_offset_seconds)
    late = timedelta(seconds=settings.BROKER_TIMEOUT_SECONDS + LOOK_ALIKE_SECONDS)
    return sent - timedelta(seconds=LOOK_ALIKE_SECONDS), sent + late


def _shape(body: Mapping[str, Any]) -> tuple[Any, ...]:
    legs = sorted(
        (str(leg.get("symbol")), str(leg.get("action")), _number(leg.get("quantity")))
        for leg in body.get("legs") or ()
    )
    return (body.get("order-type"), _number(body.get("price")), tuple(legs))


def _number(value: Any) -> str:
    return "" if value is None else f"{Decimal(str(value)).normalize():f}"
