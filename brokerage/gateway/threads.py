"""Django's blocking work from the gateway's event loop."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

from channels.db import database_sync_to_async

T = TypeVar("T")


async def in_thread(function: Callable[..., T], *args: Any, **kwargs: Any) -> T:
    """Run it on a thread of the pool, and give its database session back afterwards."""
    result: T = await database_sync_to_async(function, thread_sensitive=False)(*args, **kwargs)
    return result
