"""A real simulator process, a real Valkey, feeds that belong to one test."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import uuid
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import pytest
import redis.asyncio

from brokerage import market

ROOT = Path(__file__).resolve().parents[3]


class SimulatorProcess:
    """``python -m simulator`` on a port of its own; can be killed and started again."""

    def __init__(self) -> None:
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = int(free.getsockname()[1])
        self.facts: dict[str, Any] = {}
        self._process: subprocess.Popen[str] | None = None

    def start(self) -> None:
        command = [sys.executable, "-m", "simulator", "--host", "127.0.0.1"]
        command += ["--port", str(self.port), "--scenario", "demo", "--seed", "7"]
        # A set hour of a trading day: the session is open whatever the hour outside.
        command += ["--start", "2026-11-18T15:30:00Z"]
        self._process = subprocess.Popen(
            command, stdout=subprocess.PIPE, text=True, cwd=ROOT, env=dict(os.environ)
        )
        assert self._process.stdout is not None
        self.facts = json.loads(self._process.stdout.readline())

    def kill(self) -> None:
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            assert self._process.stdout is not None
            self._process.stdout.close()
            self._process = None


@pytest.fixture(scope="module")
def simulator() -> Iterator[SimulatorProcess]:
    process = SimulatorProcess()
    process.start()
    yield process
    process.kill()


@pytest.fixture
async def server() -> AsyncIterator[redis.asyncio.Redis]:
    client = market.async_valkey()
    yield client
    await client.aclose()


@pytest.fixture
def feed() -> Iterator[str]:
    """The key of a feed that no other test uses; its traces are removed."""
    from brokerage import valkey

    name = f"simulator:{uuid.uuid4()}"
    yield name
    keys = list(valkey.client().scan_iter(f"market:*{name}*"))
    if keys:
        valkey.client().delete(*keys)
