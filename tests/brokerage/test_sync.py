from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

import pytest
from django.utils import timezone

from brokerage import connections, selectors, tasks
from brokerage.enums import ConnectionState, SyncKind, SyncState
from brokerage.models import (
    Account,
    Balance,
    Connection,
    Instrument,
    Notice,
    Order,
    Position,
    SyncRun,
    Transaction,
)
from brokerage.sync import runs, schedule, steps
from tests.brokerage.outer_broker import (
    NUMBERS,
    REFRESH,
    SECRET,
    balance,
    error,
    oauth_error,
    order,
    position,
)

POSITIONS = f"/accounts/{NUMBERS[0]}/positions"


def sync(connection, *kinds):
    return runs.sync(connection, kinds or schedule.ORDER)


def test_a_full_sync_reads_everything_and_reports_each_step(connection, broker):
    broker.set(POSITIONS, [position(NUMBERS[0]), position(NUMBERS[0], "KO", quantity="2.5")])
    broker.set(f"/accounts/{NUMBERS[0]}/orders", [order(NUMBERS[0])])
    broker.set("/instruments/equities", [{"symbol": "AAPL", "tick-sizes": [{"value": "0.01"}]}])
    run = sync(connection)
    assert run.state == SyncState.DONE, run.report
    assert (run.steps_done, run.steps_total) == (len(run.report), 7 + 10 * len(NUMBERS))
    assert run.finished_at is not None
    cash = Balance.objects.get(account__number=NUMBERS[0])
    assert cash.cash_balance == Decimal("68236.496")
    assert cash.pending_cash == Decimal("-12.5")
    assert cash.maintenance_excess == Decimal("-15.25")
    assert cash.equity_buying_power is None
    held = Position.objects.get(symbol="KO")
    assert (held.quantity, held.realized_day_gain) == (Decimal("2.5"), Decimal("-10.0"))
    assert Order.objects.get().legs.count() == 2
    assert Instrument.objects.get().tick_sizes == [{"value": "0.01"}]
    connection.refresh_from_db()
    assert set(connection.synced_at) == {str(kind) for kind in SyncKind}
    assert connection.last_sync_at is not None


def test_a_second_sync_changes_nothing(connection, broker):
    broker.set(POSITIONS, [position(NUMBERS[0])])
    broker.set(f"/accounts/{NUMBERS[0]}/orders", [order(NUMBERS[0])])
    sync(connection)
    again = sync(connection)
    changed = {step["kind"] for step in again.report if step["changed"]}
    # A confirmed balance is young again; nothing else moves.
    assert changed == {"balances"}


def test_the_public_list_of_live_orders_is_never_on_the_schedule():
    kinds = schedule.due({}, timezone.now(), tasks.cadence(), session_open=True, stream_up=True)
    assert SyncKind.ORDERS_LIVE not in kinds
    assert set(schedule.ORDER) - set(kinds) == {SyncKind.ORDERS_LIVE}


@pytest.mark.parametrize(
    ("kind", "age", "session_open", "stream_up", "is_due"),
    [
        (SyncKind.BALANCES, 61, True, True, True),
        (SyncKind.BALANCES, 59, True, True, False),
        (SyncKind.BALANCES, 61, False, True, False),
        (SyncKind.POSITIONS, 901, False, True, True),
        (SyncKind.ORDERS, 61, True, True, False),
        (SyncKind.ORDERS, 61, True, False, True),
        (SyncKind.ORDERS, 901, True, True, True),
        (SyncKind.TRANSACTIONS, 3601, True, True, True),
        (SyncKind.SNAPSHOTS, 3601, True, True, False),
    ],
)
def test_cadence(kind, age, session_open, stream_up, is_due):
    now = timezone.now()
    synced = {str(other): now.isoformat() for other in SyncKind}
    synced[str(kind)] = (now - timedelta(seconds=age)).isoformat()
    due = schedule.due(synced, now, tasks.cadence(), session_open=session_open, stream_up=stream_up)
    assert due == ([kind] if is_due else [])


def test_an_older_answer_changes_nothing(connection, broker, account):
    path = f"/accounts/{NUMBERS[0]}/balances/USD"
    sync(connection, SyncKind.BALANCES)
    older = {"updated-at": "2026-03-11T18:29:59.000+00:00", "cash-balance": "1.0"}
    broker.set(path, balance(NUMBERS[0], **older))
    sync(connection, SyncKind.BALANCES)
    assert Balance.objects.get(account=account).cash_balance == Decimal("68236.496")
    newer = {"updated-at": "2026-03-11T18:31:00.000+00:00", "cash-balance": "2.0"}
    broker.set(path, balance(NUMBERS[0], **newer))
    sync(connection, SyncKind.BALANCES)
    assert Balance.objects.get(account=account).cash_balance == Decimal("2.0")


def test_a_vanished_position_is_closed_by_the_second_agreeing_read(connection, broker, account):
    broker.set(POSITIONS, [position(NUMBERS[0]), position(NUMBERS[0], "KO")])
    sync(connection, SyncKind.POSITIONS)
    broker.set(POSITIONS, [position(NUMBERS[0])])
    sync(connection, SyncKind.POSITIONS)
    assert Position.objects.get(symbol="KO").closed_at is None
    sync(connection, SyncKind.POSITIONS)
    gone = Position.objects.get(symbol="KO")
    assert gone.closed_at is not None
    assert (gone.quantity, gone.average_open_price) == (0, Decimal("201.35"))
    assert gone.raw["quantity"] == 100
    assert "KO" in Notice.objects.get().text
    assert [row.symbol for row in selectors.positions_for([account])] == ["AAPL"]


def test_an_answer_that_was_short_once_closes_nothing(connection, broker):
    full = [position(NUMBERS[0]), position(NUMBERS[0], "KO")]
    for answer in (full, [], full, [], full):
        broker.set(POSITIONS, answer)
        sync(connection, SyncKind.POSITIONS)
    assert not Position.objects.exclude(closed_at=None).exists()


def test_the_brokers_own_zero_closes_at_once_and_it_may_reopen(connection, broker):
    broker.set(POSITIONS, [position(NUMBERS[0])])
    sync(connection, SyncKind.POSITIONS)
    zero = {"quantity": 0, "quantity-direction": "Zero"}
    broker.set(POSITIONS, [position(NUMBERS[0], **zero)])
    sync(connection, SyncKind.POSITIONS)
    assert Position.objects.get().closed_at is not None
    broker.set(POSITIONS, [position(NUMBERS[0], quantity=7)])
    sync(connection, SyncKind.POSITIONS)
    assert Position.objects.get(closed_at=None).quantity == 7


def test_a_direction_nobody_knows_is_not_guessed(connection, broker):
    broker.set(POSITIONS, [position(NUMBERS[0], **{"quantity-direction": "Sideways"})])
    assert sync(connection, SyncKind.POSITIONS).state == SyncState.DONE
    assert not Position.objects.exists()


def test_one_account_refused_does_not_stop_the_others(connection, broker):
    broker.refuse(f"/accounts/{NUMBERS[0]}/balances/USD", error(403, "not_permitted", "not yours"))
    run = sync(connection, SyncKind.BALANCES)
    assert run.state == SyncState.FAILED
    failed, fine = run.report
    assert failed["state"] == "failed"
    assert "not yours" in failed["message"]
    assert fine["state"] == "done"
    connection.refresh_from_db()
    assert connection.state == ConnectionState.ACTIVE
    assert "balances" not in connection.synced_at


def test_an_outage_degrades_and_recovery_is_noticed(connection, broker):
    broker.refuse(f"/accounts/{NUMBERS[0]}/balances/USD", error(503, "down"))
    run = sync(connection, SyncKind.ACCOUNTS, SyncKind.BALANCES)
    assert (run.state, run.steps_done) == (SyncState.FAILED, 2)
    connection.refresh_from_db()
    assert connection.state == ConnectionState.DEGRADED
    assert "accounts" in connection.synced_at
    assert "balances" not in connection.synced_at
    broker.book()
    sync(connection, SyncKind.BALANCES)
    connection.refresh_from_db()
    assert connection.state == ConnectionState.ACTIVE


def test_a_revoked_grant_stops_calling(connection, broker):
    Connection.objects.update(access_token_expires_at=timezone.now())
    broker.token_answer = oauth_error("invalid_grant", "Grant revoked")
    run = sync(connection)
    assert run.state == SyncState.FAILED
    connection.refresh_from_db()
    assert connection.state == ConnectionState.RECONNECT
    assert run.message == connection.state_reason


def test_a_broker_that_asks_for_fewer_calls_is_left_alone(connection, broker):
    answer = {"error": {"code": "rate_limit_exceeded", "message": "", "retry_after": 61}}
    broker.refuse("/customers/me/accounts", (429, answer))
    sync(connection, SyncKind.ACCOUNTS)
    assert runs.is_held_off(connection)
    assert tasks.due_kinds(connection) == []


def test_a_run_gives_way_to_another(connection, broker):
    from tests.brokerage.other_session import holding

    with holding("SELECT pg_advisory_lock(7301, %s)", connection.pk):
        assert runs.sync(connection, [SyncKind.BALANCES], wait=False) is None
    assert runs.sync(connection, [SyncKind.BALANCES], wait=False) is not None


def test_a_task_delivered_twice_reads_once(connection, broker):
    tasks.sync_connection(str(connection.pk))
    calls = len(broker.calls)
    tasks.sync_connection(str(connection.pk))
    assert len(broker.calls) == calls
    run = SyncRun.objects.exclude(finished_at=None).get()
    assert run.state == SyncState.DONE


def test_a_requested_run_is_done_once(connection, broker, user):
    run = SyncRun.objects.get(state=SyncState.RUNNING)
    tasks.sync_requested(run.pk)
    run.refresh_from_db()
    assert (run.state, run.requested_by) == (SyncState.DONE, user)
    calls = len(broker.calls)
    tasks.sync_requested(run.pk)
    assert len(broker.calls) == calls


def test_a_run_whose_worker_died_is_said_to_have_failed(connection):
    run = SyncRun.objects.create(connection=connection, current="Balances")
    waiting = SyncRun.objects.get(current=runs.WAITING)
    assert runs.settle_lost() == 1
    SyncRun.objects.filter(pk=waiting.pk).update(started_at=timezone.now())
    run.refresh_from_db()
    waiting.refresh_from_db()
    assert run.state == SyncState.FAILED
    assert waiting.state == SyncState.RUNNING


def test_a_connection_removed_while_it_is_read_ends_quietly(
    transactional_db, user, broker, queued, monkeypatch
):
    connection = connections.connect(user, "simulator", SECRET, REFRESH)

    def removed(reader):
        connections.remove(Connection.objects.get(pk=connection.pk))
        return steps.sync_customer(reader)

    monkeypatch.setitem(steps.CONNECTION_STEPS, SyncKind.CUSTOMER, removed)
    assert sync(connection) is None
    assert not SyncRun.objects.exists()


def test_a_version_on_its_way_out_is_one_dated_notice(connection, broker):
    broker.headers = {"Deprecation": "true", "Sunset": "Thu, 31 Dec 2026 23:59:59 GMT"}
    sync(connection, SyncKind.BALANCES)
    notice = Notice.objects.get()
    assert "2026-12-31" in notice.text
    assert notice.level == "warning"


def test_a_version_no_longer_served_is_said_so(connection, broker):
    answer = {"error": {"code": 406, "message": "The requested version is not supported."}}
    broker.refuse("/customers/me/accounts", (406, answer))
    sync(connection, SyncKind.ACCOUNTS)
    connection.refresh_from_db()
    assert connection.state == ConnectionState.DEGRADED
    assert "version" in connection.state_reason
    assert Notice.objects.get().level == "danger"


def test_an_account_no_longer_listed_loses_access_not_rows(connection, broker, user):
    broker.accounts(NUMBERS[0])
    sync(connection, SyncKind.ACCOUNTS)
    assert len(selectors.accounts_for(user)) == 2, "one listing alone decides nothing"
    sync(connection, SyncKind.ACCOUNTS)
    assert [row.number for row in selectors.accounts_for(user)] == [NUMBERS[0]]
    assert Account.objects.count() == 2
    assert "no longer lists" in Notice.objects.get().text


def test_transactions_are_each_there_once(connection, broker):
    row = {
        "id": 300100959,
        "transaction-type": "Trade",
        "transaction-sub-type": "Buy to Open",
        "description": "Bought",
        "value": "980.0",
        "value-effect": "Debit",
        "net-value": "982.2",
        "net-value-effect": "Debit",
        "commission": "2.000001",
        "commission-effect": "Debit",
        "executed-at": "2026-03-02T15:33:40.118+00:00",
        "transaction-date": "2026-03-02",
        "is-estimated-fee": True,
    }
    path = f"/accounts/{NUMBERS[0]}/transactions"
    broker.set(path, [row])
    sync(connection, SyncKind.TRANSACTIONS)
    broker.set(path, [row | {"is-estimated-fee": False}])
    sync(connection, SyncKind.TRANSACTIONS)
    booked = Transaction.objects.get()
    assert booked.net_value == Decimal("-982.2")
    assert booked.commission == Decimal("-2.000001")
    assert booked.is_estimated_fee is False


def test_account_numbers_are_not_in_the_audit(connection, broker):
    from brokerage.models import AuditEntry

    sync(connection)
    text = str(list(AuditEntry.objects.values()))
    assert "GET /accounts/{}/positions" in text
    assert NUMBERS[0] not in text
    assert "canary" not in text
