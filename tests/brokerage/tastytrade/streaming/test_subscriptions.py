"""Only differences are sent, in frames that the service takes."""

from __future__ import annotations

import json

from brokerage.tastytrade.streaming import Backoff, Subscription, Subscriptions
from brokerage.tastytrade.streaming.subscriptions import (
    MAX_FRAME_BYTES,
    MAX_FRAME_ENTRIES,
    subscription_frames,
)


def test_only_new_entries_are_fresh_and_only_held_ones_are_removed():
    held = Subscriptions()
    quote = Subscription("Quote", "SPY")
    assert held.add([quote, quote]) == [quote]
    assert held.add([quote]) == []
    assert held.remove([quote, Subscription("Trade", "SPY")]) == [quote]
    assert len(held) == 0


def test_a_new_start_time_replaces_the_bars():
    held = Subscriptions()
    held.add([Subscription("Candle", "AAPL{=1h,tho=true}", from_time=1)])
    (fresh,) = held.add([Subscription("Candle", "AAPL{=h,tho=true}", from_time=2)])
    assert (fresh.symbol, fresh.from_time, len(held)) == ("AAPL{=h,tho=true}", 2, 1)
    # A removal finds the entry however its symbol is spelled.
    assert held.remove([Subscription("Candle", "AAPL{=1h,tho=true}")]) == [fresh]


def test_books_of_two_sources_are_two_entries():
    held = Subscriptions()
    held.add([Subscription("Order", "SPY", "ntv"), Subscription("Order", "SPY", "GLBX")])
    assert len(held.of("HISTORY")) == 2 and held.of("TICKER") == []


def test_the_tape_is_never_conflated():
    assert Subscription("TimeAndSale", "SPY").contract == "STREAM"
    assert Subscription("Greeks", ".SPY261016C600").contract == "TICKER"


def test_five_thousand_symbols_are_cut_into_frames_the_service_takes():
    wanted = [Subscription("Quote", f".SPY261016C{strike}") for strike in range(5000)]
    frames = list(subscription_frames(1, add=wanted, reset=True))
    assert all(len(frame.encode()) < MAX_FRAME_BYTES for frame in frames)
    parsed = [json.loads(frame) for frame in frames]
    assert all(len(each["add"]) < MAX_FRAME_ENTRIES + 1 for each in parsed)
    assert [each.get("reset", False) for each in parsed] == [True] + [False] * (len(frames) - 1)
    sent = [entry["symbol"] for each in parsed for entry in each["add"]]
    assert sent == [each.symbol for each in wanted]


def test_short_entries_stay_below_five_hundred_a_frame():
    wanted = [Subscription("Q", str(number)) for number in range(1200)]
    frames = [json.loads(each) for each in subscription_frames(1, add=wanted, max_bytes=10**6)]
    assert [len(each["add"]) for each in frames] == [500, 500, 200]


def test_removals_go_before_additions_and_a_reset_may_stand_alone():
    old, new = Subscription("Quote", "OLD"), Subscription("Quote", "NEW")
    first, second = (json.loads(f) for f in subscription_frames(3, add=[new], remove=[old]))
    assert (first["remove"], second["add"]) == (
        [{"type": "Quote", "symbol": "OLD"}],
        [{"type": "Quote", "symbol": "NEW"}],
    )
    assert [json.loads(each) for each in subscription_frames(3, reset=True)] == [
        {"type": "FEED_SUBSCRIPTION", "channel": 3, "reset": True}
    ]
    assert list(subscription_frames(3)) == []


def test_delays_grow_to_a_limit_and_start_over_after_success():
    backoff = Backoff(first=1, limit=10, factor=2, chance=lambda: 1.0)
    assert [backoff.next() for _ in range(5)] == [1, 2, 4, 8, 10]
    backoff.succeeded()
    assert backoff.next() == 1
    assert backoff.next(at_least=5) == 5


def test_jitter_keeps_delays_between_half_and_whole():
    low = Backoff(first=1, limit=10, chance=lambda: 0.0)
    assert low.next() == 0.5
    # Weeks of failures neither overflow nor stop the delays.
    low.attempt = 10**6
    assert low.next() == 5
