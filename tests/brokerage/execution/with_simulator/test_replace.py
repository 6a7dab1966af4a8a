"""A working order gets another price: one new order at the broker, whatever goes wrong."""

from __future__ import annotations

import time
import uuid
from dataclasses import replace
from decimal import Decimal

import pytest

from brokerage.enums import IntentKind, IntentState
from brokerage.execution import services
from brokerage.execution.commands import ReplaceOrder
from brokerage.models import Notice, Order, OrderPreview
from tests.brokerage.execution.with_simulator.conftest import confirm, settle

pytestmark = pytest.mark.django_db(transaction=True)
DEARER = ReplaceOrder("Limit", "Day", Decimal("20.50"), "Debit")
NUDGED = ReplaceOrder(price=Decimal("20.11"), price_effect="Debit", whole=False)


@pytest.fixture
def working(user, simulator, show, order, ticket) -> Order:
    intent = confirm(user, show(order, ticket), ticket)
    return live(intent.order)


def live(order: Order) -> Order:
    """The simulator takes half a second to bring an order to the exchange."""
    from django.utils import timezone

    from brokerage.credentials import client_for
    from brokerage.sync.orders import store_orders
    from brokerage.tastytrade.resources import orders

    connection = order.account.connections.get()
    for _ in range(60):
        with client_for(connection) as client:
            found = client.send(orders.get(order.account.number, order.broker_id))
        store_orders(order.account, [found], timezone.now())
        if found.status == "Live":
            break
        time.sleep(0.05)
    return Order.objects.select_related("account").get(pk=order.pk)


def change(user, working, changes, ticket=None):
    ticket = ticket or str(uuid.uuid4())
    shown = services.preview_replace(user, working, changes, ticket)
    assert shown.preview is not None, shown.findings
    return services.replace(user, shown.preview.pk, shown.content_hash, ticket), shown, ticket


def heirs(simulator, working):
    return [
        row for row in simulator.all_orders() if row.get("replaces-order-id") == working.broker_id
    ]


@pytest.mark.parametrize("changes", [DEARER, NUDGED], ids=["whole", "nudge"])
def test_one_new_order_takes_the_old_ones_place(user, simulator, working, changes):
    intent, shown, ticket = change(user, working, changes)
    assert (intent.kind, intent.state) == (IntentKind.REPLACE, IntentState.ACCEPTED)
    assert "echo" not in intent.error
    (heir,) = heirs(simulator, working)
    assert Decimal(heir["price"]) == changes.price
    assert intent.order.broker_id == heir["id"]
    assert intent.target == working
    # Pressed again, from whichever tab: the same intent, nothing new.
    again = services.replace(user, shown.preview.pk, shown.content_hash, ticket)
    assert again.pk == intent.pk
    assert len(heirs(simulator, working)) == 1


def test_a_lost_answer_is_found_by_the_old_order(user, simulator, working):
    simulator.control("faults", path="/orders/[0-9]+$", method="PUT", action="drop")
    intent, _, _ = change(user, working, DEARER)
    assert intent.state == IntentState.UNKNOWN
    with pytest.raises(services.CommandRefused, match="on its way"):
        services.preview_replace(user, working, DEARER, "another")
    assert settle(intent).state == IntentState.ACCEPTED
    assert intent.order.broker_id == heirs(simulator, working)[0]["id"]
    assert len(heirs(simulator, working)) == 1


def test_a_change_that_did_not_arrive_is_given_up_after_thorough_looking(user, simulator, working):
    simulator.control("faults", path="/orders/[0-9]+$", method="PUT", status=502, html=True)
    intent, _, _ = change(user, working, DEARER)
    assert intent.state == IntentState.UNKNOWN
    assert settle(intent).state == IntentState.NOT_FOUND
    assert len(intent.reads_without_trace) >= 3
    assert heirs(simulator, working) == []


def test_an_order_that_filled_meanwhile_is_not_changed(user, simulator, working):
    ticket = str(uuid.uuid4())
    shown = services.preview_replace(user, working, DEARER, ticket)
    simulator.control(f"orders/{working.broker_id}", action="fill")
    intent = services.replace(user, shown.preview.pk, shown.content_hash, ticket)
    assert intent.state == IntentState.DENIED
    assert "Filled" in intent.reason
    working.refresh_from_db()
    assert working.status == "Filled"
    assert heirs(simulator, working) == []


def test_a_finished_order_is_not_offered_for_change(user, simulator, working):
    simulator.control(f"orders/{working.broker_id}", action="fill")
    with pytest.raises(services.CommandRefused, match="Filled"):
        services.preview_replace(user, working, DEARER, "t")


def test_a_price_off_the_tick_is_found_before_the_broker_is_asked(user, simulator, working):
    odd = replace(DEARER, price=Decimal("20.505"))
    shown = services.preview_replace(user, working, odd, "t")
    assert [finding.field for finding in shown.findings] == ["price"]
    assert not OrderPreview.objects.filter(kind=IntentKind.REPLACE).exists()


def test_a_nudge_moves_by_the_instruments_ticks(user, connection, simulator, working):
    assert services.nudged(connection, working, 3).price == Decimal("20.13")
    assert services.nudged(connection, working, -10).body() == {
        "price": "20.00",
        "price-effect": "Debit",
    }


def test_a_cancel_races_a_change_of_unknown_outcome(user, simulator, working):
    simulator.control("faults", path="/orders/[0-9]+$", method="PUT", status=502, html=True)
    intent, _, _ = change(user, working, DEARER)
    assert services.cancel(user, working).state == IntentState.ACCEPTED
    assert settle(intent).state in (IntentState.REJECTED, IntentState.NOT_FOUND)
    assert not Notice.objects.filter(level="danger").exists()
