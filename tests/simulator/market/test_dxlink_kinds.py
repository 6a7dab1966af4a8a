"""The rarer kinds of events: series volumes, option sales, spreads, icebergs, bulletins."""

from __future__ import annotations

import json
from datetime import timedelta

import pytest

from simulator.dxlink_feed import Limits
from simulator.dxlink_fields import FIELDS
from simulator.market import tape
from simulator.market.market import Market
from tests.simulator.market.test_dxlink_session import SAMPLES, Frame, Wire, data

EVENTS = {
    row["eventType"]: row
    for row in map(json.loads, (SAMPLES / "dxlink_events.jsonl").read_text().splitlines())
}


@pytest.fixture
def full(market: Market) -> Wire:
    """Authorised, channel 1 open in FULL."""
    return opened(Wire(market))


def opened(wire: Wire, contract: str = "AUTO") -> Wire:
    wire.begin()
    wire.open(contract=contract, acceptDataFormat="FULL", acceptAggregationPeriod=0)
    return wire


def rows(frames: list[Frame]) -> list[Frame]:
    return [event for frame in data(frames) for event in frame["data"]]


def same_kinds(kind: str, event: Frame) -> None:
    """All fields of the sample, each with a JSON type of its own."""
    assert set(event) == set(FIELDS[kind])
    for name, value in EVENTS.get(kind, EVENTS["Order"]).items():
        if value == "NaN" or event[name] == "NaN":
            continue
        number = isinstance(value, float | int) and not isinstance(value, bool)
        expected = (float, int) if number else type(value)
        assert isinstance(event[name], expected), (name, event[name])


def test_volumes_of_the_series_add_up_to_the_underlying(full: Wire) -> None:
    full.add(("Series", "SPY"), ("Underlying", "SPY"))
    found = rows(full.hear())
    (whole,) = [e for e in found if e["eventType"] == "Underlying"]
    ends = [e for e in found if e["eventType"] == "Series" and e["expiration"]]
    assert len(ends) > 10
    for key in ("callVolume", "putVolume"):
        assert sum(e[key] for e in ends) == whole[key]
        assert min(e[key] for e in ends) >= 0
    nearest = min(ends, key=lambda e: e["expiration"])
    assert nearest["putCallRatio"] == pytest.approx(
        nearest["putVolume"] / nearest["callVolume"], abs=1e-6
    )


def test_sales_of_all_options_are_those_of_each(full: Wire) -> None:
    full.add(("OptionSale", "SPY"))
    assert rows(full.hear()) == []
    found = rows([frame for _ in range(3) for frame in full.hear(15)])
    assert len(found) > 3
    for event in found:
        same_kinds("OptionSale", event)
    one = found[0]
    line = full.market.line_of_streamer(one["optionSymbol"])
    at = one["time"] // 15_000 * 15  # options print on quarter minutes
    own = tape.prints(full.market.days, full.market.view, line, at - 1, at)
    assert (one["price"], one["size"]) in [(p.price, p.size) for p in own]
    assert len({event["index"] for event in found}) == len(found)


def test_sales_of_the_past_come_as_a_snapshot(full: Wire) -> None:
    since = int((full.market.now - timedelta(minutes=2)).timestamp() * 1000)
    full.add(("OptionSale", "SPY"), fromTime=since)
    found = rows(full.hear())
    assert found[0]["eventFlags"] & 0x04
    assert found[-1]["eventFlags"] & 0x08
    assert [e["time"] for e in found] == sorted((e["time"] for e in found), reverse=True)


@pytest.mark.parametrize("source", ["ISE", ""])
def test_orders_for_spreads(full: Wire, source: str) -> None:
    full.add(("SpreadOrder", "SPY"), source=source)
    found = rows(full.hear())
    for event in found:
        same_kinds("SpreadOrder", event)
    assert found[0]["eventFlags"] & 0x04
    assert found[-1]["eventFlags"] & 0x08
    bids = {e["spreadSymbol"]: e["price"] for e in found if e["orderSide"] == "BUY"}
    asks = {e["spreadSymbol"]: e["price"] for e in found if e["orderSide"] == "SELL"}
    assert set(bids) == set(asks)
    assert len(bids) > 2
    assert all(0 <= bids[name] <= asks[name] for name in bids)


def test_icebergs_are_levels_of_the_book(full: Wire) -> None:
    full.add(("AnalyticOrder", "SPY"), ("Order", "SPY"), source="ntv")
    found = rows(full.hear())
    deep = {e["index"]: e for e in found if e["eventType"] == "AnalyticOrder"}
    flat = {e["index"]: e for e in found if e["eventType"] == "Order"}
    assert {i: e["price"] for i, e in deep.items()} == {i: e["price"] for i, e in flat.items()}
    hidden = [e for e in deep.values() if e["icebergType"] != "UNDEFINED"]
    assert hidden
    for event in hidden:
        same_kinds("AnalyticOrder", event)
        assert event["icebergHiddenSize"] > event["icebergPeakSize"] == event["size"]


def test_an_unknown_source_is_an_empty_book(full: Wire) -> None:
    full.add(("SpreadOrder", "SPY"), source="NOPE")
    (only,) = rows(full.hear())
    assert only["eventFlags"] == 0x0E


def test_the_service_says_what_it_allows(full: Wire) -> None:
    full.add(("Configuration", "sim.entitlements"))
    (event,) = rows(full.hear())
    same_kinds("Configuration", event)
    assert event["attachment"] == {
        "feed": "realtime", "depth": True, "entries": 25_000, "candles": 50,
    }  # fmt: skip
    assert rows(full.hear()) == []


def test_a_bulletin_is_heard_when_it_is_published(market: Market) -> None:
    limits = Limits()
    wire = opened(Wire(market, limits))
    wire.add(("Message", "sim.notice"))
    assert rows(wire.hear()) == []
    limits.bulletins["Message", "sim.notice"] = (1, {"text": "maintenance"})
    (event,) = rows(wire.hear())
    same_kinds("Message", event)
    assert event["attachment"] == {"text": "maintenance"}


def test_without_depth_there_are_no_books(market: Market) -> None:
    wire = opened(Wire(market, Limits(depth=False)))
    wire.add(("Order", "SPY"), source="ntv")
    assert rows(wire.hear()) == []
    answer = wire.say("CHANNEL_REQUEST", 3, service="DOM", parameters={"symbol": "SPY"})
    assert answer[0]["error"] == "BAD_ACTION"
