"""What a chaos run plays with: a simulator, and the desk's own processes."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import socket
import subprocess
import sys
from datetime import datetime
from pathlib import Path
from typing import Any

import httpx

ROOT = Path(__file__).parents[2]
# The opening of a regular session.
START = "2026-11-18T14:30:00Z"


class Simulator:
    """`python -m simulator` from the opening on; the clock runs at `speed`."""

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

    def now(self) -> datetime:
        """The virtual time."""
        return datetime.fromisoformat(self.control("GET", "/clock")["now"])

    def faults(self) -> list[dict[str, Any]]:
        """Those in force, with how many each has met and hit."""
        listed = self.control("GET", "/faults")
        return list(listed["faults"] if isinstance(listed, dict) else listed)

    def stop(self) -> None:
        self.http.close()
        self.process.kill()
        self.process.wait()


class Child:
    """One process of the desk that may be killed and is started again."""

    def __init__(self, name: str, arguments: list[str], env: dict[str, str], log: Path) -> None:
        self.name = name
        self._arguments, self._env, self._log = arguments, env, log
        self.kills = self.endings = 0
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
        """A process that ended by itself is started again, as a supervisor would, and counted."""
        if self.has_ended():
            self.endings += 1
            self.start()

    def has_ended(self) -> bool:
        return self.process.poll() is not None

    def memory(self) -> float:
        """Resident memory in MiB."""
        with contextlib.suppress(OSError):
            for line in Path(f"/proc/{self.process.pid}/status").read_text().splitlines():
                if line.startswith("VmRSS:"):
                    return int(line.split()[1]) / 1024
        return 0.0


def desk(env: dict[str, str], logs: Path, port: int) -> list[Child]:
    """Gateway, worker, beat and the pages on `port`, started."""
    celery = ["-m", "celery", "-A", "config"]
    worker = ["worker", "-P", "threads", "-c", "4", "-Q", "sync,reconcile,default"]
    worker += ["--without-gossip", "--without-mingle", "-l", "WARNING"]
    beat = ["beat", "--scheduler", "celery.beat.Scheduler", "-l", "WARNING"]
    web = ["uvicorn", "config.asgi:application", "--host", "127.0.0.1", "--port", str(port)]
    commands = {
        "gateway": ["manage.py", "run_gateway"],
        "worker": [*celery, *worker],
        "beat": [*celery, *beat],
        "web": ["-m", *web, "--log-level", "warning", "--no-access-log"],
    }
    return [Child(name, words, env, logs / f"{name}.log") for name, words in commands.items()]


def free_port() -> int:
    """One that nobody listens on now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
