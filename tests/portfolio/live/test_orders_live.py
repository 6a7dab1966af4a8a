"""The order book's live view: what it watches, what it patches, and for whom."""

from __future__ import annotations

import time
from typing import Any

import pytest

from brokerage import market
from brokerage.access import NotFound
from brokerage.models import OrderLeg
from portfolio.live.book import LatestBook
from portfolio.live.hub import Hub
from portfolio.live.orders import OrdersLive
from portfolio.live.patches import live_view
from tests.portfolio.factories import make_account, make_connection, make_order

pytestmark = pytest.mark.django_db


@pytest.fixture
def connection(user: Any) -> Any:
    return make_connection(user)


@pytest.fixture
def order(connection: Any) -> Any:
    """Sells three shares at 1.35 or better."""
    return make_order(make_account(connection))


class Books(Hub):
    """A hub whose one book is given."""

    def __init__(self, bid: float, ask: float) -> None:
        super().__init__()
        quote = market.Quote(time.time(), bid, ask, 1.0, 1.0)
        self.given = LatestBook("feed", {"SPY": market.Cells(quote=quote)})

    def book(self, feed: str) -> Any:
        return self.given


def patched(view: OrdersLive, hub: Hub, dirty: Any = None) -> dict[str, list[Any]]:
    return {str(patch[0]): patch for patch in view.patches(hub, dirty)}


def test_it_is_registered():
    assert live_view("orders") is OrdersLive


def test_it_watches_the_legs_of_working_orders(user, connection, order):
    done = make_order(order.account, status="Filled", underlying_symbol="MSFT")
    view = OrdersLive(user, {"scope": "simulator"})
    wanted = view.feeds_and_symbols()[market.feed_key(connection)]
    assert ("Quote", "SPY") in wanted
    assert ("Quote", "MSFT") not in wanted
    assert done.pk not in {watched.pk for watched in view.orders}


def test_it_patches_mark_distance_and_bar(user, order):
    view = OrdersLive(user, {"scope": "simulator"})
    found = patched(view, Books(1.30, 1.50))
    name = f"order-{order.pk}"
    assert found[f"{name}-mark"][1] == "1.40 cr"
    assert found[f"{name}-away"][1] == "−0.05"
    assert found[f"{name}-share"][1] == "3.6%"
    assert found[f"{name}-bar"] == [f"{name}-bar", "", "limit-bar__limit at-15"]


def test_a_tick_of_something_else_patches_no_order(user, connection, order):
    view = OrdersLive(user, {"scope": "simulator"})
    patched(view, Books(1.30, 1.50))
    feed = market.feed_key(connection)
    hub = Books(1.20, 1.40)
    assert not [name for name in patched(view, hub, {(feed, "KO")}) if name.startswith("order-")]
    assert f"order-{order.pk}-mark" in patched(view, hub, {(feed, "SPY")})


def test_a_leg_without_a_stream_leaves_its_figures_unknown(user, order):
    OrderLeg.objects.filter(order=order).update(instrument_type="Future", symbol="/ESZ6")
    view = OrdersLive(user, {"scope": "simulator"})
    assert patched(view, Books(1.30, 1.50))[f"order-{order.pk}-mark"][1] == "—"


def test_foreign_accounts_are_not_found(stranger, order):
    with pytest.raises(NotFound):
        OrdersLive(stranger, {"scope": "simulator"})
    assert OrdersLive(stranger, {}).orders == []
