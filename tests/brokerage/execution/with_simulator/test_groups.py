"""Groups of orders and conditional orders: placed once, found again, cancelled as one."""

from __future__ import annotations

import uuid
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

import pytest

from brokerage.enums import IntentKind, IntentState
from brokerage.execution import services
from brokerage.execution.commands import (
    OCO,
    OTO,
    OTOCO,
    PAIRS,
    EditPairs,
    OrderLeg,
    SubmitComplexOrder,
    SubmitOrder,
)
from brokerage.execution.rules import Condition, OrderRules
from brokerage.models import Order, OrderIntent
from tests.brokerage.execution.with_simulator.conftest import confirm, settle

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def exits(order):
    leg = OrderLeg("Equity", "JPM", "Sell to Close", Decimal(3))
    target = SubmitOrder("Limit", "GTC", (leg,), Decimal("900.00"), "Credit")
    stop = SubmitOrder("Stop", "GTC", (leg,), stop_trigger=Decimal("1.50"))
    return target, stop


@pytest.fixture
def bracket(order, exits):
    return SubmitComplexOrder(OTOCO, exits, trigger_order=order)


@pytest.fixture
def pair():
    rising = SubmitOrder("Limit", "Day", (OrderLeg("Equity", "KO", "Buy to Open", Decimal(3)),),
                         Decimal("5.00"), "Debit")  # fmt: skip
    falling = SubmitOrder("Limit", "Day", (OrderLeg("Equity", "PEP", "Buy to Open", Decimal(1)),),
                          Decimal("5.00"), "Debit")  # fmt: skip
    return SubmitComplexOrder(
        PAIRS, (rising, falling), ratio_comparator="gte", ratio_threshold=Decimal("9.5")
    )


def group_of(simulator, ticket):
    return [
        row
        for row in simulator.all_orders()
        if str(row.get("external-identifier", "")).startswith(ticket)
    ]


def test_a_bracket_is_one_group_however_often_it_is_sent(user, simulator, show, bracket, ticket):
    shown = show(bracket, ticket)
    intent = confirm(user, shown, ticket)
    assert (intent.kind, intent.state) == (IntentKind.COMPLEX, IntentState.ACCEPTED)
    assert confirm(user, shown, ticket).pk == intent.pk
    rows = group_of(simulator, ticket)
    assert sorted(row["external-identifier"] for row in rows) == [f"{ticket}:{n}" for n in range(3)]
    assert {row["complex-order-id"] for row in rows} == {intent.complex_id}
    assert intent.order.complex_order_tag == "OTOCO::trigger-order"
    assert Order.objects.filter(complex_order_id=intent.complex_id).count() == 3
    assert "echo" not in intent.error
    closing = list(intent.body["orders"])
    strict = {"strict-position-effect-validation": True}
    assert all(o["advanced-instructions"] == strict for o in closing)


@pytest.mark.parametrize(("action", "count"), [("drop", 3), ("refuse", 0)])
def test_the_lost_answer_of_a_group(user, simulator, show, bracket, ticket, action, count):
    shown = show(bracket, ticket)
    simulator.control("faults", path="/complex-orders$", method="POST", action=action)
    intent = confirm(user, shown, ticket)
    assert intent.state == IntentState.UNKNOWN
    settle(intent)
    assert intent.state == (IntentState.ACCEPTED if count else IntentState.NOT_FOUND)
    assert len(group_of(simulator, ticket)) == count
    assert bool(intent.complex_id) == bool(count)


def test_a_group_is_cancelled_as_one(user, account, simulator, show, bracket, ticket):
    intent = confirm(user, show(bracket, ticket), ticket)
    rows = list(Order.objects.filter(complex_order_id=intent.complex_id))
    with pytest.raises(services.CancelRefused, match="group"):
        services.cancel(user, rows[0])
    found = services.cancel_many(user, rows)
    assert [(i.kind, i.state) for i in found] == [(IntentKind.CANCEL_COMPLEX, IntentState.ACCEPTED)]
    statuses = {row["status"] for row in group_of(simulator, ticket)}
    assert statuses <= {"Cancel Requested", "Cancelled"}


def test_a_lost_answer_of_a_groups_cancellation(user, account, simulator, show, bracket, ticket):
    intent = confirm(user, show(bracket, ticket), ticket)
    simulator.control("faults", path="/complex-orders/[0-9]+$", method="DELETE", action="drop")
    asked = services.cancel_complex(user, account, intent.complex_id)
    assert asked.state == IntentState.UNKNOWN
    assert services.cancel_complex(user, account, intent.complex_id).pk == asked.pk
    assert settle(asked).state == IntentState.ACCEPTED


def test_findings_stand_at_the_order_they_are_about(show, order, exits, ticket):
    target, stop = exits
    odd = replace(target, price=Decimal("900.001"))
    outcome = show(SubmitComplexOrder(OTOCO, (odd, stop), trigger_order=order), ticket)
    assert [finding.field for finding in outcome.findings] == ["order-1-price"]
    two_limits = SubmitComplexOrder(OTOCO, (target, target), trigger_order=order)
    assert "order-2-order_type" in {finding.field for finding in show(two_limits, ticket).findings}
    assert show(SubmitComplexOrder(OCO, exits), ticket).findings
    assert show(SubmitComplexOrder(OTO, ()), ticket).findings


def test_the_ratio_of_a_pair_is_moved_once(user, account, simulator, show, pair, ticket):
    intent = confirm(user, show(pair, ticket), ticket)
    assert intent.state == IntentState.ACCEPTED, intent.reason
    edit = str(uuid.uuid4())
    changes = EditPairs("gte", Decimal("9.75"))
    shown = services.preview_edit_pairs(user, account, intent.complex_id, changes, edit)
    assert shown.preview is not None, shown.findings
    moved = services.edit_pairs(user, shown.preview.pk, shown.content_hash, edit)
    assert (moved.kind, moved.state) == (IntentKind.EDIT_COMPLEX, IntentState.ACCEPTED)
    again = services.edit_pairs(user, shown.preview.pk, shown.content_hash, edit)
    assert again.pk == moved.pk
    with pytest.raises(services.CommandRefused):
        services.preview_edit_pairs(user, account, 1, changes, edit)


def test_the_lost_answer_of_a_moved_ratio(user, account, simulator, show, pair, ticket):
    intent = confirm(user, show(pair, ticket), ticket)
    edit = str(uuid.uuid4())
    changes = EditPairs("lte", Decimal("3.25"))
    shown = services.preview_edit_pairs(user, account, intent.complex_id, changes, edit)
    simulator.control("faults", path="/complex-orders/[0-9]+$", method="PATCH", action="drop")
    moved = services.edit_pairs(user, shown.preview.pk, shown.content_hash, edit)
    assert moved.state == IntentState.UNKNOWN
    assert settle(moved).state == IntentState.ACCEPTED


def test_a_conditional_order_waits_at_the_broker(user, connection, simulator, show, order, ticket):
    from brokerage import clock

    later = clock.market_now(connection) + timedelta(hours=1)
    fall = Condition("route", "JPM", "Equity", "last", "lte", Decimal("30"))
    waiting = replace(order, rules=OrderRules(cancel_at=later, conditions=(fall,)))
    intent = confirm(user, show(waiting, ticket), ticket)
    assert intent.state == IntentState.ACCEPTED
    assert intent.order.status == "Contingent"
    assert (
        OrderIntent.objects.get(pk=intent.pk).body["rules"]["conditions"][0]["threshold"] == "30.00"
    )
    past = replace(order, rules=OrderRules(cancel_at=later - timedelta(hours=2)))
    assert [f.field for f in show(past, str(uuid.uuid4())).findings] == ["rules"]
