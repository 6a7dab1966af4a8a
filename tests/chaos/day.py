"""`make long-day`: hours of trading, then hours of none, with tokens of 15 minutes.

On the simulator's fast clock and without faults. Nothing may ask for a person: the login stays
active, no call is refused for its token, the streams stay up. The last line is JSON.
"""

from __future__ import annotations

import argparse
import json
import random
import sys
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from tests.chaos import verdict
from tests.chaos.memory import Memory
from tests.chaos.one import end_cleanly, set_up
from tests.chaos.play import connect, environment
from tests.chaos.servers import Servers
from tests.chaos.stage import ROOT, Child, Simulator, desk, free_port
from tests.chaos.tokens import Tokens
from tests.chaos.trader import Trader

LIFE_MINUTES = 15
# Between two looks at the login and its streams, in seconds.
LOOK = 1.0


@dataclass
class Phase:
    """What hours of one kind came to."""

    name: str
    virtual_hours: float = 0.0
    orders: int = 0
    looks: int = 0
    not_active: int = 0
    stream_not_up: int = 0
    refreshes: int = 0
    memory_mib: dict[str, tuple[float, float]] = field(default_factory=dict)


@dataclass
class Day:
    """``differences`` is empty when all is as it must be."""

    seed: int
    speed: float
    token_minutes: int = LIFE_MINUTES
    phases: list[Phase] = field(default_factory=list)
    failed_refreshes: int = 0
    refused_tokens: int = 0
    reconnects_asked: int = 0
    shortest_refresh_minutes: float | None = None
    matching: int = 0
    lines: int = 0
    # Matching and all lines by kind; ends of orders that people were told of.
    parts: dict[str, tuple[int, int]] = field(default_factory=dict)
    news: int = 0
    differences: list[str] = field(default_factory=list)
    seconds_to_equal: float = 0.0
    seconds_to_alive: float = 0.0


def live(seed: int, hours: float, speed: float, logs: Path) -> Day:
    """Both phases of ``hours`` each; needs Django set up on an empty database."""
    day, simulator = Day(seed, speed), Simulator(seed, speed)
    children: list[Child] = []
    try:
        simulator.control("POST", "/settings", {"shortest-token": 0})
        connection = connect(simulator)
        # Two minutes ahead of the end at the pace of the clock; a busy machine is no fault.
        ahead = {"REFRESH_AHEAD_SECONDS": str(max(1.0, 120 / speed))}
        env = environment(simulator, BROKER_TIMEOUT_SECONDS="15", **ahead)
        children += desk(env, logs, free_port())
        verdict.wait_for_stream(connection)
        trader = Trader(simulator, random.Random(seed))
        tokens = Tokens(connection)
        for name, act in (("busy", trader.step), ("idle", _nothing)):
            phase = _pass(name, hours * 3600 / speed, act, connection, children, simulator)
            phase.orders, phase.refreshes = trader.orders, tokens.refreshes()
            trader.orders = 0
            day.phases.append(phase)
        simulator.control("POST", "/clock", {"pause": True})
        tokens.judge(day, speed)
        verdict.judge(simulator, connection, day)
        trader.close()
    finally:
        for child in children:
            child.kill()
        simulator.stop()
    return day


def _nothing() -> None:
    """Nobody trades."""


def _pass(
    name: str,
    seconds: float,
    act: Callable[[], None],
    connection: Any,
    children: list[Child],
    simulator: Simulator,
) -> Phase:
    phase, memory, began = Phase(name), Memory(children), simulator.now()
    started = looked = time.monotonic()
    while (passed := time.monotonic() - started) < seconds:
        act()
        memory.look(passed / seconds)
        if time.monotonic() - looked >= LOOK:
            looked = time.monotonic()
            _look(phase, connection)
        time.sleep(0.25)
    phase.virtual_hours = round((simulator.now() - began).total_seconds() / 3600, 2)
    phase.memory_mib = memory.end()
    return phase


def _look(phase: Phase, connection: Any) -> None:
    from brokerage.enums import ConnectionState

    connection.refresh_from_db(fields=["state"])
    phase.looks += 1
    phase.not_active += connection.state != ConnectionState.ACTIVE
    phase.stream_not_up += not verdict.stream_is_up(connection)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--hours", type=float, default=8.0, help="virtual, of each kind")
    parser.add_argument("--speed", type=float, default=60.0)
    options = parser.parse_args()
    logs = ROOT / ".chaos" / "day"
    logs.mkdir(parents=True, exist_ok=True)
    end_cleanly()
    servers = Servers()
    try:
        set_up(servers)
        day = live(options.seed, options.hours, options.speed, logs)
    finally:
        servers.stop()
    sys.stdout.write(json.dumps(asdict(day)) + "\n")
    return 1 if day.differences else 0


if __name__ == "__main__":
    raise SystemExit(main())
