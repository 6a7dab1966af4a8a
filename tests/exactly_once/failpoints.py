"""Named places in the course of a command at which a child process kills itself (SIGKILL).

Set inside the child after the fork, by wrapping functions: the code of the desk knows nothing of
them.
"""

from __future__ import annotations

import os
import signal
from collections.abc import Callable
from importlib import import_module
from typing import Any

BEFORE, AFTER = "before", "after"

_PLACES = {
    # The intent is written, its transaction still open.
    "before-commit": ("brokerage.execution.confirming", "_note", BEFORE),
    # Committed; nothing has been prepared for sending.
    "after-commit": ("brokerage.execution.sending", "send", BEFORE),
    # Signed in; the moment of sending not marked yet.
    "before-start": ("brokerage.execution.sending", "start", BEFORE),
    # The moment of sending is marked; nothing has left.
    "after-start": ("brokerage.execution.sending", "start", AFTER),
    # The answer is there, nothing of it written down.
    "answer-received": ("brokerage.execution.outcomes", "_move", BEFORE),
    # The outcome is written, its transaction still open.
    "outcome-uncommitted": ("brokerage.execution.outcomes", "tell", BEFORE),
    # A worker has read everything and written nothing.
    "worker-read": ("brokerage.execution.looking", "_Look._settle", BEFORE),
    "worker-uncommitted": ("brokerage.execution.outcomes", "tell", BEFORE),
    "worker-settled": ("brokerage.execution.outcomes", "_move", AFTER),
}
# The whole request is in the socket, no answer read.
REQUEST_SENT = "request-sent"


def arm(point: str, nth: int) -> None:
    """Die when this process comes to `point` for the nth time."""
    die = _countdown(nth)
    if point == REQUEST_SENT:
        _arm_socket(die)
        return
    module_name, path, when = _PLACES[point]
    holder: Any = import_module(module_name)
    *outer, name = path.split(".")
    for part in outer:
        holder = getattr(holder, part)
    setattr(holder, name, _wrapped(getattr(holder, name), when, die))


def _countdown(nth: int) -> Callable[[], None]:
    left = [nth]

    def arrive() -> None:
        left[0] -= 1
        if left[0] == 0:
            os.kill(os.getpid(), signal.SIGKILL)

    return arrive


def _wrapped(function: Any, when: str, die: Callable[[], None]) -> Any:
    def call(*args: Any, **options: Any) -> Any:
        if when == BEFORE:
            die()
        result = function(*args, **options)
        if when == AFTER:
            die()
        return result

    return call


def _arm_socket(die: Callable[[], None]) -> None:
    """Ask the HTTP library to tell when the request of a command is completely written."""
    from brokerage.tastytrade.exchange import Exchange

    build = Exchange._request

    def traced(self: Exchange, call: Any) -> Any:
        request = build(self, call)
        if not request.extensions["replay"]:
            request.extensions["trace"] = _on_event
        return request

    def _on_event(name: str, _info: Any) -> None:
        if name == "http11.send_request_body.complete":
            die()

    Exchange._request = traced  # type: ignore[method-assign]
