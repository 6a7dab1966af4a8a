"""Answers to reads, remembered until anything happens.

Between two steps of the world, and without a request that may change something, a read has one
answer. It is kept for that long, so that many who poll cost little. Only a world that runs by
itself remembers; where tests move it by hand nothing is kept.
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

from starlette.types import Message, Scope

if TYPE_CHECKING:
    from simulator.world import World

MOST = 512
LARGEST = 1 << 18
MOST_TIME = timedelta(seconds=1)
NOT_KEPT = ("/api-quote-tokens", "/oauth", "/auth.html", "/control", "/healthz", "/sessions")
Key = tuple[str, bytes, bytes, str]


class Remembered:
    """The answers since the last event."""

    def __init__(self, world: World, on: bool) -> None:
        self.world = world
        self.on = on
        self._answers: dict[Key, list[Message]] = {}
        self._reached: Any = None

    def forget(self) -> None:
        """Something may have changed."""
        self._answers.clear()

    def key(self, scope: Scope) -> Key | None:
        """Under what an answer is kept; None for what is not a plain read."""
        if scope["method"] != "GET" or not self.on:
            return None
        path = scope["path"]
        token = scope.get("state", {}).get("token")
        if token is None or path.startswith(NOT_KEPT):
            return None
        # one customer's answer is not another's, and the path as sent is part of the envelope
        return path, scope.get("query_string", b""), scope.get("raw_path", b""), token.username

    def find(self, key: Key) -> list[Message] | None:
        """The answer, when nothing has happened since."""
        world = self.world
        if self._reached is not world.reached:
            self._answers.clear()
            self._reached = world.reached
            return None
        if world.clock.base.now() - world.reached > MOST_TIME:
            return None
        return self._answers.get(key)

    def keep(self, key: Key, answer: list[Message]) -> None:
        """Remember an answer that went well."""
        if len(answer) != 2 or answer[0]["status"] != 200 or len(self._answers) >= MOST:
            return
        if len(answer[1].get("body", b"")) <= LARGEST:
            self._answers[key] = answer
