"""Running several coroutines as one."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from typing import Any


async def first_failure(*works: Coroutine[Any, Any, None]) -> None:
    """Run them together until the first one ends; its exception is raised, the rest cancelled."""
    tasks = [asyncio.create_task(work) for work in works]
    try:
        done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        for task in done:
            task.result()
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
