from __future__ import annotations

import pytest
from cryptography.fernet import Fernet
from django.core.management import CommandError, call_command
from django.db import connection as database

from brokerage import connections, environments, tasks
from brokerage.connections import ConnectError
from brokerage.credentials import client_for, keys
from brokerage.credentials.fields import SealedSecret, UndecryptableSecret
from brokerage.enums import ConnectionState
from brokerage.models import Connection
from brokerage.sync import runs, schedule
from tests.brokerage.outer_broker import NUMBERS, REFRESH, SECRET, order, position


def _ciphertexts() -> list[str]:
    with database.cursor() as cursor:
        cursor.execute("SELECT client_secret, refresh_token FROM brokerage_connection")
        return list(cursor.fetchone())


@pytest.fixture
def lost_key(connection, settings):
    settings.FIELD_ENCRYPTION_KEYS = [Fernet.generate_key().decode()]
    return Connection.objects.get()


def test_a_lost_key_breaks_no_page(lost_key):
    assert isinstance(lost_key.client_secret, SealedSecret)
    assert "sealed" in f"{lost_key.client_secret}"
    assert keys.report_at_start() == 1


@pytest.mark.django_db(transaction=True)
def test_a_lost_key_is_said_by_every_process_that_starts(lost_key, caplog):
    keys.report_soon().join(10)
    assert "1 connection(s) hold secrets that none of FIELD_ENCRYPTION_KEYS opens" in caplog.text


def test_a_lost_key_asks_to_reconnect_in_plain_words(lost_key):
    with pytest.raises(UndecryptableSecret):
        client_for(lost_key)
    run = runs.sync(lost_key, schedule.ORDER)
    assert "FIELD_ENCRYPTION_KEYS" in run.message
    lost_key.refresh_from_db()
    assert lost_key.state == ConnectionState.RECONNECT
    with pytest.raises(ConnectError, match="cannot be decrypted"):
        connections.refresh_now(lost_key)


def test_saving_a_row_keeps_what_cannot_be_opened(lost_key, settings):
    before = _ciphertexts()
    lost_key.label = "renamed"
    lost_key.save()
    assert _ciphertexts() == before


def test_connecting_again_mends_a_lost_key(lost_key, user):
    runs.sync(lost_key, schedule.ORDER)
    again = connections.connect(user, "simulator", SECRET, REFRESH)
    assert again.pk == lost_key.pk
    assert Connection.objects.get().refresh_token == REFRESH


def test_rotation_encrypts_anew_and_the_old_key_may_go(connection, settings):
    old = settings.FIELD_ENCRYPTION_KEYS
    new = Fernet.generate_key().decode()
    before = _ciphertexts()
    settings.FIELD_ENCRYPTION_KEYS = [new, *old]
    call_command("rotate_encryption_key")
    assert all(a != b for a, b in zip(before, _ciphertexts(), strict=True))
    settings.FIELD_ENCRYPTION_KEYS = [new]
    assert Connection.objects.get().refresh_token == REFRESH


def test_rotation_says_when_a_key_is_missing(lost_key):
    before = _ciphertexts()
    with pytest.raises(CommandError, match="no present key opens"):
        call_command("rotate_encryption_key")
    assert _ciphertexts() == before


def test_no_secret_is_in_a_dump_of_the_database(
    transactional_db, user, broker, queued, caplog, capfd
):
    """Everything that a login touches, then every row of every table: no canary is in it."""
    caplog.set_level("DEBUG")
    connection = connections.connect(user, "simulator", SECRET, REFRESH)
    broker.set(f"/accounts/{NUMBERS[0]}/orders", [order(NUMBERS[0])])
    broker.set(f"/accounts/{NUMBERS[0]}/positions", [position(NUMBERS[0])])
    runs.sync(connection, schedule.ORDER)
    connections.refresh_now(connection, user)
    with pytest.raises(ConnectError):
        connections.connect(user, "simulator", "canary-wrong-secret", "canary-wrong-token")
    tasks.sync_connection(str(connection.pk))
    text = "\n".join(_dump())
    assert "401300012" in text, "the dump must hold the mirrored rows"
    for place in (text, caplog.text, *capfd.readouterr()):
        assert "canary" not in place


def _dump() -> list[str]:
    """Every row of every table as text."""
    with database.cursor() as cursor:
        cursor.execute(
            "SELECT quote_ident(table_name) FROM information_schema.tables "
            "WHERE table_schema = 'public' AND table_type = 'BASE TABLE'"
        )
        tables = [name for (name,) in cursor.fetchall()]
        rows = []
        for name in tables:
            cursor.execute(f"SELECT row_to_json(t)::text FROM {name} t")
            rows += [text for (text,) in cursor.fetchall()]
    return rows


@pytest.mark.parametrize("name", ["production", "sandbox"])
def test_real_environments_are_asked_for_trading(name):
    assert environments.narrowed_scope(name) is None
    assert environments.scopes_for(name) == "read trade"


@pytest.mark.parametrize("name", ["production", "sandbox"])
def test_a_server_that_may_not_send_orders_asks_for_reading_alone(name, settings):
    settings.ORDER_ENVIRONMENTS = ("simulator",)
    assert environments.narrowed_scope(name) == "read"
    assert environments.scopes_for(name) == "read"


def test_the_simulator_keeps_the_grants_own_scopes():
    assert environments.narrowed_scope("simulator") is None
