"""FEED_DATA to events: names as announced, both formats, every way to say "no value"."""

from __future__ import annotations

import json
import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from brokerage.tastytrade.streaming.dxlink import decode, events
from brokerage.tastytrade.streaming.dxlink.channel import FeedChannel
from brokerage.tastytrade.streaming.dxlink.decode import MalformedData, RowDecoder
from tests.brokerage.tastytrade.streaming import samples


def channel(**fields: list[str]) -> FeedChannel:
    made = FeedChannel(1, "TICKER")
    made.configure({"eventFields": fields})
    return made


@pytest.mark.parametrize(
    "line", samples.lines("dxlink_events.jsonl"), ids=lambda each: each["eventType"]
)
def test_every_event_of_the_catalogue_is_decoded_or_named_as_unknown(line):
    found, unknown = decode.decode_objects([line])
    if line["eventType"] not in events.EVENT_TYPES:
        assert (found, unknown) == ([], {line["eventType"]})
        return
    (event,) = found
    assert event.symbol == line["eventSymbol"]
    for name, wire in zip(event.__struct_fields__, event.__struct_encode_fields__, strict=True):
        expected = line.get(wire)
        if expected in ("NaN", "\u0000", "UNDEFINED"):
            expected = None
        assert getattr(event, name) == expected, name


def test_no_field_of_the_catalogue_is_unknown_to_its_struct():
    for line in samples.lines("dxlink_events.jsonl"):
        kind = events.EVENT_TYPES.get(line["eventType"])
        if kind is not None:
            assert set(line) - {"eventType"} <= set(events.wire_fields(kind)), line["eventType"]


def test_compact_rows_are_read_by_the_announced_order_not_the_struct_order():
    made = channel(Quote=["askPrice", "eventSymbol", "bidPrice"])
    found, unknown = made.decode(["Quote", [231.43, "AAPL", 231.4, 662.12, "SPY", 662.1]])
    assert unknown == set()
    assert [(e.symbol, e.bid_price, e.ask_price) for e in found] == [
        ("AAPL", 231.4, 231.43),
        ("SPY", 662.1, 662.12),
    ]
    assert found[0].bid_size is None


def test_an_announced_field_that_nobody_knows_is_skipped():
    made = channel(Trade=["eventSymbol", "brandNew", "price"])
    (event,), _ = made.decode(["Trade", ["AAPL", {"any": "thing"}, 231.42]])
    assert event.price == 231.42


def test_all_pairs_of_a_frame_are_walked():
    made = channel(Quote=["eventSymbol", "bidPrice"], Trade=["eventSymbol", "price"])
    found, unknown = made.decode(
        ["Quote", ["A", 1.0], "Trade", ["A", 2.0, "B", 3.0], "Mystery", [1, 2]]
    )
    assert [type(each).__name__ for each in found] == ["Quote", "Trade", "Trade"]
    assert unknown == {"Mystery"}


def test_words_in_number_places_are_no_value():
    made = channel(Quote=["eventSymbol", "bidPrice", "askPrice", "bidSize"])
    found, _ = made.decode(
        ["Quote", ["A", "NaN", "Infinity", 1, "B", "-Infinity", None, "words", "C", 2, 3, 4]]
    )
    assert [(e.bid_price, e.ask_price, e.bid_size) for e in found] == [
        (None, None, 1.0),
        (None, None, None),
        (2.0, 3.0, 4.0),
    ]


def test_integers_beyond_the_precision_of_floats_survive():
    made = channel(Candle=["eventSymbol", "index", "eventFlags"])
    (event,), _ = made.decode(["Candle", ["A{=h}", 7687988023866163201, 4]])
    assert event.index == 7687988023866163201


def test_a_word_in_an_integer_place_does_not_lose_the_snapshot_end():
    made = channel(Candle=["eventSymbol", "index", "eventFlags", "count"])
    (event,), _ = made.decode(["Candle", ["A{=h}", 1, 10, "NaN"]])
    assert (event.event_flags, event.count) == (10, None)


def test_characters_and_words_without_meaning_are_no_value():
    made = channel(Quote=["eventSymbol", "bidExchangeCode"], Trade=["eventSymbol", "tickDirection"])
    (quote,), _ = made.decode(["Quote", ["SPX", "\u0000"]])
    (trade,), _ = made.decode(["Trade", ["SPX", "UNDEFINED"]])
    assert quote.bid_exchange_code is None and trade.tick_direction is None


def test_the_format_is_told_by_the_data_not_by_memory():
    made = channel(Quote=["eventSymbol", "bidPrice"])
    full = [{"eventType": "Quote", "eventSymbol": "A", "bidPrice": 1.5, "eventTime": 0}]
    (event,), _ = made.decode(full)
    assert (event.symbol, event.bid_price) == ("A", 1.5)
    (event,), _ = made.decode(["Quote", ["A", 1.6]])
    assert event.bid_price == 1.6


def test_objects_of_a_full_frame_may_lack_fields_and_mix_types():
    found, unknown = decode.decode_objects(
        [
            {"eventType": "Quote", "eventSymbol": "A", "bidPrice": 1},
            {"eventType": "Quote", "eventSymbol": "B", "askPrice": "NaN"},
            {"eventType": "Candle", "eventSymbol": "A{=h}"},
            {"eventType": "Series", "eventSymbol": "A"},
        ]
    )
    assert [(type(e).__name__, e.symbol) for e in found] == [
        ("Quote", "A"),
        ("Quote", "B"),
        ("Candle", "A{=h}"),
    ]
    assert found[2].event_flags == 0 and found[2].open is None
    assert unknown == {"Series"}


@pytest.mark.parametrize(
    "data",
    [
        ["Quote", ["A", 1.0, "B"]],
        ["Quote", [1.0, "A"]],
        ["Quote"],
        ["Quote", {"A": 1}],
        ["Trade", ["A", 1.0]],
        [1, 2],
    ],
    ids=["odd count", "symbol is no text", "no values", "no list", "not announced", "no objects"],
)
def test_data_that_does_not_fit_is_refused_whole(data):
    with pytest.raises(MalformedData):
        channel(Quote=["eventSymbol", "bidPrice"]).decode(data)


def test_a_type_announced_without_its_symbol_is_refused():
    with pytest.raises(MalformedData):
        RowDecoder(events.Quote, ["bidPrice", "askPrice"])


def test_rows_of_another_type_are_refused():
    made = channel(Quote=["eventSymbol", "eventType", "bidPrice"])
    with pytest.raises(MalformedData):
        made.decode(["Quote", ["A", "Trade", 1.0]])


_prices = st.one_of(
    st.floats(allow_nan=False, allow_infinity=False),
    st.integers(-(10**6), 10**6),
    st.sampled_from(["NaN", "Infinity", "-Infinity", None]),
)


@given(st.lists(_prices, max_size=30))
def test_a_column_is_cleaned_like_each_of_its_values(column):
    cleaned = decode.doubles(json.loads(json.dumps(column)))
    for value, result in zip(column, cleaned, strict=True):
        assert result == (None if isinstance(value, str | None) else float(value))
    assert not any(value is not None and not math.isfinite(value) for value in cleaned)


@given(st.permutations(list(events.wire_fields(events.Greeks))), st.integers(1, 12))
def test_any_order_and_choice_of_fields_decodes_to_the_same_values(names, count):
    names = [*dict.fromkeys([*names[:count], "eventSymbol"])]
    known = events.wire_fields(events.Greeks)
    row = ["A" if name == "eventSymbol" else known.index(name) for name in names]
    (event,) = RowDecoder(events.Greeks, names).decode(row)
    for attribute, name in zip(events.Greeks.__struct_fields__, known, strict=True):
        if name in names and name != "eventSymbol":
            assert getattr(event, attribute) == known.index(name)
