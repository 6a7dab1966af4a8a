"""The simulator as a process of its own, and as a server in this process."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import socket
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import uvicorn

from simulator.__main__ import announcement
from simulator.app import create_app
from simulator.server import PingAware
from simulator.world import World

ROOT = Path(__file__).parents[2]
START = "2026-11-18T15:30:00+00:00"


@dataclass
class Process:
    """A running simulator and what it announced."""

    popen: subprocess.Popen[str]
    told: dict[str, Any]

    def client(self) -> httpx.Client:
        """A signed-in client."""
        client = httpx.Client(base_url=self.told["api_url"], headers={"user-agent": "tests/1.0"})
        answer = client.post("/oauth/token", json=credentials(self.told))
        client.headers["authorization"] = f"Bearer {answer.json()['access_token']}"
        return client

    def kill(self) -> None:
        """SIGKILL, as a crash would."""
        self.popen.send_signal(signal.SIGKILL)
        self.popen.wait(10)


def credentials(told: dict[str, Any]) -> dict[str, str]:
    """The refresh request of what a simulator announced."""
    return {
        "grant_type": "refresh_token",
        "refresh_token": told["refresh_token"],
        "client_secret": told["client_secret"],
    }


def command(*options: str) -> list[str]:
    """The command line of a simulator on a free port."""
    return [sys.executable, "-m", "simulator", "--port", "0", "--start", START, *options]


@contextmanager
def process(*options: str) -> Iterator[Process]:
    """A simulator process, ready; killed at the end."""
    popen = subprocess.Popen(
        command(*options),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        cwd=ROOT,
        env={**os.environ, "PYTHONUNBUFFERED": "1"},
    )
    try:
        assert popen.stdout is not None
        line = popen.stdout.readline()
        if not line:
            _, errors = popen.communicate(timeout=10)
            raise AssertionError(f"the simulator did not start: {errors}")
        yield Process(popen, json.loads(line))
    finally:
        popen.kill()
        popen.wait(10)
        for pipe in (popen.stdout, popen.stderr):
            if pipe is not None:
                pipe.close()


@asynccontextmanager
async def serving(world: World, ticking: bool = True) -> AsyncIterator[dict[str, Any]]:
    """The world behind a real socket of this process; yields what would be announced."""
    listener = socket.socket()
    listener.bind(("127.0.0.1", 0))
    world.base_url = f"http://127.0.0.1:{listener.getsockname()[1]}"
    config = uvicorn.Config(
        create_app(world, ticking),
        ws=PingAware,
        ws_ping_interval=None,
        date_header=False,
        log_config=None,
        lifespan="on",
        timeout_graceful_shutdown=1,
    )
    server = uvicorn.Server(config)
    task = asyncio.create_task(server.serve([listener]))
    while not server.started:  # noqa: ASYNC110 - uvicorn has no event for it
        await asyncio.sleep(0.01)
    try:
        yield announcement(world)
    finally:
        server.should_exit = True
        await task
