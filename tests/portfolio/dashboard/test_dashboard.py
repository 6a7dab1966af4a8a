"""The dashboard's cards: their figures can be worked out again, and say what needs a look."""

from __future__ import annotations

import re
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from brokerage.models import MarketMetric, NetLiqPoint
from portfolio.formats import NEW_YORK
from tests.portfolio import factories
from tests.portfolio.figures import walking
from tests.portfolio.views.test_pages import assert_sound

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _one_instant(monkeypatch: pytest.MonkeyPatch) -> None:
    """A page and its drawers are of one moment: in the model each second is worth something."""
    walking.stand_still(monkeypatch)


def page(web: Client, name: str = "dashboard") -> str:
    answer = web.get(reverse(f"portfolio:{name}"))
    assert answer.status_code == 200
    return answer.content.decode()


def points(account: Any, *closes: str, span: str = "1y") -> None:
    now = timezone.now()
    for back, close in enumerate(reversed(closes)):
        NetLiqPoint.objects.create(
            account=account, span=span, at=now - timedelta(days=back), total_close=Decimal(close)
        )


@pytest.mark.parametrize(
    "name",
    ["dashboard", "dashboard-overview", "dashboard-outlook", "dashboard-bands"],
)
def test_every_figure_can_be_worked_out_again(web: Client, book: Any, name: str) -> None:
    points(book[1], "49000", "50500.25", "50000")
    html = page(web, name)
    assert_sound(html.replace('type="application/json"', 'src="data"'))
    assert walking.figures(html)
    assert list(walking.wrong(web, html)) == []
    assert walking.unmarked(html) == []


def test_net_liq_is_that_of_all_accounts_from_where_all_are_known(web: Client, book: Any) -> None:
    connection, first = book
    second = factories.make_account(connection, "5WT00002")
    factories.make_balance(second)
    points(first, "100", "110", "120")
    points(second, "10", "30")
    html = page(web)
    change = next(e for e in walking.elements(html) if e.reference == "dash-net-year-change")
    # 110 + 10 at first; 120 + 30 at the end.
    assert change.text == "+30.00"


def test_the_chart_draws_what_the_change_is_of(web: Client, book: Any) -> None:
    """Bars of the broker have parts of a cent: both are of the rounded ones."""
    points(book[1], "100.004", "110.006")
    html = page(web)
    change = next(e for e in walking.elements(html) if e.reference == "dash-net-year-change")
    assert change.text == "+10.01"
    texts = {element.text for element in walking.figures(html)}
    assert {"100.00", "110.01"} <= texts
    assert list(walking.wrong(web, html)) == []


def test_cards_that_follow_can_be_asked_for_again(web: Client, book: Any) -> None:
    html = page(web)
    assert html.count('hx-trigger="load, retry"') == html.count("data-later-retry") == 3


def test_one_point_is_no_history(web: Client, book: Any) -> None:
    points(book[1], "100")
    assert "dash-net" not in page(web)


def test_what_comes_counts_and_links(web: Client, user: Any) -> None:
    account = factories.make_account(factories.make_connection(user))
    factories.make_option(account, "KO", 3, "C", "55", "-1", open="1.10", mark="1.20")
    factories.make_option(account, "KO", 15, "C", "60", "-1", open="1.10", mark="1.20")
    factories.make_option(account, "KO", 90, "C", "60", "-1", open="1.10", mark="1.20")
    MarketMetric.objects.create(
        environment=account.environment, symbol="KO",
        earnings_date=timezone.now().astimezone(NEW_YORK).date() + timedelta(days=9),
        dividend_ex_date=timezone.now().astimezone(NEW_YORK).date() + timedelta(days=200),
    )  # fmt: skip
    html = page(web, "dashboard-overview")
    counts = {e.reference: e.text for e in walking.elements(html) if e.reference}
    assert counts["dash-expiring7"] == "1" and counts["dash-expiring21"] == "2"
    assert "?dte=7" in html and "earnings" in html and "ex-dividend" not in html


def test_a_tested_short_call_needs_a_look(web: Client, user: Any) -> None:
    connection = factories.make_connection(user)
    account = factories.make_account(connection)
    option = factories.make_option(account, "KO", 10, "C", "50", "-1", open="1.00", mark="6.00")
    factories.make_transaction(
        account, transaction_type="Trade", transaction_sub_type="Sell to Open",
        action="Sell to Open", symbol=option.symbol, instrument_type="Equity Option",
        underlying_symbol="KO", quantity=Decimal(1), price=Decimal("1.00"),
        value=Decimal(100), net_value=Decimal(100),
    )  # fmt: skip
    factories.publish(
        connection,
        {
            "KO": factories.market.Cells(quote=factories.quote(55.99, 56.01)),
            option.streamer_symbol: factories.market.Cells(quote=factories.quote(5.99, 6.01)),
        },
    )
    html = page(web, "dashboard-chains")
    assert "tested" in html and "lost twice its credit" in html and "days left" in html
    assert list(walking.wrong(web, html)) == []


def test_strangers_see_none_of_it(strangers_web: Client, book: Any) -> None:
    for name in ("dashboard", "dashboard-overview", "dashboard-outlook", "dashboard-chains",
                 "dashboard-bands", "dashboard-alerts"):  # fmt: skip
        # As a word: the form's token is made of random letters.
        assert not re.search(r"\bKO\b", page(strangers_web, name))
