"""The simulator's own process as the broker, and a login connected to it."""

from __future__ import annotations

import json
import subprocess
import sys
import time
import uuid
from collections.abc import Callable, Iterator
from decimal import Decimal
from typing import Any

import httpx
import pytest
from django.conf import settings as django_settings

from brokerage import connections, market
from brokerage.enums import IntentState
from brokerage.execution import reconciliation, services
from brokerage.execution.commands import OrderLeg, SubmitOrder
from brokerage.execution.preview import PreviewOutcome, preview
from brokerage.models import Account, Connection, OrderIntent

HEADERS = {"User-Agent": "desk-tests/1"}


class Simulator:
    """The process, its ready line, its control routes."""

    def __init__(self) -> None:
        command = [sys.executable, "-m", "simulator", "--port", "0", "--scenario", "demo"]
        self.process = subprocess.Popen(
            [*command, "--seed", "7", "--speed", "1"],
            stdout=subprocess.PIPE,
            cwd=django_settings.BASE_DIR,
        )
        assert self.process.stdout is not None
        self.facts: dict[str, Any] = json.loads(self.process.stdout.readline())

    def stop(self) -> None:
        self.process.terminate()
        self.process.wait(10)

    def control(self, name: str, /, **body: Any) -> None:
        url = f"{self.facts['control_url']}/{name}"
        httpx.post(url, json=body, headers=HEADERS, timeout=10).raise_for_status()

    def all_orders(self) -> list[dict[str, Any]]:
        ledger = httpx.get(f"{self.facts['control_url']}/ledger", headers=HEADERS, timeout=10)
        return list(ledger.json()["orders"])

    def orders(self, identifier: str) -> list[dict[str, Any]]:
        """What the simulator's ledger holds under an external identifier."""
        rows = self.all_orders()
        return [row for row in rows if row.get("external-identifier") == identifier]


@pytest.fixture(scope="module")
def process() -> Iterator[Simulator]:
    simulator = Simulator()
    yield simulator
    simulator.stop()


@pytest.fixture
def simulator(process: Simulator, settings: Any, monkeypatch: pytest.MonkeyPatch) -> Simulator:
    settings.SIMULATOR_URL = process.facts["api_url"]
    settings.RECONCILE_WINDOW_SECONDS = 0.4
    up = market.FeedHealth(account=market.StreamHealth(state="up"))
    monkeypatch.setattr(market, "health", lambda _connection: up)
    httpx.delete(f"{process.facts['control_url']}/faults", headers=HEADERS)
    return process


@pytest.fixture
def connection(user: Any, simulator: Simulator, queued: list[int]) -> Connection:
    facts = simulator.facts
    return connections.connect(user, "simulator", facts["client_secret"], facts["refresh_token"])


@pytest.fixture
def account(connection: Connection, simulator: Simulator) -> Account:
    return Account.objects.get(number=simulator.facts["accounts"][0])


@pytest.fixture
def order() -> SubmitOrder:
    """Far below the market, so that it rests; the demo neither holds nor trades this stock."""
    return SubmitOrder(
        order_type="Limit",
        time_in_force="Day",
        legs=(OrderLeg("Equity", "JPM", "Buy to Open", Decimal(3)),),
        price=Decimal("20.10"),
        price_effect="Debit",
    )


@pytest.fixture
def ticket() -> str:
    return str(uuid.uuid4())


@pytest.fixture
def show(user: Any, account: Account, connection: Connection) -> Callable[..., PreviewOutcome]:
    return lambda order, ticket: preview(user, account, connection, order, ticket)


def confirm(user: Any, shown: PreviewOutcome, ticket: str) -> OrderIntent:
    assert shown.preview is not None, shown.findings
    return services.submit(user, shown.preview.pk, shown.content_hash, ticket)


def settle(intent: OrderIntent, seconds: float = 8.0) -> OrderIntent:
    ends = time.monotonic() + seconds
    while intent.state == IntentState.UNKNOWN and time.monotonic() < ends:
        reconciliation.reconcile_due()
        intent.refresh_from_db()
        time.sleep(0.08)
    return intent
