"""Processes that stand for web and worker: forked from the warm parent, alive or killed."""

from __future__ import annotations

import logging
import os
import signal
import sys
import time
import traceback
from collections.abc import Callable

from tests.exactly_once import desk as ours
from tests.exactly_once import failpoints
from tests.exactly_once.desk import Button, Desk

# A loaded machine is slow; only a deadlock takes this long.
PATIENCE = 600.0


class Stuck(Exception):
    """A child did not end in time."""


def fork(work: Callable[[], None], point: str = "", nth: int = 1) -> int:
    """Run `work` in a child that dies at `point`; the child's process id."""
    ours.leave()
    sys.stdout.flush()
    pid = os.fork()
    if pid:
        return pid
    status = 1
    try:
        logging.disable(logging.CRITICAL)
        if point:
            failpoints.arm(point, nth)
        work()
        status = 0
    except BaseException:
        traceback.print_exc()
    finally:
        ours.leave()
        os._exit(status)


def wait(pids: list[int]) -> list[int]:
    """Exit statuses as waitpid tells them; Stuck, with all killed, when one does not end."""
    ends = time.monotonic() + PATIENCE
    left, statuses = dict.fromkeys(pids), dict[int, int]()
    while left:
        for pid in list(left):
            ended, status = os.waitpid(pid, os.WNOHANG)
            if ended:
                statuses[pid] = status
                del left[pid]
        if time.monotonic() > ends:
            for pid in left:
                os.kill(pid, signal.SIGKILL)
                os.waitpid(pid, 0)
            raise Stuck(f"{len(left)} children did not end")
        time.sleep(0.005)
    return [statuses[pid] for pid in pids]


def was_killed(status: int) -> bool:
    return os.WIFSIGNALED(status) and os.WTERMSIG(status) == signal.SIGKILL


def web(desk: Desk, buttons: list[Button], gate: int, order: int) -> Callable[[], None]:
    """Press every button; several webs start together at the gate, one from the other end."""

    def work() -> None:
        # Closing the other end opens the gate for all who read.
        os.read(gate, 1)
        for button in buttons if order % 2 == 0 else [*buttons[::2], *buttons[1::2]]:
            ours.press(desk, button)

    return work


def worker() -> None:
    """What the queue's task does; delivered twice it runs twice."""
    from brokerage.execution import reconciliation

    reconciliation.reconcile_due()
