"""Ending a background task for certain."""

from __future__ import annotations

import asyncio

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
