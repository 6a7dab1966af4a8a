"""Find out what became of commands whose outcome is unknown: by looking, never by sending.

An order is looked for by its external identifier in complete reads (all pages of live orders and
of orders since the day before it was sent, New York). It counts as absent only after at least
three such reads over `RECONCILE_WINDOW_SECONDS`, none of them failed, with the account stream up
and no order without an owner that looks the same.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from brokerage import access, clock, market
from brokerage.calendar import NEW_YORK
from brokerage.credentials import client_for
from brokerage.enums import TERMINAL_STATUSES, IntentKind, IntentState
from brokerage.execution import adoption, outcomes
from brokerage.models import Account, Connection, Order, OrderIntent
from brokerage.tastytrade.errors import TastytradeError
from brokerage.tastytrade.resources import orders

logger = logging.getLogger(__name__)

READS = 3
# How long an order that was given up is still watched for.
LATE_DAYS = 7
# Clocks differ and the broker stamps an order a little before or after we send it.
LOOK_ALIKE_SECONDS = 30


def reconcile_due() -> int:
    """Settle what can be settled now; how many intents were looked at. For the task queue."""
    settle_stopped()
    link_from_mirror()
    waiting = OrderIntent.objects.filter(state=IntentState.UNKNOWN)
    intents = list(waiting.select_related("account", "connection", "user"))
    for account, of_account in _by_account(intents).items():
        try:
            reconcile_account(account, of_account)
        except Exception:
            # One account in trouble must not keep the others waiting.
            logger.exception("an account could not be reconciled")
    return len(intents)


def reconcile(intent: OrderIntent) -> OrderIntent:
    """Look once for this intent now; its state afterwards is in the returned row."""
    link_from_mirror()
    intent.refresh_from_db()
    if intent.state == IntentState.UNKNOWN:
        reconcile_account(intent.account, [intent])
        intent.refresh_from_db()
    return intent


def _by_account(intents: Iterable[OrderIntent]) -> dict[Account, list[OrderIntent]]:
    grouped: dict[Account, list[OrderIntent]] = {}
    for intent in intents:
        grouped.setdefault(intent.account, []).append(intent)
    return grouped


# --- what needs no call ----------------------------------------------------------------------


def settle_stopped() -> None:
    """Intents whose process died: never sent is denied, perhaps sent is unknown."""
    patience = timedelta(seconds=settings.BROKER_TIMEOUT_SECONDS + 5)
    now = timezone.now()
    stuck = OrderIntent.objects.filter(state=IntentState.SENDING)
    for intent in stuck.filter(sent_at=None, created_at__lt=now - 2 * patience):
        # The sending process looks at the state once more before it sends, and then will not.
        outcomes.never_left(intent, "the desk stopped before the order left.")
    for intent in stuck.filter(sent_at__lt=now - patience):
        outcomes.unknown(intent, "The desk stopped while the order was being sent.")


def link_from_mirror() -> None:
    """Orders that the stream or a sync brought already settle their intents."""
    recent = timezone.now() - timedelta(days=LATE_DAYS)
    lost = OrderIntent.objects.filter(
        kind=IntentKind.SUBMIT,
        state__in=(IntentState.UNKNOWN, IntentState.NOT_FOUND),
        created_at__gte=recent,
    ).select_related("account", "connection", "user")
    for intent in lost:
        order = Order.objects.filter(
            account=intent.account, external_identifier=intent.client_order_id
        ).first()
        if order is not None:
            outcomes.accepted(intent, order.broker_id, order.raw, found_by="mirror")
            adoption.link(intent, order.broker_id)
    _link_accepted(recent)


def _link_accepted(recent: datetime) -> None:
    """An accepted order whose row was not there yet when its answer came."""
    unlinked = OrderIntent.objects.filter(
        kind=IntentKind.SUBMIT,
        state=IntentState.ACCEPTED,
        order=None,
        created_at__gte=recent,
    )
    for intent in unlinked.select_related("account"):
        adoption.link(intent, intent.error.get("broker_id"))


# --- looking ----------------------------------------------------------------------------------


def reconcile_account(account: Account, intents: list[OrderIntent]) -> None:
    """One complete read for all unknown intents of an account that are due for one."""
    due = [intent for intent in intents if _read_is_due(intent)]
    if not due:
        return
    connection = _connection(due[0])
    if connection is None:
        return
    submits = [intent for intent in due if intent.kind == IntentKind.SUBMIT]
    try:
        with client_for(connection) as client:
            if submits:
                _look_for(submits, connection, _read(client, account, connection, submits))
            for intent in due:
                if intent.kind == IntentKind.CANCEL:
                    _look_at_cancel(client, intent)
    except TastytradeError:
        logger.warning("a read for reconciliation failed", exc_info=True)
        _forget_reads(due)


def _read_is_due(intent: OrderIntent) -> bool:
    spacing = settings.RECONCILE_WINDOW_SECONDS / (2 * READS)
    last = _reads(intent)[-1:]
    return not last or timezone.now() - last[0] >= timedelta(seconds=spacing)


def _connection(intent: OrderIntent) -> Connection | None:
    try:
        return access.connection_for(intent.user, intent.account)
    except access.NotFound:
        return None


def _read(
    client: Any, account: Account, connection: Connection, intents: list[OrderIntent]
) -> list[Any]:
    """Every order that could be ours, live first; raises when any page fails."""
    sent = min(intent.sent_at or intent.created_at for intent in intents)
    offset = timedelta(seconds=connection.clock_offset_seconds)
    since = min((sent + offset).astimezone(NEW_YORK).date(), clock.today(connection))
    call = orders.search(account.number, start_date=since - timedelta(days=1))
    return [*client.pages(orders.list_live(account.number)), *client.pages(call)]


def _look_for(intents: list[OrderIntent], connection: Connection, found: list[Any]) -> None:
    by_identifier = {order.external_identifier: order for order in found}
    by_identifier.pop("", None)
    by_identifier.pop(None, None)
    for intent in intents:
        order = by_identifier.get(intent.client_order_id)
        if order is not None:
            _adopt(intent, order)
        else:
            _absent(intent, connection, found)


def _adopt(intent: OrderIntent, order: Any) -> None:
    outcomes.accepted(intent, order.id, order.raw, found_by="reconciliation")
    adoption.mirror(intent.account, order)
    adoption.link(intent, order.id)


def _absent(intent: OrderIntent, connection: Connection, found: list[Any]) -> None:
    alike = _look_alikes(intent, connection, found)
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
    if _read_is_due(row):
        row.reads_without_trace = [*row.reads_without_trace, timezone.now().isoformat()]
        row.error = row.error | {"look_alikes": alike}
        row.save(update_fields=["reads_without_trace", "error"])
    return _reads(row)


def _forget_reads(intents: list[OrderIntent]) -> None:
    """After a failed read the counting starts again."""
    pks = [intent.pk for intent in intents]
    OrderIntent.objects.filter(pk__in=pks, state=IntentState.UNKNOWN).update(reads_without_trace=[])


def _reads(intent: OrderIntent) -> list[datetime]:
    return [datetime.fromisoformat(text) for text in intent.reads_without_trace]


# --- orders that look the same ----------------------------------------------------------------


def _look_alikes(intent: OrderIntent, connection: Connection, found: list[Any]) -> list[int]:
    """Broker ids of orders without identifier and owner that could be this intent's."""
    sent = intent.sent_at or intent.created_at
    # received-at is in the broker's time.
    sent += timedelta(seconds=connection.clock_offset_seconds)
    earliest = sent - timedelta(seconds=LOOK_ALIKE_SECONDS)
    latest = sent + timedelta(seconds=settings.BROKER_TIMEOUT_SECONDS + LOOK_ALIKE_SECONDS)
    candidates = {
        order.id
        for order in found
        if not order.external_identifier
        and order.received_at is not None
        and earliest <= order.received_at <= latest
        and _shape(order.raw) == _shape(intent.body)
    }
    owned = OrderIntent.objects.filter(
        account=intent.account, order__broker_id__in=candidates
    ).values_list("order__broker_id", flat=True)
    return sorted(candidates - set(owned))


def _shape(body: Mapping[str, Any]) -> tuple[Any, ...]:
    legs = sorted(
        (str(leg.get("symbol")), str(leg.get("action")), _number(leg.get("quantity")))
        for leg in body.get("legs") or ()
    )
    return (body.get("order-type"), _number(body.get("price")), tuple(legs))


def _number(value: Any) -> str:
    return "" if value is None else f"{Decimal(str(value)).normalize():f}"


# --- cancels ----------------------------------------------------------------------------------


def _look_at_cancel(client: Any, intent: OrderIntent) -> None:
    """A cancel may be repeated safely, so one look at the order is enough."""
    order = client.send(orders.get(intent.account.number, intent.body["cancel"]))
    if order.status in ("Cancel Requested", "Cancelled", "Canceled"):
        outcomes.cancel_taken(intent, order, 0.0)
        return
    adoption.mirror(intent.account, order)
    if order.status in TERMINAL_STATUSES:
        outcomes.too_late(intent, order.status)
    else:
        outcomes.not_found(intent)
