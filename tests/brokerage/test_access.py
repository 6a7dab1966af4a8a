"""A foreign row answers exactly like a missing one, through every door."""

from __future__ import annotations

import uuid

import pytest
from django.utils import timezone

from brokerage import access, connections, notices, selectors
from brokerage.enums import ConnectionState
from brokerage.models import (
    AccountAccess,
    Connection,
    Notice,
    Order,
    OrderIntent,
    OrderPreview,
    Position,
    SyncRun,
    Transaction,
)
from tests.brokerage.outer_broker import REFRESH, SECRET


@pytest.fixture
def rows(connection, account, user):
    """One row behind each door: (door, key of the owner's row, a key nobody has)."""
    order = Order.objects.create(account=account, broker_id=1, status="Live")
    position = Position.objects.create(
        account=account, instrument_type="Equity", symbol="AAPL", quantity=1
    )
    transaction = Transaction.objects.create(account=account, broker_id=1, transaction_type="Trade")
    preview = OrderPreview.objects.create(
        user=user, connection=connection, account=account, body={}, expires_at=timezone.now()
    )
    intent = OrderIntent.objects.create(user=user, account=account, client_order_id="a", body={})
    run = SyncRun.objects.first()
    notice = notices.post(connection, "k", "text")
    nobody, number = uuid.uuid4(), 10**12
    return [
        (access.get_connection, (connection.pk,), (nobody,)),
        (access.get_account, ("simulator", account.number), ("simulator", "5WT99999")),
        (access.get_account_by_pk, (account.pk,), (number,)),
        (access.get_order, (order.pk,), (number,)),
        (access.get_position, (position.pk,), (number,)),
        (access.get_transaction, (transaction.pk,), (number,)),
        (access.get_preview, (preview.pk,), (nobody,)),
        (access.lock_preview, (preview.pk,), (nobody,)),
        (access.get_intent, (intent.pk,), (nobody,)),
        (access.get_sync_run, (run.pk,), (number,)),
        (access.get_notice, (notice.pk,), (number,)),
    ]


def test_every_door_has_a_row_in_this_test(rows):
    doors = {name for name in dir(access) if name.startswith(("get_", "lock_"))}
    assert doors == {door.__name__ for door, _, _ in rows}


def test_the_owner_comes_in_and_a_stranger_sees_nothing(rows, user, stranger):
    for door, own, missing in rows:
        assert door(user, *own) is not None
        answers = []
        for who, key in ((stranger, own), (stranger, missing), (user, missing)):
            with pytest.raises(access.NotFound) as refused:
                door(who, *key)
            answers.append((type(refused.value), str(refused.value), refused.value.__cause__))
        assert len(set(answers)) == 1


@pytest.mark.parametrize("key", ["abc", "", "9" * 40, "1; drop", "0x1", "\x00"])
def test_a_malformed_key_is_missing(rows, user, key):
    for door, own, _ in rows:
        with pytest.raises(access.NotFound):
            door(user, *([key] * len(own)))


def test_lists_hold_ones_own_alone(rows, connection, account, user, stranger):
    assert [row.pk for row in selectors.connections_for(user)] == [connection.pk]
    assert len(selectors.accounts_for(user)) == 2
    for selector in (
        selectors.connections_for,
        selectors.accounts_for,
        selectors.notices_for,
        selectors.audit_for,
    ):
        assert not list(selector(stranger)), selector.__name__
    assert selectors.account_counts(stranger) == {}


def test_a_shared_account_shows_each_their_own_authority(connection, user, stranger, broker):
    broker.accounts("5WT00001", authority="read-only")
    connections.connect(stranger, "simulator", SECRET, REFRESH)
    (mine,) = [a for a in selectors.accounts_for(user) if a.number == "5WT00001"]
    (theirs,) = selectors.accounts_for(stranger)
    assert mine.pk == theirs.pk
    assert [one.authority_level for one in mine.accesses.all()] == ["owner"]
    assert [one.authority_level for one in theirs.accesses.all()] == ["read-only"]
    assert access.may_trade(user, mine)
    assert not access.may_trade(stranger, theirs)
    with pytest.raises(access.NotFound):
        access.connection_for(stranger, theirs, trading=True)


def test_the_best_connection_is_an_active_one(connection, account, user):
    other = Connection.objects.create(
        user=user, environment="simulator", grant_fingerprint="x", state=ConnectionState.ACTIVE
    )
    AccountAccess.objects.create(connection=other, account=account, authority_level="owner")
    assert access.connection_for(user, account) == connection
    Connection.objects.filter(pk=connection.pk).update(state=ConnectionState.DEGRADED)
    assert access.connection_for(user, account) == other
    Connection.objects.update(state=ConnectionState.RECONNECT)
    with pytest.raises(access.NotFound):
        access.connection_for(user, account)


def test_pages_do_not_load_secrets(connection, user):
    (row,) = selectors.connections_for(user)
    assert {"client_secret", "refresh_token", "access_token"} <= row.get_deferred_fields()


def test_a_notice_is_dismissed_by_its_owner_alone(connection, user, stranger):
    notice = notices.post(connection, "k", "text")
    with pytest.raises(access.NotFound):
        notices.dismiss(stranger, notice.pk)
    notices.dismiss(user, notice.pk)
    assert not selectors.notices_for(user)
    notices.post(connection, "k", "text")
    assert not selectors.notices_for(user), "the same words stay dismissed"
    notices.post(connection, "k", "other words")
    assert selectors.notices_for(user)
    assert Notice.objects.get().count == 3
    notices.clear(connection, "k")
    assert not Notice.objects.exists()
