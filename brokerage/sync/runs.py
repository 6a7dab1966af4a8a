"""A run over one connection: steps in order, progress people can watch, failures kept apart."""

from __future__ import annotations

import logging
import random
import threading
import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

from django.conf import settings
from django.db import connection as database
from django.db import transaction
from django.utils import timezone

from brokerage import connection_state, events, locks, valkey
from brokerage.credentials.clients import client_for
from brokerage.credentials.fields import UndecryptableSecret
from brokerage.enums import SyncKind, SyncState
from brokerage.environments import UnknownEnvironment
from brokerage.models import Account, Backfill, Connection, SyncRun
from brokerage.sync import backfill, comparison, schedule
from brokerage.sync.pacing import PacedClient
from brokerage.sync.steps import ACCOUNT_STEPS, CONNECTION_STEPS, Reader
from brokerage.sync.times import mark_read
from brokerage.sync.upsert import Written
from brokerage.tastytrade import errors
from brokerage.watching import watched

# Read last: they need to know what is held, or nobody waits for them.
_AFTERWARDS = frozenset(
    {SyncKind.INSTRUMENTS, SyncKind.METRICS, SyncKind.WATCHLISTS, SyncKind.QUOTE_ALERTS}
)
# What a requested run says until a worker takes it up.
WAITING = "waiting for a worker"
# A broker that asks for fewer calls without saying when to come back.
HOLD_OFF_SECONDS = 30

# Between two writings of a run's progress.
SAVE_SECONDS = 0.3
# From so many accounts on, several are read at once; each takes a database session meanwhile.
PARALLEL_FROM = 4
# How many more accounts are being stored while each connection waits for its answer.
STORING = 3

# A run that no worker has taken up for so long was lost on the way to one.
LOST_SECONDS = 600
_COLUMNS = (
    "kinds",
    "state",
    "steps_total",
    "steps_done",
    "current",
    "report",
    "message",
    "finished_at",
)

logger = logging.getLogger(__name__)


def sync(
    connection: Connection,
    kinds: Iterable[SyncKind],
    *,
    requested_by: Any = None,
    run: SyncRun | None = None,
    wait: bool = True,
) -> SyncRun | None:
    """Read the kinds over REST, each account under its lock; the finished run.

    One run at a time for each connection: with ``wait`` the next one queues, without it gives
    way and returns None. What failed is in the run's report; connection-wide failures end it and
    change the connection's state. Never raises for what the broker does.
    """
    ordered = schedule.in_order(set(kinds))
    with locks.sync_lock(connection.pk, wait=wait) as held:
        if not held:
            return None
        run = run or SyncRun(connection=connection, requested_by=requested_by)
        run.kinds = [str(kind) for kind in ordered]
        progress = _Progress(run, connection)
        try:
            with client_for(connection, user=run.requested_by) as client:
                _read(progress, Reader(PacedClient(client, connection), connection), ordered)
        except (errors.TastytradeError, UndecryptableSecret, UnknownEnvironment) as error:
            progress.stop(error)
        except BaseException:
            if not Connection.objects.filter(pk=connection.pk).exists():
                # Removed while it was being read: nothing is left to write to.
                return None
            progress.broke()
            raise
        return progress.finish()


class SyncIncomplete(Exception):
    """The read was cut short because the broker or the login is out of order."""


def sync_after_reconnect(connection: Connection) -> SyncRun:
    """What the account stream may have missed: nothing is replayed, so everything is read.

    The caller holds the stream's messages back until this returns and then ingests them.
    SyncIncomplete when the read was cut short; a step refused for one account does not count.
    """
    run = sync(connection, schedule.AFTER_RECONNECT)
    assert run is not None, "a waiting sync always runs"
    if run.message:
        raise SyncIncomplete(run.message)
    return run


def backfill_slice(row: Backfill, *, seconds: float) -> None:
    """Go on with a backfill for a while. What the broker does is noted, never raised."""
    assert row.connection is not None
    try:
        with client_for(row.connection, user=row.requested_by) as client:
            backfill.run(row, PacedClient(client, row.connection), seconds=seconds)
    except (errors.TastytradeError, UndecryptableSecret, UnknownEnvironment) as error:
        connection_state.failed(row.connection, error)
        hold_off(row.connection, error)
        words = connection_state.reason(error)
        if isinstance(error, errors.NotAvailableHere | errors.Forbidden | errors.NotFound):
            Backfill.objects.filter(pk=row.pk).update(
                state=SyncState.UNAVAILABLE, message=words, finished_at=timezone.now()
            )
        else:
            Backfill.objects.filter(pk=row.pk).update(message=words)


def reconcile_accounts(connection: Connection) -> int:
    """Compare every open account; how many were. What the broker does is noted, never raised."""
    compared = 0
    try:
        with client_for(connection) as client:
            for account in _open_accounts(connection):
                with locks.account_lock(account.pk):
                    comparison.reconcile(PacedClient(client, connection), connection, account)
                compared += 1
    except (errors.TastytradeError, UndecryptableSecret, UnknownEnvironment) as error:
        connection_state.failed(connection, error)
        hold_off(connection, error)
    return compared


def hold_off(connection: Connection, error: Exception) -> None:
    """Stay away for as long as the broker asked, and a little longer by chance, so that several
    logins do not come back in the same instant.
    """
    if not isinstance(error, errors.RateLimited):
        return
    seconds = max(1.0, error.retry_after or HOLD_OFF_SECONDS) * random.uniform(1.0, 1.2)
    valkey.client().set(f"hold-off:{connection.pk}", "1", px=round(seconds * 1000))


def is_held_off(connection: Connection) -> bool:
    """Whether the broker asked us to stay away for a while."""
    return bool(valkey.client().exists(f"hold-off:{connection.pk}"))


def _read(progress: _Progress, reader: Reader, kinds: list[SyncKind]) -> None:
    """Connection-wide steps first; last those that need to know what is held."""
    before = [kind for kind in kinds if kind in CONNECTION_STEPS and kind not in _AFTERWARDS]
    afterwards = [kind for kind in kinds if kind in _AFTERWARDS]
    of_accounts = [kind for kind in kinds if kind in ACCOUNT_STEPS]
    progress.expect(len(kinds))
    for kind in before:
        progress.step(kind, None, lambda kind=kind: CONNECTION_STEPS[kind](reader))
    accounts = _open_accounts(reader.connection)
    progress.expect(len(before) + len(of_accounts) * len(accounts) + len(afterwards))
    _each(accounts, lambda account: _read_account(progress, reader, of_accounts, account))
    for kind in afterwards:
        progress.step(kind, None, lambda kind=kind: CONNECTION_STEPS[kind](reader))


def _read_account(
    progress: _Progress, reader: Reader, kinds: list[SyncKind], account: Account
) -> None:
    """One complete read of an account at a time, whichever login it comes through."""
    with locks.account_lock(account.pk):
        for kind in kinds:
            step = ACCOUNT_STEPS[kind]
            progress.step(kind, account, lambda step=step: step(reader, account))


def _each(accounts: list[Account], work: Callable[[Account], None]) -> None:
    """Several accounts at once where there are many: one for each of the client's connections
    and some whose answers are being stored meanwhile, so that no connection idles.

    The first failure of the connection as a whole ends it; what is being read is read to its end.
    """
    # Other database connections see nothing of an open transaction.
    if len(accounts) < PARALLEL_FROM or database.in_atomic_block:
        for account in accounts:
            work(account)
        return
    waiting = deque(accounts)

    def in_thread() -> None:
        try:
            for account in _taken(waiting):
                work(account)
        finally:
            # After a failure nothing is left for the others to begin with.
            waiting.clear()
            database.close()

    readers = min(settings.BROKER_MAX_CONNECTIONS + STORING, len(accounts))
    with ThreadPoolExecutor(readers, "sync") as pool:
        try:
            for future in [pool.submit(in_thread) for _ in range(readers)]:
                future.result()
        finally:
            waiting.clear()


def _taken(waiting: deque[Account]) -> Iterator[Account]:
    """The next one for this thread, until none is left; no two threads take the same."""
    while True:
        try:
            account = waiting.popleft()
        except IndexError:
            return
        yield account


def _open_accounts(connection: Connection) -> list[Account]:
    """Those that somebody looks at first. A closed account answers little; its last state is
    kept.
    """
    reached = Account.objects.filter(accesses__connection=connection)
    accounts = list(reached.exclude(is_closed=True).order_by("number"))
    first = watched(account.pk for account in accounts)
    return sorted(accounts, key=lambda account: account.pk not in first)


class _Progress:
    """Keeps the SyncRun row, the times of the last good reads and the connection's state."""

    def __init__(self, run: SyncRun, connection: Connection) -> None:
        self.run = run
        self.connection = connection
        # Somebody looks at the progress of a run that was asked for.
        self.watched = run.requested_by_id is not None
        self.failed_kinds: set[SyncKind] = set()
        self.done_kinds: set[SyncKind] = set()
        # Several accounts may be read at once.
        self._lock = threading.RLock()
        self._saved_at = self._worked_at = 0.0
        run.state = SyncState.RUNNING
        run.current = "starting"
        run.report = []
        run.save()
        self._tell()

    def expect(self, steps: int) -> None:
        self.run.steps_total = steps

    def step(self, kind: SyncKind, account: Account | None, work: Callable[[], Written]) -> None:
        """Run one step; a failure of its own is noted, one of the connection is raised."""
        with self._lock:
            self.run.current = f"{kind.label} {account}" if account else kind.label
            self._save()
        started = time.monotonic()
        try:
            written = work()
        except errors.NotAvailableHere:
            self._note(kind, account, started, SyncState.UNAVAILABLE, Written(), "")
            self._good(kind, account)
            return
        except errors.TastytradeError as error:
            self.failed_kinds.add(kind)
            words = connection_state.reason(error)
            self._note(kind, account, started, SyncState.FAILED, Written(), words)
            if connection_state.is_terminal(error) or connection_state.is_outage(error):
                raise
            logger.warning("sync of %s failed: %r", kind, error)
            return
        self._worked()
        self._note(kind, account, started, SyncState.DONE, written, "")
        self._good(kind, account)

    def _worked(self) -> None:
        """The broker answers again; asked of the database now and then, not at each of its
        thousands of answers.
        """
        if time.monotonic() - self._worked_at > SAVE_SECONDS:
            self._worked_at = time.monotonic()
            connection_state.worked(self.connection)

    def _note(
        self,
        kind: SyncKind,
        account: Account | None,
        started: float,
        state: SyncState,
        written: Written,
        message: str,
    ) -> None:
        line = {
            "kind": str(kind),
            "account": account.pk if account else None,
            "rows": written.rows,
            "changed": written.touched,
            "state": str(state),
            "message": message,
            "milliseconds": round((time.monotonic() - started) * 1000, 1),
        }
        with self._lock:
            self.run.steps_done += 1
            self.run.report.append(line)
            self._save()

    def _good(self, kind: SyncKind, account: Account | None) -> None:
        self.done_kinds.add(kind)
        if account is not None:
            mark_read(Account, account.pk, [kind])

    def stop(self, error: Exception) -> None:
        """The broker or the login is out of order as a whole."""
        connection_state.failed(self.connection, error)
        self.run.message = connection_state.reason(error)
        self.run.state = SyncState.FAILED
        hold_off(self.connection, error)

    def broke(self) -> None:
        self.run.state = SyncState.FAILED
        self.run.message = "Stopped by a fault on our side; the log says which."
        self.finish()

    def finish(self) -> SyncRun:
        run = self.run
        now = timezone.now()
        if run.state == SyncState.RUNNING:
            run.state = SyncState.FAILED if self.failed_kinds else SyncState.DONE
        run.current, run.finished_at = "", now
        complete = self.done_kinds - self.failed_kinds
        if run.state == SyncState.FAILED and run.message:
            # The run was cut short: kinds of which some accounts were not reached are not done.
            complete = {kind for kind in complete if kind in CONNECTION_STEPS}
        # Whoever sees the run finished must also see what it read.
        with transaction.atomic():
            run.save()
            if complete:
                mark_read(Connection, self.connection.pk, complete)
                Connection.objects.filter(pk=self.connection.pk).update(last_sync_at=now)
        self._tell(finished=True)
        return run

    def _save(self) -> None:
        """Not more often than people can read: a run over many accounts has thousands of steps."""
        if time.monotonic() - self._saved_at < SAVE_SECONDS:
            return
        self._saved_at = time.monotonic()
        self._write()
        if self.watched:
            self._tell()

    def _write(self) -> None:
        """By columns: a run that went with its connection must not be made anew."""
        values = {name: getattr(self.run, name) for name in _COLUMNS}
        SyncRun.objects.filter(pk=self.run.pk).update(**values)

    def _tell(self, *, finished: bool = False) -> None:
        events.publish(
            events.SYNC_UPDATED,
            connection=self.connection,
            detail={"run": self.run.pk, "state": str(self.run.state), "finished": finished},
        )


def prune(days: int = 14) -> int:
    """Forget finished runs older than so many days; how many went."""
    limit = timezone.now() - timedelta(days=days)
    deleted, _ = SyncRun.objects.filter(started_at__lt=limit).exclude(finished_at=None).delete()
    return deleted


def settle_lost() -> int:
    """Runs that say they are going on though nobody holds the lock lost their worker."""
    long_ago = timezone.now() - timedelta(seconds=LOST_SECONDS)
    going_on = SyncRun.objects.filter(state=SyncState.RUNNING)
    settled = 0
    for run in going_on.exclude(current=WAITING, started_at__gte=long_ago):
        with locks.sync_lock(run.connection_id, wait=False) as held:
            if not held:
                continue
            # Between the query and the lock it may have finished.
            settled += SyncRun.objects.filter(pk=run.pk, state=SyncState.RUNNING).update(
                state=SyncState.FAILED,
                message="The worker was stopped; the next run reads everything again.",
                current="",
                finished_at=timezone.now(),
            )
    return settled
