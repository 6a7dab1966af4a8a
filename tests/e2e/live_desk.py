"""A whole desk as real processes, started by the very command that people use."""

from __future__ import annotations

import json
import os
import secrets
import signal
import subprocess
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from embedded import ports, processes

ROOT = Path(__file__).resolve().parents[2]
# What the test run itself was given or made: the desk brings its own.
_NOT_INHERITED = (
    "DATABASE_URL", "REDIS_URL", "SECRET_KEY", "FIELD_ENCRYPTION_KEYS", "DEMO_PASSWORD",
    "DJANGO_SETTINGS_MODULE", "PUBLIC_URL", "SIMULATOR_URL", "STRIKEDESK_TEST_VALKEY",
)  # fmt: skip


@dataclass
class LiveDesk:
    """One desk on ports and data of its own; `settings` are further variables for it."""

    data: Path
    settings: dict[str, str] = field(default_factory=dict)
    port: int = field(default_factory=ports.free_port)
    simulator_port: int = field(default_factory=ports.free_port)
    _process: subprocess.Popen[bytes] | None = None

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def logs(self) -> Path:
        return self.data / "logs"

    @property
    def output(self) -> Path:
        return self.data / "terminal.log"

    def environment(self) -> dict[str, str]:
        kept = {name: value for name, value in os.environ.items() if name not in _NOT_INHERITED}
        kept |= {"PORT": str(self.port), "SIMULATOR_PORT": str(self.simulator_port)}
        return {**kept, "DATA_DIR": str(self.data), **self.settings}

    def start(self, timeout: float = 120.0) -> None:
        """Start and return when the desk is up and its first sync is done."""
        self.data.mkdir(parents=True, exist_ok=True)
        self._facts_file.unlink(missing_ok=True)
        with self.output.open("ab") as output:
            self._process = processes.spawn(
                [sys.executable, "-m", "embedded", "demo"],
                env=self.environment(),
                cwd=ROOT,
                output=output,
            )
        deadline = time.monotonic() + timeout
        while not self._facts_file.exists():
            if self._process.poll() is not None or time.monotonic() > deadline:
                self.stop()
                raise AssertionError(f"The desk did not start:\n{self.output.read_text()}")
            time.sleep(0.1)

    def stop(self) -> int:
        """Ctrl-C, in effect; the exit code."""
        assert self._process is not None
        if self._process.poll() is None:
            self._process.send_signal(signal.SIGINT)
        try:
            return self._process.wait(40)
        finally:
            processes.end_group(self._process, signal.SIGKILL)
            self._process = None

    def kill_supervisor(self) -> None:
        assert self._process is not None
        self._process.kill()
        self._process.wait()

    @property
    def facts(self) -> dict[str, Any]:
        """address, username, password, simulator (the announced line), environment."""
        return dict(json.loads(self._facts_file.read_text()))

    @property
    def _facts_file(self) -> Path:
        return self.data / "desk.json"

    def pids(self) -> dict[str, int]:
        """Which process runs under which number now: postgres, valkey, simulator, web, worker,
        reconciler, beat, gateway."""
        entries = json.loads((self.data / "pids.json").read_text())
        return {name: int(entry["pid"]) for name, entry in entries.items()}

    def kill(self, name: str) -> int:
        """kill -9 one process; the number that it had."""
        pid = self.pids()[name]
        processes.signal_group(pid, signal.SIGKILL)
        return pid

    def freeze(self, name: str) -> None:
        """Stop one process without ending it, as a machine that swaps would."""
        processes.signal_group(self.pids()[name], signal.SIGSTOP)

    def wait_for_another(self, name: str, former: int, timeout: float = 15.0) -> int:
        """The number under which the process runs again."""
        deadline = time.monotonic() + timeout
        while time.monotonic() < deadline:
            pid = self.pids()[name]
            if pid != former and processes.started_at(pid):
                return pid
            time.sleep(0.05)
        raise AssertionError(f"{name} did not come back within {timeout:.0f} s")

    def manage(self, *arguments: str, **variables: str) -> str:
        """Run a management command against this desk's own database; its output."""
        result = subprocess.run(
            [sys.executable, "manage.py", *arguments],
            cwd=ROOT,
            env={**self.environment(), **self.facts["environment"], **variables},
            capture_output=True,
            text=True,
        )
        assert result.returncode == 0, result.stderr
        return result.stdout

    def add_user(self, username: str) -> str:
        """Another person without any broker login; the password."""
        password = secrets.token_urlsafe(12)
        self.manage("seed_demo", "--username", username, "--no-connection", DEMO_PASSWORD=password)
        return password

    def survivors(self) -> list[str]:
        """Command lines of living processes that were started for this desk's data folder."""
        mark = f"DATA_DIR={self.data}\0".encode()
        found = []
        for folder in Path("/proc").glob("[0-9]*"):
            try:
                ours = mark in (folder / "environ").read_bytes()
            except OSError:
                continue
            if ours and processes.started_at(int(folder.name)):
                found.append(processes.command_line(int(folder.name)))
        return found
