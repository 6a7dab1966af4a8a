"""A desk whose broker is the simulator's own process, with its clock in the test's hand."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from brokerage import connections
from brokerage.models import Account
from tests.brokerage.conftest import _clean_valkey, queued  # noqa: F401
from tests.portfolio.trade_chains.street import Street
from tests.simulator import running


@pytest.fixture(scope="module")
def simulator() -> Iterator[running.Process]:
    with running.process("--scenario", "empty", "--seed", "11", "--speed", "0") as process:
        yield process


@pytest.fixture(scope="module")
def street(simulator: running.Process) -> Street:
    """One trader of a module, with money; what was done stays done at the broker."""
    trader = Street(simulator, simulator.client())
    trader.fund()
    return trader


@pytest.fixture
def mirrored(
    user: Any,
    street: Street,
    settings: Any,
    queued: list[int],  # noqa: F811
) -> Street:
    """The trader with a login of ours, its books not read yet."""
    told = street.process.told
    settings.SIMULATOR_URL = told["api_url"]
    settings.SYNC_CALLS_PER_SECOND = 10_000
    street.connection = connections.connect(
        user, "simulator", told["client_secret"], told["refresh_token"]
    )
    return street


@pytest.fixture
def account(mirrored: Street) -> Account:
    return Account.objects.get(number=mirrored.number)
