"""PostgreSQL, Valkey and the gateway of one run: processes of its own, gone with it."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

from embedded import privileges, processes
from embedded.postgres import Postgres, environment
from embedded.valkey import Valkey

# Scaled down from the desk's own: how long a command may take, and how long is looked.
SCALE = {
    "BROKER_TIMEOUT_SECONDS": "2",
    "ORDER_PATIENCE_SECONDS": "0.5",
    "RECONCILE_WINDOW_SECONDS": "1",
    "PREVIEW_SECONDS": "120",
}


class Servers:
    """Started with the settings in the environment, before Django reads them."""

    def __init__(self) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="exactly-once-"))
        self._running: list[tuple[subprocess.Popen[Any], signal.Signals]] = []

    def start(self) -> None:
        os.environ.setdefault("SECRET_KEY", "a-key-for-tests-that-protects-nothing-at-all")
        os.environ.setdefault(
            "FIELD_ENCRYPTION_KEYS", "MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE="
        )
        os.environ.update(SCALE)
        os.environ["DJANGO_SETTINGS_MODULE"] = "config.settings"
        self._postgres()
        self._valkey()

    def _postgres(self) -> None:
        sockets = self.folder / "pg-socket"
        sockets.mkdir()
        server = Postgres(self.folder / "pg", sockets, durable=False)
        server.prepare()
        process = self._spawn(server.command(), "pg", **privileges.demotion().options)
        self._running.append((process, signal.SIGINT))
        server.wait_ready(process)
        server.create_database("desk")
        os.environ["DATABASE_URL"] = server.url("desk")

    def _valkey(self) -> None:
        server = Valkey(self.folder / "valkey", self.folder, durable=False)
        server.prepare()
        process = self._spawn(server.command(), "valkey")
        self._running.append((process, signal.SIGTERM))
        server.wait_ready(process)
        os.environ["REDIS_URL"] = server.url()

    def start_gateway(self, simulator_url: str) -> subprocess.Popen[Any]:
        """The real one, so that the account stream is up or down as it is."""
        command = [sys.executable, "manage.py", "run_gateway"]
        env = environment() | {"SIMULATOR_URL": simulator_url}
        process = self._spawn(command, "gateway", env=env, cwd=Path.cwd())
        self._running.append((process, signal.SIGTERM))
        return process

    def end(self, process: subprocess.Popen[Any]) -> None:
        self._running = [pair for pair in self._running if pair[0] is not process]
        processes.end_group(process, signal.SIGTERM, grace=5)

    def _spawn(self, command: list[str], name: str, **options: Any) -> subprocess.Popen[Any]:
        options = {"env": environment(), "cwd": self.folder} | options
        with (self.folder / f"{name}.log").open("ab") as log:
            return processes.spawn(command, output=log, **options)

    def stop(self) -> None:
        while self._running:
            process, first = self._running.pop()
            processes.end_group(process, first, grace=5)
