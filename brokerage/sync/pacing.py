"""Calls in the background are paced: one token bucket for each grant, shared by all processes.

What a person waits for (orders, previews, a page that looks something up) is never paced.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from typing import Any, TypeVar

import redis
from django.conf import settings

from brokerage import valkey
from brokerage.models import Connection
from brokerage.tastytrade.calls import Call
from brokerage.tastytrade.client import TastytradeClient
from brokerage.tastytrade.paging import Walk

T = TypeVar("T")

# Takes one token; the answer is the microseconds until there is one. The server's clock counts,
# so that processes need not agree on the time. A debt is allowed: who comes later waits longer.
_TAKE = """
local now = redis.call('TIME')
local at = now[1] * 1000000 + now[2]
local rate, burst = tonumber(ARGV[1]), tonumber(ARGV[2])
local held = redis.call('HMGET', KEYS[1], 'tokens', 'at')
local tokens, last = tonumber(held[1]) or burst, tonumber(held[2]) or at
tokens = math.min(burst, tokens + math.max(0, at - last) * rate / 1000000) - 1
redis.call('HSET', KEYS[1], 'tokens', tokens, 'at', at)
redis.call('PEXPIRE', KEYS[1], math.ceil((burst - tokens) / rate * 1000) + 1000)
if tokens >= 0 then return 0 end
return math.ceil(-tokens / rate * 1000000)
"""


def key(connection: Connection) -> str:
    return f"bucket:{connection.grant_fingerprint}"


def wait_seconds(connection: Connection) -> float:
    """Take one token; how long to wait before the call may go out. 0 when Valkey is away."""
    rate, burst = settings.SYNC_CALLS_PER_SECOND, settings.SYNC_CALLS_BURST
    try:
        waiting = valkey.client().eval(_TAKE, 1, key(connection), rate, burst)
    except redis.RedisError:
        return 0.0
    return float(waiting) / 1_000_000  # type: ignore[arg-type]


def tokens_left(connection: Connection) -> float | None:
    """For the page: calls that may go out at once; None when nothing was sent lately."""
    try:
        held, at = valkey.client().hmget(key(connection), "tokens", "at")  # type: ignore[misc]
    except redis.RedisError:
        return None
    if held is None:
        return None
    gained = (time.time() - float(at) / 1_000_000) * settings.SYNC_CALLS_PER_SECOND
    return min(float(settings.SYNC_CALLS_BURST), float(held) + max(0.0, gained))


class PacedClient:
    """A client whose every call waits for its token; what the steps of a sync read with."""

    def __init__(
        self,
        client: TastytradeClient,
        connection: Connection,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._client, self._connection, self._sleep = client, connection, sleep

    def send(self, call: Call[T], *, attempts: int | None = None) -> T:
        seconds = wait_seconds(self._connection)
        if seconds:
            self._sleep(seconds)
        return self._client.send(call, attempts=attempts)

    def pages(self, call: Call[Sequence[T]]) -> Iterator[T]:
        """The items of all pages, each once."""
        walk: Walk[Any] = Walk(call)
        while walk.call is not None:
            yield from walk.take(self.send(walk.call))
