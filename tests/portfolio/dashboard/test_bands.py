"""What is in use beside its bounds, and alerts that fired."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from brokerage import notices
from brokerage.models import QuoteAlert
from tests.portfolio import factories
from tests.portfolio.figures import walking

pytestmark = pytest.mark.django_db
market = factories.market


def fragment(web: Client, name: str) -> str:
    return web.get(reverse(f"portfolio:dashboard-{name}")).content.decode()


def figures(web: Client) -> dict[str | None, str]:
    html = fragment(web, "bands")
    assert list(walking.wrong(web, html)) == []
    return {element.reference: element.text for element in walking.figures(html)}


def account_of(user: Any, **balance: str) -> Any:
    """One account that holds shares of the benchmark: their beta needs no broker."""
    account = factories.make_account(factories.make_connection(user))
    factories.make_balance(account, **balance)
    factories.make_position(account, "SPY", "10", open="590", close="600", mark="601.11")
    return account


def publish_vix(connection: Any, price: float) -> None:
    factories.publish(
        connection,
        {
            "VIX": market.Cells(quote=factories.quote(price - 0.01, price + 0.01)),
            "SPY": market.Cells(quote=factories.quote(601.10, 601.12)),
        },
    )


@pytest.mark.parametrize(("vix", "share"), [(12.5, "25%"), (17.5, "30%"), (45.0, "50%")])
def test_the_band_goes_with_the_vix(web: Client, user: Any, vix: float, share: str) -> None:
    publish_vix(account_of(user).accesses.get().connection, vix)
    found = figures(web)
    assert found["dash-vix"] == f"{vix:.2f}" and found["dash-band-use"] == share


def test_without_a_vix_the_band_is_not_known_and_says_so(web: Client, user: Any) -> None:
    account_of(user)
    html = fragment(web, "bands")
    found = figures(web)
    assert found["dash-vix"] == "—" == found["dash-band-use"] == found["dash-band-delta"]
    assert "VIX is not known" in html and ">over<" not in html


def test_what_is_over_its_bound_is_marked(web: Client, user: Any) -> None:
    account = account_of(user, net_liquidating_value="50000", derivative_buying_power="18000")
    publish_vix(account.accesses.get().connection, 17.5)
    found = figures(web)
    assert found["top-use"] == "64%"
    # 0.5 % of 50,000 ÷ 1 % of 601.11.
    assert (found["total-beta"], found["dash-band-delta"]) == ("+10.00", "±41.59")
    assert fragment(web, "bands").count(">over<") == 1


def alert(connection: Any, number: int, **facts: Any) -> QuoteAlert:
    values = {"symbol": "SPY", "field": "Last", "operator": ">", "threshold": "600.5"}
    return QuoteAlert.objects.create(
        connection=connection, external_id=str(number), created_at=timezone.now(),
        **{**values, **facts},
    )  # fmt: skip


def test_alerts_that_fired_lately_and_notices(
    web: Client, strangers_web: Client, user: Any
) -> None:
    connection = factories.make_connection(user)
    factories.make_account(connection)
    alert(connection, 1, triggered_at=timezone.now() - timedelta(hours=2))
    alert(connection, 2, symbol="OLD", triggered_at=timezone.now() - timedelta(days=30))
    alert(connection, 3, symbol="QQQ", field="IV", operator="<", threshold="0.2")
    notices.post(connection, "key", "A payload has a new field.", level="warning")
    html = fragment(web, "alerts")
    assert "last above 600.50" in html and "1 waiting at the broker" in html
    assert "OLD" not in html and "QQQ" not in html
    assert "A payload has a new field." in html
    foreign = fragment(strangers_web, "alerts")
    assert "600.50" not in foreign and "new field" not in foreign


def test_no_alerts_are_said(web: Client, user: Any) -> None:
    factories.make_account(factories.make_connection(user))
    html = fragment(web, "alerts")
    assert "No alert of the broker fired" in html and "none waiting" in html
