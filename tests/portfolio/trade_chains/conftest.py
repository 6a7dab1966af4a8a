"""A desk whose broker is the simulator's own process, with its clock in the test's hand."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from django.test import Client

from brokerage import connections
from brokerage.models import Account
from tests.brokerage.conftest import _clean_valkey, queued  # noqa: F401
from tests.portfolio.trade_chains.street import Street
from tests.simulator import running


@pytest.fixture
def simulator() -> Iterator[running.Process]:
    with running.process("--scenario", "empty", "--seed", "11", "--speed", "0") as process:
        yield process


@pytest.fixture
def street(
    user: Any,
    simulator: running.Process,
    settings: Any,
    queued: list[int],  # noqa: F811
) -> Street:
    told = simulator.told
    settings.SIMULATOR_URL = told["api_url"]
    settings.SYNC_CALLS_PER_SECOND = 10_000
    made = connections.connect(user, "simulator", told["client_secret"], told["refresh_token"])
    trader = Street(simulator, simulator.client(), made)
    trader.fund()
    return trader


@pytest.fixture
def account(street: Street) -> Account:
    return Account.objects.get(number=street.number)


@pytest.fixture
def browser(user: Any, street: Street) -> Client:
    client = Client()
    client.force_login(user)
    return client
