"""What was said, in order: requests with their answers, and frames of the account stream.

Kept while it is switched on. One JSON object a line; the address of the server is written as
`http://simulator`, so that two processes with the same scenario, seed and script give the same
bytes. Market data is left out: how it is bundled into frames follows the wall clock.
"""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING, Any

import orjson
from starlette.types import Message, Receive, Scope

from simulator.http import dumps, stamp

if TYPE_CHECKING:
    from simulator.world import World

MOST_BYTES = 64 << 20
OWN = "/control/transcript"


class Listening:
    """A `receive` that remembers the body that went through."""

    def __init__(self, receive: Receive) -> None:
        self._receive = receive
        self.body = b""

    async def __call__(self) -> Message:
        message = await self._receive()
        if message["type"] == "http.request":
            self.body += message.get("body", b"")
        return message


class Transcript:
    """The record of one world; the oldest lines go when it grows over its size."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.on = False
        self.lost = 0
        self._lines: deque[bytes] = deque()
        self._size = 0

    def clear(self) -> None:
        """Start with an empty page."""
        self._lines.clear()
        self._size = self.lost = 0

    def request(self, scope: Scope, receive: Receive, answer: list[Message]) -> None:
        """Add one request and its answer."""
        if scope["path"].startswith(OWN):
            return
        sent = receive.body if isinstance(receive, Listening) else b""
        start = answer[0] if answer else {}
        body = b"".join(m.get("body", b"") for m in answer[1:])
        self.add(
            "request",
            method=scope["method"],
            path=scope["path"],
            query=scope.get("query_string", b"").decode("latin-1"),
            body=_text(sent),
            status=start.get("status"),
            answer=_text(body),
        )

    def frame(self, session: str, raw: bytes) -> None:
        """Add one frame that went to a socket of the account stream."""
        if self.on:
            self.add("frame", socket=session, frame=_text(raw))

    def add(self, what: str, **facts: Any) -> None:
        """Add one line."""
        at = stamp(self.world.clock.now())
        line = dumps({"at": at, "what": what, **facts})
        base = self.world.base_url.encode()
        if base:
            line = line.replace(base, b"http://simulator")
            line = line.replace(base.replace(b"http", b"ws", 1), b"ws://simulator")
        self._lines.append(line)
        self._size += len(line)
        while self._size > MOST_BYTES:
            self._size -= len(self._lines.popleft())
            self.lost += 1

    def text(self) -> bytes:
        """All lines."""
        return b"".join(line + b"\n" for line in self._lines)

    def __len__(self) -> int:
        return len(self._lines)


def _text(raw: bytes) -> Any:
    """JSON as it is; anything else as text."""
    try:
        return orjson.loads(raw)
    except orjson.JSONDecodeError:
        return raw.decode("utf-8", "replace")
