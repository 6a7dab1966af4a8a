from __future__ import annotations

from typing import Any

import httpx
import pytest

from brokerage.tastytrade.resources import orders, positions, transactions

from .broker import Broker, rows

LIST = transactions.list_transactions("5WT00001", per_page=2)


def pages(*contents: list[int], total: int | None = None, **block: Any) -> Broker:
    """A broker that serves these ids page by page."""

    def handler(request: httpx.Request) -> httpx.Response:
        offset = int(request.url.params["page-offset"])
        ids = contents[offset] if offset < len(contents) else []
        counts = {"page-offset": offset, "per-page": 2, "next-link": None}
        counts["total-pages"] = len(contents) if total is None else total
        return rows(*({"id": number} for number in ids), pagination=counts | block)

    return Broker(handler)


def ids(broker: Broker, call: Any = LIST) -> list[int]:
    with broker.client() as client:
        return [item.id for item in client.pages(call)]


def test_all_pages_are_walked_once() -> None:
    broker = pages([1, 2], [3, 4], [5])
    assert ids(broker) == [1, 2, 3, 4, 5]
    assert [request.url.params["page-offset"] for request in broker.requests] == ["0", "1", "2"]
    assert {request.url.params["per-page"] for request in broker.requests} == {"2"}


async def test_the_awaiting_client_walks_alike() -> None:
    broker = pages([1, 2], [3, 4], [5])
    async with broker.async_client() as client:
        assert [item.id async for item in client.pages(LIST)] == [1, 2, 3, 4, 5]


def test_rows_that_slide_are_seen_once() -> None:
    assert ids(pages([5, 4], [4, 3], [3, 2], [2, 1])) == [5, 4, 3, 2, 1]


def test_a_whole_page_that_slid_does_not_end_the_walk() -> None:
    assert ids(pages([5, 4], [5, 4], [3, 2])) == [5, 4, 3, 2]


def test_an_empty_page_ends_the_walk() -> None:
    broker = pages([1, 2], [], [3], total=3)
    assert ids(broker) == [1, 2]
    assert len(broker.requests) == 2


def test_an_ignored_offset_ends_the_walk() -> None:
    broker = Broker(lambda request: rows({"id": 1}, {"id": 2}, pagination={"total-pages": 10**6}))
    assert ids(broker) == [1, 2]
    assert len(broker.requests) == 3


def test_an_empty_list() -> None:
    broker = pages([], total=0)
    assert ids(broker) == []
    assert len(broker.requests) == 1


def test_without_totals_a_short_page_is_the_last() -> None:
    broker = pages([1, 2], [3], **{"total-pages": None})
    assert ids(broker) == [1, 2, 3]
    assert len(broker.requests) == 2


def test_without_a_paging_block_there_is_one_page() -> None:
    broker = Broker(lambda request: rows({"id": 1}))
    assert ids(broker) == [1]
    assert len(broker.requests) == 1


def test_the_walk_starts_where_the_call_does() -> None:
    assert ids(pages([1, 2], [3, 4], [5]), LIST.with_query(page_offset=1)) == [3, 4, 5]


def test_lists_that_name_no_page_are_walked_too() -> None:
    def handler(request: httpx.Request) -> httpx.Response:
        offset = int(request.url.params.get("page-offset", 0))
        return rows({"id": offset}, pagination={"total-pages": 2})

    assert ids(Broker(handler), orders.list_live("5WT00001")) == [0, 1]


def test_lists_without_pages_are_one_page() -> None:
    broker = Broker(lambda request: rows({"symbol": "A", "instrument-type": "Equity"}))
    with broker.client() as client:
        found = list(client.pages(positions.list_positions("5WT00001")))
    assert [item.symbol for item in found] == ["A"]


def test_a_page_is_a_sequence() -> None:
    with pages([1, 2]).client() as client:
        page = client.send(LIST)
    assert len(page) == 2 and page[0].id == 1 and [item.id for item in page[:1]] == [1]
    assert page.pagination is not None and page.pagination.per_page == 2


def test_a_search_of_orders_needs_a_start() -> None:
    with pytest.raises(ValueError, match="start"):
        orders.search("5WT00001")
