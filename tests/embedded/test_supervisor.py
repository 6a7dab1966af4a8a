"""Real child processes under a real supervisor."""

from __future__ import annotations

import io
import json
import os
import signal
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from embedded import processes
from embedded.errors import EmbeddedError
from embedded.readiness import Announcement, ReadyLine
from embedded.supervisor import Service, Supervisor
from embedded.terminal import Terminal

SLEEPER = "import time; print('up', flush=True); time.sleep(600)"
# A child that leaves the group's leader a grandchild behind.
PARENT = (
    "import subprocess, sys, time; child = subprocess.Popen(['sleep', '600']); "
    "print('child', child.pid, flush=True); time.sleep(600)"
)


@pytest.fixture
def screen() -> io.StringIO:
    return io.StringIO()


@pytest.fixture
def supervisor(tmp_path: Path, screen: io.StringIO) -> Iterator[Supervisor]:
    terminal = Terminal(screen, everything=True)
    with Supervisor(tmp_path, tmp_path / "logs", tmp_path, terminal).running() as running:
        yield running


def service(name: str, script: str = SLEEPER, *, stage: int = 1, **more: object) -> Service:
    command = [sys.executable, "-u", "-c", script]
    return Service(name, command, os.environ, stage, **more)  # type: ignore[arg-type]


def until(condition: Callable[[], object], timeout: float = 10.0) -> None:
    deadline = time.monotonic() + timeout
    while not condition():
        assert time.monotonic() < deadline, "it did not come about"
        time.sleep(0.02)


def pid_of(folder: Path, name: str) -> int:
    return int(json.loads((folder / "pids.json").read_text())[name]["pid"])


def alive(pid: int) -> bool:
    return processes.started_at(pid) is not None


def test_a_killed_process_comes_back_under_another_number(
    supervisor: Supervisor, tmp_path: Path, screen: io.StringIO
) -> None:
    supervisor.start(service("one"))
    first = pid_of(tmp_path, "one")
    os.kill(first, signal.SIGKILL)
    until(lambda: pid_of(tmp_path, "one") != first)
    assert alive(pid_of(tmp_path, "one"))
    assert "one was ended by SIGKILL; starting it again" in screen.getvalue()


def test_what_a_killed_process_had_started_is_ended_with_it(
    supervisor: Supervisor, tmp_path: Path
) -> None:
    seen: list[int] = []

    def see(line: str) -> bool:
        seen.append(int(line.split()[1]))
        return False

    supervisor.start(service("parent", PARENT, see=see))
    until(lambda: seen)
    os.kill(pid_of(tmp_path, "parent"), signal.SIGKILL)
    until(lambda: not alive(seen[0]))


def test_stopping_leaves_nothing_and_goes_in_reverse(tmp_path: Path, screen: io.StringIO) -> None:
    order: list[str] = []
    script = (
        "import signal, sys, time\n"
        "signal.signal(signal.SIGTERM, lambda *_: (print('bye', flush=True), sys.exit()))\n"
        "print('up', flush=True)\n"
        "time.sleep(600)\n"
    )

    def watch(name: str) -> Service:
        ready = ReadyLine("^up$", timeout=10)

        def see(line: str) -> bool:
            if line == "bye":
                order.append(name)
            return ready.see(line)

        return service(name, script, stage=len(name), see=see, ready=ready.wait)

    supervisor = Supervisor(tmp_path, tmp_path / "logs", tmp_path, Terminal(screen))
    with supervisor.running():
        supervisor.start(watch("a"))
        supervisor.start(watch("bb"), watch("cc"))
        pids = [pid_of(tmp_path, name) for name in ("a", "bb", "cc")]
    assert order[-1] == "a"
    assert sorted(order) == ["a", "bb", "cc"]
    assert not any(alive(pid) for pid in pids)
    assert not (tmp_path / "pids.json").exists()


def test_a_process_that_ignores_the_signal_is_killed(tmp_path: Path, screen: io.StringIO) -> None:
    script = (
        "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); "
        "print('up', flush=True); time.sleep(600)"
    )
    ready = ReadyLine("up")
    stubborn = service("stubborn", script, grace=0.3, see=ready.see, ready=ready.wait)
    with Supervisor(tmp_path, tmp_path / "logs", tmp_path, Terminal(screen)).running() as running:
        running.start(stubborn)
        pid = pid_of(tmp_path, "stubborn")
    assert not alive(pid)
    assert "stubborn did not stop in time" in screen.getvalue()


def test_a_first_start_that_fails_is_an_error_with_the_last_words(supervisor: Supervisor) -> None:
    ready = ReadyLine("never")
    broken = service("broken", "import sys; sys.exit('no such setting')", ready=ready.wait)
    with pytest.raises(EmbeddedError, match=r"broken did not start: .*code 1\nno such setting"):
        supervisor.start(broken)


def test_a_line_with_secrets_is_used_but_neither_kept_nor_shown(
    supervisor: Supervisor, tmp_path: Path, screen: io.StringIO
) -> None:
    script = (
        "import json, time; print(json.dumps({'token': 'hush-hush'}), flush=True); "
        "print('serving', flush=True); time.sleep(600)"
    )
    told = Announcement({"token"})
    supervisor.start(service("broker", script, see=told.see, ready=told.wait))
    log = tmp_path / "logs" / "broker.log"
    until(lambda: "serving" in log.read_text())
    assert told.facts == {"token": "hush-hush"}
    assert "hush-hush" not in log.read_text() + screen.getvalue()


def test_leftovers_of_a_killed_supervisor_are_ended_but_no_stranger(
    tmp_path: Path, screen: io.StringIO
) -> None:
    command = [sys.executable, "-c", "import time; time.sleep(600)"]
    left, stranger = (
        processes.spawn(command, env=os.environ, cwd=tmp_path, output=-3) for _ in range(2)
    )
    marks = {"left": processes.started_at(left.pid), "stranger": "another start"}
    entries = {
        name: {"pid": process.pid, "mark": marks[name]}
        for name, process in (("left", left), ("stranger", stranger))
    }
    (tmp_path / "pids.json").write_text(json.dumps(entries))
    try:
        Supervisor(tmp_path, tmp_path / "logs", tmp_path, Terminal(screen)).end_leftovers()
        assert left.wait(5) == -signal.SIGTERM
        assert stranger.poll() is None
    finally:
        processes.end_group(stranger, signal.SIGKILL)
        processes.end_group(left, signal.SIGKILL)


def test_the_terminal_shows_what_is_wrong_and_the_traceback_that_follows() -> None:
    screen = io.StringIO()
    terminal = Terminal(screen)
    for line in (
        "2026-01-02T10:00:00Z [info     ] all is well",
        "2026-01-02T10:00:01Z [error    ] it broke",
        "Traceback (most recent call last):",
        "ValueError: no",
        "2026-01-02T10:00:02Z [info     ] going on",
    ):
        terminal.line("web", line)
    shown = screen.getvalue()
    assert "it broke" in shown and "ValueError: no" in shown
    assert "all is well" not in shown and "going on" not in shown
