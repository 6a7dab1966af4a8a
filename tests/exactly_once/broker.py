"""The simulator's process: started, killed and started again on the same port and state."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path
from typing import Any

import httpx

HEADERS = {"User-Agent": "exactly-once/1"}
ORDER_WORDS = ("/orders", "/complex-orders")
# Early in a session, so that a run of hours stays within it.
START = "2026-11-18T15:00:00+00:00"


class Broker:
    """One life of the broker may follow another; the ledger goes on."""

    def __init__(self, folder: Path, seed: int, port: int = 0) -> None:
        self.folder = folder
        self.seed = seed
        self.port = port
        self.process: subprocess.Popen[bytes] | None = None
        self.facts: dict[str, Any] = {}
        self.posts: Counter[str] = Counter()

    def start(self) -> None:
        command = [sys.executable, "-m", "simulator", "--port", str(self.port)]
        command += ["--scenario", "empty", "--seed", str(self.seed), "--speed", "1"]
        command += ["--start", START, "--state", str(self.folder / "broker.jsonl")]
        with (self.folder / "broker.log").open("ab") as log:
            self.process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=log)
        assert self.process.stdout is not None
        line = self.process.stdout.readline()
        if not line:
            raise RuntimeError(f"the simulator did not start; see {self.folder / 'broker.log'}")
        self.facts = json.loads(line)
        self.port = int(self.facts["api_url"].rpartition(":")[2].strip("/"))
        self._control("POST", "transcript", {"on": True})

    def kill(self) -> None:
        """SIGKILL: what was acknowledged must survive, the transcript is taken before."""
        assert self.process is not None
        self.take_transcript()
        self.process.kill()
        self.process.wait(10)

    def restart(self) -> None:
        """Come back on the same port; somebody else may hold it for a moment."""
        for _ in range(20):
            try:
                self.start()
                return
            except RuntimeError:
                time.sleep(0.2)
        self.start()

    def stop(self) -> None:
        if self.process is not None and self.process.poll() is None:
            self.process.terminate()
            self.process.wait(20)

    # --- steering ---

    def open_accounts(self, count: int, earlier: int = 0) -> dict[str, Any]:
        """A new customer with funded accounts: numbers, client secret, refresh token.

        Account numbers are counted from the start of each broker. `earlier` customers take those
        that the brokers before this one gave out: nobody's accounts and orders may be mistaken
        for those of an earlier broker.
        """
        if earlier:
            self._control(
                "POST", "customers", {"count": earlier, "accounts": count, "prefix": "earlier"}
            )
        name = f"customer-{count}-{time.monotonic_ns()}"
        body = {"count": 1, "accounts": count, "prefix": name, "cash": "10000000"}
        made = self._control("POST", "customers", body)
        return dict(made["customers"][0])

    def give(self, account: str, symbol: str, quantity: int) -> None:
        body = {"holdings": [{"symbol": symbol, "quantity": str(quantity)}]}
        self._control("POST", f"accounts/{account}/holdings", body)

    def trouble(self, kind: str, account: str, method: str, count: int) -> None:
        """The next `count` commands of the account go wrong."""
        fault: dict[str, Any] = {
            "account": account,
            "method": method,
            "path": "orders(/[0-9]+)?$",
            "count": count,
        }
        if kind.isdigit():
            fault |= {"status": int(kind), "html": kind != "401"}
        else:
            fault |= {"action": kind}
        self._control("POST", "faults", fault)

    def calm(self) -> None:
        self._control("DELETE", "faults")

    # --- what it knows ---

    def orders(self) -> list[dict[str, Any]]:
        return list(self._control("GET", "ledger")["orders"])

    def take_transcript(self) -> None:
        """Count the placements that came in, by our identifier, and forget the lines."""
        answer = httpx.get(f"{self._base}/transcript", headers=HEADERS, timeout=30)
        for line in answer.content.splitlines():
            entry = json.loads(line)
            if entry.get("what") == "request" and entry["method"] == "POST":
                self._count(entry)
        self._control("DELETE", "transcript")

    def _count(self, entry: dict[str, Any]) -> None:
        if not entry["path"].endswith(ORDER_WORDS) or not isinstance(entry["body"], dict):
            return
        body = entry["body"].get("trigger-order") or entry["body"]
        if name := body.get("external-identifier"):
            self.posts[str(name)] += 1

    @property
    def _base(self) -> str:
        return str(self.facts["control_url"])

    def _control(self, method: str, path: str, body: Any = None) -> Any:
        answer = httpx.request(
            method, f"{self._base}/{path}", json=body, headers=HEADERS, timeout=30
        )
        answer.raise_for_status()
        return answer.json() if answer.content else None
