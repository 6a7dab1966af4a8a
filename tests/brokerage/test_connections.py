from __future__ import annotations

import pytest

from brokerage import connections, tasks
from brokerage.connections import ConnectError
from brokerage.enums import ConnectionState
from brokerage.execution import permits
from brokerage.gateway.supervisor import served_connections
from brokerage.models import Account, AuditEntry, Connection, SyncRun
from tests.brokerage.outer_broker import NUMBERS, REFRESH, SECRET, error, oauth_error


def test_connecting_mirrors_the_accounts_and_asks_for_a_sync(connection, user):
    assert connection.state == ConnectionState.ACTIVE
    assert connection.scopes == "read trade"
    assert connection.access_token_expires_at is not None
    assert connection.customer.external_id == "C1"
    reached = connection.accesses.order_by("account__number")
    assert [access.account.number for access in reached] == list(NUMBERS)
    assert {access.authority_level for access in reached} == {"owner"}
    run = SyncRun.objects.get()
    assert run.requested_by == user
    entry = AuditEntry.objects.get(kind="connection", action="connect")
    assert (entry.outcome, entry.user) == ("done", user)


def test_secrets_are_not_in_the_database_as_text(connection):
    from django.db import connection as database

    with database.cursor() as cursor:
        cursor.execute("SELECT * FROM brokerage_connection")
        row = str(cursor.fetchall())
    assert "canary" not in row
    fresh = Connection.objects.get()
    assert fresh.client_secret == SECRET
    assert fresh.refresh_token == REFRESH
    assert "canary" not in repr(vars(fresh))


@pytest.mark.parametrize(
    ("secret", "token", "field", "words"),
    [
        ("wrong", REFRESH, "client_secret", "does not accept the client secret"),
        (SECRET, "hunter2", "refresh_token", "looks like a password"),
        (SECRET, "ada@example.com", "refresh_token", "e-mail address"),
        (SECRET, "k" * 60 + "+C", "refresh_token", "older sign-in"),
        (SECRET, "aa.bb.cc", "refresh_token", "not interchangeable"),
        ("", REFRESH, "client_secret", "missing"),
        (SECRET, "  ", "refresh_token", "missing"),
    ],
)
def test_a_refused_login_says_why_at_its_field(user, broker, secret, token, field, words):
    with pytest.raises(ConnectError, match=words) as refused:
        connections.connect(user, "simulator", secret, token)
    assert refused.value.field == field
    assert not Connection.objects.exists()
    assert token.strip() == "" or token not in str(list(AuditEntry.objects.values()))


def test_a_real_environment_is_not_asked_about_what_cannot_be_a_token(user, broker):
    with pytest.raises(ConnectError, match="looks like a password"):
        connections.connect(user, "production", SECRET, "hunter2")
    with pytest.raises(ConnectError, match="swapped"):
        connections.connect(user, "sandbox", "eyJh.eyJh.sig", "eyJh.eyJh.sig")
    assert broker.calls == []


def test_an_unknown_environment_is_refused(user, settings):
    settings.SIMULATOR_URL = ""
    for name in ("simulator", "moon", "https://evil.example"):
        with pytest.raises(ConnectError) as refused:
            connections.connect(user, name, SECRET, REFRESH)
        assert refused.value.field == "environment"


def test_the_simulator_address_must_be_loopback(user, settings):
    settings.SIMULATOR_URL = "http://192.0.2.7:8100"
    with pytest.raises(ValueError, match="loopback"):
        connections.connect(user, "simulator", SECRET, REFRESH)


def test_a_missing_scope_is_named(user, broker):
    broker.refuse("/customers/me", error(403, "not_permitted", "scope missing"))
    with pytest.raises(ConnectError, match="scope read") as refused:
        connections.connect(user, "simulator", SECRET, REFRESH)
    assert refused.value.field == "refresh_token"


def test_an_absent_broker_is_nobodys_fault(user, broker):
    broker.token_answer = oauth_error("temporarily_unavailable", status=503)
    with pytest.raises(ConnectError, match="try again") as refused:
        connections.connect(user, "simulator", SECRET, REFRESH)
    assert refused.value.field is None


def test_a_grant_is_connected_once(connection, user, stranger):
    with pytest.raises(ConnectError, match="connected already"):
        connections.connect(user, "simulator", SECRET, REFRESH)
    # Another person may hold the same grant; the account rows are shared.
    other = connections.connect(stranger, "simulator", SECRET, REFRESH)
    assert Account.objects.count() == len(NUMBERS)
    connections.remove(other, stranger)
    assert connection.accesses.count() == len(NUMBERS)


def test_a_dead_connection_is_revived_not_doubled(connection, user, broker):
    Connection.objects.update(state=ConnectionState.RECONNECT, state_reason="dead")
    again = connections.connect(user, "simulator", SECRET, REFRESH, label="Again")
    assert again.pk == connection.pk
    again.refresh_from_db()
    assert (again.state, again.state_reason, again.label) == ("active", "", "Again")


def test_refresh_now_gets_another_token(connection, broker):
    before = connection.access_token_expires_at
    connections.refresh_now(connection)
    assert broker.refreshes == 2
    assert connection.access_token_expires_at > before


@pytest.mark.parametrize("code", ["invalid_grant", "invalid_client"])
def test_a_dead_grant_asks_to_reconnect_and_is_called_no_more(connection, broker, code):
    from brokerage import tasks

    broker.token_answer = oauth_error(code, "Grant revoked")
    with pytest.raises(ConnectError):
        connections.refresh_now(connection)
    connection.refresh_from_db()
    assert connection.state == ConnectionState.RECONNECT
    assert connection.state_reason
    assert connection.refresh_failures == 1
    calls = len(broker.calls)
    tasks.sync_connection(str(connection.pk))
    assert len(broker.calls) == calls


def test_a_passing_error_is_not_a_dead_grant(connection, broker):
    broker.token_answer = oauth_error("invalid_request")
    with pytest.raises(ConnectError, match="trying again"):
        connections.refresh_now(connection)
    connection.refresh_from_db()
    assert connection.state == ConnectionState.DEGRADED
    broker.token_answer = None
    assert connections.check(connection).ok
    connection.refresh_from_db()
    assert connection.state == ConnectionState.ACTIVE


def test_check_says_what_it_found(connection, broker):
    found = connections.check(connection)
    assert (found.ok, found.accounts) == (True, 2)
    broker.refuse("/customers/me", error(403, "not_permitted", "no longer yours"))
    found = connections.check(connection)
    assert not found.ok
    assert "no longer yours" in found.text


def test_removing_deletes_the_secrets_and_keeps_the_accounts(connection, user):
    connections.remove(connection, user)
    assert not Connection.objects.exists()
    assert Account.objects.count() == len(NUMBERS)
    assert AuditEntry.objects.filter(action="remove", user=user).exists()


def test_removing_with_the_data_spares_what_others_reach(connection, user, stranger, broker):
    other = connections.connect(stranger, "simulator", SECRET, REFRESH)
    connections.remove(connection, user, delete_data=True)
    assert Account.objects.count() == len(NUMBERS)
    connections.remove(other, stranger, delete_data=True)
    assert not Account.objects.exists()


def test_a_second_press_of_sync_now_is_the_same_run(connection, user):
    run = connections.request_sync(connection, user)
    assert connections.request_sync(connection, user).pk == run.pk
    assert SyncRun.objects.count() == 1


def test_a_clock_of_another_day_is_learned(connection):
    # The outer broker's Date header is our own time.
    assert abs(connection.clock_offset_seconds) < 2


def test_a_paused_login_is_left_alone_until_it_is_resumed(connection, broker, user):
    connections.pause(connection, user)
    calls = len(broker.calls)
    tasks.sync_connection(str(connection.pk))
    tasks.reconcile_book(str(connection.pk))
    assert len(broker.calls) == calls
    assert str(connection.pk) not in served_connections()
    # What a person asks for goes on, and neither failing nor working ends the pause.
    broker.refuse("/customers/me", error(503, "unavailable"))
    assert not connections.check(connection, user).ok
    broker.set("/customers/me", {"id": "me", "external-id": "C1"})
    assert connections.check(connection, user).ok
    connection.refresh_from_db()
    assert connection.state == ConnectionState.PAUSED
    account = Account.objects.get(number=NUMBERS[0])
    assert "paused" in permits.sending_problem(connection, account)
    assert permits.cancelling_problem(connection) == ""
    connections.resume(connection, user)
    tasks.sync_connection(str(connection.pk))
    assert len(broker.calls) > calls
    assert str(connection.pk) in served_connections()
    said = AuditEntry.objects.filter(kind="connection", action__in=["pause", "resume"])
    assert [row.who for row in said] == ["ada", "ada"]


def test_a_dead_grant_cannot_be_paused_or_resumed(connection, user):
    Connection.objects.update(state=ConnectionState.RECONNECT)
    connections.pause(connection, user)
    connections.resume(connection, user)
    assert Connection.objects.get().state == ConnectionState.RECONNECT
