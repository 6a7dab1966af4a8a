"""Private PostgreSQL and Valkey for a test run, up before Django reads its settings.

Servers named by DATABASE_URL or REDIS_URL are used instead. Under xdist the controller starts
one PostgreSQL for all workers (pytest-django gives each its own database), and each worker a
Valkey of its own: publish and subscribe cross the numbered databases of a single one.
"""

from __future__ import annotations

import atexit
import os
import shutil
import signal
import subprocess
import tempfile
from collections.abc import Generator
from pathlib import Path
from typing import Any

import pytest

from embedded import privileges, processes
from embedded.postgres import Postgres, environment
from embedded.valkey import Valkey

_PREFIX = "strikedesk-test-"
_OURS = "STRIKEDESK_TEST_VALKEY"
# Only for tests; the settings refuse to start without them.
_DEFAULTS = {
    "SECRET_KEY": "a-key-for-tests-that-protects-nothing-at-all",
    "FIELD_ENCRYPTION_KEYS": "MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE=",
}
_running: list[tuple[subprocess.Popen[bytes], signal.Signals]] = []
_folders: list[Path] = []


@pytest.hookimpl(wrapper=True)
def pytest_load_initial_conftests() -> Generator[None, object, object]:
    for name, value in _DEFAULTS.items():
        os.environ.setdefault(name, value)
    if not os.environ.get("DATABASE_URL"):
        _start_postgres()
    if not os.environ.get("REDIS_URL") or os.environ.get(_OURS):
        _start_valkey()
    return (yield)


def pytest_unconfigure() -> None:
    _stop()


def _start_postgres() -> None:
    folder = _new_folder()
    server = Postgres(folder / "pg", folder, durable=False)
    server.prepare()
    process = _spawn(server.command(), folder, signal.SIGINT, **privileges.demotion().options)
    server.wait_ready(process)
    server.create_database("strikedesk")
    os.environ["DATABASE_URL"] = server.url("strikedesk")


def _start_valkey() -> None:
    folder = _new_folder()
    server = Valkey(folder / "valkey", folder, durable=False)
    server.prepare()
    process = _spawn(server.command(), folder, signal.SIGTERM)
    server.wait_ready(process)
    os.environ["REDIS_URL"] = server.url()
    os.environ[_OURS] = "1"


def _spawn(
    command: list[str], folder: Path, first: signal.Signals, **options: Any
) -> subprocess.Popen[bytes]:
    """Start a server; its number is left in the folder for a sweep after a killed run."""
    with (folder / "server.log").open("wb") as log:
        process = processes.spawn(command, env=environment(), cwd=folder, output=log, **options)
    (folder / "server").write_text(_mark(process.pid))
    _running.append((process, first))
    return process


def _new_folder() -> Path:
    """A fresh folder that says whose it is; those of killed runs are swept away first."""
    for stale in Path(tempfile.gettempdir()).glob(f"{_PREFIX}*"):
        _sweep(stale)
    folder = Path(tempfile.mkdtemp(prefix=_PREFIX))
    (folder / "owner").write_text(_mark(os.getpid()))
    _folders.append(folder)
    return folder


def _mark(pid: int) -> str:
    return f"{pid} {processes.started_at(pid)}"


def _living(file: Path) -> int | None:
    """The number that stands in the file while it is still that process."""
    try:
        pid, started = file.read_text().split(" ", 1)
    except (OSError, ValueError):
        return None
    return int(pid) if processes.started_at(int(pid)) == started else None


def _sweep(folder: Path) -> None:
    if not (folder / "owner").exists() or _living(folder / "owner"):
        return
    server = _living(folder / "server")
    if server:
        processes.end_stranger(server, signal.SIGINT, grace=5)
    shutil.rmtree(folder, ignore_errors=True)


@atexit.register
def _stop() -> None:
    while _running:
        process, first = _running.pop()
        processes.end_group(process, first, grace=5)
    while _folders:
        shutil.rmtree(_folders.pop(), ignore_errors=True)
