"""A short answer, a reset of the books, a closed account and a sale are told apart."""

from __future__ import annotations

import threading
import time
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.contrib.auth import get_user_model
from django.db import connection as database

from brokerage import connections, selectors, tasks, watching
from brokerage.enums import SyncKind
from brokerage.models import Account, Connection, Notice, Order, Position, Transaction
from brokerage.sync import pacing, runs, schedule
from brokerage.sync.ingest import ingest
from brokerage.tastytrade.streaming import AccountMessage
from tests.brokerage import outer_broker
from tests.brokerage.ledger import transaction
from tests.brokerage.outer_broker import NUMBERS, REFRESH, SECRET, error, order, position

pytestmark = pytest.mark.django_db
NUMBER = NUMBERS[0]
POSITIONS, BOOKED = f"/accounts/{NUMBER}/positions", f"/accounts/{NUMBER}/transactions"
BOOK = [position(NUMBER), position(NUMBER, "KO"), position(NUMBER, "F")]


def read(connection, *kinds):
    return runs.sync(connection, kinds or [SyncKind.POSITIONS])


def texts() -> str:
    return " ".join(Notice.objects.values_list("text", flat=True))


def booked(broker, *rows):
    broker.set(BOOKED, list(rows))
    for row in rows:
        broker.set(f"{BOOKED}/{row['id']}", row)


def test_an_empty_answer_is_told_and_passes(connection, broker):
    broker.set(POSITIONS, BOOK)
    read(connection)
    broker.set(POSITIONS, [])
    read(connection)
    assert "none of the 3 positions" in texts()
    assert Position.objects.filter(closed_at=None).count() == 3
    broker.set(POSITIONS, BOOK)
    read(connection)
    assert not Notice.objects.exists()
    assert not Position.objects.exclude(missing_since=None).exists()


def test_what_a_booking_explains_needs_no_notice(connection, broker):
    broker.set(POSITIONS, BOOK)
    sold = transaction(1) | {"symbol": "KO", "transaction-type": "Trade"}
    booked(broker, sold)
    read(connection, SyncKind.POSITIONS)
    broker.set(POSITIONS, [BOOK[0]])
    read(connection)
    read(connection)
    assert set(Position.objects.exclude(closed_at=None).values_list("symbol", flat=True)) == {
        "KO",
        "F",
    }
    assert "no longer lists F," in texts() and "KO" not in texts()


def test_books_that_begin_anew_are_recognised_and_history_stays(connection, broker, account):
    broker.set(POSITIONS, BOOK)
    broker.set(f"/accounts/{NUMBER}/orders", [order(NUMBER)])
    booked(broker, transaction(1), transaction(2))
    read(connection, *schedule.ORDER)
    assert selectors.orders_for([account], "working").count() == 1
    for path in (POSITIONS, BOOKED, f"/accounts/{NUMBER}/orders"):
        broker.set(path, [])
    for row in Transaction.objects.all():
        broker.refuse(f"{BOOKED}/{row.broker_id}", error(404, "record_not_found"))
    read(connection)
    read(connection)
    assert "began anew" in texts()
    assert not Position.objects.filter(closed_at=None).exists()
    assert not selectors.orders_for([account], "working").exists()
    assert Order.objects.get().status == "Live", "the broker's last word stays"
    assert Transaction.objects.count() == 2


def test_all_gone_without_a_reason_is_no_reset(connection, broker):
    broker.set(POSITIONS, BOOK)
    booked(broker, transaction(1))
    read(connection, *schedule.ORDER)
    broker.set(POSITIONS, [])
    read(connection)
    read(connection)
    assert "began anew" not in texts()
    assert "no booking says why" in texts()


def accounts(broker, *rows):
    broker.set(
        "/customers/me/accounts",
        [{"account": row, "authority-level": level} for row, level in rows],
    )


def test_closed_new_and_less_authority_are_told(connection, broker):
    first, second = (outer_broker.account(number) for number in NUMBERS)
    accounts(
        broker,
        (first | {"is-closed": True}, "owner"),
        (second, "read-only"),
        (outer_broker.account("5WT00003"), "owner"),
    )
    read(connection, SyncKind.ACCOUNTS)
    assert "has closed account" in texts()
    assert "authority over" in texts() and "read-only" in texts()
    assert "A new account" in texts()
    assert Account.objects.get(number=NUMBER).is_closed
    path = f"/accounts/{NUMBERS[1]}/trading-status"
    broker.set(path, {"account-number": NUMBERS[1], "is-frozen": True})
    read(connection, SyncKind.TRADING_STATUS)
    assert "has frozen account" in texts()
    broker.set(path, {"account-number": NUMBERS[1], "is-frozen": False})
    read(connection, SyncKind.TRADING_STATUS)
    assert "has frozen account" not in texts()


def test_watched_accounts_are_read_first(connection, broker):
    watching.looked_at([Account.objects.get(number=NUMBERS[1])])
    read(connection)
    asked = [path for path in broker.paths() if path.endswith("/positions")]
    assert asked == [f"/accounts/{number}/positions" for number in reversed(NUMBERS)]


def test_a_bucket_paces_all_who_share_the_grant(connection, settings):
    settings.SYNC_CALLS_PER_SECOND, settings.SYNC_CALLS_BURST = 10, 5
    with ThreadPoolExecutor(4) as pool:
        waits = sorted(pool.map(lambda _: pacing.wait_seconds(connection), range(15)))
    assert waits[:5] == [0.0] * 5
    assert waits[5:] == pytest.approx([0.1 * n for n in range(1, 11)], abs=0.08)
    assert pacing.tokens_left(connection) < 0


def test_beat_spreads_the_connections_over_its_tick(connection, settings, monkeypatch):
    handed = []
    monkeypatch.setattr(tasks.sync_connection, "apply_async", lambda a, **o: handed.append(o))
    tasks.sync_due()
    assert 0 <= handed[0]["countdown"] <= settings.SYNC_TICK_SECONDS / 3
    assert handed[0]["expires"] == settings.SYNC_TICK_SECONDS


@pytest.mark.django_db(transaction=True)
def test_many_accounts_are_read_several_at_once(connection, broker, settings):
    numbers = [f"5WT1{n:04d}" for n in range(8)]
    accounts(broker, *((outer_broker.account(number), "owner") for number in numbers))
    for number in numbers:
        broker.set(f"/accounts/{number}/positions", [position(number)])
    read(connection, SyncKind.ACCOUNTS)
    read(connection, SyncKind.ACCOUNTS)
    run = read(connection)
    assert run.state == "done", run.report
    assert run.steps_done == run.steps_total == 8
    assert Position.objects.count() == 8


@pytest.mark.django_db(transaction=True)
@pytest.mark.django_db(transaction=True)
def test_two_logins_that_reach_one_account_read_it_one_after_the_other(connection, broker):
    other = get_user_model().objects.create_user("bob")
    second = connections.connect(other, "simulator", SECRET, REFRESH)
    at_once, most, lock = [0], [0], threading.Lock()

    def slowly():
        with lock:
            at_once[0] += 1
            most[0] = max(most[0], at_once[0])
        time.sleep(0.15)
        with lock:
            at_once[0] -= 1
        return 200, {"data": {"items": BOOK}, "context": POSITIONS}

    broker.answers[("GET", POSITIONS)] = slowly

    def sync(pk):
        try:
            return read(Connection.objects.get(pk=pk)).state
        finally:
            database.close()

    with ThreadPoolExecutor(2) as pool:
        states = list(pool.map(sync, [connection.pk, second.pk]))
    assert states == ["done", "done"]
    assert broker.paths().count(POSITIONS) == 2 and most[0] == 1
    assert Account.objects.filter(number=NUMBER).count() == 1


def test_a_broker_that_goes_away_ends_a_run_over_many_accounts(connection, broker):
    numbers = [f"5WT1{n:04d}" for n in range(8)]
    accounts(broker, *((outer_broker.account(number), "owner") for number in numbers))
    read(connection, SyncKind.ACCOUNTS)
    read(connection, SyncKind.ACCOUNTS)
    for number in numbers:
        broker.refuse(f"/accounts/{number}/positions", error(429, "too_many_requests"))
    run = read(connection)
    assert run.state == "failed" and "fewer calls" in run.message
    assert runs.is_held_off(connection)


def test_a_frozen_account_is_told_by_message_and_an_older_one_changes_nothing(connection):
    def message(frozen, at):
        status = {"account-number": NUMBERS[1], "is-frozen": frozen, "updated-at": at}
        ingest(connection, AccountMessage("TradingStatus", status, 0))

    message(True, "2026-03-11T18:40:00.000+00:00")
    assert "has frozen account" in texts()
    message(False, "2026-03-11T18:39:00.000+00:00")
    assert "has frozen account" in texts()
    message(False, "2026-03-11T18:41:00.000+00:00")
    assert "has frozen account" not in texts()
