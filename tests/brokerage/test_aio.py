from __future__ import annotations

import asyncio

import pytest

from brokerage import aio


async def stubborn(times: int) -> None:
    """Takes so many cancellations for something else."""
    for _ in range(times):
        try:
            await asyncio.sleep(3600)
        except asyncio.CancelledError:
            pass
    await asyncio.sleep(3600)


@pytest.mark.parametrize("times", [0, 1, 3])
async def test_a_task_that_swallows_cancellations_ends(
    times: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(aio, "AGAIN_SECONDS", 0.01)
    task = asyncio.create_task(stubborn(times))
    await asyncio.sleep(0)
    async with asyncio.timeout(5):
        await aio.end(task)
    assert task.cancelled()


async def test_a_task_that_failed_is_no_obstacle() -> None:
    async def fails() -> None:
        raise ValueError

    task = asyncio.create_task(fails())
    await asyncio.sleep(0)
    await aio.end(task)
    assert task.done()
