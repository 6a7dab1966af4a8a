"""The market data protocol without sockets: what is said to what, and when."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from simulator.dxlink_feed import Limits
from simulator.dxlink_fields import FIELDS
from simulator.dxlink_session import Grant, Session
from simulator.market.market import Market

Frame = dict[str, Any]
SAMPLES = Path(__file__).parents[2] / "contract" / "samples" / "streams"
ERRORS = [json.loads(x) for x in (SAMPLES / "dxlink_errors.jsonl").read_text().splitlines()]


class Wire:
    """A client of one session with a wall clock of its own."""

    def __init__(self, market: Market, limits: Limits | None = None) -> None:
        self.market, self.now, self.tokens = market, 1000.0, {"good", "slow"}
        self.session = Session(market, self.authorize, self.now, limits)
        self.talks = False

    def authorize(self, token: str) -> Grant | None:
        return Grant("U-TEST", delayed=token == "slow") if token in self.tokens else None

    def say(self, kind: str, channel: int = 0, **keys: Any) -> list[Frame]:
        message = {"type": kind, "channel": channel, **keys}
        return self.session.receive(json.loads(json.dumps(message)), self.now)

    def hear(self, seconds: float = 0.25, move: bool = True) -> list[Frame]:
        self.now += seconds
        if self.talks:
            self.say("KEEPALIVE")
        if move:
            self.market.advance(self.market.now + timedelta(seconds=seconds))
        return self.session.tick(self.now)

    def begin(self, token: str = "good") -> None:
        self.say("SETUP", version="0.1-test/1", keepaliveTimeout=60, acceptKeepaliveTimeout=60)
        assert self.say("AUTH", token=token)[0]["state"] == "AUTHORIZED"

    def open(self, channel: int = 1, contract: str = "AUTO", **setup: Any) -> None:
        self.say("CHANNEL_REQUEST", channel, service="FEED", parameters={"contract": contract})
        self.say("FEED_SETUP", channel, **setup)

    def add(self, *pairs: tuple[str, str], channel: int = 1, **keys: Any) -> list[Frame]:
        add = [{"type": kind, "symbol": symbol, **keys} for kind, symbol in pairs]
        return self.say("FEED_SUBSCRIPTION", channel, add=add)


@pytest.fixture
def wire(market: Market) -> Wire:
    return Wire(market)


@pytest.fixture
def feed(wire: Wire) -> Wire:
    """Authorised, channel 1 open in COMPACT."""
    wire.begin()
    wire.open(acceptDataFormat="COMPACT", acceptAggregationPeriod=0)
    return wire


def data(frames: list[Frame]) -> list[Frame]:
    return [f for f in frames if f["type"] == "FEED_DATA"]


def events(frames: list[Frame], fields: list[str] | None = None) -> list[Frame]:
    """The events of COMPACT frames as objects."""
    found = []
    for frame in data(frames):
        kind, values = frame["data"]
        names = fields or list(FIELDS[kind])
        assert values and len(values) % len(names) == 0
        for start in range(0, len(values), len(names)):
            found.append(dict(zip(names, values[start : start + len(names)], strict=True)))
    return found


# -- handshake -------------------------------------------------------------------------------


def test_handshake_in_its_order(wire: Wire) -> None:
    setup = wire.say("SETUP", version="0.1-x/1", keepaliveTimeout=50, acceptKeepaliveTimeout=40)
    assert [f["type"] for f in setup] == ["SETUP", "AUTH_STATE"]
    assert (setup[0]["keepaliveTimeout"], setup[0]["acceptKeepaliveTimeout"]) == (40, 50)
    assert setup[1]["state"] == "UNAUTHORIZED"
    assert wire.say("CHANNEL_REQUEST", 1, service="FEED", parameters={})[0] == {
        "type": "ERROR", "channel": 0, "error": "BAD_ACTION", "message": "AUTH step missing",
    }  # fmt: skip
    assert wire.say("AUTH", token="good") == [
        {"type": "AUTH_STATE", "channel": 0, "state": "AUTHORIZED", "userId": "U-TEST"}
    ]
    opened = wire.say("CHANNEL_REQUEST", 1, service="FEED", parameters={"contract": "AUTO"})
    assert opened[0]["parameters"] == {"contract": "AUTO", "subFormat": "LIST"}


def test_a_refused_token_is_answered_and_closed(wire: Wire) -> None:
    wire.say("SETUP", version="0.1-x/1")
    assert wire.say("AUTH", token="bad")[0]["state"] == "UNAUTHORIZED"
    assert wire.session.closing == (1000, "Bye")


@pytest.mark.parametrize("index", [2, 3, 4, 7])
def test_refusals_have_the_contracts_words(feed: Wire, index: int) -> None:
    starts = [n for n, row in enumerate(ERRORS) if "note" in row and "---" in row["note"]]
    asked, answered = ERRORS[starts[index]]["frame"], ERRORS[starts[index] + 1]["frame"]
    assert feed.session.receive(asked, feed.now) == [answered]
    assert feed.session.closing is None, "the connection lives on"


def test_caps_refuse_the_excess_and_keep_the_rest(market: Market) -> None:
    wire = Wire(market, Limits(entries=4, candles=2))
    wire.begin()
    wire.open(acceptDataFormat="COMPACT", acceptAggregationPeriod=0)
    errors = wire.add(*[("Candle", f"AAPL{{={n}m}}") for n in (1, 5, 15, 30)], fromTime=0)
    text = "Your subscription size for event type 'Candle' is too big"
    assert [(e["error"], e["message"]) for e in errors] == [("BAD_ACTION", text)]
    errors = wire.add(("Quote", "AAPL"), ("Quote", "SPY"), ("Quote", "KO"))
    assert [e["message"] for e in errors] == ["Your subscription size is too big"]
    found = {e["eventSymbol"] for e in events(wire.hear())}
    assert found == {"AAPL{=m}", "AAPL{=5m}", "AAPL", "SPY"}
    wire.say("FEED_SUBSCRIPTION", 1, reset=True)
    assert wire.add(("Quote", "KO")) == []


@pytest.mark.parametrize(
    "message", [[], 7, "x", None, {}, {"type": 1}, {"type": "AUTH", "channel": "0"}]
)
def test_what_cannot_be_parsed(feed: Wire, message: Any) -> None:
    answer = feed.session.receive(message, feed.now)
    assert [f["error"] for f in answer] == ["INVALID_MESSAGE"]


def test_channels_close_reopen_and_survive_a_second_request(feed: Wire) -> None:
    feed.add(("Quote", "AAPL"))
    again = feed.say("CHANNEL_REQUEST", 1, service="FEED", parameters={"contract": "AUTO"})
    assert again[0]["type"] == "CHANNEL_OPENED"
    assert events(feed.hear())
    assert feed.say("CHANNEL_CANCEL", 1) == [{"type": "CHANNEL_CLOSED", "channel": 1}]
    assert data(feed.hear()) == []
    assert feed.say("FEED_SETUP", 1)[0]["message"] == "Channel with id 1 not exists"
    feed.open()
    feed.add(("Quote", "AAPL"))
    assert data(feed.hear())


# -- time-outs -------------------------------------------------------------------------------


def test_silence_ends_the_connection_and_any_frame_keeps_it(feed: Wire) -> None:
    for _ in range(5):
        feed.hear(40, move=False)
        feed.say("KEEPALIVE")
    assert feed.session.closing is None
    frames = feed.hear(61, move=False)
    assert frames[-1]["error"] == "TIMEOUT"
    assert feed.session.closing == (1000, "Bye")


def test_the_server_keeps_itself_alive_on_its_own_clock(feed: Wire) -> None:
    heard = []
    for second in range(60):
        if any(f["type"] == "KEEPALIVE" for f in feed.hear(1, move=False)):
            heard.append(second)
        if second == 30:
            feed.say("KEEPALIVE")
    assert len(heard) in (2, 3)
    assert feed.say("KEEPALIVE") == [], "a keepalive is not echoed"


def test_no_setup_in_time(wire: Wire) -> None:
    assert wire.hear(9.9) == []
    assert wire.hear(0.2)[0]["error"] == "TIMEOUT"
    assert wire.session.closing == (1000, "Bye")


def test_a_token_that_ends_while_connected(feed: Wire) -> None:
    feed.add(("Quote", "AAPL"))
    assert data(feed.hear(2))
    feed.tokens.clear()
    frames = feed.hear(2)
    assert [f for f in frames if f["type"] == "AUTH_STATE"] == [
        {"type": "AUTH_STATE", "channel": 0, "state": "UNAUTHORIZED"}
    ]
    assert data(frames) == [] and feed.session.closing is None
    feed.hear(4)
    assert feed.session.closing == (1000, "Bye")


# -- configuration and frames ----------------------------------------------------------------


def test_config_first_without_fields_then_before_the_first_data_of_a_type(wire: Wire) -> None:
    wire.begin()
    wire.say("CHANNEL_REQUEST", 1, service="FEED", parameters={"contract": "AUTO"})
    wanted = ["eventSymbol", "eventType", "bidPrice", "nonsense", "askPrice"]
    config = wire.say(
        "FEED_SETUP", 1, acceptDataFormat="COMPACT", acceptAggregationPeriod=0.1,
        acceptEventFields={"Quote": wanted},
    )  # fmt: skip
    assert config == [
        {"type": "FEED_CONFIG", "channel": 1, "dataFormat": "COMPACT", "aggregationPeriod": 0.1}
    ]
    wire.add(("Quote", "AAPL"), ("Trade", "SPX"), ("Summary", "AAPL"))
    frames = wire.hear()
    seen: dict[str, list[str]] = {}
    for frame in frames:
        seen |= frame.get("eventFields", {})
        if frame["type"] == "FEED_DATA":
            kind, values = frame["data"]
            assert len(values) % len(seen[kind]) == 0
    assert seen["Quote"] == wanted
    assert seen["Trade"] == list(FIELDS["Trade"])
    quote = events([f for f in frames if f.get("data", [""])[0] == "Quote"], wanted)[0]
    assert quote["nonsense"] == "NaN" and quote["bidPrice"] < quote["askPrice"]


def test_every_type_has_the_samples_fields_and_kinds(feed: Wire) -> None:
    rows = [json.loads(x) for x in (SAMPLES / "dxlink_events.jsonl").read_text().splitlines()]
    samples = {row["eventType"]: row for row in rows}
    for name, row in samples.items():
        assert set(FIELDS[name]) == set(row), name
    option, now = ".AAPL261218C270", int(feed.market.view.epoch * 1000)
    feed.add(*[(t, "AAPL") for t in ("Quote", "Trade", "TradeETH", "Summary", "Profile")])
    feed.add(("Underlying", "AAPL"), ("Series", "AAPL"), ("Summary", option))
    feed.add(("Greeks", option), ("TheoPrice", option), ("TimeAndSale", "AAPL"))
    feed.add(("Order", "AAPL"), source="ntv")
    feed.add(("Candle", "AAPL{=5m}"), fromTime=now - 3_600_000)
    seen: dict[str, Frame] = {}
    for _ in range(8):
        for event in events(feed.hear()):
            seen.setdefault(event["eventType"], event)
    assert set(samples) - set(seen) == {
        "OptionSale", "SpreadOrder", "Configuration", "Message",
    }  # fmt: skip
    for name, event in seen.items():
        for field, value in event.items():
            expected = samples[name][field]
            if isinstance(value, float) or value == "NaN":
                assert isinstance(expected, float) or expected == "NaN", (name, field)
            else:
                assert type(value) is type(expected) or expected is None, (name, field)


def test_an_index_has_no_size_and_no_venue(feed: Wire) -> None:
    feed.add(("Quote", "SPX"), ("Trade", "SPX"))
    found = {e["eventType"]: e for e in events(feed.hear())}
    quote, trade = found["Quote"], found["Trade"]
    assert quote["bidSize"] == quote["askSize"] == trade["size"] == trade["dayVolume"] == "NaN"
    assert quote["bidExchangeCode"] == trade["exchangeCode"] == "\u0000"


def test_full_frames_and_a_change_of_format(wire: Wire) -> None:
    wire.begin()
    wire.open(acceptAggregationPeriod=0)
    wire.add(("Quote", "AAPL"), ("Summary", "AAPL"))
    rows = data(wire.hear())[0]["data"]
    assert [set(r) for r in rows] == [set(FIELDS["Quote"]), set(FIELDS["Summary"])]
    wire.say("FEED_SETUP", 1, acceptDataFormat="COMPACT", acceptEventFields={"Quote": ["bidPrice"]})
    for _ in range(20):
        frames = wire.hear(0.5)
        if data(frames):
            break
    assert frames[0]["eventFields"] == {"Quote": ["bidPrice"]}
    assert data(frames)[0]["data"][0] == "Quote"
    feed: Any = wire.session.channels[1]
    assert feed.switch("FULL")["dataFormat"] == "FULL"
    found = [f for _ in range(20) for f in data(wire.hear(0.5))]
    assert isinstance(found[0]["data"][0], dict)


def test_only_what_changed_is_sent_and_never_an_empty_frame(feed: Wire) -> None:
    feed.add(("Quote", "AAPL"), ("Profile", "AAPL"), ("Quote", "NOPE"), ("Nonsense", "AAPL"))
    assert {e["eventType"] for e in events(feed.hear())} == {"Quote", "Profile"}
    assert data(feed.hear(0.0, move=False)) == []
    later = [f for _ in range(40) for f in data(feed.hear())]
    assert later and all(f["data"] and f["data"][1] for f in later)
    assert {f["data"][0] for f in later} == {"Quote"}


def test_remove_and_reset(feed: Wire) -> None:
    feed.add(("Quote", "AAPL"), ("Quote", "SPY"))
    feed.hear()
    feed.say("FEED_SUBSCRIPTION", 1, remove=[{"type": "Quote", "symbol": "AAPL"}, {"type": "X"}])
    seen = {e["eventSymbol"] for _ in range(20) for e in events(feed.hear())}
    assert seen == {"SPY"}
    feed.say(
        "FEED_SUBSCRIPTION", 1, reset=True, add=[{"type": "Quote", "symbol": "KO"}],
        remove=[{"type": "Quote", "symbol": "SPY"}],
    )  # fmt: skip
    assert {e["eventSymbol"] for _ in range(20) for e in events(feed.hear())} == {"KO"}


def test_contracts(wire: Wire) -> None:
    wire.begin()
    wire.open(1, "TICKER", acceptDataFormat="COMPACT", acceptAggregationPeriod=0)
    wire.open(3, "STREAM", acceptDataFormat="COMPACT", acceptAggregationPeriod=0)
    for channel in (1, 3):
        wire.add(("Quote", "SPY"), ("TimeAndSale", "SPY"), channel=channel)
    first = [f["channel"] for f in data(wire.hear(0.0, move=False))]
    assert set(first) == {1}, "STREAM begins with nothing"
    sales: dict[int, int] = {1: 0, 3: 0}
    for _ in range(6):
        for frame in data(wire.hear(2.0)):
            if frame["data"][0] == "TimeAndSale":
                sales[frame["channel"]] += len(events([frame]))
    assert sales[1] == 6 and sales[3] > 12, "TICKER conflates, STREAM does not"


def test_aggregation(wire: Wire) -> None:
    wire.begin()
    wire.open(acceptDataFormat="COMPACT", acceptAggregationPeriod=1)
    wire.add(("Quote", "SPY"))
    sent = [bool(data(wire.hear(0.25))) for _ in range(16)]
    assert sum(sent) in (4, 5)


def test_the_delayed_level_sees_the_past(market: Market) -> None:
    now = market.now
    quick, slow = Wire(market), Wire(market)
    for wire, token in ((quick, "good"), (slow, "slow")):
        wire.begin(token)
        wire.open(acceptDataFormat="COMPACT", acceptEventFields={"Quote": ["bidPrice"]})
        wire.add(("Quote", "SPY"))
    late = data(slow.hear(0.0, move=False))
    market.advance(now - timedelta(minutes=15))
    assert data(quick.hear(0.0, move=False)) == late


# -- indexed types ---------------------------------------------------------------------------

CANDLE = ["eventSymbol", "eventFlags", "index", "time", "sequence", "open", "close", "vwap"]


@pytest.fixture
def chart(wire: Wire) -> Wire:
    wire.begin()
    wire.open(
        acceptDataFormat="COMPACT", acceptAggregationPeriod=0, acceptEventFields={"Candle": CANDLE}
    )
    return wire


def test_a_candle_snapshot_newest_first_with_its_marks(chart: Wire) -> None:
    start = int(chart.market.view.epoch * 1000) - 5 * 86_400_000 + 7
    chart.add(("Candle", "AAPL{=1h,tho=true}"), fromTime=start)
    rows = events(chart.hear(), CANDLE)
    assert {r["eventSymbol"] for r in rows} == {"AAPL{=h,tho=true}"}
    times = [r["time"] for r in rows]
    assert times == sorted(times, reverse=True)
    assert rows[0]["eventFlags"] == 4
    assert rows[-1]["eventFlags"] == 0x0A and rows[-1]["time"] == start
    assert rows[-1]["open"] == rows[-1]["close"] == "NaN"
    assert all(r["eventFlags"] == 0 for r in rows[1:-1])
    for r in rows[:-1]:
        assert r["index"] == r["time"] // 1000 << 32 | r["time"] % 1000 << 22


def test_an_end_on_a_real_bar_and_an_empty_snapshot(chart: Wire) -> None:
    rows_time = int(datetime.fromisoformat("2026-11-20T00:00:00+00:00").timestamp() * 1000)
    chart.add(("Candle", "AAPL{=1d}"), fromTime=rows_time)
    rows = events(chart.hear(), CANDLE)
    assert [r["eventFlags"] for r in rows] == [4, 8] and rows[-1]["time"] == rows_time
    chart.add(("Candle", "NOSUCH{=1d}"), fromTime=rows_time)
    (empty,) = [r for r in events(chart.hear(), CANDLE) if r["eventSymbol"] == "NOSUCH{=d}"]
    assert empty["eventFlags"] == 0x0E and empty["time"] == rows_time


def test_bars_of_an_index_have_no_volume(chart: Wire) -> None:
    chart.add(("Candle", "SPX{=1d}"), fromTime=int(chart.market.view.epoch * 1000) - 864_000_000)
    rows = events(chart.hear(), CANDLE)
    assert len(rows) > 4 and {r["vwap"] for r in rows} == {"NaN"}
    assert all(isinstance(r["open"], float) for r in rows[:-1])


def test_a_cut_snapshot_says_so(chart: Wire) -> None:
    chart.add(("Candle", "SPY{=1m}"), fromTime=1_000_000_000)
    rows = events(chart.hear(), CANDLE)
    assert len(rows) == 8000
    assert (rows[0]["eventFlags"], rows[-1]["eventFlags"]) == (4, 0x10)


def test_live_bars_follow_and_a_new_one_opens(chart: Wire) -> None:
    now = int(chart.market.view.epoch * 1000)
    chart.add(("Candle", "AAPL{=1m}"), fromTime=now - 600_000)
    chart.talks = True
    first = events(chart.hear(), CANDLE)[0]
    seen = [r for _ in range(70) for r in events(chart.hear(1.0), CANDLE)]
    assert all(r["eventFlags"] == 0 for r in seen)
    assert seen[0]["index"] == first["index"], "the running bar is sent again"
    assert [r["time"] for r in seen] == sorted(r["time"] for r in seen)
    assert max(r["time"] for r in seen) == first["time"] + 60_000


def test_another_from_time_starts_over(chart: Wire) -> None:
    now = int(chart.market.view.epoch * 1000)
    chart.add(("Candle", "AAPL{=5m}"), fromTime=now - 3_600_000)
    many = events(chart.hear(), CANDLE)
    chart.add(("Candle", "AAPL{=5m}"), fromTime=now - 600_000)
    few = events(chart.hear(), CANDLE)
    assert few[0]["eventFlags"] == 4 and len(few) < len(many)
    chart.say("FEED_SUBSCRIPTION", 1, remove=[{"type": "Candle", "symbol": "AAPL{=5m}"}])
    assert [r for _ in range(8) for r in events(chart.hear(1.0), CANDLE)] == []


BARS = {"type": "Candle", "symbol": "KO{=1mo}"}


def apply(book: dict[int, Frame], pending: list[Frame], rows: list[Frame]) -> None:
    """The contract's procedure for a consumer of an indexed type."""
    for row in rows:
        if row["eventFlags"] & 4:
            book.clear()
            pending.clear()
        pending.append(row)
        if row["eventFlags"] & 1:
            continue
        for each in pending:
            if each["eventFlags"] & 2:
                book.pop(each["index"], None)
            else:
                book[each["index"]] = each
        pending.clear()


def test_the_book_follows_level_one(feed: Wire) -> None:
    feed.add(("Order", "AAPL"), source="ntv")
    feed.add(("Order", "SPY"), source="NOSUCH")
    book: dict[int, Frame] = {}
    pending: list[Frame] = []
    first = events(feed.hear())
    mine = [r for r in first if r["eventSymbol"] == "AAPL"]
    assert (mine[0]["eventFlags"], mine[-1]["eventFlags"]) == (4, 8)
    indices = [r["index"] for r in mine]
    assert indices == sorted(indices, reverse=True)
    assert [r["eventFlags"] for r in first if r["eventSymbol"] == "SPY"] == [0x0E]
    apply(book, pending, [{**r, "eventFlags": r["eventFlags"] & ~8} for r in mine])
    for _ in range(25):
        rows = events(feed.hear(0.5))
        pends = [r["eventFlags"] & 1 for r in rows]
        assert pends == [1] * (len(rows) - 1) + [0] * bool(rows), "one transaction"
        apply(book, pending, rows)
        assert pending == []
        bids = [r["price"] for r in book.values() if r["orderSide"] == "BUY"]
        asks = [r["price"] for r in book.values() if r["orderSide"] == "SELL"]
        quote = feed.market.quote("AAPL")
        assert quote is not None and quote.bid is not None and quote.ask is not None
        assert max(bids) == float(quote.bid) and min(asks) == float(quote.ask)


def test_dom(feed: Wire) -> None:
    feed.say("CHANNEL_REQUEST", 3, service="DOM", parameters={"symbol": "AAPL", "sources": ["ntv"]})
    assert [f for f in feed.hear() if f["channel"] == 3] == [], "nothing before DOM_SETUP"
    config = feed.say(
        "DOM_SETUP", 3, acceptDepthLimit=3, acceptAggregationPeriod=0.5, acceptDataFormat="FULL"
    )
    assert config == [
        {
            "type": "DOM_CONFIG", "channel": 3, "aggregationPeriod": 0.5, "depthLimit": 3,
            "dataFormat": "FULL", "orderFields": ["price", "size"],
        }
    ]  # fmt: skip
    (shot,) = [f for f in feed.hear() if f["type"] == "DOM_SNAPSHOT"]
    assert len(shot["bids"]) == len(shot["asks"]) == 3
    assert shot["bids"][0]["price"] < shot["asks"][0]["price"]
    assert feed.say("FEED_SUBSCRIPTION", 3)[0]["error"] == "BAD_ACTION"


@pytest.mark.parametrize(
    "message",
    [
        {"type": "FEED_SETUP", "acceptEventFields": {"Quote": "x", "Trade": [1], "X": []}},
        {"type": "FEED_SETUP", "acceptAggregationPeriod": "soon", "acceptDataFormat": 7},
        {"type": "FEED_SUBSCRIPTION", "add": {"type": "Quote"}, "remove": [1, None]},
        {"type": "FEED_SUBSCRIPTION", "add": [{"type": ["Quote"], "symbol": {"a": 1}}]},
        {"type": "FEED_SUBSCRIPTION", "add": [{"type": "Quote", "symbol": "*"}]},
        {"type": "FEED_SUBSCRIPTION", "add": [{"type": "Candle", "symbol": "{=1d}"}]},
        {"type": "FEED_SUBSCRIPTION", "add": [{"type": "Candle", "symbol": "SPY{=0m}"}]},
        {"type": "FEED_SUBSCRIPTION", "add": [{**BARS, "fromTime": "x"}]},
        {"type": "FEED_SUBSCRIPTION", "add": [{**BARS, "fromTime": 1e300}]},
        {"type": "FEED_SUBSCRIPTION", "add": [{**BARS, "fromTime": -5}]},
        {"type": "FEED_SUBSCRIPTION", "add": [{"type": "Candle", "symbol": "SPY{=0m}"}]},
        {"type": "FEED_SUBSCRIPTION", "add": [{"type": "Greeks", "symbol": "AAPL"}]},
        {"type": "FEED_SUBSCRIPTION", "reset": "yes", "add": [{"type": "Series", "symbol": "KO"}]},
        {"type": "DOM_SETUP", "acceptDepthLimit": -4},
    ],
)  # fmt: skip
def test_odd_messages_harm_nothing(feed: Wire, message: Frame) -> None:
    feed.add(("Quote", "AAPL"))
    feed.session.receive({"channel": 1, **message}, feed.now)
    run: Callable[[], list[Frame]] = feed.hear
    found = [e for _ in range(4) for f in data(run()) for e in [f["data"][0]]]
    assert "Quote" in found
    assert feed.session.closing is None
