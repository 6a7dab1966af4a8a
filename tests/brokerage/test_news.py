"""What people are told of orders: each event once, nothing of the past, nothing half known."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.utils import timezone

from brokerage.enums import NewsKind
from brokerage.models import Order, OrderNews
from brokerage.sync.orders import store_orders
from brokerage.tastytrade.payloads.orders import Order as Payload
from tests.brokerage.outer_broker import fill, leg
from tests.brokerage.outer_broker import order as order_payload

pytestmark = pytest.mark.django_db

PUT = "SPY   260417P00560000"
LOWER = "SPY   260417P00550000"


def recent() -> str:
    return datetime.now(UTC).isoformat(timespec="milliseconds")


def store(account: Any, *, at: int = 1, order_id: int = 401, **changes: Any) -> Order:
    facts = {"received-at": recent(), "updated-at": 1773252000000 + at, **changes}
    store_orders(account, [Payload.read(order_payload(account.number, order_id, **facts))],
                 timezone.now())  # fmt: skip
    return Order.objects.get(broker_id=order_id)


def told() -> list[tuple[str, Decimal]]:
    return [(row.kind, row.executed) for row in OrderNews.objects.order_by("pk")]


def single(quantity: int, remaining: int, *fills: Any) -> list[Any]:
    return [leg(PUT, "Sell to Open", quantity, remaining, *fills)]


def test_a_working_order_is_no_news(account):
    store(account)
    assert told() == []


def test_parts_and_the_whole_are_told_once_each(account):
    for _ in range(2):
        store(account, size=3, legs=single(3, 3))
        store(account, at=2, size=3, legs=single(3, 2, fill("a", 1)))
        store(account, at=3, size=3, status="Filled",
              legs=single(3, 0, fill("a", 1), fill("b", 2)))  # fmt: skip
    assert told() == [(NewsKind.PARTIAL, 1), (NewsKind.FILLED, 3)]


def test_filled_is_told_when_the_last_leg_is_in(account):
    store(account)
    first = leg(PUT, "Sell to Open", 2, 0, fill("a", 2))
    store(account, at=2, status="Filled", legs=[first, leg(LOWER, "Buy to Open", 2, 2)])
    assert told() == []
    store(account, at=3, status="Filled",
          legs=[first, leg(LOWER, "Buy to Open", 2, 0, fill("b", 2))])  # fmt: skip
    assert told() == [(NewsKind.FILLED, 2)]


def test_a_part_needs_every_leg(account):
    first = leg(PUT, "Sell to Open", 2, 1, fill("a", 1))
    store(account, at=2, legs=[first, leg(LOWER, "Buy to Open", 2, 2)])
    assert told() == []


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        ("Rejected", NewsKind.REJECTED),
        ("Cancelled", NewsKind.CANCELLED),
        ("Expired", NewsKind.EXPIRED),
        ("Partially Removed", NewsKind.REMOVED),
    ],
)
def test_every_end_has_its_kind(account, status, kind):
    store(account)
    store(account, at=2, status=status)
    assert told() == [(kind, 0)]


def test_the_past_that_a_first_sync_brings_is_no_news(account):
    old = (datetime.now(UTC) - timedelta(days=2)).isoformat()
    store(account, status="Filled", legs=single(2, 0, fill("a", 2)), **{"received-at": old})
    assert told() == []


def test_an_old_order_that_ends_now_is_news(account):
    old = (datetime.now(UTC) - timedelta(days=2)).isoformat()
    store(account, **{"received-at": old})
    store(account, at=2, status="Cancelled", **{"received-at": old})
    assert told() == [(NewsKind.CANCELLED, 0)]


def test_the_last_leg_of_a_filled_order_may_come_late(account):
    old = {"received-at": (datetime.now(UTC) - timedelta(days=2)).isoformat()}
    first = leg(PUT, "Sell to Open", 2, 0, fill("a", 2))
    store(account, **old)
    missing, there = leg(LOWER, "Buy to Open", 2, 2), leg(LOWER, "Buy to Open", 2, 0, fill("b", 2))
    store(account, at=2, status="Filled", legs=[first, missing], **old)
    store(account, at=3, status="Filled", legs=[first, there], **old)
    store(account, at=3, status="Filled", legs=[first, there], **old)
    assert told() == [(NewsKind.FILLED, 2)]


def test_a_fill_that_comes_before_the_order_was_known_is_news(account):
    store(account, status="Filled", legs=single(2, 0, fill("a", 2)))
    assert told() == [(NewsKind.FILLED, 2)]
