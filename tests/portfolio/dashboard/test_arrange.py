"""A person's own order of cards, and their own bound; kept, theirs alone, and refused when bad."""

from __future__ import annotations

import re
from typing import Any

import pytest
from django.db import connection as database
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from portfolio.dashboard.cards import CARDS
from portfolio.models import DashboardChoice
from tests.portfolio import factories

pytestmark = pytest.mark.django_db

# What each card is known by in the page.
MARKS = {
    "accounts": 'id="account-cards"', "figures": 'id="dashboard-overview"',
    "bands": 'aria-label="Bounds"', "alerts": 'id="dashboard-alerts"',
    "underlyings": 'id="underlyings"', "risks": 'aria-label="Largest risks"',
    "chains": 'aria-label="Chains to look at"',
}  # fmt: skip


def order(web: Client) -> list[str]:
    html = web.get(reverse("portfolio:dashboard")).content.decode()
    return sorted(MARKS, key=lambda key: html.index(MARKS[key]))


def arrange(web: Client, **asked: str) -> Any:
    return web.post(reverse("portfolio:dashboard-arrange"), asked)


def test_cards_stand_in_the_usual_order_at_first(web: Client, book: Any) -> None:
    assert order(web) == [key for key in CARDS if key in MARKS]


def test_a_card_moves_and_stays_there(web: Client, strangers_web: Client, book: Any) -> None:
    answer = arrange(web, up="bands")
    assert answer.status_code == 302
    assert order(web)[:3] == ["accounts", "bands", "figures"]
    arrange(web, up="bands")
    arrange(web, up="bands")
    assert order(web)[0] == "bands"
    # At the top it can only go down: there is the focus.
    html = web.get(answer.url).content.decode()
    assert re.search(r'name="down" value="bands"[^>]*autofocus', html)
    arrange(web, down="bands")
    assert order(web)[:2] == ["accounts", "bands"]
    # The button that was pressed has the focus again.
    html = web.get(answer.url).content.decode()
    assert re.search(r'name="up" value="bands"[^>]*autofocus', html)
    arrange(web, usual="yes")
    assert order(web) == [key for key in CARDS if key in MARKS]
    assert DashboardChoice.objects.count() == 1


def test_a_card_that_came_later_stands_behind_the_arranged_ones(
    web: Client, user: Any, book: Any
) -> None:
    DashboardChoice.objects.create(user=user, cards=["chains", "gone", "chains", "accounts"])
    assert order(web)[:3] == ["chains", "accounts", "figures"]


def test_the_first_cannot_go_up(web: Client, book: Any) -> None:
    html = web.get(reverse("portfolio:dashboard")).content.decode()
    assert re.search(r'name="up" value="accounts"[^>]*disabled', html)
    assert re.search(r'name="down" value="chains"[^>]*disabled', html)


@pytest.mark.parametrize("asked", [{"up": "nothing"}, {"delta_share": "much"},
                                   {"delta_share": "0"}, {"delta_share": "NaN"},
                                   {"delta_share": "11"}])  # fmt: skip
def test_what_cannot_be_kept_is_told(web: Client, book: Any, asked: dict[str, str]) -> None:
    answer = arrange(web, **asked)
    assert answer.status_code == 422
    assert b"delta-share-problem" in answer.content
    assert not DashboardChoice.objects.exists()


def test_the_bound_is_kept(web: Client, user: Any, book: Any) -> None:
    assert arrange(web, delta_share="0.75%").status_code == 302
    assert str(DashboardChoice.objects.get(user=user).delta_share) == "0.75"
    html = web.get(reverse("portfolio:dashboard-bands")).content.decode()
    assert "0.75% of net liq" in html


@pytest.mark.parametrize("name", ["dashboard", "dashboard-bands", "dashboard-alerts"])
def test_more_positions_cost_no_more_queries(web: Client, book: Any, name: str) -> None:
    address = reverse(f"portfolio:{name}")

    def count() -> int:
        web.get(address)
        with CaptureQueriesContext(database) as captured:
            assert web.get(address).status_code == 200
        return len(captured)

    few = count()
    for strike in range(500, 540, 2):
        factories.make_option(book[1], "SPY", 40, "P", str(strike), "-1", open="1", mark="1")
    assert count() == few


def test_gains_lead_to_the_same_table(web: Client, book: Any) -> None:
    html = web.get(reverse("portfolio:dashboard-overview")).content.decode()
    for fees in "01":
        address = f"{reverse('portfolio:position-list')}?fees={fees}"
        assert f'href="{address}"' in html and web.get(address).status_code == 200
