"""What orders are tied to, and which kind of order it is, in words."""

from __future__ import annotations

import pytest
from django.utils import timezone

from brokerage.models import ComplexOrder, Order
from brokerage.sync.orders import store_orders
from brokerage.tastytrade.payloads.orders import Order as Payload
from portfolio.orders.kinds import kind_words
from portfolio.orders.ties import pair_words, ties_of
from tests.brokerage.outer_broker import leg
from tests.brokerage.outer_broker import order as order_payload
from tests.portfolio.views.order_fixtures import *  # noqa: F403
from tests.portfolio.views.order_fixtures import html

pytestmark = pytest.mark.django_db
PUT, LOWER = "SPY   260417P00560000", "SPY   260417P00550000"
CALL, HIGHER = "SPY   260417C00620000", "SPY   260417C00630000"
LATER = "SPY   260515P00560000"


def store(account, order_id, **changes) -> Order:
    payload = order_payload(account.number, order_id, **changes)
    store_orders(account, [Payload.read(payload)], timezone.now())
    return Order.objects.get(broker_id=order_id)


def replacing(account, old_left=10, new_asked=10) -> tuple[Order, Order]:
    """An order on its way out, and the one that takes its place."""
    old = store(
        account, 401, status="Replace Requested", size=10,
        legs=[leg(PUT, "Sell to Open", 10, old_left)], **{"replacing-order-id": 402},
    )  # fmt: skip
    new = store(
        account, 402, status="Contingent", size=10,
        legs=[leg(PUT, "Sell to Open", new_asked, new_asked)], **{"replaces-order-id": 401},
    )  # fmt: skip
    return old, new


def test_a_replacement_and_its_original_lead_to_each_other(desk, account):
    old, new = replacing(account)
    ties = ties_of([old, new])
    assert [str(tie) for tie in ties[old.pk]] == ["replaced by 402"]
    assert [str(tie) for tie in ties[new.pk]] == ["replaces 401", "waits for the end of 401"]
    assert ties[old.pk][0].url == f"/orders/{new.pk}/"
    text = html(desk.get("/orders/"))
    assert f'href="/orders/{new.pk}/" id="tie-{old.pk}-1">replaced by 402</a>' in text


def test_either_and_not_both_is_said_where_the_remaining_quantity_proves_it(desk, account):
    old, new = replacing(account)
    assert "on either, not both" in pair_words(old, new)
    assert pair_words(new, old) == pair_words(old, new)
    for row in (old, new):
        assert "on either, not both" in html(desk.get(f"/orders/{row.pk}/"))


def test_it_is_not_said_where_the_old_order_has_less_left(desk, account):
    old, new = replacing(account, old_left=4, new_asked=10)
    words = pair_words(old, new)
    assert "not both." not in words and "look at the quantities" in words


def test_nothing_is_said_once_one_has_ended(account):
    old, new = replacing(account)
    old.status = "Cancelled"
    assert pair_words(old, new) == ""


def test_a_waiting_member_names_the_order_that_it_waits_for(desk, account):
    tag = {"complex-order-id": 77, "complex-order-tag": "OTOCO::trigger-order"}
    entry = store(account, 501, status="Live", **tag)
    child = store(
        account, 502, status="Contingent",
        **tag | {"complex-order-tag": "OTOCO::order"},
    )  # fmt: skip
    ComplexOrder.objects.create(account=account, broker_id=77, type="OTOCO", trigger_order_id=501)
    assert [str(tie) for tie in ties_of([entry, child])[child.pk]] == ["waits for order 501"]
    assert "waits for order 501" in html(desk.get("/orders/"))


def test_ties_cost_the_same_however_many(account, django_assert_num_queries):
    rows = [store(account, 600 + n, **{"replaces-order-id": 700 + n}) for n in range(6)]
    with django_assert_num_queries(1):
        ties_of(rows)


@pytest.mark.parametrize(
    ("legs", "words"),
    [
        ([(PUT, "Sell to Open")], "Sell to Open"),
        ([(PUT, "Sell to Open"), (LOWER, "Buy to Open")], "put credit spread, to open"),
        ([(PUT, "Buy to Close"), (LOWER, "Sell to Close")], "put credit spread, to close"),
        ([(PUT, "Buy to Close"), (LATER, "Sell to Open")], "roll"),
        (
            [
                (PUT, "Sell to Open"),
                (LOWER, "Buy to Open"),
                (CALL, "Sell to Open"),
                (HIGHER, "Buy to Open"),
            ],
            "iron condor, to open",
        ),
    ],
)
def test_the_kind_of_an_order(account, legs, words):
    row = store(account, 801, legs=[leg(symbol, action, 2, 2) for symbol, action in legs])
    assert kind_words(row) == words


def test_what_was_received_while_closed_waits_for_the_open(desk, account, monkeypatch):
    from brokerage import clock

    store(account, 401, status="Received")
    monkeypatch.setattr(clock.SessionState, "is_open", property(lambda self: False))
    assert "waits for the open" in html(desk.get("/orders/"))
    monkeypatch.setattr(clock.SessionState, "is_open", property(lambda self: True))
    assert "waits for the open" not in html(desk.get("/orders/"))


def test_each_login_without_its_stream_is_named(desk, account):
    text = html(desk.get("/orders/"))
    assert "The broker's order stream of" in text and "Orders are read every" in text
