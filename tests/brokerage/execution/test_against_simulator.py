"""Exactly one order for each intent, against the simulator's own process and its ledger."""

from __future__ import annotations

import json
import multiprocessing
import subprocess
import sys
import time
import uuid
from collections.abc import Callable, Iterator
from dataclasses import replace
from decimal import Decimal
from typing import Any

import httpx
import pytest
from django.conf import settings as django_settings
from django.db import connection as database
from django.db import connections as databases

from brokerage import connections, market
from brokerage.enums import IntentState
from brokerage.execution import reconciliation, services
from brokerage.execution.commands import OrderLeg, SubmitOrder
from brokerage.execution.preview import PreviewOutcome, preview
from brokerage.models import Account, Connection, Order, OrderIntent

pytestmark = pytest.mark.django_db(transaction=True)
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

    def orders(self, identifier: str) -> list[dict[str, Any]]:
        """What the simulator's ledger holds under an external identifier."""
        ledger = httpx.get(f"{self.facts['control_url']}/ledger", headers=HEADERS, timeout=10)
        rows = ledger.json()["orders"]
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


def test_accepted_and_cancelled(user, simulator, show, order, ticket):
    intent = confirm(user, show(order, ticket), ticket)
    assert intent.state == IntentState.ACCEPTED
    (booked,) = simulator.orders(ticket)
    assert booked["legs"][0]["quantity"] == 3
    row = Order.objects.get(external_identifier=ticket)
    assert services.cancel(user, row).state == IntentState.ACCEPTED
    assert simulator.orders(ticket)[0]["status"] in ("Cancel Requested", "Cancelled")


def test_an_answer_that_is_dropped_is_found(user, simulator, show, order, ticket):
    shown = show(order, ticket)
    simulator.control("faults", path="/orders$", method="POST", action="drop")
    intent = confirm(user, shown, ticket)
    assert intent.state == IntentState.UNKNOWN
    assert settle(intent).state == IntentState.ACCEPTED
    assert len(simulator.orders(ticket)) == 1


@pytest.mark.parametrize(("status", "state"), [(502, IntentState.UNKNOWN), (429, "rejected")])
def test_a_refusal_of_the_gateway_places_nothing(
    user, simulator, show, order, ticket, status, state
):
    shown = show(order, ticket)
    simulator.control("faults", path="/orders$", method="POST", status=status, html=True)
    intent = confirm(user, shown, ticket)
    assert intent.state == state
    final = settle(intent).state
    assert final == (IntentState.NOT_FOUND if state == IntentState.UNKNOWN else state)
    assert simulator.orders(ticket) == []


def test_insufficient_buying_power_comes_with_figures(simulator, show, order, ticket):
    much = replace(order, legs=(replace(order.legs[0], quantity=Decimal(20000)),))
    outcome = show(replace(much, price=Decimal("250.00")), ticket)
    assert outcome.preview is None
    assert any("buying power" in finding.text for finding in outcome.findings)
    assert outcome.answer["buying-power-effect"]["new-buying-power-effect"] == "Debit"


def test_market_closed_is_said_before_and_by_the_broker(
    simulator, show, order, ticket, monkeypatch
):
    simulator.control("clock", to="close")
    try:
        outcome = show(replace(order, order_type="Market", price=None, price_effect=""), ticket)
    finally:
        simulator.control("clock", to="next-open")
    assert [finding.field for finding in outcome.findings] == ["order_type"]
    assert "closed" in outcome.findings[0].text.lower()


def _press(
    database_name: str, url: str, user_id: int, shown: tuple[str, str, str], gate: Any
) -> None:
    """One web process of several, confirming the same preview at the same moment."""
    from django.contrib.auth import get_user_model

    database.settings_dict["NAME"] = database_name
    django_settings.SIMULATOR_URL = url
    person = get_user_model().objects.get(pk=user_id)
    gate.wait(10)
    services.submit(person, *shown)


def test_two_processes_send_one_order(user, simulator, show, order, ticket):
    outcome = show(order, ticket)
    shown = (str(outcome.preview.pk), outcome.content_hash, ticket)
    context = multiprocessing.get_context("fork")
    gate = context.Barrier(2)
    # A pool does not survive a fork: each process opens its own.
    databases.close_all()
    database.close_pool()
    arguments = (database.settings_dict["NAME"], simulator.facts["api_url"], user.pk, shown, gate)
    processes = [context.Process(target=_press, args=arguments) for _ in range(2)]
    for process in processes:
        process.start()
    for process in processes:
        process.join(30)
    assert [process.exitcode for process in processes] == [0, 0]
    assert len(simulator.orders(ticket)) == 1
    assert OrderIntent.objects.filter(client_order_id=ticket).count() == 1
