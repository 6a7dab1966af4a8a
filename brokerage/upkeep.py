"""What people ask for beside a sync: the past read back, the books compared, the audit verified."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

import redis
from django.conf import settings
from django.db import connection as database
from django.db import transaction
from django.db.models import Prefetch, Q, QuerySet
from django.utils import timezone

from brokerage import audit, sealing, tasks, valkey
from brokerage.access import connection_for
from brokerage.enums import BackfillKind
from brokerage.models import (
    Account,
    AuditEntry,
    Backfill,
    Connection,
    Difference,
    Reconciliation,
    Transaction,
)
from brokerage.models.history import versions_of
from brokerage.sealing import Verdict
from brokerage.sync import backfill, pacing

__all__ = [
    "Pace",
    "Verdict",
    "backfill_now",
    "chain_state",
    "pace",
    "reconcile_now",
    "seconds_left",
    "speed",
    "verify_audit",
]

# Lists of the task broker, by their names.
_QUEUES = ("sync", "reconcile", "default")
speed = backfill.rate
seconds_left = backfill.seconds_left
chain_state = sealing.state


def backfill_now(user: Any, account: Account) -> list[Backfill]:
    """Begin, or go on with, reading the account back to its opening. NotFound for a foreign one."""
    connection = connection_for(user, account)
    rows = [backfill.request(account, connection, kind, user) for kind in BackfillKind]
    for row in rows:
        transaction.on_commit(lambda pk=row.pk: tasks.sync_backfill.delay(pk), robust=True)
    return rows


def reconcile_now(user: Any, connection: Connection) -> None:
    """Compare the accounts of a login soon; the outcome is told to the page."""
    audit.record("sync", "reconcile", "requested", user=user, connection=connection)
    transaction.on_commit(lambda: tasks.reconcile_book.delay(str(connection.pk)), robust=True)


def verify_audit(user: Any) -> Verdict:
    """Seal what is written, walk the chain, and note that somebody did."""
    sealing.seal()
    verdict = sealing.verify()
    outcome = "holds" if verdict.holds else "broken"
    audit.record("audit", "verify", outcome, user=user, details={"head": verdict.head})
    return verdict


@dataclass(frozen=True, slots=True)
class Pace:
    """How a grant stands with its rate limit. ``held_off``: seconds until the next call."""

    tokens: float | None
    burst: int
    rate: float
    held_off: float | None


def pace(connection: Connection) -> Pace:
    try:
        left = valkey.client().pttl(f"hold-off:{connection.pk}")
    except redis.RedisError:
        left = -1
    held = left / 1000 if isinstance(left, int) and left > 0 else None
    return Pace(
        pacing.tokens_left(connection),
        settings.SYNC_CALLS_BURST,
        settings.SYNC_CALLS_PER_SECOND,
        held,
    )


def tasks_waiting() -> int | None:
    """Tasks that no worker has taken up yet, over all queues; None when Valkey is away."""
    try:
        return sum(int(valkey.client().llen(name)) for name in _QUEUES)  # type: ignore[arg-type]
    except redis.RedisError:
        return None


# --- Reads for pages ---------------------------------------------------------------------------


def with_upkeep(accounts: QuerySet[Account]) -> QuerySet[Account]:
    """Accounts with their backfills and open differences at hand."""
    open_ = Difference.objects.filter(gone_at=None).order_by("first_seen_at")
    return accounts.prefetch_related(
        Prefetch("backfills", queryset=Backfill.objects.order_by("-started_at")),
        Prefetch("differences", queryset=open_),
    )


def scores(accounts: Iterable[Account]) -> dict[int, Reconciliation]:
    """The latest comparison per account id."""
    rows = Reconciliation.objects.filter(account__in=[account.pk for account in accounts])
    latest = rows.order_by("account_id", "-at").distinct("account_id")
    return {row.account_id: row for row in latest}


def lately_gone(account: Account, hours: int = 24) -> QuerySet[Difference]:
    since = timezone.now() - timedelta(hours=hours)
    return Difference.objects.filter(account=account, gone_at__gte=since).order_by("-gone_at")


def running_cash(accounts: Iterable[Account], ids: Iterable[int]) -> dict[int, Decimal]:
    """Per booking the sum of all bookings of these accounts up to it, in their own currency."""
    wanted = list(ids)
    if not wanted:
        return {}
    statement = """
        SELECT id, cash FROM (
            SELECT id, SUM(COALESCE(net_value, 0)) OVER (
                PARTITION BY currency ORDER BY executed_at NULLS FIRST, broker_id, account_id
            ) AS cash
            FROM brokerage_transaction WHERE account_id = ANY(%s)
        ) AS booked WHERE id = ANY(%s)
    """
    with database.cursor() as cursor:
        cursor.execute(statement, [[account.pk for account in accounts], wanted])
        return dict(cursor.fetchall())


def corrected(ids: Iterable[int]) -> set[int]:
    """Bookings of which the broker has sent more than one version."""
    rows = versions_of(Transaction).objects.filter(pgh_obj__in=list(ids), gone_at=None)
    return set(rows.filter(pgh_label="update").values_list("pgh_obj", flat=True))


def reversed_ids(accounts: Iterable[Account], broker_ids: Iterable[int]) -> set[int]:
    """Broker ids among those given that a later booking takes back."""
    rows = Transaction.objects.filter(account__in=[account.pk for account in accounts])
    found = rows.filter(reverses_id__in=list(broker_ids)).values_list("reverses_id", flat=True)
    return {number for number in found if number is not None}


def audit_rows(
    rows: QuerySet[AuditEntry],
    *,
    kind: str = "",
    text: str = "",
    since: datetime | None = None,
    until: datetime | None = None,
) -> QuerySet[AuditEntry]:
    """Entries narrowed by kind, by words in who, what and outcome, and by time."""
    if kind:
        rows = rows.filter(kind=kind)
    if since:
        rows = rows.filter(at__gte=since)
    if until:
        rows = rows.filter(at__lt=until)
    for word in text.replace("\x00", "").split()[:6]:
        rows = rows.filter(
            Q(who__icontains=word)
            | Q(action__icontains=word)
            | Q(outcome__icontains=word)
            | Q(through__icontains=word)
            | Q(about__icontains=word)
        )
    return rows
