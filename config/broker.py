"""Celery's transport over Valkey, made to outlive a server that goes away while tasks are at work.

When the line breaks, the transport gives its channels up and then asks them to hand back or
acknowledge the tasks in hand. A channel without a transport fails there with an AttributeError,
which ends the worker. Said as what it is, a lost connection, it is caught where all others are:
the worker connects again, and a task that was not acknowledged is delivered anew after
`visibility_timeout`, which does no harm.
"""

from __future__ import annotations

from typing import Any

from kombu.transport import TRANSPORT_ALIASES, redis
from redis.exceptions import ConnectionError


class Channel(redis.Channel):
    """A channel that says so when it has been given up."""

    def _connparams(self, asynchronous: bool = False) -> dict[str, Any]:
        if self.connection is None or self.connection.client is None:
            raise ConnectionError("this line to the task queue was closed")
        params: dict[str, Any] = super()._connparams(asynchronous)  # type: ignore[no-untyped-call]
        return params


class Transport(redis.Transport):
    """The same transport with such channels."""

    Channel = Channel


def install() -> None:
    """Let every `redis:` and `redis+socket:` address of a task queue use it."""
    for alias in ("redis", "rediss"):
        TRANSPORT_ALIASES[alias] = f"{__name__}:Transport"
