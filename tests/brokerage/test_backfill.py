"""History back to the opening: resumed wherever it was cut off, each row once, checked."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command
from django.core.management.base import CommandError
from django.db import connection as database
from django.utils import timezone

from brokerage import tasks
from brokerage.credentials import client_for
from brokerage.enums import BackfillKind, SyncState
from brokerage.models import Backfill, Connection, Order, Transaction
from brokerage.sync import backfill, runs
from brokerage.sync.pacing import PacedClient
from brokerage.tastytrade.errors import TastytradeError
from tests.brokerage.ledger import Ledger, OrderBook
from tests.brokerage.outer_broker import NUMBERS, error, order

KIND = BackfillKind.TRANSACTIONS
# `BACKFILL_ROWS=100000 BACKFILL_KILLS=10 pytest tests/brokerage/test_backfill.py` is the long one.
ROWS = int(os.environ.get("BACKFILL_ROWS", "4000"))
KILLS = int(os.environ.get("BACKFILL_KILLS", "2"))
ROOT = Path(__file__).parents[2]


@pytest.fixture
def paced(connection, settings):
    settings.SYNC_CALLS_PER_SECOND = 10_000
    with client_for(connection) as client:
        yield PacedClient(client, connection)


def test_all_pages_are_read_and_checked(connection, account, broker, paced):
    ledger = Ledger(broker, 2500)
    row = backfill.request(account, connection, KIND)
    seen = []
    assert backfill.run(row, paced, told=lambda now: seen.append((now.rows_done, now.rows_total)))
    assert seen == [(1000, 2500), (2000, 2500), (2500, 2500)]
    assert (row.state, row.message) == (SyncState.DONE, "2500 of 2500 rows, cash agrees")
    assert Transaction.objects.count() == 2500
    assert float(row.checks["cash"]["theirs"]) == ledger.cash


def test_it_goes_on_with_the_page_it_was_at(connection, account, broker, paced):
    ledger = Ledger(broker, 2500)
    ledger.fail_at = 1
    row = backfill.request(account, connection, KIND)
    with pytest.raises(TastytradeError):
        backfill.run(row, paced)
    assert Backfill.objects.get().next_page == 1
    again = backfill.request(account, connection, KIND)
    assert again.pk == row.pk, "an unfinished one is gone on with"
    before = len(broker.calls)
    assert backfill.run(again, paced)
    pages = [query["page-offset"] for _, path, query in broker.calls[before:] if "trans" in path]
    assert pages == [["1"], ["2"], ["0"]], "the last is the check"
    assert Transaction.objects.count() == 2500


def test_a_slice_ends_in_time_and_the_next_goes_on(connection, account, broker, paced):
    Ledger(broker, 2500)
    row = backfill.request(account, connection, KIND)
    assert not backfill.run(row, paced, seconds=0)
    assert (row.rows_done, row.rows_total) == (1000, 2500)
    assert backfill.seconds_left(row) is not None
    while not backfill.run(row, paced, seconds=0):
        pass
    assert row.message == "2500 of 2500 rows, cash agrees"


def test_a_row_that_slid_between_pages_is_found_by_the_second_pass(
    connection, account, broker, paced
):
    ledger = Ledger(broker, 1500)

    def late(row: Any) -> None:
        # After the first page an old booking appears in what was read already.
        if len(ledger.rows) == 1500:
            from tests.brokerage.ledger import transaction

            ledger.rows.insert(0, transaction(90_001))

    row = backfill.request(account, connection, KIND)
    assert backfill.run(row, paced, told=late)
    assert row.checks["passes"] == 2
    assert Transaction.objects.count() == 1501
    assert row.state == SyncState.DONE


def test_cash_that_does_not_agree_is_said(connection, account, broker, paced):
    ledger = Ledger(broker, 10)
    ledger.rows[0]["net-value"] = "3.25"
    row = backfill.request(account, connection, KIND)
    backfill.run(row, paced)
    assert row.message.startswith("10 of 10 rows, cash differs by")


def orders_of(count: int) -> list[dict[str, Any]]:
    return [order(NUMBERS[0], 401_000_000 + number) for number in range(count)]


def test_orders_are_counted_by_what_is_stored(connection, account, broker, paced):
    OrderBook(broker, orders_of(450))
    row = backfill.request(account, connection, BackfillKind.ORDERS)
    assert backfill.run(row, paced)
    assert (row.state, row.message) == (SyncState.DONE, "450 of 450 rows")
    assert Order.objects.filter(account=account).count() == 450


def test_an_order_that_is_not_stored_is_missed_in_the_count(connection, account, broker, paced):
    book = OrderBook(broker, orders_of(30))
    # What has no identity is never stored, in no pass.
    del book.rows[7]["id"]
    row = backfill.request(account, connection, BackfillKind.ORDERS)
    assert backfill.run(row, paced)
    assert (row.state, row.message) == (SyncState.FAILED, "29 of 30 rows")
    assert row.checks["passes"] == backfill.PASSES


def test_an_order_from_before_the_books_began_anew_is_not_counted(
    connection, account, broker, paced
):
    OrderBook(broker, orders_of(5))
    Order.objects.create(account=account, broker_id=1, status="Live", gone_at=timezone.now())
    row = backfill.request(account, connection, BackfillKind.ORDERS)
    assert backfill.run(row, paced)
    assert (row.state, row.message) == (SyncState.DONE, "5 of 5 rows")


def test_an_order_that_the_stream_brings_during_the_count_is_no_difference(
    connection, account, broker, paced
):
    OrderBook(broker, orders_of(5))

    class Meanwhile:
        """Once the broker has counted, an order is placed."""

        def send(self, call: Any) -> Any:
            answer = paced.send(call)
            if ("per-page", "1") in call.query:
                Order.objects.create(account=account, broker_id=9, status="Live")
            return answer

    row = backfill.request(account, connection, BackfillKind.ORDERS)
    assert backfill.run(row, Meanwhile())
    assert (row.state, row.message) == (SyncState.DONE, "5 of 5 rows")


def test_beat_begins_one_for_each_account_once(connection, broker, monkeypatch, settings):
    settings.SYNC_CALLS_PER_SECOND = 10_000
    handed: list[int] = []
    monkeypatch.setattr(tasks.sync_backfill, "apply_async", lambda a, **_: handed.append(a[0]))
    tasks.sync_backfills()
    assert not handed, "not before the first sync"
    Connection.objects.update(last_sync_at=connection.created_at)
    tasks.sync_backfills()
    assert Backfill.objects.count() == len(handed) == 4
    for pk in handed:
        tasks.sync_backfill(pk)
    states = set(Backfill.objects.values_list("state", flat=True))
    assert states == {SyncState.DONE}
    tasks.sync_backfills()
    assert Backfill.objects.count() == 4


def test_a_broker_that_asks_for_fewer_calls_is_left_alone(connection, account, broker, settings):
    broker.refuse(f"/accounts/{NUMBERS[0]}/transactions", error(429, "too_many_requests"))
    row = backfill.request(account, connection, KIND)
    runs.backfill_slice(row, seconds=5)
    row.refresh_from_db()
    assert row.finished_at is None and "fewer calls" in row.message
    assert runs.is_held_off(connection)


def test_the_command_tells_progress_and_ends_in_words(connection, broker, capsys, settings):
    settings.SYNC_CALLS_PER_SECOND = 10_000
    Ledger(broker, 1200)
    call_command("backfill", account=NUMBERS[0], kinds=[KIND])
    out = capsys.readouterr().out
    assert "1000 of 1200" in out and "1200 of 1200 rows, cash agrees" in out
    with pytest.raises(CommandError):
        call_command("backfill", account="5WT99999")


@pytest.mark.django_db(transaction=True)
@pytest.mark.timeout(1800)
def test_killed_again_and_again_it_ends_equal(connection, account, broker):
    ledger = Ledger(broker, ROWS)
    backfill.request(account, connection, KIND)
    chance = random.Random(7)
    kills = 0
    while not Backfill.objects.filter(finished_at__isnull=False).exists():
        child = _command(broker.url)
        if kills < KILLS:
            _kill_within_a_page(child, broker, chance)
            kills += 1
        else:
            assert child.wait(900) == 0
    assert kills == KILLS
    ids = list(Transaction.objects.order_by("broker_id").values_list("broker_id", flat=True))
    assert ids == [row["id"] for row in ledger.rows]
    row = Backfill.objects.get()
    assert row.message == f"{ROWS} of {ROWS} rows, cash agrees"


def _command(url: str) -> subprocess.Popen[bytes]:
    address = os.environ["DATABASE_URL"]
    path, _, query = address.partition("?")
    name = database.settings_dict["NAME"]
    environment = {
        **os.environ,
        "DATABASE_URL": f"{path.rpartition('/')[0]}/{name}{'?' + query if query else ''}",
        "SIMULATOR_URL": url,
        "SYNC_CALLS_PER_SECOND": "10000",
    }
    command = [sys.executable, "manage.py", "backfill", "--kind", KIND, "--account", NUMBERS[0]]
    return subprocess.Popen(
        command, cwd=ROOT, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )


def _kill_within_a_page(child: subprocess.Popen[bytes], broker: Any, chance: Any) -> None:
    """Between asking for a page and having stored it, most of the time."""
    asked = len(broker.calls)
    deadline = time.monotonic() + 60
    while len(broker.calls) == asked and child.poll() is None and time.monotonic() < deadline:
        time.sleep(0.002)
    time.sleep(chance.uniform(0, 0.3))
    child.send_signal(signal.SIGKILL)
    child.wait()
