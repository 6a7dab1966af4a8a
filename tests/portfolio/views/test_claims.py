"""An order that looks like the one whose answer was lost: a person says whether it is."""

from __future__ import annotations

import re
from typing import Any

import pytest
from django.test import Client

from brokerage.enums import IntentState
from brokerage.models import Order, OrderIntent
from tests.portfolio.views.order_fixtures import *  # noqa: F403
from tests.portfolio.views.order_fixtures import html, send
from tests.portfolio.views.test_order_list import store

pytestmark = pytest.mark.django_db


@pytest.fixture
def lost(desk, values, broker, account) -> tuple[OrderIntent, Order]:
    """A placement whose answer was lost, and an unowned order that looks the same."""
    broker.on_place = broker.drop
    send(desk, values)
    intent = OrderIntent.objects.get()
    assert intent.state == IntentState.UNKNOWN
    leg = {"instrument-type": "Equity", "symbol": "AAPL", "action": "Buy to Open",
           "quantity": 10, "remaining-quantity": 10, "fills": []}  # fmt: skip
    order = store(account, 777, legs=[leg], price="229.40", **{"price-effect": "Debit"})
    intent.error = intent.error | {"look_alikes": [777]}
    intent.save()
    return intent, order


def claim(desk: Client, intent: OrderIntent, order: Order, word: str) -> Any:
    address = f"/orders/claim/{intent.pk}/"
    return desk.post(address, {"order": order.pk, "is": word}, follow=True)


def test_it_is_offered_beside_the_unknown_one(desk, lost):
    intent, order = lost
    page = html(desk.get("/orders/?tab=unknown"))
    assert f'id="alike-{order.pk}"' in page and str(intent.client_order_id) in page
    assert re.search(r"Order 777 looks the same", page)


def test_it_is_this_one(desk, lost):
    intent, order = lost
    assert "is taken for the one that was sent" in html(claim(desk, intent, order, "mine"))
    intent.refresh_from_db()
    assert (intent.state, intent.order_id) == (IntentState.ACCEPTED, order.pk)
    assert "Nothing is unknown" in html(desk.get("/orders/?tab=unknown"))


def test_it_is_not(desk, lost, broker):
    intent, order = lost
    assert "goes on looking" in html(claim(desk, intent, order, "other"))
    intent.refresh_from_db()
    assert intent.state == IntentState.UNKNOWN
    assert f'id="alike-{order.pk}"' not in html(desk.get("/orders/?tab=unknown"))
    assert broker.posts == 1


def test_an_order_that_does_not_look_like_it_is_refused(desk, lost, account):
    intent, _ = lost
    other = store(account, 778)
    assert "does not look like" in html(claim(desk, intent, other, "mine"))
    intent.refresh_from_db()
    assert intent.state == IntentState.UNKNOWN


def test_nobody_else_may_say_so(lost, stranger):
    intent, order = lost
    other = Client()
    other.force_login(stranger)
    for word in ("mine", "other"):
        address = f"/orders/claim/{intent.pk}/"
        assert other.post(address, {"order": order.pk, "is": word}).status_code == 404
