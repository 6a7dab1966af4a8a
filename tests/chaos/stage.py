"""What a chaos run plays with: a simulator, the desk's own processes, a person who trades."""

from __future__ import annotations

import contextlib
import json
import os
import random
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import httpx

ROOT = Path(__file__).parents[2]
START = "2026-11-18T15:00:00Z"
EQUITIES = ("JPM", "KO", "AAPL", "SPY")


class Simulator:
    """`python -m simulator` in the middle of a session; the clock runs at `speed`."""

    def __init__(self, seed: int, speed: float) -> None:
        command = [sys.executable, "-m", "simulator", "--port", "0", "--scenario", "demo"]
        command += ["--seed", str(seed), "--start", START, "--speed", str(speed)]
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=ROOT)
        assert self.process.stdout is not None
        self.told: dict[str, Any] = json.loads(self.process.stdout.readline())
        self.http = httpx.Client(timeout=30, headers={"User-Agent": "chaos/1.0"}, trust_env=False)

    def control(self, method: str, path: str, body: Any = None) -> Any:
        answer = self.http.request(method, self.told["control_url"] + path, json=body)
        answer.raise_for_status()
        return answer.json() if answer.content else None

    def stop(self) -> None:
        self.http.close()
        self.process.kill()
        self.process.wait()


class Child:
    """One process of the desk that may be killed and is started again."""

    def __init__(self, arguments: list[str], env: dict[str, str], log: Path) -> None:
        self._arguments, self._env, self._log = arguments, env, log
        self.kills = 0
        self.start()

    def start(self) -> None:
        with self._log.open("ab") as log:
            self.process = subprocess.Popen(
                [sys.executable, *self._arguments],
                cwd=ROOT,
                env=self._env,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )

    def kill(self) -> None:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()

    def kill_and_restart(self) -> None:
        self.kills += 1
        self.kill()
        self.start()

    def revive(self) -> None:
        """A process that ended by itself is started again, as a supervisor would."""
        if self.process.poll() is not None:
            self.start()

    def memory(self) -> float:
        """Resident memory in MiB."""
        with contextlib.suppress(OSError):
            for line in Path(f"/proc/{self.process.pid}/status").read_text().splitlines():
                if line.startswith("VmRSS:"):
                    return int(line.split()[1]) / 1024
        return 0.0


class Trader:
    """Somebody with another client of the same login: trades that only the streams tell of."""

    def __init__(self, simulator: Simulator, chance: random.Random) -> None:
        self.simulator, self.chance = simulator, chance
        self.api = simulator.told["api_url"]
        self.accounts = [
            item["number"] if isinstance(item, dict) else item
            for item in simulator.told["accounts"]
        ]
        self.placed: list[tuple[str, int]] = []
        self.orders = 0

    def step(self) -> None:
        """One action; refusals are part of life."""
        if self.placed and self.chance.random() < 0.25:
            number, order = self.placed.pop(self.chance.randrange(len(self.placed)))
            self._send("DELETE", f"/accounts/{number}/orders/{order}")
            return
        number = self.chance.choice(self.accounts)
        answer = self._send("POST", f"/accounts/{number}/orders", self._order())
        order = (answer.get("data") or {}).get("order") or {}
        if order.get("id"):
            self.orders += 1
            self.placed.append((number, order["id"]))

    def _order(self) -> dict[str, Any]:
        leg = {
            "instrument-type": "Equity",
            "symbol": self.chance.choice(EQUITIES),
            "action": self.chance.choice(["Buy to Open", "Buy to Open", "Sell to Close"]),
            "quantity": self.chance.randrange(1, 9),
        }
        if self.chance.random() < 0.6:
            return {"order-type": "Market", "time-in-force": "Day", "legs": [leg]}
        price = {"price": "1.00", "price-effect": "Debit"}
        if leg["action"] == "Sell to Close":
            price = {"price": "9000.00", "price-effect": "Credit"}
        return {"order-type": "Limit", "time-in-force": "Day", "legs": [leg], **price}

    def _send(self, method: str, path: str, body: Any = None) -> dict[str, Any]:
        with contextlib.suppress(httpx.HTTPError, ValueError):
            headers = {"Authorization": f"Bearer {self._token()}"}
            answer = self.simulator.http.request(
                method, self.api + path, json=body, headers=headers
            )
            return dict(answer.json())
        return {}

    def _token(self) -> str:
        grant = {
            "grant_type": "refresh_token",
            "client_secret": self.simulator.told["client_secret"],
            "refresh_token": self.simulator.told["refresh_token"],
        }
        answer = self.simulator.http.post(self.api + "/oauth/token", json=grant)
        return str(answer.json()["access_token"])


# Faults that last through the run: what, and how often of all it could meet.
LASTING: tuple[dict[str, Any], ...] = (
    {"on": "account-stream", "action": "drop", "chance": 0.2, "count": 0},
    {"on": "account-stream", "action": "duplicate", "chance": 0.1, "count": 0},
    {"on": "account-stream", "action": "reorder", "chance": 0.1, "count": 0},
    {"on": "rest", "method": "GET", "status": 500, "chance": 0.02, "count": 0},
    {"on": "rest", "method": "GET", "status": 502, "html": True, "chance": 0.02, "count": 0},
    {"on": "rest", "method": "GET", "status": 429, "retry-after": 1, "chance": 0.01, "count": 0},
    {
        "on": "rest",
        "method": "GET",
        "body": {"error": {"code": "token_expired", "message": "Access token has expired"}},
        "status": 401,
        "chance": 0.02,
        "count": 0,
    },
    {"on": "rest", "method": "GET", "action": "cut", "chance": 0.01, "count": 0},
    {"on": "rest", "method": "GET", "action": "slow", "seconds": 2, "chance": 0.02, "count": 0},
    {"on": "rest", "method": "GET", "action": "lag", "path": "/positions", "seconds": 20,
     "chance": 0.1, "count": 0},
)  # fmt: skip
