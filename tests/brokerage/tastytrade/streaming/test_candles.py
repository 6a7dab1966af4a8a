"""Candle symbols come back in the service's spelling; snapshots follow the consumer procedure."""

from __future__ import annotations

import pytest

from brokerage.tastytrade.streaming import IndexedEvents, normalise, parse_candle_symbol
from brokerage.tastytrade.streaming.dxlink import events, indexed
from brokerage.tastytrade.streaming.dxlink.channel import FeedChannel
from tests.brokerage.tastytrade.streaming import samples


@pytest.mark.parametrize(
    ("written", "spelled"),
    [
        ("AAPL{=1h,tho=true}", "AAPL{=h,tho=true}"),
        ("AAPL{=1d}", "AAPL{=d}"),
        ("AAPL{=5m,tho=true,a=s}", "AAPL{=5m,a=s,tho=true}"),
        ("AAPL{=1mo,a=m,price=last}", "AAPL{=mo}"),
        ("AAPL{=1t}", "AAPL"),
        ("AAPL", "AAPL"),
        ("AAPL&Q{=0.50p}", "AAPL&Q{=0.5p}"),
        ("/ESZ26:XCME{=10m}", "/ESZ26:XCME{=10m}"),
        ("EUR/USD{price=bid,=1m}", "EUR/USD{=m,price=bid}"),
    ],
)
def test_symbols_are_spelled_as_the_service_does(written, spelled):
    assert normalise(written) == spelled
    assert normalise(spelled) == spelled


@pytest.mark.parametrize("text", ["", "AAPL{", "AAPL{=}", "AAPL{=5q}", "AAPL{tho}", "{=d}"])
def test_what_is_no_candle_symbol_is_refused_and_left_alone(text):
    with pytest.raises(ValueError, match="candle"):
        parse_candle_symbol(text)
    assert normalise(text) == text


def session_events(name: str) -> list[events.IndexedEvent]:
    channels: dict[int, FeedChannel] = {}
    found: list[events.IndexedEvent] = []
    for frame in samples.frames(name, "server"):
        number = frame["channel"]
        made = channels.setdefault(number, FeedChannel(number, "HISTORY"))
        if frame["type"] == "FEED_CONFIG":
            made.configure(frame)
        if frame["type"] == "FEED_DATA":
            found.extend(made.decode(frame["data"])[0])
    return found


def test_the_sample_bars_build_as_the_contract_says():
    bars = IndexedEvents[events.Candle]()
    seen = [each for each in session_events("dxlink_candles.jsonl") if each.symbol != "NOSUCH{=d}"]
    published = [bars.apply(each) for each in seen]
    # Nothing is shown before the marker that ends the snapshot; the marker itself is no bar.
    assert published[:5] == [False, False, False, False, True]
    assert published[5:9] == [True] * 4
    # The last snapshot replaced everything: two bars, oldest first.
    assert [bar.time for bar in bars.ordered()] == [1789999200000, 1790002800000]
    assert bars.ordered()[-1].close == 231.61


def test_the_first_snapshot_and_its_live_changes():
    bars = IndexedEvents[events.Candle]()
    for event in session_events("dxlink_candles.jsonl")[:9]:
        bars.apply(event)
    assert bars.complete and not bars.snipped
    closes = {bar.time: bar.close for bar in bars.ordered()}
    assert closes == {
        1789988400000: 230.0,
        1789995600000: 230.98,
        1789999200000: 231.65,
        1790002800000: 231.66,
    }


def test_an_empty_snapshot_is_complete_and_empty():
    bars = IndexedEvents[events.Candle]()
    (event,) = [e for e in session_events("dxlink_candles.jsonl") if e.symbol == "NOSUCH{=d}"]
    assert bars.apply(event)
    assert bars.complete and bars.ordered() == []


def test_a_snapshot_that_was_cut_says_so():
    bars = IndexedEvents[events.Candle]()
    flags = indexed.SNAPSHOT_BEGIN | indexed.SNAPSHOT_SNIP
    assert bars.apply(events.Candle("A{=d}", event_flags=flags, index=5, close=1.0))
    assert bars.snipped and len(bars.events) == 1


def test_the_old_bars_stay_until_the_new_snapshot_is_complete():
    bars = IndexedEvents[events.Candle]()
    bars.apply(events.Candle("A{=d}", event_flags=0x0C, index=1, close=1.0))
    bars.apply(events.Candle("A{=d}", event_flags=0x04, index=9, close=9.0))
    assert list(bars.events) == [1]
    bars.apply(events.Candle("A{=d}", event_flags=0x08, index=8, close=8.0))
    assert [bar.index for bar in bars.ordered()] == [8, 9]


def test_the_sample_order_book_waits_for_whole_transactions():
    book = IndexedEvents[events.Order]()
    seen = session_events("dxlink_order_book_and_dom.jsonl")
    for event in seen[:3]:
        book.apply(event)
    bids, asks = indexed.depth(book)
    assert bids == [(231.4, 300.0, 2), (231.39, 500.0, 4)]
    assert asks == [(231.43, 200.0, 2)]
    book.apply(seen[3])
    assert indexed.depth(book)[0][0] == (231.4, 100.0, 1)
    assert not book.apply(seen[4])
    assert indexed.depth(book)[0][0] == (231.4, 100.0, 1)
    assert book.apply(seen[5])
    assert indexed.depth(book)[0] == [(231.41, 100.0, 1), (231.39, 500.0, 4)]


def test_single_orders_at_one_price_add_up_and_empty_levels_vanish():
    book = IndexedEvents[events.Order]()
    rows = [(1, "BUY", 10.0, 5.0), (2, "BUY", 10.0, 7.0), (3, "BUY", 9.0, None), (4, None, 1, 1)]
    for index, side, price, size in rows:
        book.apply(
            events.Order("A", index=index, order_side=side, price=price, size=size, scope="ORDER")
        )
    assert indexed.depth(book) == ([(10.0, 12.0, 2)], [])
