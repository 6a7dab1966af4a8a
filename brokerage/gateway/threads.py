"""Django's blocking work from the gateway's event loop."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

from channels.db import database_sync_to_async


def in_thread(function: Callable[..., Any], *args: Any, **kwargs: Any) -> Awaitable[Any]:
    """Run it on a thread of the pool, and give its database session back afterwards."""
    return database_sync_to_async(function, thread_sensitive=False)(*args, **kwargs)
