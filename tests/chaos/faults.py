"""What goes wrong in a chaos run: faults that last, and shocks that come once."""

from __future__ import annotations

import random
import signal
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from tests.chaos.servers import Servers
from tests.chaos.stage import Child, Simulator

_EXPIRED = {"error": {"code": "token_expired", "message": "Access token has expired"}}
_READ = {"on": "rest", "method": "GET", "count": 0}
_STREAM = {"on": "account-stream", "count": 0}

# Faults that last through the run: what, and how often of all it could meet. The first fault that
# meets a frame takes it: each chance is of what those before it left, so that of all frames 20 %
# are dropped, 10 % doubled and 10 % overtaken.
LASTING: tuple[dict[str, Any], ...] = (
    {**_STREAM, "action": "drop", "chance": 0.2},
    {**_STREAM, "action": "duplicate", "chance": 0.125},
    {**_STREAM, "action": "reorder", "chance": 0.143},
    {**_STREAM, "action": "delay", "seconds": 120, "chance": 0.03},
    {**_STREAM, "action": "garbage", "chance": 0.01},
    {**_READ, "status": 500, "chance": 0.03},
    {**_READ, "status": 502, "html": True, "chance": 0.03},
    {**_READ, "status": 429, "retry-after": 1, "chance": 0.02},
    {**_READ, "status": 401, "body": _EXPIRED, "chance": 0.03},
    {**_READ, "action": "cut", "chance": 0.02},
    {**_READ, "action": "hang", "chance": 0.02},
    {**_READ, "action": "slow", "seconds": 2, "chance": 0.02},
    {**_READ, "action": "lag", "path": "/positions", "seconds": 20, "chance": 0.1},
    {"on": "rest", "path": "^/oauth/token", "status": 503, "chance": 0.1, "count": 0},
    {"on": "rest", "path": "^/oauth/token", "action": "hang", "chance": 0.05, "count": 0},
)

Action = Callable[[], object]
# The share of the run in which processes die when the memory of those that follow is measured.
EARLY = 0.2


@dataclass
class Shocks:
    """Each shock at least once, spread over the run by the seed.

    ``early``: processes are killed at the beginning only, so that those that follow live from
    the first third of the run to its end.
    """

    simulator: Simulator
    servers: Servers
    children: list[Child]
    chance: random.Random
    early: bool
    done: Counter[str] = field(default_factory=Counter)

    def plan(self) -> list[tuple[float, str, Action]]:
        """(share of the run at which, name, what), in order."""
        kills = [(f"kill {child.name}", child.kill_and_restart) for child in self.children * 2]
        reach = EARLY if self.early else 0.95
        found = [(self.chance.uniform(0.02, reach), *kill) for kill in kills]
        others = self._of_servers() + self._of_streams() + self._of_the_broker()
        self.chance.shuffle(others)
        for place, (name, action) in enumerate(others):
            share = (place + self.chance.random()) / len(others) * 0.95
            found.append((share, name, action))
        return sorted(found, key=lambda entry: entry[0])

    def play(self, name: str, action: Action) -> None:
        action()
        self.done[name] += 1

    def _of_servers(self) -> list[tuple[str, Action]]:
        servers, down = self.servers, self.chance.uniform
        return [
            ("restart postgres", lambda: servers.restart_postgres(signal.SIGINT, down(0, 4))),
            ("kill postgres", lambda: servers.restart_postgres(signal.SIGKILL, down(0, 4))),
            ("kill valkey", lambda: servers.restart_valkey(down(0, 4))),
            ("kill valkey", lambda: servers.restart_valkey(down(0, 4))),
        ]

    def _of_streams(self) -> list[tuple[str, Action]]:
        return [
            ("freeze streams", lambda: self._streams(action="freeze")),
            ("freeze streams", lambda: self._streams(action="freeze")),
            ("thaw streams", lambda: self._streams(action="thaw")),
            ("close streams", lambda: self._streams(action="close", code=1011)),
            ("close quotes", lambda: self._streams(stream="market", action="close", code=1011)),
            ("expire tokens", self._expire),
        ]

    def _of_the_broker(self) -> list[tuple[str, Action]]:
        """What it does to people: told by a message that may be lost, and by the next read."""
        number = self.chance.choice(self.simulator.told["accounts"])
        return [
            ("freeze account", lambda: self._status(number, True)),
            ("release account", lambda: self._status(number, False)),
            ("pay in", lambda: self._pay(number)),
            ("split", self._split),
            ("new account", self._open),
        ]

    def _status(self, number: str, frozen: bool) -> None:
        body = {"account-number": number, "is-frozen": frozen}
        self.simulator.control("POST", "/accounts", body)

    def _pay(self, number: str) -> None:
        self.simulator.control("POST", f"/accounts/{number}/movements", {"amount": "1234.56"})

    def _split(self) -> None:
        body = {"kind": "split", "symbol": "KO", "new": "2"}
        self.simulator.control("POST", "/corporate-actions", body)

    def _open(self) -> None:
        body = {"nickname": "Later", "cash": "5000"}
        self.simulator.control("POST", "/customers/demo/accounts", body)

    def _streams(self, **body: Any) -> None:
        self.simulator.control("POST", "/streams", body)

    def _expire(self) -> None:
        self.simulator.control("POST", "/faults", {"on": "world", "action": "expire-access"})
