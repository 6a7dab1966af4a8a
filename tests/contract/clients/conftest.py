"""A running simulator, and the public clients pointed at it."""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.contract.clients import scratch
from tests.simulator.running import process

HERE = Path(__file__).parent
FOREIGN = ("DJANGO_", "PYTEST_", "COV_", "PYTHONPATH")


@pytest.fixture(scope="session")
def cellar(request: pytest.FixtureRequest) -> Path:
    """Where fetched clients are kept between runs."""
    return Path(request.config.cache.mkdir("clients"))


@pytest.fixture(scope="module")
def simulated() -> Iterator[dict[str, Any]]:
    """A simulator of its own for each module: what it announced."""
    with process("--scenario", "demo") as running:
        yield running.told


@dataclass
class PythonClients:
    """Starts Python clients of the scratch environment."""

    python: Path
    told: dict[str, Any]

    def environment(self, client: str, **more: str) -> dict[str, str]:
        """The variables of a client's process: none of ours, the addresses, what it asks for."""
        kept = {k: v for k, v in os.environ.items() if not k.startswith(FOREIGN)}
        return kept | {
            "PYTHONPATH": str(HERE / "redirect"),
            "SIMULATED_CLIENT": client,
            "SIMULATOR_API": self.told["api_url"],
            "SIMULATOR_STREAM": self.told["account_stream_url"],
            **more,
        }

    def run(
        self, client: str, *arguments: str, cwd: Path | None = None, said: str = "", **more: str
    ) -> subprocess.CompletedProcess[str]:
        """One process, to its end."""
        return subprocess.run(
            [str(self.python), *arguments],
            cwd=cwd,
            env=self.environment(client, **more),
            input=said,
            capture_output=True,
            text=True,
            timeout=200,
            check=False,
        )


@pytest.fixture(scope="module")
def python_clients(cellar: Path, simulated: dict[str, Any]) -> PythonClients:
    """The Python clients, pointed at the module's simulator."""
    return PythonClients(scratch.or_skip(scratch.python_clients, cellar), simulated)


@dataclass
class NodeClients:
    """Starts scripts beside the fetched JavaScript clients."""

    folder: Path
    told: dict[str, Any]

    def run(self, driver: str, **more: str) -> dict[str, Any]:
        """A driver of `drivers/`, to its end: the JSON object of its last line."""
        script = self.folder / driver
        script.write_text((HERE / "drivers" / driver).read_text())
        done = subprocess.run(
            [*scratch.node_command(), script.name],
            cwd=self.folder,
            env={**os.environ, "SIMULATOR": json.dumps(self.told), **more},
            capture_output=True,
            text=True,
            timeout=200,
            check=False,
        )
        assert done.returncode == 0, f"{driver}: {done.stderr[-3000:]}{done.stdout[-1000:]}"
        answer: dict[str, Any] = json.loads(done.stdout.strip().splitlines()[-1])
        return answer


@pytest.fixture(scope="module")
def node_clients(cellar: Path, simulated: dict[str, Any]) -> NodeClients:
    """The JavaScript clients, pointed at the module's simulator."""
    return NodeClients(scratch.or_skip(scratch.node_clients, cellar), simulated)
