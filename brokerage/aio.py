"""Background tasks of asyncio: running several as one, ending them for certain."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from typing import Any

AGAIN_SECONDS = 1.0


async def end(*tasks: asyncio.Task[None]) -> None:
    """Cancel and wait until all have ended, whatever they raise.

    A client library on the way may take one cancellation for a time-out of its own and go on, so
    it is asked again until it is true.
    """
    waiting = {task for task in tasks if not task.done()}
    while waiting:
        for task in waiting:
            task.cancel()
        _, waiting = await asyncio.wait(waiting, timeout=AGAIN_SECONDS)
    await asyncio.gather(*tasks, return_exceptions=True)


async def first_failure(*works: Coroutine[Any, Any, None]) -> None:
    """Run them together until the first one ends; its exception is raised, the rest cancelled."""
    tasks = [asyncio.create_task(work) for work in works]
    try:
        done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        for task in done:
            task.result()
    finally:
        await end(*tasks)
