"""One refresh in flight for each grant: among threads, among processes, with a dying holder."""

from __future__ import annotations

import asyncio
import multiprocessing
import os
import signal
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from django.db import connection as database
from django.utils import timezone

from brokerage import connections, locks
from brokerage.credentials import async_client_for, client_for
from brokerage.credentials.store import RowTokenStore, fingerprint
from brokerage.models import AuditEntry, Connection
from brokerage.tastytrade.auth import AccessToken
from brokerage.tastytrade.resources import customers
from tests.brokerage.children import hold_refresh_lock, put_token, put_tokens
from tests.brokerage.outer_broker import REFRESH, SECRET


@pytest.fixture
def committed(transactional_db, user, broker, queued):
    made = connections.connect(user, "simulator", SECRET, REFRESH)
    Connection.objects.update(access_token_expires_at=timezone.now())
    broker.refreshes, broker.token_delay = 0, 0.2
    made.refresh_from_db()
    return made


def _token(connection: Connection) -> str:
    try:
        with client_for(connection) as client:
            return str(client.access_token().value)
    finally:
        database.close()


def test_many_threads_cause_one_refresh(committed, broker):
    with ThreadPoolExecutor(8) as pool:
        tokens = set(pool.map(lambda _n: _token(committed), range(8)))
    assert broker.refreshes == 1
    assert len(tokens) == 1


def test_fifty_workers_cause_one_refresh_at_a_time_for_hours(committed, broker, settings):
    """Three lives of a token; in each, fifty clients find it spent at once."""
    settings.BROKER_TIMEOUT_SECONDS = 60
    for life in range(1, 4):
        Connection.objects.update(access_token_expires_at=timezone.now())
        with ThreadPoolExecutor(50) as pool:
            tokens = set(pool.map(lambda _n: _token(committed), range(50)))
        assert broker.refreshes == life
        assert len(tokens) == 1


def test_fifty_processes_cause_one_refresh_at_a_time(committed, broker):
    """As many workers as anybody runs; in each of three lives all find the token spent at once."""
    workers, lives = 50, 3
    # Forked from one interpreter that has Django at hand: fifty starts would take a minute.
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["tests.brokerage.warm"])
    queue, gates = context.Queue(), context.Barrier(workers + 1)
    name = database.settings_dict["NAME"]
    arguments = (broker.url, name, committed.pk, queue, gates, lives)
    children = [context.Process(target=put_tokens, args=arguments) for _ in range(workers)]
    broker.most_at_once = 0
    try:
        for child in children:
            child.start()
        for life in range(1, lives + 1):
            Connection.objects.update(access_token_expires_at=timezone.now())
            gates.wait(120)
            tokens = {queue.get(timeout=120) for _ in range(workers)}
            gates.wait(120)
            assert len(tokens) == 1
            assert broker.refreshes == life
        assert broker.most_at_once == 1
    finally:
        # After a failure they would wait at their gate; all have put their token by now.
        gates.abort()
        for child in children:
            child.kill()
        for child in children:
            child.join(timeout=20)


def test_two_processes_cause_one_refresh(committed, broker):
    context = multiprocessing.get_context("spawn")
    queue, start = context.Queue(), context.Barrier(2)
    name = database.settings_dict["NAME"]
    arguments = (broker.url, name, committed.pk, queue, start)
    child = context.Process(target=put_token, args=arguments)
    child.start()
    start.wait(60)
    tokens = {_token(committed), queue.get(timeout=60)}
    child.join(timeout=20)
    assert broker.refreshes == 1
    assert len(tokens) == 1


def test_a_killed_holder_lets_go(committed):
    context = multiprocessing.get_context("spawn")
    ready = context.Event()
    name = database.settings_dict["NAME"]
    holder = context.Process(target=hold_refresh_lock, args=(name, committed.pk, ready))
    holder.start()
    try:
        assert ready.wait(60)
        with pytest.raises(TimeoutError), locks.refresh_lock(committed.pk, timeout_seconds=0.2):
            pass
        os.kill(holder.pid, signal.SIGKILL)
        with locks.refresh_lock(committed.pk, timeout_seconds=10):
            pass
    finally:
        holder.kill()
        holder.join()


def test_the_lock_excludes_within_a_process(committed):
    order = []

    def second():
        with locks.refresh_lock(committed.pk):
            order.append("second")

    with locks.refresh_lock(committed.pk):
        waiter = threading.Thread(target=second)
        waiter.start()
        time.sleep(0.1)
        order.append("first")
    waiter.join(10)
    assert order == ["first", "second"]


def test_a_rotated_refresh_token_is_stored(committed):
    store = RowTokenStore(committed.pk)
    store.save_refresh_token("rotated-token")
    assert store.load_refresh_token() == "rotated-token"
    row = Connection.objects.get()
    assert row.refresh_token == "rotated-token"
    assert row.grant_fingerprint == fingerprint("rotated-token")


def test_a_stored_token_is_used_by_the_next_client(committed, broker):
    store = RowTokenStore(committed.pk)
    later = timezone.now() + timedelta(minutes=10)
    store.save(AccessToken("canary-access-token-kept", later, timezone.now()))
    assert _token(committed) == "canary-access-token-kept"
    assert broker.refreshes == 0


def test_the_awaiting_client_writes_its_journal_aside(committed, broker):
    async def ask():
        async with async_client_for(committed) as client:
            return await client.send(customers.me())

    broker.token_delay = 0
    assert asyncio.run(ask()).external_id == "C1"
    assert broker.refreshes == 1
    deadline = time.monotonic() + 5
    while not AuditEntry.objects.filter(action="GET /customers/me", user=None).exists():
        assert time.monotonic() < deadline
        time.sleep(0.02)
    assert Connection.objects.get().last_refresh_at is not None
