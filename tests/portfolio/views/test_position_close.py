"""Closing several rows of the positions table: tickets, one for each underlying where it can be."""

from __future__ import annotations

import re
from html import unescape
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

import pytest
from django.db import connection as database
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from brokerage.models import Order, OrderIntent
from portfolio.position_actions import bulk
from tests.portfolio import factories

pytestmark = pytest.mark.django_db
PATH = "/positions/close/"


def puts(account: Any, count: int, root: str = "QQQ", first: int = 480) -> list[Any]:
    return [
        factories.make_option(account, root, 30, "P", f"{strike}", "-1", open="2", mark="1")
        for strike in range(first, first + count)
    ]


def get(web: Client, *rows: str) -> Any:
    return web.get(f"{PATH}?{urlencode([('row', row) for row in rows])}")


def tickets(html: str) -> list[dict[str, list[str]]]:
    links = re.findall(r'<a class="btn" href="([^"]+)">Open the ticket', html)
    return [parse_qs(urlsplit(unescape(link)).query) for link in links]


def test_one_underlying_is_one_ticket(web: Client, book: Any) -> None:
    _, account = book
    rows = puts(account, 3)
    answer = get(web, *(f"leg={row.pk}" for row in rows))
    assert answer.status_code == 302
    given = parse_qs(urlsplit(answer.url).query)
    actions = [value for name, (value,) in given.items() if name.endswith("action")]
    assert actions == ["Buy to Close"] * 3
    assert answer.url.startswith(reverse("portfolio:ticket"))


def test_several_underlyings_are_a_list_of_tickets(web: Client, book: Any) -> None:
    _, account = book
    first, second = puts(account, 2)[0], puts(account, 1, "IWM")[0]
    html = get(web, f"leg={first.pk}", f"leg={second.pk}").content.decode()
    assert len(tickets(html)) == 2 and "2 orders" in html
    assert not Order.objects.exists() and not OrderIntent.objects.exists()


def test_more_than_four_legs_are_parted_by_strategy(web: Client, book: Any) -> None:
    _, account = book
    rows = puts(account, 7)
    pair = f"leg={rows[4].pk}&leg={rows[6].pk}"
    html = get(web, *(f"leg={row.pk}" for row in rows), pair).content.decode()
    symbols = {row.symbol for row in rows}
    found = [
        sorted({value for values in given.values() for value in values} & symbols)
        for given in tickets(html)
    ]
    assert len(found) == 3 and sorted((rows[4].symbol, rows[6].symbol)) in found
    assert sorted(symbol for part in found for symbol in part) == sorted(r.symbol for r in rows)


def test_a_group_is_all_of_its_underlying(web: Client, book: Any) -> None:
    _, account = book
    puts(account, 6)
    html = get(web, f"group={account.pk}-{b'QQQ'.hex()}").content.decode()
    assert [html.count("480 P"), html.count("485 P"), len(tickets(html))] == [1, 1, 2]


def test_what_is_gone_or_foreign_is_no_order(web: Client, strangers_web: Client, book: Any) -> None:
    _, account = book
    row = puts(account, 1)[0]
    assert get(strangers_web, f"leg={row.pk}").status_code == 422
    answer = get(web, f"leg={row.pk}", "leg=999999", f"group={account.pk}-zz", "nonsense=1")
    assert "1 of the positions chosen is not held any more" in answer.content.decode()
    assert get(web).status_code == 422
    assert "Choose positions first" in get(web, "\x00").content.decode()


def test_queries_do_not_grow_with_the_rows(web: Client, book: Any) -> None:
    _, account = book

    def queries(rows: list[Any]) -> int:
        with CaptureQueriesContext(database) as captured:
            assert get(web, *(f"leg={row.pk}" for row in rows)).status_code == 200
        return len(captured)

    few = puts(account, 6)
    more = [*few, *puts(account, 9, first=500), *puts(account, 9, "IWM")]
    queries(more)
    assert queries(more) == queries(few)


def test_parts_hold_at_most_four_and_lose_none() -> None:
    from decimal import Decimal

    from portfolio.position_actions.closing import Held

    held = [
        Held(n, f"S{n}", "Equity Option", "QQQ", "", Decimal(1 if n % 3 else -1)) for n in range(11)
    ]
    found = bulk.parts(held, [(1, 2, 3, 4), (3, 5), (6, 7), (8,)])
    assert all(len(part) <= 4 for part in found)
    assert sorted(item.pk for part in found for item in part) == list(range(11))
    assert [item.pk for item in found[0]] == [1, 2, 3, 4]
    assert [item.pk for item in found[1]] == [6, 7]
    assert [item.quantity < 0 for item in found[2]] == [True, True, False, False]
