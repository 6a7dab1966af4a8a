"""A simulator process, and plain HTTP to it."""

from __future__ import annotations

import json
import subprocess
import sys
import time
import urllib.request
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[2]


class Simulator:
    """A running simulator on a free port, ended with the block."""

    def __init__(self, scenario: str, *options: str) -> None:
        self.command = [
            sys.executable, "-m", "simulator", "--port", "0", "--scenario", scenario,
            "--start", "2026-11-18T15:30:00Z", *options,
        ]  # fmt: skip
        self.token = ""

    def __enter__(self) -> Simulator:
        began = time.perf_counter()
        self.popen = subprocess.Popen(self.command, stdout=subprocess.PIPE, cwd=ROOT)
        assert self.popen.stdout is not None
        self.told: dict[str, Any] = json.loads(self.popen.stdout.readline())
        self.ready_after = time.perf_counter() - began
        self.port = int(self.told["api_url"].rpartition(":")[2])
        grant = {k: self.told[k] for k in ("refresh_token", "client_secret")}
        self.token = self.call("POST", "/oauth/token", {**grant, "grant_type": "refresh_token"})[
            "access_token"
        ]
        return self

    def __exit__(self, *failure: object) -> None:
        self.popen.terminate()
        self.popen.wait(20)

    def call(self, method: str, path: str, body: Any = None) -> Any:
        """One request; the decoded answer."""
        raw = json.dumps(body).encode() if body is not None else None
        headers = {"User-Agent": "bench/1.0", "Content-Type": "application/json"}
        if self.token:
            headers["Authorization"] = f"Bearer {self.token}"
        request = urllib.request.Request(self.told["api_url"] + path, raw, headers, method=method)
        with urllib.request.urlopen(request, timeout=600) as answer:
            return json.load(answer)


def memory_of(pid: int) -> float:
    """Resident memory of a process in MiB."""
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith("VmRSS:"):
            return int(line.split()[1]) / 1024
    raise LookupError(pid)
