"""After the faults: is the book the broker's, is the desk alive, does the audit's chain hold."""

from __future__ import annotations

import time
from collections import Counter
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
    _told(connection, result)


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
    """Every account and the login itself, every line, every figure; the clock stands still."""
    from brokerage.credentials import client_for
    from brokerage.models import Account
    from brokerage.sync import comparison, login_book
    from brokerage.sync.pacing import PacedClient

    since = datetime.fromisoformat(START).date()
    with client_for(connection) as client:
        paced = PacedClient(client, connection)
        for account in Account.objects.filter(accesses__connection=connection):
            outcome = comparison.compare(paced, connection, account, still=True, since=since)
            _count(outcome, result, f"{when}{account.number}")
        _count(login_book.compare(paced, connection), result, f"{when}login")


def _count(outcome: Any, result: Result | Day, of: str) -> None:
    matching, lines = outcome.score
    result.matching += matching
    result.lines += lines
    for part, pair in outcome.parts.items():
        known = result.parts.get(part, (0, 0))
        result.parts[part] = (known[0] + pair[0], known[1] + pair[1])
    result.differences += [
        f"{of} {line.part} {line.name}: {line.fields or 'missing'}" for line in outcome.lines
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


def _told(connection: Any, result: Result | Day) -> None:
    """Every order that was mirrored before it ended was told once, as what it ended as."""
    from brokerage.enums import TERMINAL_STATUSES
    from brokerage.models import Order, OrderNews
    from brokerage.models.history import versions_of

    versions = versions_of(Order).objects.exclude(status__in=TERMINAL_STATUSES)
    orders = Order.objects.filter(
        account__accesses__connection=connection,
        received_at__gt=datetime.fromisoformat(START),
        status__in=TERMINAL_STATUSES,
        pk__in=versions.values("pgh_obj"),
    )
    ended = dict(orders.values_list("pk", "broker_id"))
    news = OrderNews.objects.exclude(kind="partial").filter(order__in=ended)
    told = Counter(news.values_list("order", flat=True))
    result.news += told.total()
    result.differences += [
        f"the end of order {number} was told {told[pk]} times"
        for pk, number in ended.items()
        if told[pk] != 1
    ]


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
