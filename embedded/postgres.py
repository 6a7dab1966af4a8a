"""A private PostgreSQL in a data folder, reached through a unix socket alone."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import time
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

from embedded import binaries, folders, privileges, processes
from embedded.errors import EmbeddedError, NotReady

ROLE = "app"
# For servers that live as long as a test run: what a crash would cost does not matter there.
_FORGETFUL = ("fsync=off", "synchronous_commit=off", "full_page_writes=off")
_LIBRARY_VARIABLES = ("LD_LIBRARY_PATH", "DYLD_LIBRARY_PATH")


@dataclass
class Postgres:
    """One server: its data folder, its socket folder and whether a crash may lose data."""

    data: Path
    sockets: Path
    durable: bool = True
    max_connections: int = 200

    def url(self, database: str) -> str:
        return f"postgresql://{ROLE}@/{database}?host={quote(str(self.sockets), safe='/')}"

    def command(self) -> list[str]:
        """The server in the foreground; SIGINT stops it fast and cleanly."""
        settings = ["listen_addresses=", f"max_connections={self.max_connections}"]
        settings += [] if self.durable else _FORGETFUL
        options = [word for setting in settings for word in ("-c", setting)]
        server = [_program("postgres"), "-D", str(self.data), "-k", str(self.sockets), *options]
        return [*privileges.demotion().prefix, *server]

    def prepare(self) -> None:
        """Make the data folder fit for a start: initialised, ours, no stale lock of a dead server.

        A server that a killed supervisor left running on this folder is stopped first.
        """
        folders.private(self.data)
        self._hand_over()
        if not (self.data / "PG_VERSION").exists():
            self._initialise()
        self._check_version()
        self._clear_lock()

    def _initialise(self) -> None:
        for left in self.data.iterdir():  # of an earlier try that was cut short
            shutil.rmtree(left) if left.is_dir() else left.unlink()
        command = [_program("initdb"), "-D", str(self.data), "-U", ROLE, "--auth=trust"]
        command += ["-E", "UTF8", "--locale=C.UTF-8", *([] if self.durable else ["--no-sync"])]
        demoted = privileges.demotion()
        result = subprocess.run(
            [*demoted.prefix, *command],
            capture_output=True,
            text=True,
            check=False,
            env=environment(),
            cwd=self.data,
            **demoted.options,
        )
        if result.returncode != 0:
            raise EmbeddedError(f"PostgreSQL could not make its data folder: {result.stderr}")

    def _hand_over(self) -> None:
        """Where the server runs as the real nobody: give it its folders, let it through ours."""
        owner = privileges.demotion().owner
        if owner is None:
            return
        self.data.parent.chmod(0o711)
        for folder in (self.data, self.sockets):
            if folder.stat().st_uid != owner:
                subprocess.run(["chown", "-R", f"{owner}:{owner}", str(folder)], check=True)
        privileges.require_access(self.data, "DATA_DIR")
        privileges.require_access(binaries.postgres_folder(), "PG_BIN")

    def _check_version(self) -> None:
        kept = (self.data / "PG_VERSION").read_text().strip()
        answer = subprocess.run([_program("postgres"), "-V"], capture_output=True, text=True)
        ours = answer.stdout.rsplit(None, 1)[-1].split(".")[0]
        if kept != ours:
            raise EmbeddedError(
                f"The data in {self.data} was written by PostgreSQL {kept}; the server found is "
                f"{ours}. Point PG_BIN at a PostgreSQL {kept}, or move the folder away."
            )

    def _clear_lock(self) -> None:
        lock = self.data / "postmaster.pid"
        try:
            pid = int(lock.read_text().split("\n", 1)[0])
        except (OSError, ValueError):
            return
        if str(self.data) in processes.command_line(pid):
            processes.end_stranger(pid, signal.SIGINT)
        # The number may by now belong to any program: PostgreSQL would then refuse to start.
        lock.unlink(missing_ok=True)

    def wait_ready(self, process: subprocess.Popen[bytes], timeout: float = 60.0) -> None:
        """Return once the server answers a query; NotReady when it ends or stays silent."""
        deadline = time.monotonic() + timeout
        while time.monotonic() < deadline:
            if process.poll() is not None:
                raise NotReady(f"PostgreSQL ended with code {process.returncode} while starting.")
            if self.answers():
                return
            time.sleep(0.03)
        raise NotReady(f"PostgreSQL did not answer within {timeout:.0f} s.")

    def answers(self) -> bool:
        if not (self.sockets / ".s.PGSQL.5432").exists():
            return False
        return self._query("SELECT 1").returncode == 0

    def create_database(self, name: str) -> None:
        """Create the database unless it is there."""
        found = self._query(f"SELECT 1 FROM pg_database WHERE datname = '{name}'")
        if found.stdout.strip() == "1":
            return
        made = self._query(f'CREATE DATABASE "{name}"')
        if made.returncode != 0:
            raise EmbeddedError(f"PostgreSQL could not create the database {name}: {made.stderr}")

    def _query(self, sql: str) -> subprocess.CompletedProcess[str]:
        command = [_program("psql"), "-X", "-A", "-t", "-q", "-w", "-h", str(self.sockets)]
        command += ["-U", ROLE, "-d", "postgres", "-c", sql]
        return subprocess.run(
            command, capture_output=True, text=True, check=False, env=environment()
        )


def environment() -> dict[str, str]:
    """Ours without what would lead a server or psql elsewhere (PGHOST, PGDATA, libraries)."""
    return {
        name: value
        for name, value in os.environ.items()
        if not (name.startswith("PG") and name != "PG_BIN") and name not in _LIBRARY_VARIABLES
    }


def _program(name: str) -> str:
    return str(binaries.postgres_folder() / name)
