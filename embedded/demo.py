"""`make demo`: the whole desk from nothing, kept running until Ctrl-C."""

from __future__ import annotations

import fcntl
import json
import os
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from types import FrameType

from embedded import folders, keys, ports
from embedded.desk import ROOT, Desk
from embedded.errors import AlreadyRunning, EmbeddedError
from embedded.supervisor import Supervisor
from embedded.terminal import Terminal

USER = "demo"


def data_folder() -> Path:
    return Path(os.environ.get("DATA_DIR") or ROOT / ".data").resolve()


def run(*, everything: bool = False) -> None:
    """Start the desk, say where it is, and keep it until a signal asks to stop."""
    terminal = Terminal(everything=everything)
    data = folders.private(data_folder())
    with _alone(data):
        desk = _desk(data)
        supervisor = Supervisor(data, data / "logs", ROOT, terminal)
        supervisor.end_leftovers()
        ports.require_free(desk.port, "PORT", desk.host)
        ports.require_free(desk.simulator_port, "SIMULATOR_PORT")
        stop = _stop_on_signals(supervisor)
        try:
            with supervisor.running():
                _start(desk, supervisor, terminal, stop)
                stop.wait()
                terminal.say("\nStopping …")
        except _Stopped:
            terminal.say("\nStopped before everything was up.")
        (data / "desk.json").unlink(missing_ok=True)
        terminal.say("Everything has stopped; the data stays for the next `make demo`.")


def reset() -> None:
    """Throw the demo's data away; refused while it holds a login to a real environment."""
    data = data_folder()
    if os.environ.get("DATABASE_URL"):
        raise EmbeddedError(
            "DATABASE_URL is set: that database is not the demo's, so nothing was removed."
        )
    if not data.exists():
        print("There is no data to remove.")
        return
    with _alone(data):
        supervisor = Supervisor(data, data / "logs", ROOT, Terminal())
        supervisor.end_leftovers()
        if (data / "postgres" / "PG_VERSION").exists():
            _refuse_real_connections(data, supervisor)
        shutil.rmtree(data)
    print("The demo's data is gone; `make demo` starts afresh.")


class _Stopped(Exception):
    """A signal asked to stop while the desk was starting."""


def _desk(data: Path) -> Desk:
    return Desk(
        data,
        port=ports.from_environment("PORT", 8000),
        simulator_port=ports.from_environment("SIMULATOR_PORT", 8100),
        host=os.environ.get("HOST") or ports.HOST,
    )


@contextmanager
def _alone(data: Path) -> Iterator[None]:
    """Hold the data folder; AlreadyRunning when another desk does."""
    with (data / "lock").open("a+") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            lock.seek(0)
            holder = lock.read().strip() or "unknown"
            raise AlreadyRunning(
                f"A desk already runs on {data} (process {holder}). Stop it first, or give this "
                "one a data folder of its own: DATA_DIR=… make demo"
            ) from None
        lock.truncate(0)
        lock.write(str(os.getpid()))
        lock.flush()
        yield


def _stop_on_signals(supervisor: Supervisor) -> threading.Event:
    """The first signal asks to stop, a second one kills; our own handlers, since a start in the
    background leaves SIGINT ignored."""
    stop = threading.Event()

    def handle(_number: int, _frame: FrameType | None) -> None:
        if stop.is_set():
            supervisor.kill()
        stop.set()

    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, handle)
    return stop


def _start(desk: Desk, supervisor: Supervisor, terminal: Terminal, stop: threading.Event) -> None:
    step = _Steps(terminal, stop)
    with step("PostgreSQL and Valkey"):
        supervisor.start(*desk.servers())
    with step("database schema"):
        _manage(desk.environment(), "migrate", "--noinput", "--skip-checks", "-v", "0")
    with step("simulated broker"):
        supervisor.start(desk.simulator_service())
    with step("web, workers, beat, gateway"):
        supervisor.start(*desk.services())
    with step("demo user and first sync"):
        _manage(desk.seed_environment(), "seed_demo", "--username", USER)
    _leave_facts(desk)
    terminal.say(_banner(desk))


class _Steps:
    """Says what is being done and how long it took; gives up between steps when asked to stop."""

    def __init__(self, terminal: Terminal, stop: threading.Event) -> None:
        self._terminal = terminal
        self._stop = stop

    @contextmanager
    def __call__(self, what: str) -> Iterator[None]:
        if self._stop.is_set():
            raise _Stopped
        began = time.monotonic()
        self._terminal.say(f"  … {what}")
        try:
            yield
        except EmbeddedError:
            if self._stop.is_set():
                raise _Stopped from None
            raise
        self._terminal.say(f"  ✓ {what} ({time.monotonic() - began:.1f} s)")


def _manage(env: Mapping[str, str], *arguments: str) -> str:
    """Run a management command; EmbeddedError with its words when it fails."""
    result = subprocess.run(
        [sys.executable, "manage.py", *arguments],
        cwd=ROOT,
        env=dict(env),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
        start_new_session=True,
    )
    if result.returncode != 0:
        words = (result.stderr or result.stdout).strip()
        raise EmbeddedError(f"`manage.py {arguments[0]}` failed:\n{words}")
    return result.stdout


def _leave_facts(desk: Desk) -> None:
    """What a program that drives this desk needs to know; for its owner's eyes alone."""
    facts = {
        "address": desk.address,
        "username": USER,
        "password": desk.keys["DEMO_PASSWORD"],
        "simulator": desk.simulator.facts,
        "pids": str(desk.data / "pids.json"),
        "logs": str(desk.data / "logs"),
        "environment": {
            name: desk.environment()[name]
            for name in ("DATABASE_URL", "REDIS_URL", "SECRET_KEY", "FIELD_ENCRYPTION_KEYS")
        },
    }
    keys.write_private(desk.data / "desk.json", json.dumps(facts, indent=1))


def _banner(desk: Desk) -> str:
    return (
        f"\n  Strikedesk is at   {desk.address}\n"
        f"  sign in as         {USER}\n"
        f"  with the password  {desk.keys['DEMO_PASSWORD']}\n\n"
        f"  Logs are in {desk.data / 'logs'}. Ctrl-C stops everything.\n"
    )


def _refuse_real_connections(data: Path, supervisor: Supervisor) -> None:
    desk = Desk(data, port=0, simulator_port=0)
    with supervisor.running():
        supervisor.start(*(service for service in desk.servers() if service.name == "postgres"))
        answer = _manage(desk.environment(), "real_connections")
    if answer.strip():
        raise EmbeddedError(
            f"Nothing was removed: the demo holds logins to a real environment\n{answer.rstrip()}\n"
            "Remove them on the Connections page first."
        )
