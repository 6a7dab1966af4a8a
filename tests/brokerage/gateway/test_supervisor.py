"""Which connections are served, by whom, and what happens when one of them or a gateway dies."""

from __future__ import annotations

import asyncio
import contextlib
import uuid
from collections.abc import AsyncIterator, Callable

import pytest
from asgiref.sync import sync_to_async

from brokerage.enums import ConnectionState
from brokerage.gateway.leases import Leases, lease_key
from brokerage.gateway.supervisor import Supervisor
from brokerage.models import Connection


async def until(condition: Callable[[], object], seconds: float = 5.0) -> None:
    async with asyncio.timeout(seconds):
        while not condition():  # noqa: ASYNC110
            await asyncio.sleep(0.02)


# --- Leases -------------------------------------------------------------------------------------


async def test_a_lease_has_one_holder(server):
    name = uuid.uuid4().hex
    first, second = Leases(server, 5), Leases(server, 5)
    assert await first.acquire(name) and await first.acquire(name)
    assert not await second.acquire(name)
    assert await second.renew([name]) == {name}
    await second.release([name])
    assert await first.renew([name]) == set()
    await first.release([name])
    assert await second.acquire(name)
    await second.release([name])


async def test_the_lease_of_a_dead_gateway_runs_out(server):
    name = uuid.uuid4().hex
    dead, heir = Leases(server, 0.3), Leases(server, 5)
    assert await dead.acquire(name)
    await asyncio.sleep(0.4)
    assert await heir.acquire(name)
    assert await dead.renew([name]) == {name}
    await heir.release([name])


async def test_a_renewed_lease_lasts(server):
    name = uuid.uuid4().hex
    holder = Leases(server, 0.4)
    await holder.acquire(name)
    for _ in range(4):
        await asyncio.sleep(0.2)
        assert await holder.renew([name]) == set()
    assert await server.pttl(lease_key(name)) > 0
    await holder.release([name])


# --- The supervisor -----------------------------------------------------------------------------


class Recorder:
    """Stands where a connection's feeds would run, and writes down what is asked of it."""

    made: list[Recorder] = []

    def __init__(self, server: object, connection: Connection, gateway: str) -> None:
        self.name, self.gateway = str(connection.pk), gateway
        self.version = (connection.environment, connection.grant_fingerprint)
        self.running, self.reason = False, ""
        Recorder.made.append(self)

    def start(self) -> None:
        self.running = True

    async def stop(self, reason: str) -> None:
        self.running, self.reason = False, reason


def running() -> list[str]:
    return [each.name for each in Recorder.made if each.running]


@pytest.fixture(autouse=True)
def _fresh() -> None:
    Recorder.made = []


@contextlib.asynccontextmanager
async def gateway(lease: float = 1.0) -> AsyncIterator[Supervisor]:
    supervisor = Supervisor(lease, look_seconds=0.05, make_runner=Recorder)
    task = asyncio.create_task(supervisor.run())
    try:
        yield supervisor
    finally:
        supervisor.stop()
        await task


@pytest.fixture
def user(transactional_db, django_user_model):
    return django_user_model.objects.create_user("ada")


def connect(user: object, **facts: object) -> Connection:
    values = {"environment": "simulator", "grant_fingerprint": uuid.uuid4().hex, **facts}
    return Connection.objects.create(
        user=user, client_secret="secret", refresh_token="token", **values
    )


async def test_new_connections_are_noticed_and_removed_ones_let_go(user):
    async with gateway():
        first = await sync_to_async(connect)(user)
        await until(lambda: running() == [str(first.pk)])
        second = await sync_to_async(connect)(user)
        await until(lambda: set(running()) == {str(first.pk), str(second.pk)})
        await Connection.objects.filter(pk=first.pk).adelete()
        await until(lambda: running() == [str(second.pk)])
    assert running() == []
    assert "stopping" in Recorder.made[-1].reason


async def test_a_connection_that_needs_reconnecting_gets_no_streams(user):
    connection = await sync_to_async(connect)(user)
    async with gateway():
        await until(running)
        rows = Connection.objects.filter(pk=connection.pk)
        await rows.aupdate(state=ConnectionState.RECONNECT)
        await until(lambda: not running())
        await asyncio.sleep(0.2)
        assert len(Recorder.made) == 1
        await rows.aupdate(state=ConnectionState.ACTIVE)
        await until(running)


async def test_a_degraded_connection_keeps_its_streams(user):
    await sync_to_async(connect)(user, state=ConnectionState.DEGRADED)
    async with gateway():
        await until(running)


async def test_a_person_who_may_not_sign_in_has_no_streams(user):
    await sync_to_async(connect)(user)
    user.is_active = False
    await user.asave()
    async with gateway():
        await asyncio.sleep(0.3)
        assert Recorder.made == []


async def test_a_new_grant_starts_the_streams_anew(user):
    connection = await sync_to_async(connect)(user)
    async with gateway():
        await until(running)
        await Connection.objects.filter(pk=connection.pk).aupdate(grant_fingerprint="other")
        await until(lambda: len(Recorder.made) == 2 and len(running()) == 1)


async def test_two_gateways_share_and_one_inherits(user):
    connections = [await sync_to_async(connect)(user) for _ in range(3)]
    async with gateway():
        async with gateway():
            await until(lambda: len(running()) == len(connections))
            await asyncio.sleep(0.3)
            assert len(running()) == len(connections)
        await until(lambda: len(running()) == len(connections))
    assert len({each.gateway for each in Recorder.made}) >= 1


async def test_a_killed_gateways_connections_are_inherited_within_its_lease(user, server):
    connection = await sync_to_async(connect)(user)
    # A killed process gives nothing back.
    assert await Leases(server, 0.5, holder="dead").acquire(str(connection.pk))
    async with gateway():
        await asyncio.sleep(0.2)
        assert Recorder.made == []
        await until(running, seconds=2)


async def test_a_database_that_does_not_answer_stops_nothing(user, monkeypatch):
    from django.db import OperationalError

    from brokerage.gateway import supervisor as module

    await sync_to_async(connect)(user)
    async with gateway():
        await until(running)

        def away() -> dict[str, Connection]:
            raise OperationalError("gone")

        monkeypatch.setattr(module, "served_connections", away)
        await asyncio.sleep(0.3)
        assert len(running()) == 1 == len(Recorder.made)
