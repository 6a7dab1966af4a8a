"""Faults on REST: answers in place of the services' own, and ways in which an answer gets lost."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import orjson
from starlette.responses import Response
from starlette.types import Message, Receive, Send

from simulator.fault_answers import answer_of
from simulator.fault_changes import CHANGES, changed
from simulator.http import json_response

if TYPE_CHECKING:
    from simulator.faults import Fault
    from simulator.world import World

DRIBBLE = 20


class Player:
    """One fault that has met one request."""

    def __init__(self, world: World, fault: Fault) -> None:
        self.world = world
        self.fault = fault

    @property
    def instead(self) -> bool:
        """Whether the services never see the request."""
        return self.fault.action in ("status", "refuse")

    def answer(self) -> Response:
        """The answer in place of the services'."""
        status, kind, body, headers = answer_of(self.fault)
        if kind == "text/html":
            return Response(body, status, headers, media_type=kind)
        return json_response(body, status, headers)

    @contextlib.contextmanager
    def lagging(self, number: str) -> Iterator[None]:
        """Show the account as it was some seconds ago.

        Reads wait for nothing, so that nobody else comes in between.
        """
        account = self.world.accounts.get(number)
        if account is None:
            yield
            return
        now, past = self.world.clock.now(), self.world.faults.past
        self.world.accounts[number] = past.at(account, now, self.fault.seconds)
        try:
            yield
        finally:
            self.world.accounts[number] = account

    async def deliver(self, messages: list[Message], receive: Receive, send: Send) -> None:
        """Send the answer, changed, late, in part, or not at all."""
        action = self.fault.action
        if action in ("drop", "refuse"):
            hang_up(send)
        elif action == "hang":
            await self._hang(messages, receive, send)
        elif action == "slow":
            await _slowly(messages, send, self.fault.seconds)
        elif action == "cut":
            await _cut(messages, send)
        else:
            for message in self._changed(messages) if action in CHANGES else messages:
                await send(message)

    async def _hang(self, messages: list[Message], receive: Receive, send: Send) -> None:
        if not self.fault.seconds:
            while (await receive())["type"] != "http.disconnect":
                pass
            return
        await asyncio.sleep(self.fault.seconds)
        for message in messages:
            await send(message)

    def _changed(self, messages: list[Message]) -> list[Message]:
        try:
            payload = orjson.loads(_body(messages))
        except orjson.JSONDecodeError:
            return messages
        return _with_body(messages, orjson.dumps(changed(payload, self.fault)))


def _body(messages: list[Message]) -> bytes:
    return b"".join(m.get("body", b"") for m in messages if m["type"] == "http.response.body")


def _with_body(messages: list[Message], body: bytes) -> list[Message]:
    start: dict[str, Any] = dict(messages[0])
    headers = [(k, v) for k, v in start["headers"] if k.lower() != b"content-length"]
    start["headers"] = [*headers, (b"content-length", str(len(body)).encode())]
    return [start, {"type": "http.response.body", "body": body}]


async def _slowly(messages: list[Message], send: Send, seconds: float) -> None:
    """The body in small pieces over the whole time."""
    body = _body(messages)
    await send(messages[0])
    size = max(1, -(-len(body) // DRIBBLE))
    pieces = [body[i : i + size] for i in range(0, len(body), size)] or [b""]
    for piece in pieces:
        await asyncio.sleep(seconds / len(pieces))
        await send({"type": "http.response.body", "body": piece, "more_body": True})
    await send({"type": "http.response.body", "body": b""})


async def _cut(messages: list[Message], send: Send) -> None:
    """Half of the promised body, then the end of the line."""
    body = _body(messages)
    await send(messages[0])
    await send({"type": "http.response.body", "body": body[: len(body) // 2], "more_body": True})
    hang_up(send, gently=True)


def hang_up(send: Send, gently: bool = False) -> None:
    """Cut the connection (uvicorn's cycle holds the transport); `gently` sends what is queued."""
    cycle: Any = getattr(send, "__self__", None)
    transport = getattr(cycle, "transport", None)
    if transport is None:
        raise ConnectionResetError("the answer was dropped on request")
    cycle.disconnected = True
    if gently:
        transport.close()
    else:
        transport.abort()
