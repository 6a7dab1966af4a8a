"""The gateway: a runner for every active connection whose lease it holds."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Callable
from typing import Protocol

import redis
import redis.asyncio
from django.db import Error as DatabaseError

from brokerage import market
from brokerage.enums import SILENT_STATES
from brokerage.gateway.leases import Leases
from brokerage.gateway.runner import ConnectionRunner, version_of
from brokerage.gateway.threads import in_thread
from brokerage.models import Connection

logger = logging.getLogger(__name__)

LOOK_SECONDS = 1.5


class Runner(Protocol):
    version: tuple[str, str]

    def start(self) -> None: ...
    async def stop(self, reason: str) -> None: ...


MakeRunner = Callable[[redis.asyncio.Redis, Connection, str], Runner]


def served_connections() -> dict[str, Connection]:
    """The connections that get streams, by id: all but the dead and the paused ones."""
    rows = Connection.objects.exclude(state__in=SILENT_STATES).select_related("user")
    return {str(row.pk): row for row in rows.filter(user__is_active=True)}


class Supervisor:
    """Looks for connections, leases and changes every LOOK_SECONDS.

    A database or Valkey that does not answer changes nothing: the runners go on, and both streams
    are idempotent should two gateways serve one connection for a moment.
    """

    def __init__(
        self,
        lease_seconds: float,
        *,
        look_seconds: float = LOOK_SECONDS,
        make_runner: MakeRunner = ConnectionRunner,
    ) -> None:
        self._lease_seconds, self._look_seconds = lease_seconds, look_seconds
        self._make_runner = make_runner
        self._runners: dict[str, Runner] = {}
        self._stopping = asyncio.Event()

    def stop(self) -> None:
        """Ask ``run`` to end; safe to call from a signal handler of the loop."""
        self._stopping.set()

    async def run(self) -> None:
        """Until ``stop``; then close every stream and give the leases back."""
        server = market.async_valkey()
        leases = Leases(server, self._lease_seconds)
        logger.info("gateway %s serves", leases.holder)
        try:
            while not self._stopping.is_set():
                await self._look(server, leases)
                pause = min(self._look_seconds, self._lease_seconds / 3)
                with contextlib.suppress(TimeoutError):
                    async with asyncio.timeout(pause):
                        await self._stopping.wait()
        finally:
            await self._end(server, leases)

    async def _look(self, server: redis.asyncio.Redis, leases: Leases) -> None:
        try:
            lost = await leases.renew(list(self._runners))
            await self._stop_all(lost, "another gateway took over")
            connections = await in_thread(served_connections)
            await self._stop_changed(connections, leases)
            for name, connection in connections.items():
                if name not in self._runners and await leases.acquire(name):
                    self._start(server, name, connection, leases.holder)
        except (redis.RedisError, DatabaseError) as error:
            kind = type(error).__name__
            logger.warning("database or Valkey do not answer (%s); looking again soon", kind)
        except Exception:
            logger.exception("looking for connections failed")

    async def _stop_changed(self, connections: dict[str, Connection], leases: Leases) -> None:
        gone = self._runners.keys() - connections.keys()
        await self._stop_all(gone, "this login is paused or must be connected again")
        await leases.release(gone)
        changed = {
            name
            for name, runner in self._runners.items()
            if runner.version != version_of(connections[name])
        }
        await self._stop_all(changed, "connecting with the new grant")

    def _start(
        self, server: redis.asyncio.Redis, name: str, connection: Connection, gateway: str
    ) -> None:
        logger.info("serving connection %s", name)
        runner = self._make_runner(server, connection, gateway)
        runner.start()
        self._runners[name] = runner

    async def _stop_all(self, names: set[str], reason: str) -> None:
        if not names:
            return
        runners = [self._runners.pop(name) for name in names]
        stops = [runner.stop(reason) for runner in runners]
        await asyncio.gather(*stops, return_exceptions=True)

    async def _end(self, server: redis.asyncio.Redis, leases: Leases) -> None:
        names = set(self._runners)
        await self._stop_all(names, "the gateway is stopping")
        with contextlib.suppress(redis.RedisError):
            await leases.release(names)
        await server.aclose()
        logger.info("gateway %s has stopped", leases.holder)
