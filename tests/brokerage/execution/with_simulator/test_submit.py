"""Exactly one order for each intent, against the simulator's own process and its ledger."""

from __future__ import annotations

import multiprocessing
from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest
from django.conf import settings as django_settings
from django.db import connection as database
from django.db import connections as databases

from brokerage.enums import IntentState
from brokerage.execution import services
from brokerage.models import Order, OrderIntent
from tests.brokerage.execution.with_simulator.conftest import confirm, settle

pytestmark = pytest.mark.django_db(transaction=True)
HEADERS = {"User-Agent": "desk-tests/1"}


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
