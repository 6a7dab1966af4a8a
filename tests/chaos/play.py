"""One seeded run: trading under faults, then quiet, one sync, and the books compared."""

from __future__ import annotations

import os
import random
import time
from collections import Counter
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

from tests.chaos import verdict
from tests.chaos.faults import LASTING, Shocks
from tests.chaos.memory import Memory
from tests.chaos.servers import Servers
from tests.chaos.stage import Child, Simulator, desk, free_port
from tests.chaos.trader import Trader
from tests.chaos.visitor import Visitor

# Virtual seconds a second: an hour of trading in a minute.
SPEED = 60.0
# The cadences of a day brought to the pace of the clock, as far as a machine keeps up.
PACE = {
    "SYNC_TICK_SECONDS": "2",
    "SYNC_BALANCES_OPEN_SECONDS": "5",
    "SYNC_BALANCES_CLOSED_SECONDS": "15",
    "SYNC_ORDERS_SECONDS": "10",
    "SYNC_ORDERS_STREAM_DOWN_SECONDS": "5",
    "SYNC_HOURLY_SECONDS": "15",
    "SYNC_CALLS_PER_SECOND": "200",
    "SYNC_CALLS_BURST": "400",
    "RECONCILE_BOOKS_SECONDS": "15",
    "BROKER_TIMEOUT_SECONDS": "3",
    "LOG_LEVEL": "WARNING",
}


@dataclass
class Result:
    """What one seed came to; ``differences`` is empty when all is as it must be."""

    seed: int
    virtual_seconds: float = 0.0
    matching: int = 0
    lines: int = 0
    # Matching and all lines by kind; ends of orders that people were told of.
    parts: dict[str, tuple[int, int]] = field(default_factory=dict)
    news: int = 0
    differences: list[str] = field(default_factory=list)
    orders: int = 0
    changes: int = 0
    kills: int = 0
    endings: dict[str, int] = field(default_factory=dict)
    shocks: dict[str, int] = field(default_factory=dict)
    notes: int = 0
    # Of the pages looked at during the run: by HTTP status, or why there was none.
    pages: dict[str, int] = field(default_factory=dict)
    seconds_to_pages: float = 0.0
    fault_hits: dict[str, int] = field(default_factory=dict)
    memory_mib: dict[str, tuple[float, float]] = field(default_factory=dict)
    seconds_to_equal: float = 0.0
    seconds_to_alive: float = 0.0


def environment(simulator: Simulator, **more: str) -> dict[str, str]:
    """What the desk's processes are told."""
    return {**os.environ, **PACE, "SIMULATOR_URL": simulator.told["api_url"], **more}


def play(seed: int, seconds: float, servers: Servers, logs: Path) -> Result:
    """Needs Django set up on an empty database of servers of our own."""
    result, chance = Result(seed), random.Random(seed)
    simulator = Simulator(seed, SPEED)
    children: list[Child] = []
    try:
        connection = connect(simulator)
        port = free_port()
        children += desk(environment(simulator), logs, port)
        verdict.wait_for_stream(connection)
        visitor = Visitor(connection.user, port)
        shocks = Shocks(simulator, servers, children, chance, early=seed % 2 == 0)
        visitor.start()
        _trade(simulator, chance, seconds, shocks, result)
        visitor.stop()
        quiet(simulator)
        result.pages = dict(visitor.answers)
        result.seconds_to_pages, wrong = visitor.judge()
        result.differences += wrong
        verdict.judge(simulator, connection, result)
        result.kills = sum(child.kills for child in children)
        result.endings = _endings(children)
        if result.endings:
            result.differences.append(f"ended by themselves: {result.endings}")
    finally:
        for child in children:
            child.kill()
        simulator.stop()
    return result


def connect(simulator: Simulator) -> Any:
    """The login of the simulator, connected to a user of the desk."""
    from django.conf import settings
    from django.contrib.auth import get_user_model

    from brokerage import connections

    settings.SIMULATOR_URL = simulator.told["api_url"]
    settings.SYNC_CALLS_PER_SECOND, settings.SYNC_CALLS_BURST = 200, 400
    user, _ = get_user_model().objects.get_or_create(username="chaos")
    secret, token = simulator.told["client_secret"], simulator.told["refresh_token"]
    return connections.connect(user, "simulator", secret, token)


def quiet(simulator: Simulator) -> None:
    """The faults stop and the clock stands. Frozen sockets stay frozen: the desk must find out."""
    simulator.control("DELETE", "/faults")
    simulator.control("POST", "/clock", {"pause": True})


def _trade(
    simulator: Simulator, chance: random.Random, seconds: float, shocks: Shocks, result: Result
) -> None:
    trader, memory = Trader(simulator, chance), Memory(shocks.children)
    for fault in LASTING:
        simulator.control("POST", "/faults", fault)
    began, started = simulator.now(), time.monotonic()
    plan = shocks.plan()
    under_way: list[Future[None]] = []
    # On a thread of its own: the trading goes on while a server is away.
    with ThreadPoolExecutor(1) as aside:
        while (share := (time.monotonic() - started) / seconds) < 1:
            trader.step()
            while plan and plan[0][0] <= share:
                under_way.append(aside.submit(shocks.play, *plan.pop(0)[1:]))
            if all(shock.done() for shock in under_way):
                memory.look(share)
                for child in shocks.children:
                    child.revive()
            time.sleep(chance.uniform(0.02, 0.25))
    for shock in under_way:
        shock.result()
    trader.close()
    result.virtual_seconds = _seconds_since(simulator, began)
    result.memory_mib = memory.end()
    result.orders, result.changes = trader.orders, trader.changes
    result.notes = trader.notes.changes
    result.shocks, result.fault_hits = dict(shocks.done), _hits(simulator)


def _endings(children: list[Child]) -> dict[str, int]:
    """How often each process ended that nobody had killed."""
    counts = {child.name: child.endings + child.has_ended() for child in children}
    return {name: count for name, count in counts.items() if count}


def _seconds_since(simulator: Simulator, began: datetime) -> float:
    return round((simulator.now() - began).total_seconds(), 1)


def _hits(simulator: Simulator) -> dict[str, int]:
    """By where and what: `rest 500`, `account-stream drop`."""
    found: Counter[str] = Counter()
    for fault in simulator.faults():
        what = fault["status"] if fault["action"] == "status" else fault["action"]
        found[f"{fault['on']} {what}"] += int(fault.get("hits", 0))
    return dict(found)
