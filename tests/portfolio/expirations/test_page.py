"""What tonight and Friday do: by the page, and each of its figures by its arithmetic."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from brokerage import market
from tests.portfolio import factories
from tests.portfolio.figures import walking
from tests.portfolio.views.test_pages import assert_sound

pytestmark = pytest.mark.django_db


@pytest.fixture
def expiring(user: Any) -> Any:
    """100 KO, a short call in the money, short puts at their strike, a later short call."""
    connection = factories.make_connection(user)
    account = factories.make_account(connection)
    factories.make_balance(account)
    factories.make_position(account, "KO", "100", open="50", close="51", mark="56")
    call = factories.make_option(account, "KO", 2, "C", "55", "-1", open="1.10", mark="1.20")
    put = factories.make_option(account, "KO", 2, "P", "56", "-2", open="1.10", mark="0.40")
    later = factories.make_option(account, "KO", 30, "C", "60", "-1", open="1.10", mark="0.40")
    cells = {"KO": market.Cells(quote=factories.quote(55.99, 56.01))}
    for row, bid, ask in ((call, 1.19, 1.21), (put, 0.39, 0.41), (later, 0.39, 0.41)):
        cells[row.streamer_symbol] = market.Cells(quote=factories.quote(bid, ask))
    factories.publish(connection, cells)
    return account


def page(web: Client, **query: str) -> str:
    return web.get(reverse("portfolio:expirations"), query).content.decode()


def test_shares_are_called_away_and_what_stays_is_uncovered(web: Client, expiring: Any) -> None:
    html = page(web)
    assert_sound(html)
    assert "is assigned" in html and "uncovered" in html
    # 100 shares go for 55.00 each; the put at the strike may bring 200.
    assert "+5,500.00" in html
    assert "0 to +200" in html and "pin 56" in html


def test_every_figure_can_be_worked_out_again(web: Client, expiring: Any) -> None:
    html = page(web)
    assert len(walking.figures(html)) >= 14
    assert list(walking.wrong(web, html)) == []
    assert walking.unmarked(html) == []


def test_a_later_day_holds_all_until_then(web: Client, expiring: Any) -> None:
    days = [
        item.attributes["href"]
        for item in walking.elements(page(web))
        if "tabs__tab" in item.classes
    ]
    assert len(days) == 2
    later = web.get(reverse("portfolio:expirations") + str(days[1])).content.decode()
    assert later.count('class="act"') == 3


def test_without_a_price_nothing_is_claimed(web: Client, user: Any) -> None:
    account = factories.make_account(factories.make_connection(user))
    factories.make_option(account, "KO", 2, "C", "55", "-1", open="1.10", mark="1.20")
    html = page(web)
    assert "No price of KO" in html and "not known" in html
    assert "+5,500.00" not in html


def test_who_holds_no_options_is_told_so(web: Client, user: Any) -> None:
    account = factories.make_account(factories.make_connection(user))
    factories.make_position(account, "KO", "100", open="50", close="51", mark="56")
    html = page(web)
    assert_sound(html)
    assert "Nothing expires" in html


def test_a_stranger_sees_none_of_it(strangers_web: Client, expiring: Any) -> None:
    assert "KO" not in page(strangers_web)
