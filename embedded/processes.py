"""Starting, watching and ending process groups; telling a live process from a re-used number."""

from __future__ import annotations

import os
import signal
import subprocess
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import IO, Any


def spawn(
    argv: Sequence[str],
    *,
    env: Mapping[str, str],
    cwd: Path,
    output: int | IO[Any],
    **options: Any,
) -> subprocess.Popen[bytes]:
    """Start a program in a session of its own, so that its whole group can be ended at once."""
    return subprocess.Popen(
        list(argv),
        env=dict(env),
        cwd=cwd,
        stdin=subprocess.DEVNULL,
        stdout=output,
        stderr=subprocess.STDOUT,
        start_new_session=True,
        **options,
    )


def started_at(pid: int) -> str | None:
    """A mark that tells this process from a later one with the same number; None when dead."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return _started_at_by_ps(pid)
    return None if fields[0] in "ZX" else fields[19]


def _started_at_by_ps(pid: int) -> str | None:
    if Path("/proc/self/stat").exists():
        return None
    command = ["ps", "-o", "lstart=,stat=", "-p", str(pid)]
    answer = subprocess.run(command, capture_output=True, text=True, check=False).stdout.split()
    return " ".join(answer[:-1]) if answer and not answer[-1].startswith("Z") else None


def command_line(pid: int) -> str:
    """The arguments of a process, blank-separated; empty when it is gone."""
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ").decode()
    except OSError:
        command = ["ps", "-o", "command=", "-p", str(pid)]
        return subprocess.run(command, capture_output=True, text=True, check=False).stdout


def signal_group(pid: int, number: signal.Signals) -> None:
    """Send a signal to the group that `pid` leads; a group that is gone is fine."""
    try:
        os.killpg(pid, number)
    except (ProcessLookupError, PermissionError):
        return


def group_alive(pid: int) -> bool:
    """Whether any member of the group still runs (zombies that nobody reaped count as gone)."""
    try:
        os.killpg(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return started_at(pid) is not None or _has_living_member(pid)


def _has_living_member(group: int) -> bool:
    answer = subprocess.run(
        ["ps", "-A", "-o", "pgid=,stat="], capture_output=True, text=True, check=False
    )
    rows = (line.split() for line in answer.stdout.splitlines())
    return any(row[0] == str(group) and not row[1].startswith("Z") for row in rows if len(row) > 1)


def end_group(
    process: subprocess.Popen[bytes], first: signal.Signals = signal.SIGTERM, grace: float = 10.0
) -> None:
    """Ask the group to end, wait `grace` seconds, then kill what is left; reaps the leader."""
    signal_group(process.pid, first)
    try:
        process.wait(grace)
    except subprocess.TimeoutExpired:
        pass
    signal_group(process.pid, signal.SIGKILL)
    process.wait()


def end_stranger(pid: int, first: signal.Signals, grace: float = 10.0) -> None:
    """The same for a group that is not our child (left behind by a killed supervisor)."""
    signal_group(pid, first)
    deadline = time.monotonic() + grace
    while time.monotonic() < deadline and group_alive(pid):
        time.sleep(0.05)
    signal_group(pid, signal.SIGKILL)
