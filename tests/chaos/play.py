"""One seeded run: trading under faults, then quiet, one sync, and the books compared."""

from __future__ import annotations

import os
import random
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

from tests.chaos.stage import LASTING, START, Child, Simulator, Trader

# Virtual seconds a second: an hour of trading in a minute.
SPEED = 60.0


@dataclass
class Result:
    seed: int
    matching: int = 0
    lines: int = 0
    differences: list[str] = field(default_factory=list)
    orders: int = 0
    kills: int = 0
    fault_hits: int = 0
    gateway_mib: tuple[float, float] = (0.0, 0.0)
    seconds_to_equal: float = 0.0

    @property
    def score(self) -> float:
        return self.matching / self.lines if self.lines else 0.0


def play(
    seed: int,
    seconds: float,
    database_url: str,
    restart_servers: tuple[Callable[[], None], ...] = (),
) -> Result:
    """Needs Django set up on an empty database that `database_url` names.

    ``restart_servers``: kill and start again Valkey, PostgreSQL; only of servers of our own.
    """
    result, chance = Result(seed), random.Random(seed)
    simulator = Simulator(seed, SPEED)
    logs = Path(tempfile.mkdtemp(prefix="strikedesk-chaos-"))
    env = _environment(simulator, database_url)
    children: list[Child] = []
    try:
        connection = _connect(simulator, seed)
        gateway = Child(["manage.py", "run_gateway"], env, logs / "gateway.log")
        worker = Child([*_WORKER, "-s", str(logs / "beat")], env, logs / "worker.log")
        children += [gateway, worker]
        _wait_for_stream(connection)
        result.gateway_mib = (gateway.memory(), 0.0)
        _trade(simulator, chance, seconds, children, restart_servers, result)
        result.gateway_mib = (result.gateway_mib[0], gateway.memory())
        _compare(simulator, connection, result)
    finally:
        for child in children:
            child.kill()
        simulator.stop()
    return result


_WORKER = [
    "-m", "celery", "-A", "config.celery", "worker", "-P", "threads", "-c", "4", "-B",
    "-Q", "sync,reconcile,default", "--without-gossip", "--without-mingle", "-l", "WARNING",
]  # fmt: skip


def _environment(simulator: Simulator, database_url: str) -> dict[str, str]:
    from django.conf import settings

    settings.SIMULATOR_URL = simulator.told["api_url"]
    settings.SYNC_CALLS_PER_SECOND, settings.SYNC_CALLS_BURST = 200, 400
    return {
        **os.environ,
        "DATABASE_URL": database_url,
        "SIMULATOR_URL": simulator.told["api_url"],
        "SYNC_TICK_SECONDS": "2",
        "SYNC_BALANCES_OPEN_SECONDS": "5",
        "SYNC_ORDERS_SECONDS": "10",
        "SYNC_ORDERS_STREAM_DOWN_SECONDS": "5",
        "SYNC_HOURLY_SECONDS": "15",
        "SYNC_CALLS_PER_SECOND": "200",
        "SYNC_CALLS_BURST": "400",
        "BROKER_TIMEOUT_SECONDS": "3",
        "LOG_LEVEL": "WARNING",
    }


def _connect(simulator: Simulator, seed: int) -> Any:
    from django.contrib.auth import get_user_model

    from brokerage import connections

    user, _ = get_user_model().objects.get_or_create(username=f"chaos-{seed}")
    secret, token = simulator.told["client_secret"], simulator.told["refresh_token"]
    return connections.connect(user, "simulator", secret, token)


def _wait_for_stream(connection: Any, timeout: float = 90) -> None:
    from brokerage import selectors

    deadline = time.monotonic() + timeout
    while not selectors.stream_health(connection).account_stream.is_up:
        if time.monotonic() > deadline:
            raise TimeoutError("the gateway did not open the account stream")
        time.sleep(0.2)


def _trade(
    simulator: Simulator,
    chance: random.Random,
    seconds: float,
    children: list[Child],
    restart_servers: tuple[Callable[[], None], ...],
    result: Result,
) -> None:
    for fault in LASTING:
        simulator.control("POST", "/faults", fault)
    trader = Trader(simulator, chance)
    shocks: list[Callable[[], object]] = [
        *(child.kill_and_restart for child in children),
        *restart_servers,
        lambda: simulator.control("POST", "/streams", {"action": "freeze"}),
        lambda: simulator.control("POST", "/streams", {"action": "thaw"}),
        lambda: simulator.control("POST", "/streams", {"action": "close", "code": 1011}),
        lambda: simulator.control("POST", "/faults", {"on": "world", "action": "expire-access"}),
    ]
    chance.shuffle(shocks)
    started = time.monotonic()
    # Each shock at least once, spread over the time.
    at = [
        started + seconds * (place + chance.random()) / len(shocks) for place in range(len(shocks))
    ]
    while time.monotonic() - started < seconds:
        trader.step()
        for child in children:
            child.revive()
        while at and at[0] <= time.monotonic():
            at.pop(0)
            shocks[len(at) % len(shocks)]()
        time.sleep(chance.uniform(0.02, 0.25))
    faults = simulator.control("GET", "/faults")
    listed = faults.get("faults", faults) if isinstance(faults, dict) else faults
    result.fault_hits = sum(int(fault.get("hits", 0)) for fault in listed)
    result.orders = trader.orders
    result.kills = sum(child.kills for child in children)


def _compare(simulator: Simulator, connection: Any, result: Result) -> None:
    """The faults stop, the clock stops; one sync; every line, every figure."""
    from brokerage.credentials import client_for
    from brokerage.models import Account
    from brokerage.sync import comparison, runs, schedule
    from brokerage.sync.pacing import PacedClient

    simulator.control("DELETE", "/faults")
    simulator.control("POST", "/streams", {"action": "thaw"})
    simulator.control("POST", "/clock", {"pause": True})
    quiet = time.monotonic()
    connection.refresh_from_db()
    run = runs.sync(connection, schedule.ORDER)
    assert run is not None
    result.seconds_to_equal = time.monotonic() - quiet
    if run.message:
        result.differences.append(f"the sync: {run.message}")
    since = datetime.fromisoformat(START)
    with client_for(connection) as client:
        for account in Account.objects.filter(accesses__connection=connection):
            paced = PacedClient(client, connection)
            outcome = comparison.compare(paced, connection, account, still=True, since=since)
            matching, lines = outcome.score
            result.matching += matching
            result.lines += lines
            result.differences += [
                f"{account.number} {line.part} {line.name}: {line.fields or 'missing'}"
                for line in outcome.lines
            ]
