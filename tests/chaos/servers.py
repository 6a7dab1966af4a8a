"""A PostgreSQL and a Valkey of one run, which may be stopped, killed and started again."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import tempfile
import time
from pathlib import Path

from embedded import privileges, processes
from embedded.errors import NotReady
from embedded.postgres import Postgres, environment
from embedded.valkey import Valkey

DATABASE = "desk"
# How long the processes of a killed server may hold its memory before a new one can start.
PATIENCE = 30.0


class Servers:
    """Durable as deployed: what was committed must survive a kill."""

    def __init__(self) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="strikedesk-chaos-"))
        sockets = self.folder / "pg-socket"
        sockets.mkdir()
        self._postgres_server = Postgres(self.folder / "pg", sockets)
        self._valkey_server = Valkey(self.folder / "valkey", self.folder)
        self._postgres: subprocess.Popen[bytes] | None = None
        self._valkey: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Both up; DATABASE_URL and REDIS_URL name them from now on."""
        self._postgres_server.prepare()
        self._start_postgres()
        self._postgres_server.create_database(DATABASE)
        self._start_valkey()
        os.environ["DATABASE_URL"] = self._postgres_server.url(DATABASE)
        os.environ["REDIS_URL"] = self._valkey_server.url()

    def restart_postgres(self, number: signal.Signals, down: float) -> None:
        """SIGINT is a fast shutdown, SIGKILL a crash of the postmaster; `down` in seconds."""
        assert self._postgres is not None
        os.kill(self._postgres.pid, number)
        self._postgres.wait()
        time.sleep(down)
        self._start_postgres()

    def restart_valkey(self, down: float) -> None:
        """Killed, and started again on what it had written."""
        assert self._valkey is not None
        self._valkey.kill()
        self._valkey.wait()
        time.sleep(down)
        self._start_valkey()

    def stop(self) -> None:
        for process, first in ((self._postgres, signal.SIGINT), (self._valkey, signal.SIGTERM)):
            if process is not None:
                processes.end_group(process, first, grace=5)
        shutil.rmtree(self.folder, ignore_errors=True)

    def _start_postgres(self) -> None:
        """The sessions of a killed server end by themselves, and only then may another start."""
        ends = time.monotonic() + PATIENCE
        while True:
            self._postgres_server.prepare()
            command, options = self._postgres_server.command(), privileges.demotion().options
            self._postgres = self._spawn(command, "postgres", **options)
            try:
                self._postgres_server.wait_ready(self._postgres)
                return
            except NotReady:
                if self._postgres.poll() is None or time.monotonic() > ends:
                    raise
                time.sleep(0.2)

    def _start_valkey(self) -> None:
        self._valkey_server.prepare()
        self._valkey = self._spawn(self._valkey_server.command(), "valkey")
        self._valkey_server.wait_ready(self._valkey)

    def _spawn(self, command: list[str], name: str, **options: object) -> subprocess.Popen[bytes]:
        with (self.folder / f"{name}.log").open("ab") as log:
            return processes.spawn(
                command, env=environment(), cwd=self.folder, output=log, **options
            )
