"""The order book and an order's page: who sees what, in which words, and cancelling."""

from __future__ import annotations

import pytest
from django.test import Client
from django.utils import timezone

from brokerage.models import Order, OrderIntent
from brokerage.sync.orders import store_orders
from brokerage.tastytrade.payloads.orders import Order as Payload
from tests.brokerage.execution.conftest import DropAnswer
from tests.brokerage.outer_broker import fill, leg
from tests.brokerage.outer_broker import order as order_payload
from tests.portfolio.views.order_fixtures import *  # noqa: F403
from tests.portfolio.views.order_fixtures import html, send

pytestmark = pytest.mark.django_db


def store(account, order_id=401, **changes) -> Order:
    payload = order_payload(account.number, order_id, **changes)
    store_orders(account, [Payload.read(payload)], timezone.now())
    return Order.objects.get(broker_id=order_id)


def test_empty_book_says_what_to_do(desk):
    text = html(desk.get("/orders/"))
    assert "No working orders." in text and "Open a ticket" in text


def test_tabs_split_working_and_history(desk, account):
    store(account, 401, status="Live")
    store(account, 402, status="Filled")
    store(account, 403, status="Received")
    working = html(desk.get("/orders/?tab=working"))
    history = html(desk.get("/orders/?tab=history"))
    rows = {n: Order.objects.get(broker_id=n).pk for n in (401, 402, 403)}
    assert f'id="order-{rows[401]}"' in working and f'id="order-{rows[403]}"' in working
    assert f'id="order-{rows[402]}"' not in working
    assert f'id="order-{rows[402]}"' in history and f'id="order-{rows[401]}"' not in history


def test_orders_made_elsewhere_appear_too(desk, account):
    store(account, 401, source="ELECTRON;0.159.1")
    text = html(desk.get("/orders/"))
    assert "ELECTRON" in text
    assert "−2 SPY 17 Apr 26 560 P" in text and "+2 SPY 17 Apr 26 550 P" in text
    assert "1.95 cr" in text


def test_a_partial_fill_is_the_brokers_word_with_its_count(desk, account):
    legs = [leg("SPY   260417P00560000", "Sell to Open", 10, 7, fill("f1", 3))]
    store(account, 401, size=10, legs=legs)
    text = html(desk.get("/orders/"))
    assert "Live 3/10" in text
    assert "Partial" in text


def test_an_unknown_status_is_shown_as_it_is(desk, account):
    store(account, 401, status="Pondering")
    assert "Pondering" in html(desk.get("/orders/"))


def test_filled_with_missing_legs_is_not_final(desk, account):
    legs = [
        leg("SPY   260417P00560000", "Sell to Open", 2, 0, fill("a", 2)),
        leg("SPY   260417P00550000", "Buy to Open", 2, 2),
    ]
    row = store(account, 401, status="Filled", legs=legs)
    text = html(desk.get(f"/orders/{row.pk}/"))
    assert "Filled, fills arriving" in text
    assert "Average price" not in text


def test_an_execution_that_is_not_here_yet_is_arriving_until_the_sum_is_whole(desk, account):
    """The broker calls both legs done; one execution was lost on the stream."""
    short = ("SPY   260417P00560000", "Sell to Open", 2, 0)
    long = ("SPY   260417P00550000", "Buy to Open", 2, 0)
    first = [leg(*short, fill("a", 2, "3.00")), leg(*long, fill("b", 1, "1.04"))]
    row = store(account, 401, status="Filled", legs=first)
    for path in (f"/orders/{row.pk}/", "/orders/?tab=history"):
        text = html(desk.get(path))
        assert "Filled, fills arriving" in text
        assert "SPY 17 Apr 26 550 P: 1 of 2 here" in text
        assert "1.96 cr" not in text and "2.48 cr" not in text, "no price of half an order"
    # The same version again, with what was missing: one execution more.
    whole = [
        leg(*short, fill("a", 2, "3.00")),
        leg(*long, fill("b", 1, "1.04"), fill("c", 1, "1.04")),
    ]
    store(account, 401, status="Filled", legs=whole)
    for path in (f"/orders/{row.pk}/", "/orders/?tab=history"):
        text = html(desk.get(path))
        assert "fills arriving" not in text
        assert "1.96 cr" in text


def test_a_part_that_was_cancelled_waits_for_its_executions_too(desk, account):
    legs = [leg("SPY   260417P00560000", "Sell to Open", 10, 6, fill("a", 3))]
    store(account, 401, status="Cancelled", size=10, legs=legs)
    text = html(desk.get("/orders/?tab=history"))
    assert "Cancelled, fills arriving" in text and "560 P: 3 of 4 here" in text


def test_average_price_once_every_leg_is_in(desk, account):
    legs = [
        leg("SPY   260417P00560000", "Sell to Open", 2, 0, fill("a", 2, "3.00")),
        leg("SPY   260417P00550000", "Buy to Open", 2, 0, fill("b", 2, "1.04")),
    ]
    row = store(account, 401, status="Filled", legs=legs)
    text = html(desk.get(f"/orders/{row.pk}/"))
    assert "1.96 cr" in text
    assert "CITADEL_OPTIONS_A" in text
    assert "Filled 2 SPY 17 Apr 26 560 P" in text


def test_foreign_orders_look_missing(desk, account, stranger):
    row = store(account, 401)
    other = Client()
    other.force_login(stranger)
    for path in (f"/orders/{row.pk}/", f"/orders/{row.pk}/cancel/", "/orders/99999/"):
        assert other.get(path).status_code == 404
    assert other.post(f"/orders/{row.pk}/cancel/").status_code == 404
    assert f'id="order-{row.pk}"' not in html(other.get("/orders/"))


def test_cancel(desk, values, broker):
    send(desk, values)
    row = Order.objects.get()
    response = desk.post(f"/orders/{row.pk}/cancel/")
    assert response["Location"] == f"/orders/{row.pk}/"
    assert broker.deletes == [row.broker_id]
    text = html(desk.get(response["Location"]))
    assert "Asked the broker to cancel" in text
    assert "Cancel Requested" in text


def test_cancelling_a_protective_stop_asks_first(desk, values, broker):
    send(desk, values)
    row = Order.objects.get()
    Order.objects.update(order_type="Stop")
    row.legs.update(action="Sell to Close")
    text = html(desk.post(f"/orders/{row.pk}/cancel/"))
    assert "This stop protects a position" in text
    assert broker.deletes == []
    desk.post(f"/orders/{row.pk}/cancel/", {"confirm": "yes"})
    assert broker.deletes == [row.broker_id]


def test_a_cancel_whose_answer_is_lost_is_being_checked(desk, values, broker):
    def drop(_order):
        raise DropAnswer

    send(desk, values)
    row = Order.objects.get()
    broker.on_delete = drop
    text = html(desk.post(f"/orders/{row.pk}/cancel/", follow=True))
    assert "no clear answer yet: checking" in text
    assert f"Cancellation of order {row.broker_id}: sent, checking" in text


def test_a_finished_order_has_no_cancel(desk, account, broker):
    row = store(account, 401, status="Filled")
    assert "Cancel the order" not in html(desk.get(f"/orders/{row.pk}/"))
    text = html(desk.post(f"/orders/{row.pk}/cancel/", follow=True))
    assert "Filled already" in text
    assert broker.deletes == []


def test_unknown_intents_have_their_tab(desk, values, broker):
    broker.on_place = broker.take_and_drop
    location = send(desk, values)["Location"]
    text = html(desk.get("/orders/?tab=unknown"))
    assert "Unknown – checking" in text and location in text
    assert 'badge--warning">1<' in html(desk.get("/orders/"))


def test_detail_compares_preview_and_actual(desk, values):
    send(desk, values)
    text = html(desk.get(f"/orders/{Order.objects.get().pk}/"))
    assert "Preview against actual" in text
    assert "229.40 db" in text and "−0.008" in text
    assert str(OrderIntent.objects.get().client_order_id) in text


def test_raw_is_escaped(desk, account):
    row = store(account, 401, source="<script>alert(1)</script>")
    response = desk.get(f"/orders/{row.pk}/")
    assert b"<script>alert(1)" not in response.content


def test_fragment_is_the_table_alone(desk, account):
    store(account, 401)
    text = html(desk.get("/orders/table/?tab=working"))
    assert "<html" not in text and 'id="order-table"' in text


def test_queries_do_not_grow_with_the_book(desk, account, django_assert_max_num_queries):
    for number in range(401, 421):
        store(account, number)
    with django_assert_max_num_queries(30):
        desk.get("/orders/")
