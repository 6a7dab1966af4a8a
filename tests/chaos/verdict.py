"""After the faults: is the book the broker's, is the desk alive, does the audit's chain hold."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import datetime
from typing import TYPE_CHECKING, Any

from tests.chaos.stage import START, Simulator

if TYPE_CHECKING:
    from tests.chaos.day import Day
    from tests.chaos.play import Result

# A frozen stream is found out, a lost server's worker is back.
ALIVE_SECONDS = 180.0


def wait_for_stream(connection: Any, timeout: float = 300.0) -> None:
    if not _until(lambda: stream_is_up(connection), timeout):
        raise TimeoutError("the gateway did not open the account stream")


def judge(simulator: Simulator, connection: Any, result: Result | Day) -> None:
    """One sync, every line compared; then the processes must be at work and spoil nothing."""
    from django.db import connection as database
    from django.utils import timezone

    # Its server may have been restarted since it was last used.
    database.close()
    connection.refresh_from_db()
    stopped = timezone.now()
    _one_sync(connection, result)
    _compare(connection, result, "")
    _alive(connection, stopped, result)
    _compare(connection, result, "later: ")
    _facts(connection, result)


def _one_sync(connection: Any, result: Result | Day) -> None:
    from brokerage.sync import runs, schedule

    started = time.monotonic()
    run = runs.sync(connection, schedule.ORDER)
    assert run is not None
    result.seconds_to_equal = round(time.monotonic() - started, 2)
    failed = [step for step in run.report if step["state"] == "failed"]
    if run.message or failed:
        result.differences.append(f"the sync: {run.message} {failed}")


def _compare(connection: Any, result: Result | Day, when: str) -> None:
    """Every account, every line, every figure; the clock stands still."""
    from brokerage.credentials import client_for
    from brokerage.models import Account
    from brokerage.sync import comparison
    from brokerage.sync.pacing import PacedClient

    since = datetime.fromisoformat(START)
    with client_for(connection) as client:
        for account in Account.objects.filter(accesses__connection=connection):
            paced = PacedClient(client, connection)
            outcome = comparison.compare(paced, connection, account, still=True, since=since)
            matching, lines = outcome.score
            result.matching += matching
            result.lines += lines
            result.differences += [
                f"{when}{account.number} {line.part} {line.name}: {line.fields or 'missing'}"
                for line in outcome.lines
            ]


def _alive(connection: Any, stopped: Any, result: Result | Day) -> None:
    """The stream is up again, and the worker has read by itself since the faults stopped."""
    from brokerage.models import SyncRun

    def works() -> bool:
        own = SyncRun.objects.filter(connection=connection, started_at__gt=stopped, state="done")
        return stream_is_up(connection) and own.count() > 1

    started = time.monotonic()
    if not _until(works, ALIVE_SECONDS):
        lamp = "up" if stream_is_up(connection) else "down"
        result.differences.append(f"the desk did not come back: stream {lamp}")
    result.seconds_to_alive = round(time.monotonic() - started, 1)


def _facts(connection: Any, result: Result | Day) -> None:
    from brokerage import sealing
    from brokerage.enums import ConnectionState

    connection.refresh_from_db()
    if connection.state != ConnectionState.ACTIVE:
        result.differences.append(f"the login is {connection.state}: {connection.state_reason}")
    sealing.seal()
    result.differences += [f"audit: {problem}" for problem in sealing.verify().problems]


def stream_is_up(connection: Any) -> bool:
    from brokerage import selectors

    return selectors.stream_health(connection).account_stream.is_up


def _until(holds: Callable[[], bool], timeout: float) -> bool:
    deadline = time.monotonic() + timeout
    while not holds():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.2)
    return True
