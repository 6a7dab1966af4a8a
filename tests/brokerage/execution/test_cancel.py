"""Cancelling: asked once, and what became of it is found by looking."""

from __future__ import annotations

import uuid
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from brokerage.access import NotFound, get_order
from brokerage.enums import IntentKind, IntentState
from brokerage.execution import reconciliation, services
from brokerage.execution.preview import preview
from brokerage.models import AuditEntry, Order, OrderIntent, Position
from tests.brokerage.execution.conftest import DropAnswer
from tests.brokerage.outer_broker import error

pytestmark = pytest.mark.django_db


@pytest.fixture
def working(user, account, connection, order, broker) -> Order:
    ticket = str(uuid.uuid4())
    shown = preview(user, account, connection, order, ticket)
    services.submit(user, shown.preview.pk, shown.content_hash, ticket)
    return Order.objects.get(external_identifier=ticket)


def test_asked_for_once(user, working, broker):
    intent = services.cancel(user, get_order(user, working.pk))
    assert (intent.kind, intent.state) == (IntentKind.CANCEL, IntentState.ACCEPTED)
    assert broker.deletes == [working.broker_id]
    working.refresh_from_db()
    assert working.status == "Cancel Requested"
    assert AuditEntry.objects.filter(kind="cancel").count() == 2


def test_not_asked_twice(user, working, broker):
    services.cancel(user, get_order(user, working.pk))
    with pytest.raises(services.CancelRefused, match="asked for already"):
        services.cancel(user, get_order(user, working.pk))
    assert len(broker.deletes) == 1


def test_a_second_press_while_the_first_is_open_is_the_same(user, working, broker):
    def drop(_order: Any) -> Any:
        raise DropAnswer

    broker.on_delete = drop
    first = services.cancel(user, get_order(user, working.pk))
    second = services.cancel(user, get_order(user, working.pk))
    assert first.pk == second.pk
    assert first.state == IntentState.UNKNOWN
    assert len(broker.deletes) == 1


def test_a_lost_answer_is_resolved_by_looking_at_the_order(user, working, broker):
    def take_and_drop(order: dict[str, Any]) -> Any:
        broker.take_back(order)
        raise DropAnswer

    broker.on_delete = take_and_drop
    intent = services.cancel(user, get_order(user, working.pk))
    assert intent.state == IntentState.UNKNOWN
    reconciliation.reconcile_due()
    intent.refresh_from_db()
    assert intent.state == IntentState.ACCEPTED
    assert len(broker.deletes) == 1


def test_a_fill_that_was_first_is_told(user, working, broker):
    def fill_and_drop(order: dict[str, Any]) -> Any:
        order |= {"status": "Filled", "updated-at": 1 << 42}
        raise DropAnswer

    broker.on_delete = fill_and_drop
    intent = services.cancel(user, get_order(user, working.pk))
    reconciliation.reconcile_due()
    intent.refresh_from_db()
    assert (intent.state, intent.reason) == (IntentState.REJECTED, "The order is Filled.")


def test_refused_in_the_brokers_words(user, working, broker):
    broker.on_delete = lambda _: error(
        422, "cannot_update_order", "the order could not be cancelled"
    )
    intent = services.cancel(user, get_order(user, working.pk))
    assert intent.state == IntentState.REJECTED
    assert intent.reason == "the order could not be cancelled"


@pytest.mark.parametrize("status", ["Filled", "Cancelled", "Rejected", "Expired"])
def test_a_finished_order_is_not_cancelled(user, working, broker, status):
    Order.objects.filter(pk=working.pk).update(status=status)
    with pytest.raises(services.CancelRefused, match=status):
        services.cancel(user, get_order(user, working.pk))
    assert broker.deletes == []


def test_a_read_only_login_cannot_cancel(user, working, connection, broker):
    connection.accesses.update(authority_level="read-only")
    with pytest.raises(services.CancelRefused):
        services.cancel(user, get_order(user, working.pk))
    assert broker.deletes == []


def test_the_safety_catch_holds_for_cancels(user, working, broker, settings):
    settings.ORDER_ENVIRONMENTS = ()
    with pytest.raises(services.CancelRefused, match="does not send"):
        services.cancel(user, get_order(user, working.pk))
    assert broker.deletes == []


def test_a_foreign_order_looks_missing(stranger, working):
    with pytest.raises(NotFound):
        get_order(stranger, working.pk)


def test_protective_is_a_stop_that_closes(working):
    assert not services.is_protective(working)
    working.order_type = "Stop"
    assert not services.is_protective(working)
    working.legs.update(action="Sell to Close")
    assert services.is_protective(Order.objects.get(pk=working.pk)) is False
    Order.objects.filter(pk=working.pk).update(order_type="Stop")
    assert services.is_protective(Order.objects.get(pk=working.pk))


def test_a_member_of_a_group_is_cancelled_with_its_group(user, working, broker):
    Order.objects.filter(pk=working.pk).update(complex_order_id=7)
    with pytest.raises(services.CancelRefused, match="group"):
        services.cancel(user, get_order(user, working.pk))


def test_an_old_unsent_cancel_is_denied(user, working, broker):
    intent = services.cancel(user, get_order(user, working.pk))
    OrderIntent.objects.filter(pk=intent.pk).update(
        state=IntentState.SENDING, sent_at=None, created_at=timezone.now() - timedelta(minutes=5)
    )
    reconciliation.reconcile_due()
    intent.refresh_from_db()
    assert intent.state == IntentState.DENIED


def test_a_future_that_is_held_is_protected_by_a_bare_sell_stop(working, account):
    symbol = "/ESZ6"
    Order.objects.filter(pk=working.pk).update(order_type="Stop")
    working.legs.update(action="Sell", symbol=symbol, instrument_type="Future")

    def protects() -> bool:
        return services.is_protective(Order.objects.get(pk=working.pk))

    assert not protects(), "nothing is held: it would open"
    held = Position.objects.create(
        account=account, instrument_type="Future", symbol=symbol, quantity=2
    )
    assert protects()
    Position.objects.filter(pk=held.pk).update(quantity=-2)
    assert not protects(), "it adds to what is short"
    working.legs.update(action="Buy")
    assert protects()


def test_an_order_sent_on_at_a_price_protects_when_it_closes(working):
    working.legs.update(action="Sell to Close")
    condition = {"action": "route", "indicator": "last", "comparator": "lte", "threshold": "170"}
    for action, protects in (("route", True), ("cancel", False)):
        rule = {"order-conditions": [condition | {"action": action}]}
        Order.objects.filter(pk=working.pk).update(raw={"order-rule": rule})
        assert services.is_protective(Order.objects.get(pk=working.pk)) is protects
