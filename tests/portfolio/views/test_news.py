"""Toasts and the log of what happened to orders: whose, once, in which words."""

from __future__ import annotations

import pytest
from django.test import Client
from django.utils import timezone

from brokerage import notices
from brokerage.models import OrderNews
from tests.brokerage.outer_broker import fill, leg
from tests.portfolio.views.order_fixtures import *  # noqa: F403
from tests.portfolio.views.order_fixtures import html
from tests.portfolio.views.test_order_list import store

pytestmark = pytest.mark.django_db

PUT = "SPY   260417P00560000"


def news(desk: Client, mark: str = "0.0") -> dict:
    answer = desk.get("/notices/news/", {"mark": mark})
    assert answer.status_code == 200
    return answer.json()


def now() -> str:
    return timezone.now().isoformat()


def filled(account, order_id=401):
    facts = {"received-at": now(), "size": 2}
    store(account, order_id, legs=[leg(PUT, "Sell to Open", 2, 2)], **facts)
    legs = [leg(PUT, "Sell to Open", 2, 0, fill(f"f{order_id}", 2, "1.96"))]
    return store(account, order_id, status="Filled", legs=legs, **facts)


def test_a_fill_is_told_with_what_was_asked(desk, account):
    row = filled(account)
    found = news(desk)
    assert found["items"] == [
        {
            "key": f"order-{OrderNews.objects.get().pk}",
            "level": "success",
            "text": "Filled −2 SPY 17 Apr 26 560 P 1.96 cr (asked 1.95 cr) in …0001",
            "url": f"/orders/{row.pk}/",
        }
    ]
    assert news(desk, found["mark"])["items"] == []


def test_a_refusal_gives_the_brokers_reason_as_an_error(desk, account):
    store(account, **{"received-at": now()})
    store(account, status="Rejected", **{"received-at": now(), "reject-reason": "Price too far"})
    (item,) = news(desk)["items"]
    assert item["level"] == "error"
    assert item["text"].startswith("Rejected: ") and item["text"].endswith("Price too far")


def test_a_cancellation_after_a_part_says_how_much(desk, account):
    facts = {"received-at": now(), "size": 3}
    store(account, legs=[leg(PUT, "Sell to Open", 3, 3)], **facts)
    legs = [leg(PUT, "Sell to Open", 3, 2, fill("a", 1))]
    store(account, legs=legs, **facts | {"updated-at": 1773252000001})
    store(account, status="Cancelled", legs=legs, **facts | {"updated-at": 1773252000002})
    texts = [item["text"] for item in news(desk)["items"]]
    assert texts[0].startswith("Partly filled 1/3: ")
    assert texts[1].startswith("Cancelled after 1/3 were filled: ")


def test_a_page_is_told_only_what_is_newer_than_itself(desk, account):
    filled(account)
    page = html(desk.get("/orders/"))
    mark = f"{OrderNews.objects.get().pk}.0"
    assert f'data-news="{mark}"' in page
    assert news(desk, mark)["items"] == []
    filled(account, 402)
    assert len(news(desk, mark)["items"]) == 1


@pytest.mark.parametrize("mark", ["", "x", "-1.0", "1", "٣.0", "9" * 40 + ".0"])
def test_a_malformed_mark_is_told_nothing(desk, account, mark):
    filled(account)
    assert news(desk, mark)["items"] == []


def test_red_notices_are_told_as_well(desk, connection):
    notices.post(connection, "echo:1", "Order 7 differs from what was confirmed.", level="danger")
    notices.post(connection, "note:1", "Something less.", level="info")
    (item,) = news(desk)["items"]
    assert (item["level"], item["url"]) == ("danger", "/notices/")


def test_everything_is_kept_on_the_notifications_page(desk, account):
    filled(account)
    text = html(desk.get("/notices/"))
    assert "Filled −2 SPY 17 Apr 26 560 P 1.96 cr" in text


def test_nobody_else_is_told(account, stranger, desk):
    filled(account)
    other = Client()
    other.force_login(stranger)
    assert news(other) == {"mark": "0.0", "items": []}
    assert "SPY" not in html(other.get("/notices/"))


def test_every_event_is_kept_page_by_page(desk, account, monkeypatch):
    monkeypatch.setattr("portfolio.views.notices.EVENTS", 2)
    for number in range(401, 404):
        filled(account, number)
    first, second = html(desk.get("/notices/")), html(desk.get("/notices/?page=2"))
    assert first.count("Filled −2 SPY") == 2 and "Page 1 of 2" in first
    assert second.count("Filled −2 SPY") == 1
    assert "/notices/table/?page=2" in second, "drawn again it is the same page"


def test_what_was_dismissed_can_be_read_again(desk, connection):
    row = notices.post(connection, "k", "The broker changed a word.", level="danger")
    desk.post(f"/notices/{row.pk}/dismiss/")
    text = html(desk.get("/notices/"))
    assert "Dismissed, 1" in text and "The broker changed a word." in text
    assert "dismiss-" not in text


def test_dismissed_notices_of_others_are_not_shown(desk, connection, stranger):
    row = notices.post(connection, "k", "The broker changed a word.")
    desk.post(f"/notices/{row.pk}/dismiss/")
    other = Client()
    other.force_login(stranger)
    assert "changed a word" not in html(other.get("/notices/"))
