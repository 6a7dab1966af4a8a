"""Books in one process: merging, reading without a hub, losing Valkey's channel."""

from __future__ import annotations

import asyncio
import time
import uuid
from collections.abc import AsyncIterator, Callable
from typing import Any

import pytest
import redis

from brokerage import market, valkey
from portfolio.live.book import LatestBook
from portfolio.live.hub import Hub, Listener
from portfolio.live.status import stream_status

PAIR = ("Quote", "SPY")


def cells(bid: float, at: float = 1.0) -> dict[str, market.Cells]:
    return {"SPY": market.Cells(quote=market.Quote(at, bid))}


@pytest.fixture
async def feed() -> AsyncIterator[str]:
    name = f"simulator:{uuid.uuid4()}"
    yield name
    keys = list(valkey.client().scan_iter(f"market:*{name}*"))
    if keys:
        valkey.client().delete(*keys)


@pytest.fixture
async def hub() -> AsyncIterator[Hub]:
    made = Hub()
    yield made
    await made.stop()


async def publish(feed: str, bid: float, **frame: Any) -> None:
    server = market.async_valkey()
    await market.publish(server, feed, market.Frame(time.time(), cells=cells(bid), **frame))
    await server.aclose()


async def until(condition: Callable[[], Any]) -> None:
    async with asyncio.timeout(5):
        while not condition():  # noqa: ASYNC110
            await asyncio.sleep(0.02)


def test_cells_of_other_kinds_survive_a_frame():
    book = LatestBook("f")
    book.apply(market.Frame(1.0, cells=cells(1.0)))
    greeks = market.Greeks(2.0, delta=0.5)
    book.apply(market.Frame(2.0, cells={"SPY": market.Cells(greeks=greeks)}))
    assert book.quote("SPY").bid == 1.0 and book.greeks("SPY") == greeks
    assert book.quote("QQQ") is None and book.cells("QQQ") == market.Cells()


def test_a_stored_book_never_overwrites_what_came_since():
    book = LatestBook("f")
    book.apply(market.Frame(1.0, cells=cells(2.0, at=20.0)))
    book.fill({**cells(1.0, at=10.0), "QQQ": cells(3.0)["SPY"]}, market.FeedHealth(at=1.0))
    assert (book.quote("SPY").bid, book.quote("QQQ").bid) == (2.0, 3.0)
    book.fill(cells(4.0, at=30.0), market.FeedHealth())
    assert book.quote("SPY").bid == 4.0


def test_symbols_that_are_gone_and_books_that_were_cleared():
    book = LatestBook("f")
    book.apply(market.Frame(1.0, cells=cells(2.0)))
    book.apply(market.Frame(2.0, gone=["SPY", "NEVER"]))
    assert book.quote("SPY") is None
    book.apply(market.Frame(3.0, cells=cells(2.0)))
    book.apply(market.Frame(4.0, cleared=True))
    assert book.quote("SPY") is None


def test_health_grows_old():
    book = LatestBook("f")
    up = market.FeedHealth(at=100.0, market=market.StreamHealth("up"), delayed=True)
    book.apply(market.Frame(1.0, health=up))
    assert book.health(now=105.0).market_up() and book.delayed
    assert book.health(now=100.0 + market.HEALTH_SECONDS + 1).market.state == "down"


async def test_a_process_without_a_running_hub_reads_the_stored_book(feed, hub):
    await publish(feed, 600.0, health=market.FeedHealth(at=time.time()))
    assert hub.book(feed).quote("SPY").bid == 600.0
    await publish(feed, 601.0)
    hub._snapshots.clear()
    assert hub.book(feed).quote("SPY").bid == 601.0


async def test_without_valkey_a_book_is_empty_and_down(feed, hub, monkeypatch):
    def away(feed: str) -> None:
        raise redis.ConnectionError("gone")

    monkeypatch.setattr(market, "load_book", away)
    book = hub.book(feed)
    assert book.quote("SPY") is None and book.health().market.state == "down"


async def test_a_listener_starts_full_and_hears_only_of_its_symbols(feed, hub):
    await publish(feed, 600.0)
    listener, other = Listener(), Listener()
    await hub.show(listener, {feed: [PAIR]})
    await hub.show(other, {feed: [("Quote", "QQQ")]})
    await until(lambda: hub._pubsub is not None)
    await asyncio.sleep(0.1)
    listener.dirty.clear()
    other.dirty.clear()
    assert hub.book(feed).quote("SPY").bid == 600.0
    await publish(feed, 601.0)
    await until(lambda: listener.dirty)
    assert listener.dirty == {(feed, "SPY")} and other.dirty == set()
    assert hub.book(feed).quote("SPY").bid == 601.0


async def test_the_wishes_of_all_pages_are_one_owners(feed, hub):
    server = market.async_valkey()
    pages = [Listener() for _ in range(5)]
    for number, page in enumerate(pages):
        await hub.show(page, {feed: [PAIR, ("Quote", f"S{number}")]})
    async with asyncio.timeout(5):
        while len(await market.current_interest(server, feed)) != 6:  # noqa: ASYNC110
            await asyncio.sleep(0.02)
    owners = await server.zrange(f"market:owners:{feed}", 0, -1)
    assert len(owners) == 1
    for page in pages:
        hub.leave(page)
    async with asyncio.timeout(5):
        while await market.current_interest(server, feed):  # noqa: ASYNC110
            await asyncio.sleep(0.02)
    await server.aclose()


async def test_a_lost_channel_is_followed_again_and_what_was_missed_is_read(feed, hub):
    listener = Listener()
    await hub.show(listener, {feed: [PAIR]})
    await until(lambda: hub._pubsub is not None)
    await publish(feed, 600.0)
    await until(lambda: (q := hub.book(feed).quote("SPY")) and q.bid == 600.0)
    # The server hangs up; a frame passes meanwhile unseen.
    lost = hub._pubsub
    lost.connection._writer.transport.abort()
    await publish(feed, 601.0, health=market.FeedHealth(at=time.time()))
    await until(lambda: hub.book(feed).quote("SPY").bid == 601.0)
    # Subscribed anew and read anew, not quietly picked up where the gap ended.
    assert hub._pubsub is not lost
    await publish(feed, 602.0)
    await until(lambda: hub.book(feed).quote("SPY").bid == 602.0)


async def test_a_feed_nobody_shows_is_dropped_after_a_while(feed, hub, monkeypatch):
    monkeypatch.setattr("portfolio.live.hub.LINGER_SECONDS", 0.0)
    listener = Listener()
    await hub.show(listener, {feed: [PAIR]})
    hub.leave(listener)
    await until(lambda: feed not in hub._books)


async def test_the_worst_feed_speaks_for_the_page(hub):
    now = time.time()
    reports = {
        "a": market.FeedHealth(now, market=market.StreamHealth("up", 1.0, "", now - 3)),
        "b": market.FeedHealth(
            now, market=market.StreamHealth("quiet", 1.0, "silent", now - 17), delayed=True
        ),
    }
    for feed, report in reports.items():
        hub._books[feed] = LatestBook(feed)
        hub._books[feed].apply(market.Frame(now, health=report))
    assert stream_status(hub, ["a"]) == {
        "state": "up",
        "reason": "",
        "age": 3,
        "delayed": False,
    }
    assert stream_status(hub, ["a", "b"]) == {
        "state": "quiet",
        "reason": "silent",
        "age": 17,
        "delayed": True,
    }
