"""Celery tasks: reads only, never an order. A task run twice does no harm.

Retry policy: beat asks every few seconds what is due, so a scheduled read that failed is simply
due again; only what a person asked for is retried here, a few times.
"""

from __future__ import annotations

import logging
import random
from typing import Any

from celery import Task, shared_task
from celery.signals import worker_ready
from django.conf import settings
from django.utils import timezone

from brokerage import clock, sealing, selectors, valkey
from brokerage.credentials import keys
from brokerage.enums import SILENT_STATES, BackfillKind, ConnectionState, SyncKind, SyncState
from brokerage.execution import reconciliation
from brokerage.models import AccountAccess, Connection, SyncRun
from brokerage.sync import backfill, runs, schedule

# A requested run of a broker that is away for the moment.
RETRIES, RETRY_SECONDS = 3, 5
# Finished runs are forgotten after two weeks; looked at about once an hour.
HOUSEKEEPING_SECONDS = 3600

logger = logging.getLogger(__name__)


@shared_task(ignore_result=True)
def sync_due() -> None:
    """Beat: hand out one task for each connection that has something due."""
    runs.settle_lost()
    if valkey.client().set("housekeeping", "1", nx=True, ex=HOUSEKEEPING_SECONDS):
        runs.prune()
        sealing.prune(settings.AUDIT_CALL_DAYS)
    for connection in _callable_connections().defer(*selectors.SECRETS):
        if due_kinds(connection):
            # Not all in the same instant, and never later than they would be asked for again.
            sync_connection.apply_async(
                [str(connection.pk)],
                countdown=random.uniform(0, settings.SYNC_TICK_SECONDS / 3),
                expires=settings.SYNC_TICK_SECONDS,
            )


@shared_task(ignore_result=True)
def sync_connection(connection_id: str) -> None:
    """Read what is due now; nothing when another run is at it or has just done it."""
    connection = _callable_connections().filter(pk=connection_id).first()
    if connection is None:
        return
    kinds = due_kinds(connection)
    if kinds:
        runs.sync(connection, kinds, wait=False)


@shared_task(bind=True, ignore_result=True, max_retries=RETRIES)
def sync_requested(self: Task[..., None], run_id: int) -> None:
    """Everything, because a person pressed the button."""
    run = SyncRun.objects.select_related("connection").filter(pk=run_id).first()
    if run is None or run.finished_at is not None:
        return
    runs.sync(run.connection, schedule.ORDER, run=run)
    again = run.state == SyncState.FAILED and run.connection.state == ConnectionState.DEGRADED
    if again and self.request.retries < RETRIES:
        SyncRun.objects.filter(pk=run.pk).update(
            state=SyncState.RUNNING, finished_at=None, current=runs.WAITING
        )
        raise self.retry(countdown=RETRY_SECONDS * (self.request.retries + 1))


@shared_task(ignore_result=True)
def sync_backfills() -> None:
    """Beat: hand out what is left to read of the past; accounts that have none begin."""
    for access in AccountAccess.objects.filter(account__backfills=None).select_related(
        "account", "connection"
    ):
        if access.connection.last_sync_at and not access.account.is_closed:
            for kind in BackfillKind:
                backfill.request(access.account, access.connection, kind)
    for row in backfill.unfinished():
        if not runs.is_held_off(row.connection):
            sync_backfill.apply_async([row.pk], expires=settings.SYNC_BACKFILL_TICK_SECONDS)


@shared_task(ignore_result=True)
def sync_backfill(backfill_id: int) -> None:
    """A slice of one backfill; what is left is handed out again."""
    row = backfill.unfinished().filter(pk=backfill_id).first()
    if row is None or row.connection.state in SILENT_STATES:
        return
    runs.backfill_slice(row, seconds=settings.SYNC_BACKFILL_TICK_SECONDS)


@shared_task(ignore_result=True)
def seal_audit() -> None:
    """Beat: add what was written to the audit's hash chain."""
    sealing.seal()


@shared_task(ignore_result=True)
def reconcile_books() -> None:
    """Beat: hand out one comparison for each login."""
    for connection in _callable_connections().defer(*selectors.SECRETS):
        if connection.last_sync_at and not runs.is_held_off(connection):
            reconcile_book.apply_async(
                [str(connection.pk)], expires=settings.RECONCILE_BOOKS_SECONDS
            )


@shared_task(ignore_result=True)
def reconcile_book(connection_id: str) -> None:
    """Compare the accounts of one login with the broker's books, line by line."""
    connection = _callable_connections().filter(pk=connection_id).first()
    if connection is not None:
        runs.reconcile_accounts(connection)


@shared_task(ignore_result=True)
def reconcile_unknown() -> None:
    """Beat: find out what became of commands whose outcome is unknown, by looking."""
    reconciliation.reconcile_due()


def _callable_connections() -> Any:
    """Those that a call may work for: a dead grant or a paused login is left alone."""
    return Connection.objects.exclude(state__in=SILENT_STATES)


def due_kinds(connection: Connection) -> list[SyncKind]:
    """What the settings, the session and the stream make due for this connection now."""
    if runs.is_held_off(connection):
        return []
    return schedule.due(
        connection.synced_at,
        timezone.now(),
        cadence(),
        session_open=clock.session(connection).is_open,
        stream_up=selectors.stream_health(connection).account_stream.is_up,
    )


def cadence() -> schedule.Cadence:
    return schedule.Cadence(
        balances_open=settings.SYNC_BALANCES_OPEN_SECONDS,
        balances_closed=settings.SYNC_BALANCES_CLOSED_SECONDS,
        orders=settings.SYNC_ORDERS_SECONDS,
        orders_stream_down=settings.SYNC_ORDERS_STREAM_DOWN_SECONDS,
        hourly=settings.SYNC_HOURLY_SECONDS,
        daily=settings.SYNC_DAILY_SECONDS,
    )


@worker_ready.connect
def _at_start(**_: Any) -> None:
    keys.report_at_start()
