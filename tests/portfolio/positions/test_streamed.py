"""The positions page as a server with streams sends it: in parts, and what happens on a fault."""

from __future__ import annotations

import re
from typing import Any

import pytest
from asgiref.sync import async_to_sync
from django.contrib.messages import constants
from django.test import AsyncClient, Client
from django.urls import reverse

from portfolio import selectors
from portfolio.positions.page import PositionPage
from portfolio.views import positions as views

pytestmark = pytest.mark.django_db
PATH = "/positions/"


def streamed(user: Any, path: str = PATH) -> tuple[int, list[str]]:
    client = AsyncClient(raise_request_exception=False)
    client.force_login(user)

    async def get() -> tuple[int, list[str]]:
        response = await client.get(path)
        if not response.streaming:
            return response.status_code, [response.content.decode()]
        return response.status_code, [part.decode() async for part in response.streaming_content]

    return async_to_sync(get)()


def same(html: str) -> str:
    """Without what differs from one request to the next."""
    html = re.sub(r'(csrfmiddlewaretoken" value=|X-CSRFToken": )"[^"]*"', r"\1", html)
    html = re.sub(r"\d\d:\d\d:\d\d ET", "", html)
    html = re.sub(r' data-(rendered-at|snapshot|news)="[^"]*"', "", html)
    html = re.sub(r'(w-age secondary" data-label="Age">)[^<]*', r"\1", html)
    return re.sub(r"\n+", "\n", html)


def test_the_parts_are_the_page(web: Client, user: Any, book: Any) -> None:
    status, parts = streamed(user)
    assert status == 200 and len(parts) == 4
    assert parts[0].rstrip().endswith("</head>") and "<body" not in parts[0]
    assert "P/L day" in parts[1] and "position-table" not in parts[1]
    assert parts[2].startswith("<table") and parts[2].endswith("</table>")
    assert same("".join(parts)).splitlines() == same(web.get(PATH).content.decode()).splitlines()


def test_header_and_table_are_of_one_instant(user: Any, book: Any) -> None:
    _, parts = streamed(user)
    page = "".join(parts)
    assert len(re.findall(r"data-snapshot=", page)) == 1
    top = re.search(r'id="top-day"[^>]*>([^<]+)<', page)
    total = re.search(r'id="total-day"[^>]*>([^<]+)<', page)
    assert top is not None and total is not None and top[1] == total[1]


def test_an_empty_page_comes_without_a_table(user: Any) -> None:
    status, parts = streamed(user)
    assert status == 200 and "No accounts yet." in "".join(parts)
    assert "<!--slow-->" not in "".join(parts) and parts[-1].rstrip().endswith("</html>")


def test_a_fault_of_the_table_is_said_in_its_place(user: Any, book: Any, monkeypatch: Any) -> None:
    def broken(table: Any) -> str:
        raise RuntimeError("a figure that cannot be")

    monkeypatch.setattr(views, "table_html", broken)
    status, parts = streamed(user)
    page = "".join(parts)
    assert status == 200 and "This part of the page failed" in page
    assert "a figure that cannot be" not in page and page.rstrip().endswith("</html>")


def test_a_fault_of_the_frame_is_the_fault_page(user: Any, book: Any, monkeypatch: Any) -> None:
    monkeypatch.setattr(PositionPage, "groupings", property(lambda self: 1 / 0))
    monkeypatch.setattr(PositionPage, "table", property(lambda self: 1 / 0))
    _, parts = streamed(user)
    assert "Something failed on this server" in parts[-1] and len(parts) == 2


def test_a_fault_before_the_first_byte_has_its_status(
    user: Any, book: Any, monkeypatch: Any
) -> None:
    def away(*_: Any, **__: Any) -> None:
        raise RuntimeError("the database is away")

    monkeypatch.setattr(selectors, "load_desk", away)
    status, parts = streamed(user)
    assert status == 500 and "the database is away" not in parts[0]


def test_messages_are_shown_once(user: Any, book: Any) -> None:
    client = AsyncClient()
    client.force_login(user)

    async def get(path: str) -> str:
        response = await client.get(path)
        return "".join([part.decode() async for part in response.streaming_content])

    columns = reverse("portfolio:position-columns")
    web = Client()
    web.cookies = client.cookies
    web.post(columns, {"name": "Mine", "place-qty": "1"})
    from portfolio.models import ColumnSet

    pk = ColumnSet.objects.get().pk
    web.post(f"{columns}?set=own-{pk}", {"do": "delete", "name": "Mine"})
    assert constants.SUCCESS and "The columns “Mine” are gone." in async_to_sync(get)(PATH)
    assert "are gone" not in async_to_sync(get)(PATH)
