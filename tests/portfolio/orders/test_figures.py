"""Every figure of the order book, of an order's page and of a ticket opens its arithmetic."""

from __future__ import annotations

import time
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from brokerage import market
from brokerage.models import Order, OrderIntent, OrderLeg, OrderPreview
from brokerage.sync.orders import store_orders
from brokerage.tastytrade.payloads.orders import Order as Payload
from tests.brokerage.execution.conftest import OrderBroker, power
from tests.brokerage.outer_broker import fill, leg
from tests.brokerage.outer_broker import order as order_payload
from tests.portfolio import factories
from tests.portfolio.figures import walking
from tests.portfolio.views.order_fixtures import *  # noqa: F403
from tests.portfolio.views.order_fixtures import send

pytestmark = pytest.mark.django_db
SHORT, LONG = "SPY   260417P00560000", "SPY   260417P00550000"


def store(account: Any, order_id: int, **changes: Any) -> Order:
    payload = order_payload(account.number, order_id, **changes)
    store_orders(account, [Payload.read(payload)], timezone.now())
    return Order.objects.get(broker_id=order_id)


def holds(web: Client, address: str, least: int) -> str:
    """All figures of a page work out again and no number is without a mark."""
    response = web.get(address)
    assert response.status_code == 200, address
    return holds_in(web, response.content.decode(), least)


def holds_in(web: Client, html: str, least: int) -> str:
    shown = [item for item in walking.figures(html) if not item.is_frame]
    assert len(shown) >= least, [item.reference for item in shown]
    assert list(walking.wrong(web, html)) == []
    assert walking.unmarked(html) == []
    return html


@pytest.fixture
def quoted(connection: Any) -> Any:
    """The spread's legs have quotes: natural 1.30, best 1.50."""
    now = time.time()
    books = {
        ".SPY260417P560": market.Cells(quote=market.Quote(now, 3.0, 3.1, 1.0, 1.0)),
        ".SPY260417P550": market.Cells(quote=market.Quote(now, 1.6, 1.7, 1.0, 1.0)),
    }
    factories.publish(connection, books)
    return books


def spread(sold: int = 0, bought: int = 0, size: int = 10) -> list[Any]:
    fills: list[list[Any]] = [[], []]
    if sold:
        fills[0] = [fill("s1", sold, price="3.05")]
    if bought:
        fills[1] = [fill("b1", bought, price="1.65")]
    return [
        leg(SHORT, "Sell to Open", size, size - sold, *fills[0]),
        leg(LONG, "Buy to Open", size, size - bought, *fills[1]),
    ]


def test_a_working_order_against_the_market(desk, account, quoted):
    order = store(account, 401, size=10, legs=spread(sold=3, bought=2))
    html = holds(desk, "/orders/", 6)
    assert f'data-figure="order-{order.pk}-filled">2<' in html
    page = holds(desk, f"/orders/{order.pk}/", 10)
    assert f'id="order-{order.pk}-mark"' in page and "1.40 cr" in page


def test_without_a_quote_the_figures_are_missing_and_say_so(desk, account):
    order = store(account, 401, size=10, legs=spread())
    holds(desk, "/orders/", 4)
    drawer = desk.get("/figure/", {"ref": f"order-{order.pk}-mark"}).content.decode()
    assert "Missing: Bid: .SPY260417P560" in drawer


def test_a_filled_order_has_an_average(desk, account):
    legs = spread(sold=3, bought=3, size=3)
    order = store(account, 401, status="Filled", size=3, legs=legs)
    html = holds(desk, "/orders/?tab=history", 4)
    assert "1.40 cr" in html
    holds(desk, f"/orders/{order.pk}/", 7)


@pytest.mark.parametrize(
    "facts",
    [
        {"price": None, "price_effect": "", "stop_trigger": "171.25"},
        {"price": "171", "price_effect": "Credit", "stop_trigger": "171.25"},
        {"price": None, "price_effect": "", "value": "25", "size": None},
        {"price": "0", "price_effect": "None"},
        {"price": None, "price_effect": ""},
    ],
)
def test_limits_of_every_kind(desk, account, facts):
    order = factories.make_order(account, **facts)
    OrderLeg.objects.filter(order=order).update(quantity=None if "value" in facts else 1)
    holds(desk, "/orders/", 0)
    holds(desk, f"/orders/{order.pk}/", 0)


def test_an_order_of_somebody_else_has_no_figures(desk, account, stranger):
    order = store(account, 401, legs=spread(sold=1, bought=1), size=2)
    foreign = Client()
    foreign.force_login(stranger)
    one = order.legs.first().fills.first()
    for reference in (f"order-{order.pk}-limit", f"order-{order.pk}-mark", f"fill-{one.pk}-price"):
        assert walking.drawer(foreign, reference) is None
        assert walking.drawer(desk, reference) is not None


def test_from_the_preview_to_the_order(desk, values, broker: OrderBroker):
    shown = desk.post("/trade/preview/", values)
    preview = OrderPreview.objects.get()
    html = holds_in(desk, shown.content.decode(), 8)
    assert f"preview-{preview.pk}-total-fees" in html and f"preview-{preview.pk}-0-money@1" in html
    sent = send(desk, values | {"ticket": values["ticket"]})
    result = holds(desk, sent["Location"], 2)
    intent = OrderIntent.objects.get()
    assert f'data-figure="intent-{intent.pk}-0-limit"' in result
    page = holds(desk, f"/orders/{intent.order_id}/", 9)
    assert f"preview-{intent.preview_id}-0-limit" in page and "audit-" in page


def test_a_preview_of_somebody_else_has_no_figures(desk, values, broker: OrderBroker, stranger):
    desk.post("/trade/preview/", values)
    preview = OrderPreview.objects.get()
    foreign = Client()
    foreign.force_login(stranger)
    for name in ("0-limit", "total-fees", "new-buying-power", "0-money@1"):
        assert walking.drawer(foreign, f"preview-{preview.pk}-{name}") is None
        assert walking.drawer(desk, f"preview-{preview.pk}-{name}") is not None


def test_what_came_with_a_refusal_is_signed(desk, values, broker: OrderBroker):
    refusal = {"code": "preflight_check_failure", "message": "not enough"}
    effect = power("30000.0", "5000.0", "Debit")
    broker.on_dry_run = lambda _: (
        422,
        {"data": {"buying-power-effect": effect}, "error": refusal},
    )
    html = desk.post("/trade/preview/", values).content.decode()
    holds_in(desk, html, 1)
    query = next(item.query for item in walking.figures(html) if item.query.startswith("told="))
    told = [r for item in walking.figures(html) if (r := item.reference or "").startswith("told")]
    assert told
    assert walking.drawer(desk, told[0], query[:-2] + "xx") is None
