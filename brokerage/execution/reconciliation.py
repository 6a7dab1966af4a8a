"""Find out what became of commands whose outcome is unknown: by looking, never by sending.

An order is looked for by its external identifier in complete reads (all pages of live orders and
of orders since the day before it was sent, New York). It counts as absent only after at least
three such reads over `RECONCILE_WINDOW_SECONDS`, none of them failed, with the account stream up
and no order without an owner that looks the same.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable
from datetime import datetime, timedelta

from django.conf import settings
from django.db.models import QuerySet
from django.utils import timezone

from brokerage.enums import PLACING_KINDS, IntentKind, IntentState
from brokerage.execution import adoption, identifiers, looking, outcomes
from brokerage.models import Account, Order, OrderIntent

logger = logging.getLogger(__name__)

# How long an order that was given up is still watched for.
LATE_DAYS = 7


def reconcile_due() -> int:
    """Settle what can be settled now; how many intents were looked at. For the task queue."""
    settle_stopped()
    link_from_mirror()
    waiting = OrderIntent.objects.filter(state=IntentState.UNKNOWN)
    intents = list(waiting.select_related("account", "connection", "user"))
    for account, of_account in _by_account(intents).items():
        try:
            looking.reconcile_account(account, of_account)
        except Exception:
            # One account in trouble must not keep the others waiting.
            logger.exception("an account could not be reconciled")
    return len(intents)


def reconcile(intent: OrderIntent) -> OrderIntent:
    """Look once for this intent now; its state afterwards is in the returned row."""
    link_from_mirror()
    intent.refresh_from_db()
    if intent.state == IntentState.UNKNOWN:
        looking.reconcile_account(intent.account, [intent])
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
    patience = timedelta(seconds=settings.BROKER_TIMEOUT_SECONDS + settings.ORDER_PATIENCE_SECONDS)
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
        kind__in=PLACING_KINDS,
        state__in=(IntentState.UNKNOWN, IntentState.NOT_FOUND),
        created_at__gte=recent,
    )
    for intent, order in _arrived(lost):
        if intent.kind == IntentKind.COMPLEX:
            looking.adopt_group(intent, order)
            continue
        outcomes.accepted(intent, order.broker_id, order.raw, found_by="mirror")
        adoption.link(intent, order.broker_id)
    _link_accepted(recent)


def _arrived(lost: QuerySet[OrderIntent]) -> list[tuple[OrderIntent, Order]]:
    """The lost intents whose order is in the mirror, found by one query."""
    names = {}
    for pk, kind, name in lost.values_list("pk", "kind", "client_order_id"):
        first = identifiers.member(name, 0) if kind == IntentKind.COMPLEX else name
        names[first] = pk
    if not names:
        return []
    rows = Order.objects.filter(external_identifier__in=names).order_by("broker_id")
    # A replaced order hands its identifier down: the first one is ours.
    found: dict[object, Order] = {}
    for order in rows:
        found.setdefault((order.account_id, names[order.external_identifier]), order)
    intents = lost.filter(pk__in=[pk for _, pk in found]).select_related(
        "account", "connection", "user"
    )
    return [
        (intent, order)
        for intent in intents
        if (order := found.get((intent.account_id, intent.pk))) is not None
    ]


def _link_accepted(recent: datetime) -> None:
    """An accepted order whose row was not there yet when its answer came."""
    unlinked = OrderIntent.objects.filter(
        kind__in=(IntentKind.SUBMIT, IntentKind.REPLACE),
        state=IntentState.ACCEPTED,
        order=None,
        created_at__gte=recent,
    )
    for intent in unlinked.select_related("account"):
        adoption.link(intent, intent.error.get("broker_id"))
