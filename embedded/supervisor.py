"""Keeps processes running: ordered start with readiness, restart with back-off, reverse stop.

Each process leads a session of its own, so that its whole group can be ended; its output goes to
a log file and, under its name, to the terminal. Which process runs under which number stands in
`pids.json`, so that a later start can end what a killed supervisor left behind.
"""

from __future__ import annotations

import json
import signal
import subprocess
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO

from embedded import processes
from embedded.errors import EmbeddedError
from embedded.logs import LogFile
from embedded.terminal import Terminal

Process = subprocess.Popen[bytes]
_FIRST_PAUSE, _LONGEST_PAUSE, _SETTLED = 0.25, 15.0, 20.0


@dataclass(frozen=True)
class Service:
    """One process to keep running.

    `prepare` runs before each start; `ready` after the first one: it returns when the process
    serves, or raises. `see` is given each line of output and answers True for a line that is for
    us alone (neither logged nor shown). `stage`: stopped together, later stages first.
    """

    name: str
    command: Sequence[str]
    env: Mapping[str, str]
    stage: int
    prepare: Callable[[], None] = lambda: None
    ready: Callable[[Process], None] = lambda _process: None
    see: Callable[[str], bool] = lambda _line: False
    stop_signal: signal.Signals = signal.SIGTERM
    grace: float = 8.0
    options: Mapping[str, object] = field(default_factory=dict)


class Supervisor:
    """Owns the keepers of all services; `folder` gets the numbers, `logs` a file each."""

    def __init__(self, folder: Path, logs: Path, cwd: Path, terminal: Terminal) -> None:
        self.terminal = terminal
        self.cwd = cwd
        self.logs = logs
        self._pids_file = folder / "pids.json"
        self._lock = threading.Lock()
        self._pids: dict[str, dict[str, object]] = {}
        self._keepers: list[_Keeper] = []

    def end_leftovers(self) -> None:
        """End the groups that a killed supervisor of this folder left running."""
        for entry in _read(self._pids_file).values():
            pid = int(str(entry["pid"]))
            if processes.started_at(pid) == entry["mark"]:
                processes.end_stranger(pid, signal.SIGTERM, grace=5)
        self._pids_file.unlink(missing_ok=True)

    def start(self, *services: Service) -> None:
        """Start the services side by side and return when all are ready.

        The first one that ends, stays silent or fails to prepare is the error.
        """
        keepers = [_Keeper(service, self) for service in services]
        self._keepers += keepers
        for keeper in keepers:
            keeper.start()
        for keeper in keepers:
            keeper.wait_ready()

    def stop(self) -> None:
        """Stop every service, later stages first, those of one stage together."""
        while self._keepers:
            stage = max(keeper.service.stage for keeper in self._keepers)
            last = [keeper for keeper in self._keepers if keeper.service.stage == stage]
            self._keepers = [keeper for keeper in self._keepers if keeper not in last]
            for keeper in last:
                keeper.ask_to_stop()
            for keeper in last:
                keeper.wait_stopped()
        self._pids_file.unlink(missing_ok=True)

    def kill(self) -> None:
        """End everything now; for a person who asks twice."""
        for keeper in self._keepers:
            keeper.kill()

    @contextmanager
    def running(self) -> Iterator[Supervisor]:
        """Stops everything on the way out, whatever happened inside."""
        try:
            yield self
        finally:
            self.stop()

    def record(self, name: str, pid: int) -> None:
        """Write down which process now stands for the name."""
        with self._lock:
            self._pids[name] = {"pid": pid, "mark": processes.started_at(pid)}
            temporary = self._pids_file.with_suffix(".new")
            temporary.write_text(json.dumps(self._pids, indent=1))
            temporary.replace(self._pids_file)


class _Keeper:
    """The thread that runs one service again and again until it is told to stop."""

    def __init__(self, service: Service, owner: Supervisor) -> None:
        self.service = service
        self._owner = owner
        self._log = LogFile(owner.logs / f"{service.name}.log")
        self._stopping = threading.Event()
        self._started = threading.Event()
        self._serving = threading.Event()
        self._failure: Exception | None = None
        self._process: Process | None = None
        self._lock = threading.Lock()
        self._thread = threading.Thread(target=self._keep, name=service.name, daemon=True)

    def start(self) -> None:
        self._thread.start()

    def wait_ready(self) -> None:
        """Return when the first start is ready; EmbeddedError with the last words otherwise."""
        self._started.wait()
        process = self._process
        if self._failure or process is None:
            raise self._error(self._failure)
        try:
            self.service.ready(process)
            if process.poll() is not None:
                raise EmbeddedError(_ending(process.returncode))
        except EmbeddedError as error:
            raise self._error(error) from None
        self._serving.set()

    def _error(self, cause: Exception | None) -> EmbeddedError:
        time.sleep(0.2)  # let the last lines arrive
        words = self._log.last_lines(15)
        return EmbeddedError(f"{self.service.name} did not start: {cause}\n{words}".rstrip())

    def ask_to_stop(self) -> None:
        self._stopping.set()
        with self._lock:
            if self._process is not None:
                processes.signal_group(self._process.pid, self.service.stop_signal)

    def wait_stopped(self) -> None:
        self._thread.join(self.service.grace)
        if self._thread.is_alive():
            self._owner.terminal.say(f"{self.service.name} did not stop in time; killing it.")
            self.kill()
            self._thread.join(5)

    def kill(self) -> None:
        self._stopping.set()
        with self._lock:
            if self._process is not None:
                processes.signal_group(self._process.pid, signal.SIGKILL)

    def _keep(self) -> None:
        pause = _FIRST_PAUSE
        while not self._stopping.is_set():
            began = time.monotonic()
            ending = self._run_once()
            if self._stopping.is_set() or not self._serving.is_set():
                break  # what never served is an error of the start, not a thing to try again
            if time.monotonic() - began > _SETTLED:
                pause = _FIRST_PAUSE
            self._say(f"{self.service.name} {ending}; starting it again in {pause:g} s.")
            self._stopping.wait(pause)
            pause = min(pause * 2, _LONGEST_PAUSE)
        self._log.close()

    def _run_once(self) -> str:
        """Start, read until it ends, end what its group left; says in words how it ended."""
        try:
            self.service.prepare()
            process = self._spawn()
        except (OSError, EmbeddedError) as error:
            self._failure = error
            self._started.set()
            return f"could not be started ({error})"
        if process is None:
            return "was stopped"
        self._failure = None
        self._started.set()
        reader = threading.Thread(target=self._read_lines, args=(process.stdout,), daemon=True)
        reader.start()
        code = process.wait()
        reader.join(0.5)
        processes.signal_group(process.pid, signal.SIGKILL)
        reader.join(1)  # a process that left the group may still hold the pipe: do not wait for it
        return _ending(code)

    def _spawn(self) -> Process | None:
        with self._lock:
            if self._stopping.is_set():
                return None
            process = processes.spawn(
                self.service.command,
                env=self.service.env,
                cwd=self._owner.cwd,
                output=subprocess.PIPE,
                **self.service.options,
            )
            self._process = process
        self._owner.record(self.service.name, process.pid)
        return process

    def _read_lines(self, stream: IO[bytes]) -> None:
        with stream:
            for raw in stream:
                line = raw.decode(errors="replace").rstrip("\r\n")
                if not self.service.see(line):
                    self._log.write(line)
                    self._owner.terminal.line(self.service.name, line)

    def _say(self, text: str) -> None:
        self._log.write(f"--- {text}")
        self._owner.terminal.say(text)


def _ending(code: int) -> str:
    if code >= 0:
        return f"ended with code {code}"
    try:
        return f"was ended by {signal.Signals(-code).name}"
    except ValueError:
        return f"was ended by signal {-code}"


def _read(path: Path) -> dict[str, dict[str, object]]:
    try:
        return dict(json.loads(path.read_text()))
    except (OSError, ValueError):
        return {}
