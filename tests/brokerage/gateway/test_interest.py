"""What a feed follows: held symbols, wishes with an end, grace for what is dropped."""

from __future__ import annotations

import asyncio
import time

import pytest
from django.utils import timezone
from model_bakery import baker

from brokerage import market
from brokerage.gateway.interest import Following, held_pairs, subscription, usable
from brokerage.gateway.silence import SilenceWatch
from brokerage.models import Account, AccountAccess, Connection, Instrument, Position

QUOTE, TRADE = ("Quote", "SPY"), ("Trade", "SPY")


def test_what_is_looked_at_comes_before_what_is_held():
    following = Following()
    added, removed = following.want([TRADE, QUOTE, TRADE], now=0.0)
    assert (added, removed) == ([TRADE, QUOTE], [])
    assert following.want([QUOTE, TRADE], now=1.0) == ([], [])


def test_what_is_dropped_is_followed_for_a_time_of_grace():
    following = Following(grace=15)
    following.want([QUOTE, TRADE], now=0.0)
    assert following.want([QUOTE], now=1.0) == ([], [])
    assert following.want([QUOTE], now=15.9) == ([], [])
    assert following.want([QUOTE], now=16.0) == ([], [TRADE])
    assert following.want([QUOTE, TRADE], now=17.0) == ([TRADE], [])


def test_what_comes_back_within_its_grace_was_never_away():
    following = Following(grace=15)
    following.want([QUOTE], now=0.0)
    following.want([], now=10.0)
    assert following.want([QUOTE], now=20.0) == ([], [])
    following.want([], now=30.0)
    assert following.want([], now=44.0) == ([], [])
    assert following.symbols() == {"SPY"}


@pytest.mark.parametrize(
    "pair",
    [("Candle", "SPY"), ("Quote", ""), ("Quote", "*"), ("Quote", "S\nP"), ("Quote", "S" * 99)],
)
def test_pages_cannot_ask_for_just_anything(pair):
    assert not usable(pair)
    assert Following().want([pair], 0.0) == ([], [])


def test_depth_is_asked_for_by_source():
    assert subscription(("Order", "SPY")).source == "ntv"
    assert subscription(QUOTE).source is None


@pytest.fixture
def connection(django_user_model) -> Connection:
    return connect(django_user_model.objects.create_user("ada"))


def connect(user: object) -> Connection:
    return Connection.objects.create(
        user=user, environment="simulator", client_secret="secret", refresh_token="token"
    )


def hold(connection: Connection, number: str, symbol: str, **facts: object) -> None:
    account, _ = Account.objects.get_or_create(environment="simulator", number=number)
    AccountAccess.objects.get_or_create(connection=connection, account=account)
    values = {"instrument_type": "Equity", "underlying_symbol": symbol, "quantity": 1, **facts}
    baker.make(Position, account=account, symbol=symbol, quantity_direction="Long", **values)


@pytest.mark.django_db
def test_held_positions_and_their_underlyings_are_followed(connection):
    hold(connection, "5WT00001", "AAPL", streamer_symbol="AAPL")
    hold(
        connection,
        "5WT00002",
        "SPY   261218P00653000",
        streamer_symbol=".SPY261218P653",
        instrument_type="Equity Option",
        underlying_symbol="SPY",
    )
    hold(
        connection,
        "5WT00002",
        "./ESZ6 E3AX6 261120P5700",
        streamer_symbol="./E3AX26P5700:XCME",
        instrument_type="Future Option",
        underlying_symbol="/ESZ6",
    )
    baker.make(
        Instrument,
        environment="simulator",
        instrument_type="Future",
        symbol="/ESZ6",
        streamer_symbol="/ESZ26:XCME",
    )
    hold(connection, "5WT00001", "GONE", streamer_symbol="GONE", closed_at=timezone.now())
    hold(connection, "5WT00001", "ZERO", streamer_symbol="ZERO", quantity=0)
    pairs = held_pairs(connection.pk)
    assert len(pairs) == len(set(pairs))
    assert {symbol for _, symbol in pairs} == {
        "AAPL",
        ".SPY261218P653",
        "SPY",
        "./E3AX26P5700:XCME",
        "/ESZ26:XCME",
    }
    assert ("Greeks", ".SPY261218P653") in pairs and ("Greeks", "SPY") not in pairs
    assert ("Underlying", "SPY") in pairs


@pytest.mark.django_db
def test_a_strangers_positions_are_not_followed(connection, django_user_model):
    other = connect(django_user_model.objects.create_user("eve"))
    hold(other, "5WT00009", "TSLA", streamer_symbol="TSLA")
    assert held_pairs(connection.pk) == []


async def test_the_wishes_of_all_living_owners_are_added_up(server, feed):
    await market.register_interest_async(server, feed, [QUOTE, TRADE], "web-1")
    await market.register_interest_async(server, feed, [QUOTE, ("Greeks", ".A")], "web-2")
    assert sorted(await market.current_interest(server, feed)) == [
        ("Greeks", ".A"),
        QUOTE,
        TRADE,
    ]
    await market.register_interest_async(server, feed, [TRADE], "web-1")
    await market.register_interest_async(server, feed, [], "web-2")
    assert await market.current_interest(server, feed) == [TRADE]


async def test_wishes_run_out_by_themselves(server, feed):
    market.register_interest(feed, [QUOTE], "web-1", ttl=0.2)
    assert await market.current_interest(server, feed) == [QUOTE]
    await asyncio.sleep(0.3)
    assert await market.current_interest(server, feed) == []


async def test_a_new_wish_is_told_at_once(server, feed):
    async with server.pubsub(ignore_subscribe_messages=True) as pubsub:
        await pubsub.subscribe(market.interest_channel(feed))
        await pubsub.get_message(timeout=1)
        market.register_interest(feed, [QUOTE], "web-1")
        assert await pubsub.get_message(timeout=2) is not None
        market.withdraw_interest(feed, "web-1")
        assert await pubsub.get_message(timeout=2) is not None


async def test_frames_are_kept_in_the_latest_book_and_told(server, feed):
    cells = {
        "SPY": market.Cells(quote=market.Quote(5.0, 1.0, 2.0), greeks=market.Greeks(6.0, 0.5)),
        "/ESZ26:XCME": market.Cells(depth=market.Depth(7.0, [market.Level(1.0, 2.0)], [])),
    }
    async with server.pubsub(ignore_subscribe_messages=True) as pubsub:
        await pubsub.subscribe(market.channel(feed))
        await pubsub.get_message(timeout=1)
        health = market.FeedHealth(at=time.time(), market=market.StreamHealth("up", 1.0))
        await market.publish(server, feed, market.Frame(8.0, cells=cells, health=health))
        message = await pubsub.get_message(timeout=2)
    assert market.decode_frame(message["data"]).cells == cells
    assert market.load_book(feed) == cells
    assert market.load_health(feed).market_up()
    await market.publish(server, feed, market.Frame(9.0, gone=["SPY"]))
    assert set(market.load_book(feed)) == {"/ESZ26:XCME"}
    await market.publish(server, feed, market.Frame(9.5, cleared=True))
    assert market.load_book(feed) == {}


def test_without_a_gateway_both_streams_are_down(feed):
    health = market.load_health(feed)
    assert (health.market.state, health.account_up()) == ("down", False)
    assert "gateway" in health.market.reason


def test_a_book_of_another_version_is_read_as_far_as_it_is_understood(feed):
    fields = {b"quote:SPY": b"[1.0,2.0]", b"novel:SPY": b"[1]", b"trade:SPY": b'{"price":1}'}
    assert market.parse_book(fields) == {"SPY": market.Cells(quote=market.Quote(1.0, 2.0))}


def lively(watch: SilenceWatch, start: float, seconds: int) -> float:
    for number in range(seconds):
        watch.heard(start + number, start + number)
    return start + seconds - 1


def test_a_lively_feed_that_falls_silent_is_quiet_within_twenty_seconds():
    watch = SilenceWatch()
    last = lively(watch, 1000.0, 30)
    assert not watch.quiet(last + 14)
    assert watch.quiet(last + 16)
    watch.heard(last + 17, last)
    assert not watch.quiet(last + 18)


def test_a_closed_market_between_keep_alives_is_not_called_quiet():
    watch = SilenceWatch()
    watch.heard(1000.0, 1000.0)
    for beat in range(1, 10):
        watch.heard(1000.0 + 20 * beat, 1000.0)
        assert not watch.quiet(1000.0 + 20 * beat + 19)
