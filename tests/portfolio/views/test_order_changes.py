"""Changing and taking back working orders through the pages, against the simulator's process."""

from __future__ import annotations

import re
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from brokerage.enums import IntentState, SyncKind
from brokerage.execution import guard_settings
from brokerage.models import Account, Order, OrderIntent
from portfolio.orders.again import again_url
from portfolio.ticket.whatif import LEFT
from tests.contract.browser_form import read_form
from tests.portfolio.views.order_fixtures import hidden, html
from tests.portfolio.views.simulated import *  # noqa: F403
from tests.portfolio.views.simulated import SHARES, Elsewhere, bracket, resting, shares

pytestmark = pytest.mark.django_db

CHANGED = {"order_type": "Limit", "time_in_force": "Day", "price": "20.25"}


@pytest.fixture
def order(elsewhere: Elsewhere, connection: Any) -> Order:
    return elsewhere.place(resting())


def shown(desk: Client, order: Order, **changes: str) -> dict[str, str]:
    """Preview a change; the hidden fields of its confirmation."""
    answer = desk.post(f"/orders/{order.pk}/replace/", CHANGED | changes)
    assert answer.status_code == 200, html(answer)
    return hidden(answer)


# --- change -------------------------------------------------------------------------------------


def test_a_change_is_shown_then_sent_once(desk, order, elsewhere):
    page = desk.post(f"/orders/{order.pk}/replace/", CHANGED)
    text = html(page)
    assert "Send: change +3 JPM from 20.10 db to 20.25 db" in text
    assert re.search(r"Total fees</dt><dd>−?0\.\d+", text)
    assert elsewhere.order(order)["price"] == "20.1"

    first = desk.post(f"/orders/{order.pk}/replace/send/", hidden(page))
    again = desk.post(f"/orders/{order.pk}/replace/send/", hidden(page))
    intent = OrderIntent.objects.get(kind="replace")
    assert intent.state == IntentState.ACCEPTED
    assert first.url == again.url == f"/orders/{intent.order_id}/"
    new = elsewhere.order(Order.objects.get(pk=intent.order_id))
    assert (new["price"], new["replaces-order-id"]) == ("20.25", order.broker_id)
    assert len([row for row in elsewhere.live() if row.get("replaces-order-id")]) >= 1


def test_a_change_shows_the_account_before_and_after_it(desk, order):
    text = html(desk.post(f"/orders/{order.pk}/replace/", CHANGED))
    address = re.search(r'hx-get="(/[^"]*whatif[^"]*)"', text)
    assert address is not None
    table = desk.get(address[1])
    assert table.status_code == 200
    # The three shares that are left count as filled.
    row = re.search(r'data-figure="whatif-held-[^"]*-after"[^>]*>([^<]*)<', html(table))
    assert row is not None and row[1] == "+3"
    assert LEFT in html(table)


def test_the_pair_is_linked_on_both_pages(desk, order, elsewhere):
    desk.post(f"/orders/{order.pk}/replace/send/", shown(desk, order))
    elsewhere.sync()
    new = OrderIntent.objects.get(kind="replace").order
    assert f"replaces {order.broker_id}" in html(desk.get(f"/orders/{new.pk}/"))
    old = html(desk.get(f"/orders/{order.pk}/"))
    assert f"Change of order {order.broker_id}" in old and "to 20.25 db" in old


def test_what_is_not_changed_is_not_sent(desk, order):
    answer = desk.post(f"/orders/{order.pk}/replace/", CHANGED | {"price": "20.10"})
    assert answer.status_code == 422
    assert "Nothing is changed" in html(answer)


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({"price": ""}, "Enter a limit price."),
        ({"price": "20.255"}, "The price moves in steps of 0.01"),
        ({"price": "-1"}, "must be more than 0"),
        ({"time_in_force": "GTD"}, "Enter the date"),
    ],
)
def test_a_mistake_stands_at_its_field(desk, order, values, words):
    answer = desk.post(f"/orders/{order.pk}/replace/", CHANGED | values)
    assert answer.status_code == 422
    assert words in html(answer)
    assert not OrderIntent.objects.exists()


def test_choices_follow_the_order_type(desk, order):
    page = html(desk.get(f"/orders/{order.pk}/replace/?order_type=Stop Limit&time_in_force=Day"))
    assert 'name="stop_trigger"' in page and 'name="price"' in page
    assert 'name="stop_trigger"' not in html(desk.get(f"/orders/{order.pk}/replace/"))
    assert "Notional" not in page


def test_a_stale_confirmation_changes_nothing(desk, order, elsewhere):
    fields = shown(desk, order)
    answer = desk.post(f"/orders/{order.pk}/replace/send/", fields | {"content_hash": "0" * 64})
    assert answer.status_code == 409
    assert "Nothing was changed" in html(answer)
    assert elsewhere.order(order)["status"] == "Live"


def test_an_order_that_was_filled_meanwhile_is_not_changed(desk, order, elsewhere):
    fields = shown(desk, order)
    elsewhere.client.delete(f"/accounts/{elsewhere.number}/orders/{order.broker_id}")
    answer = desk.post(f"/orders/{order.pk}/replace/send/", fields, follow=True)
    assert re.search("was not changed|Cancel Requested|Cancelled", html(answer))
    assert not [row for row in elsewhere.live() if row.get("replaces-order-id") == order.broker_id]


# --- nudge, duplicate ---------------------------------------------------------------------------


@pytest.mark.parametrize(("ticks", "price"), [("1", "20.11"), ("-1", "20.09"), ("10", "20.20")])
def test_a_nudge_is_shown_before_it_is_sent(desk, order, elsewhere, ticks, price):
    page = desk.post(f"/orders/{order.pk}/nudge/", {"ticks": ticks})
    assert f"from 20.10 db to {price} db" in html(page)
    assert elsewhere.order(order)["price"] == "20.1"
    desk.post(f"/orders/{order.pk}/replace/send/", hidden(page))
    new = OrderIntent.objects.get(kind="replace").order
    assert float(elsewhere.order(new)["price"]) == float(price)


@pytest.mark.parametrize("ticks", ["", "x", "0"])
def test_a_nudge_of_nothing_says_so(desk, order, ticks):
    answer = desk.post(f"/orders/{order.pk}/nudge/", {"ticks": ticks}, follow=True)
    assert "cannot be moved that far" in html(answer)


def test_duplicate_opens_a_filled_ticket(desk, order):
    answer = desk.get(f"/orders/{order.pk}/duplicate/")
    assert answer.status_code == 302
    assert answer.url.startswith("/trade/?") and f"origin=order%3A{order.pk}" in answer.url
    ticket = html(desk.get(answer.url))
    assert "20.10" in ticket and "JPM" in ticket
    assert not OrderIntent.objects.exists()


def test_a_duplicate_has_all_that_the_order_has(desk, elsewhere, connection):
    day = (timezone.now() + timedelta(days=20)).date().isoformat()
    watched = {"symbol": SHARES, "instrument-type": "Equity"}
    condition = {
        **watched,
        "action": "route",
        "indicator": "last",
        "comparator": "lte",
        "threshold": "12.5",
        "price-components": [{**watched, "quantity": 2, "quantity-direction": "Long"}],
    }
    body = resting(
        **{
            "time-in-force": "GTD",
            "gtc-date": day,
            "rules": {"route-after": f"{day}T15:00:00.000+00:00", "conditions": [condition]},
        }
    )
    made = elsewhere.place(body, status="Contingent")
    form = ticket_of(desk, f"/orders/{made.pk}/duplicate/")
    assert (form["time_in_force"], form["gtc_date"], form["price"]) == ("GTD", day, "20.10")
    assert form["cond-0-watched"] == f"2 {SHARES}" and form["cond-0-threshold"] == "12.5"
    assert form["route_after"].startswith(day)
    made.order_type, made.value, made.price = "Notional Market", Decimal(250), None
    assert "value=250.00" in again_url(made) and "quantity" not in again_url(made)


def test_a_group_is_duplicated_as_a_whole(desk, elsewhere, connection):
    entry = elsewhere.place(bracket(), group=True)
    elsewhere.sync(SyncKind.COMPLEX_ORDERS)
    form = ticket_of(desk, f"/orders/{entry.pk}/duplicate-group/")
    assert (form["group"], form["price"], form["leg-0-quantity"]) == ("OTOCO", "20.10", "3")
    assert (form["o1-price"], form["o2-stop_trigger"]) == ("990.00", "10.00")
    assert desk.get(f"/orders/{entry.pk}/").status_code == 200
    shown = desk.post("/trade/preview/", form)
    assert shown.status_code == 200, html(shown)


def ticket_of(desk: Client, address: str) -> dict[str, str]:
    """What the browser would post from the ticket that an address leads to."""
    text = html(desk.get(address, follow=True))
    form = read_form(text, "ticket-form").values
    return {name: value for name, value in form.items() if name != "csrfmiddlewaretoken"}


# --- the shield -----------------------------------------------------------------------------------


def test_a_change_in_another_account_is_asked_about_once_more(desk, user, order, elsewhere):
    other = Account.objects.exclude(pk=order.account_id).first()
    assert other is not None
    guard_settings.set_default_account(user, other)
    page = desk.post(f"/orders/{order.pk}/replace/", CHANGED)
    assert "not for your default account" in html(page) and 'name="other_account"' in html(page)
    fields = hidden(page)
    assert desk.post(f"/orders/{order.pk}/replace/send/", fields).status_code == 409
    assert not OrderIntent.objects.exists()
    assert elsewhere.order(order)["price"] == "20.1"
    sent = desk.post(f"/orders/{order.pk}/replace/send/", fields | {"other_account": "yes"})
    assert sent.status_code == 302
    assert OrderIntent.objects.get(kind="replace").state == IntentState.ACCEPTED


# --- many at once, groups -----------------------------------------------------------------------


def test_cancel_all_asks_once_and_takes_back_what_was_named(desk, order, elsewhere):
    other = elsewhere.place(resting("20.05"))
    page = html(desk.get("/orders/cancel-all/?which=all&symbol=JPM"))
    named = set(re.findall(r'name="order" value="(\d+)"', page))
    assert {str(order.pk), str(other.pk)} <= named

    late = elsewhere.place(resting("20.01"))
    desk.post("/orders/cancel-all/", {"order": [str(order.pk), str(other.pk)]})
    for row in (order, other):
        assert elsewhere.order(row)["status"] in ("Cancel Requested", "Cancelled")
    assert elsewhere.order(late)["status"] == "Live"


def test_only_selected_orders_are_named(desk, order, elsewhere):
    other = elsewhere.place(resting("20.05"))
    page = html(desk.get(f"/orders/cancel-all/?which=selected&order={other.pk}"))
    assert re.findall(r'name="order" value="(\d+)"', page) == [str(other.pk)]
    assert "No order is selected" in html(desk.get("/orders/cancel-all/?which=selected"))


def test_protective_orders_are_listed_and_can_be_spared(desk, order, elsewhere):
    stop = {
        "order-type": "Stop",
        "time-in-force": "GTC",
        "stop-trigger": "1.00",
        "legs": [shares("Sell to Close", 1) | {"symbol": elsewhere.free_shares()}],
    }
    protective = elsewhere.place(stop)
    both = f"order={order.pk}&order={protective.pk}"
    page = html(desk.get(f"/orders/cancel-all/?which=selected&{both}"))
    assert "1 of them protects a position." in page
    named = {"order": [str(order.pk), str(protective.pk)], "spare": "yes"}
    desk.post("/orders/cancel-all/", named)
    assert elsewhere.order(protective)["status"] in ("Received", "Routed", "In Flight", "Live")
    assert elsewhere.order(order)["status"] in ("Cancel Requested", "Cancelled")


def test_a_group_stands_together_and_is_cancelled_as_one(desk, elsewhere, connection):
    entry = elsewhere.place(bracket(), group=True)
    book = html(desk.get("/orders/"))
    assert "Bracket: entry with take profit and stop" in book
    assert "Waiting for entry" in book
    members = Order.objects.filter(complex_order_id=entry.complex_order_id)
    assert members.count() == 3
    for word in ("entry", "take profit", "stop"):
        assert word in book

    asked = html(desk.post(f"/orders/{entry.pk}/cancel-group/"))
    assert "Cancel the group" in asked and "protects" in asked
    assert elsewhere.order(entry)["status"] == "Live"
    desk.post(f"/orders/{entry.pk}/cancel-group/", {"confirm": "yes"})
    assert elsewhere.order(entry)["status"] in ("Cancel Requested", "Cancelled")


def test_a_single_order_has_no_group_to_cancel(desk, order):
    assert desk.get(f"/orders/{order.pk}/cancel-group/").status_code == 404


# --- foreign looks like missing -----------------------------------------------------------------


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("get", "replace/"),
        ("post", "replace/"),
        ("post", "replace/send/"),
        ("post", "nudge/"),
        ("get", "duplicate/"),
        ("post", "cancel-group/"),
    ],
)
def test_foreign_orders_look_missing(order, stranger, method, path):
    other = Client()
    other.force_login(stranger)
    assert getattr(other, method)(f"/orders/{order.pk}/{path}").status_code == 404
    assert getattr(other, method)(f"/orders/999999/{path}").status_code == 404


def test_foreign_orders_cannot_be_cancelled_in_bulk(order, stranger, elsewhere):
    other = Client()
    other.force_login(stranger)
    assert other.post("/orders/cancel-all/", {"order": [str(order.pk)]}).status_code == 404
    assert elsewhere.order(order)["status"] == "Live"
