"""Two things happen at once at the broker: book and page are right at each step.

The frames are those of the contract's recordings, or come while a request is on its way.
"""

from __future__ import annotations

import itertools
import json
import random
import uuid
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from django.db import connections as databases

from brokerage import selectors
from brokerage.enums import IntentState
from brokerage.execution import services
from brokerage.execution.commands import ReplaceOrder
from brokerage.execution.preview import preview
from brokerage.models import Fill, Order, OrderIntent
from brokerage.sync.ingest import ingest
from brokerage.tastytrade.streaming import AccountMessage

pytestmark = pytest.mark.django_db(transaction=True)
SAMPLES = Path(__file__).parents[2] / "contract" / "samples" / "orders"


class Book:
    """What the desk shows of the account, in the mirror and on its pages."""

    def __init__(self, account: Any, connection: Any, client: Any) -> None:
        self.account = account
        self.connection = connection
        self.client = client

    def hear(self, data: dict[str, Any]) -> None:
        """One frame of the account stream."""
        told = data | {"account-number": self.account.number}
        ingest(self.connection, AccountMessage("Order", told))

    def hear_elsewhere(self, data: dict[str, Any]) -> None:
        """The same from a thread of its own, as the gateway's: while a request is on its way."""
        try:
            self.hear(data)
        finally:
            databases.close_all()

    def statuses(self) -> dict[int, str]:
        return dict(Order.objects.values_list("broker_id", "status"))

    def working(self) -> list[int]:
        return [order.broker_id for order in selectors.orders_for([self.account], "working")]

    def check(self, **expected: str) -> None:
        """Statuses by broker id (`n1412003="Filled"`), in the mirror and on each order's page."""
        wanted = {int(name[1:]): status for name, status in expected.items()}
        assert self.statuses() == wanted
        terminal = ("Filled", "Cancelled", "Rejected", "Expired")
        assert set(self.working()) == {n for n, s in wanted.items() if s not in terminal}
        for order in Order.objects.all():
            page = self.client.get(f"/orders/{order.pk}/").content.decode()
            assert order.status in page
            assert str(order.broker_id) in page


@pytest.fixture
def book(account, connection, client, user) -> Book:
    client.force_login(user)
    return Book(account, connection, client)


def frames(name: str) -> list[dict[str, Any]]:
    sample = json.loads((SAMPLES / f"{name}.json").read_text())
    return [frame["data"] for frame in sample["frames"] if frame["type"] == "Order"]


def as_filled(order: dict[str, Any], later: int = 5) -> dict[str, Any]:
    """The order executed whole, as a later version."""
    legs = []
    for leg in order["legs"]:
        fill = {
            "fill-id": f"1_T{order['id']}",
            "quantity": leg["quantity"],
            "fill-price": "229.40",
            "filled-at": order["received-at"],
            "destination-venue": "TEST_A",
        }
        legs.append(leg | {"remaining-quantity": 0, "fills": [fill]})
    at = datetime.fromisoformat(order["received-at"]).isoformat(timespec="milliseconds")
    changes = {"status": "Filled", "legs": legs, "updated-at": order["updated-at"] + later}
    return order | changes | {"terminal-at": at, "editable": False, "cancellable": False}


def ended(order: dict[str, Any], later: int, **changes: Any) -> dict[str, Any]:
    return order | {"status": "Cancelled", "updated-at": order["updated-at"] + later} | changes


@pytest.fixture
def send(user, account, connection, order, broker):
    def place() -> OrderIntent:
        ticket = str(uuid.uuid4())
        shown = preview(user, account, connection, order, ticket)
        return services.submit(user, shown.preview.pk, shown.content_hash, ticket)

    return place


@pytest.fixture
def dearer(user):
    def change(row: Order) -> OrderIntent:
        ticket = str(uuid.uuid4())
        changes = ReplaceOrder("Limit", "Day", Decimal("230.00"), "Debit")
        shown = services.preview_replace(user, row, changes, ticket)
        return services.replace(user, shown.preview.pk, shown.content_hash, ticket)

    return change


def test_a_fill_before_the_answer_of_the_placement(book, broker, send):
    def fill_first(body: dict[str, Any]) -> Any:
        answer = broker.take(body)
        book.hear_elsewhere(as_filled(broker.ledger[-1]))
        return answer

    broker.on_place = fill_first
    intent = send()
    assert intent.state == IntentState.ACCEPTED
    book.check(n1412003="Filled")
    intent.refresh_from_db()
    assert intent.order.broker_id == 1412003
    assert Fill.objects.get().quantity == 10


def test_a_fill_during_a_replace(book, broker, send, dearer):
    row = send().order

    def fill_first(old: dict[str, Any], body: dict[str, Any]) -> Any:
        answer = broker.take_change(old, body)
        book.hear_elsewhere(as_filled(old, later=10))
        book.hear_elsewhere(ended(broker.ledger[-1], 20))
        return answer

    broker.on_replace = fill_first
    intent = dearer(row)
    # The broker took the change, and the fill was quicker: nothing is bought a second time.
    assert intent.state == IntentState.ACCEPTED
    book.check(n1412003="Filled", n1412004="Cancelled")
    assert Fill.objects.count() == 1


def test_a_replace_that_is_aborted_after_its_answer(book, broker, send, dearer):
    row = send().order
    intent = dearer(row)
    assert intent.order.broker_id == 1412004
    book.check(n1412003="Routed", n1412004="Contingent")
    old, new = broker.ledger
    book.hear(old)
    book.check(n1412003="Replace Requested", n1412004="Contingent")
    book.hear(as_filled(old, later=10))
    book.check(n1412003="Filled", n1412004="Contingent")
    book.hear(ended(new, 20))
    book.check(n1412003="Filled", n1412004="Cancelled")
    # A late repetition of the request brings nothing back to life.
    book.hear(old)
    book.check(n1412003="Filled", n1412004="Cancelled")


def test_a_cancel_against_a_fill(user, book, broker, send):
    row = send().order

    def fill_first(order: dict[str, Any]) -> Any:
        book.hear_elsewhere(as_filled(order, later=50))
        return broker.take_back(dict(order))

    broker.on_delete = fill_first
    intent = services.cancel(user, row)
    assert intent.state == IntentState.ACCEPTED
    book.check(n1412003="Filled")
    with pytest.raises(services.CancelRefused, match="Filled"):
        services.cancel(user, Order.objects.get())


def test_a_cancel_that_wins_keeps_what_was_executed(user, book, broker, send):
    row = send().order
    services.cancel(user, row)
    book.check(n1412003="Cancel Requested")
    part = as_filled(broker.ledger[-1], later=5)
    leg = part["legs"][0] | {"remaining-quantity": 6}
    leg["fills"] = [leg["fills"][0] | {"quantity": 4}]
    book.hear(ended(part | {"legs": [leg]}, 10))
    book.check(n1412003="Cancelled")
    assert [fill.quantity for fill in Fill.objects.all()] == [4]
    assert Order.objects.get().executed_quantity == 4


def test_the_first_leg_of_four_fills_before_the_others(book):
    for step, frame in enumerate(frames("streamer_multi_leg_fill"), 1):
        book.hear(frame)
        book.check(n1412060="Filled")
        done = Order.objects.get().legs.filter(remaining_quantity=0).count()
        assert (done, Fill.objects.count()) == (step, step)


@pytest.mark.parametrize(
    "name", ["streamer_order_lifecycle", "streamer_replace", "streamer_multi_leg_fill"]
)
def test_duplicate_and_late_notifications(book, name):
    """Each step twice, and all earlier ones again after it: the book never goes back."""
    heard: list[dict[str, Any]] = []
    latest: dict[int, str] = {}
    for frame in frames(name):
        heard.append(frame)
        latest[frame["id"]] = frame["status"]
        for again in (frame, *reversed(heard)):
            book.hear(again)
        book.check(**{f"n{number}": status for number, status in latest.items()})


@pytest.mark.parametrize("name", ["streamer_replace", "streamer_multi_leg_fill"])
def test_whatever_the_order_of_arrival_the_end_is_the_same(book, name):
    recorded = frames(name)
    seen = set()
    orders = list(itertools.permutations(recorded))
    for arrival in random.Random(5).sample(orders, min(8, len(orders))):
        Order.objects.all().delete()
        for frame in arrival:
            book.hear(frame)
        rows = Order.objects.order_by("broker_id")
        legs = [tuple(leg.remaining_quantity for leg in row.legs.all()) for row in rows]
        seen.add((tuple(row.status for row in rows), tuple(legs), Fill.objects.count()))
    assert len(seen) == 1
