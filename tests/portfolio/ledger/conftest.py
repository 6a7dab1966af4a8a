"""A desk whose broker is a running simulator, mirrored whole."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from brokerage import connections
from brokerage.models import Connection
from portfolio.ledger.rows import shelf
from tests.brokerage.conftest import _clean_valkey, queued, stranger, user  # noqa: F401
from tests.simulator import running


@pytest.fixture(autouse=True)
def _empty_shelf() -> None:
    """Rows of another test may have the same numbers."""
    shelf.clear()


@pytest.fixture(scope="module")
def demo() -> Iterator[running.Process]:
    with running.process("--scenario", "demo", "--seed", "7", "--speed", "0") as process:
        yield process


@pytest.fixture
def connection(demo: running.Process, settings: Any, user: Any, queued: list[int]) -> Connection:  # noqa: F811
    settings.SIMULATOR_URL = demo.told["api_url"]
    return connections.connect(
        user, "simulator", demo.told["client_secret"], demo.told["refresh_token"]
    )
