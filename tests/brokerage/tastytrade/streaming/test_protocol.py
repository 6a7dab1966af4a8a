"""The DXLink protocol without a socket: strict order, bounded waits, errors by their meaning."""

from __future__ import annotations

import json
from typing import Any

import pytest

from brokerage.tastytrade.streaming import (
    DXLinkProtocol,
    Quote,
    StreamNotice,
    Subscription,
    Subscriptions,
    Timings,
)
from brokerage.tastytrade.streaming.errors import (
    HandshakeTimeout,
    PeerError,
    Silence,
    TokenExpired,
    TokenRefused,
)
from brokerage.tastytrade.streaming.subscriptions import subscription_frames
from tests.brokerage.tastytrade.streaming import samples

TICKER, STREAM, HISTORY = 1, 3, 5
QUOTE_SPY = Subscription("Quote", "SPY")


class Peer:
    """Speaks to a protocol like a server, on a clock of its own."""

    def __init__(self, *wanted: Subscription, **options: Any) -> None:
        self.now = 100.0
        self.subscriptions = Subscriptions()
        self.subscriptions.add(wanted)
        self.protocol = DXLinkProtocol("qt-1", self.subscriptions, self.now, **options)

    def sent(self) -> list[dict[str, Any]]:
        self.protocol.tick(self.now)
        return [json.loads(each) for each in self.protocol.outgoing()]

    def says(self, kind: str, channel: int = 0, **body: Any) -> list[Any]:
        frame = json.dumps({"type": kind, "channel": channel, **body})
        return list(self.protocol.receive(frame, self.now))

    def authorize(self) -> list[dict[str, Any]]:
        self.sent()
        self.says("SETUP", version="1.0", keepaliveTimeout=60, acceptKeepaliveTimeout=60)
        self.says("AUTH_STATE", state="UNAUTHORIZED")
        self.sent()
        self.says("AUTH_STATE", state="AUTHORIZED", userId="U")
        return self.sent()

    def open(self, channel: int = TICKER) -> list[dict[str, Any]]:
        """Channel opened and set up; what the client sends then."""
        self.says("CHANNEL_OPENED", channel, service="FEED", parameters={"subFormat": "LIST"})
        self.sent()
        self.says("FEED_CONFIG", channel, dataFormat="COMPACT", aggregationPeriod=0.1)
        return self.sent()

    def configure(self, channel: int = TICKER, **fields: list[str]) -> None:
        self.says("FEED_CONFIG", channel, dataFormat="COMPACT", eventFields=fields)


def kinds(frames: list[dict[str, Any]]) -> list[str]:
    return [each["type"] for each in frames]


def test_each_step_waits_for_the_answer_to_the_one_before():
    peer = Peer(QUOTE_SPY)
    (setup,) = peer.sent()
    assert setup["type"] == "SETUP" and setup["channel"] == 0
    assert setup["keepaliveTimeout"] == setup["acceptKeepaliveTimeout"] == 60
    assert peer.sent() == []
    peer.says("SETUP", version="1.0", keepaliveTimeout=60)
    assert peer.sent() == []
    peer.says("AUTH_STATE", state="UNAUTHORIZED")
    assert peer.sent() == [{"type": "AUTH", "channel": 0, "token": "qt-1"}]
    assert not peer.protocol.opened
    peer.says("AUTH_STATE", state="AUTHORIZED")
    assert peer.protocol.opened
    (request,) = peer.sent()
    assert request == {
        "type": "CHANNEL_REQUEST",
        "channel": TICKER,
        "service": "FEED",
        "parameters": {"contract": "TICKER"},
    }
    peer.says("CHANNEL_OPENED", TICKER, service="FEED")
    (feed_setup,) = peer.sent()
    assert feed_setup["acceptDataFormat"] == "COMPACT"
    assert feed_setup["acceptEventFields"]["Quote"][:3] == ["eventSymbol", "bidPrice", "askPrice"]
    assert "Candle" not in feed_setup["acceptEventFields"]
    peer.says("FEED_CONFIG", TICKER, dataFormat="COMPACT")
    assert peer.sent() == [
        {
            "type": "FEED_SUBSCRIPTION",
            "channel": TICKER,
            "reset": True,
            "add": [{"type": "Quote", "symbol": "SPY"}],
        }
    ]


def test_a_server_that_wants_no_token_is_taken_at_its_word():
    peer = Peer(QUOTE_SPY)
    peer.sent()
    peer.says("SETUP", keepaliveTimeout=60)
    peer.says("AUTH_STATE", state="AUTHORIZED")
    assert kinds(peer.sent()) == ["CHANNEL_REQUEST"]


def test_the_sample_session_is_decoded_as_it_stands():
    peer = Peer(QUOTE_SPY)
    items = []
    for frame in samples.frames("dxlink_compact_session.jsonl", "server")[:-1]:
        items += peer.protocol.receive(json.dumps(frame), peer.now)
    quotes = [each for each in items if isinstance(each, Quote)]
    assert [(q.symbol, q.bid_price) for q in quotes] == [
        ("AAPL", 231.4),
        ("SPY", 662.1),
        ("AAPL", 231.41),
        ("SPY", 662.11),
    ]
    (index,) = [each for each in items if each.symbol == "SPX"]
    assert (index.price, index.size, index.day_volume) == (6612.5, None, None)
    assert not any(isinstance(each, StreamNotice) for each in items)


def test_the_sample_session_in_full_format_survives_both_switches():
    peer = Peer(QUOTE_SPY)
    items = []
    for frame in samples.frames("dxlink_full_session.jsonl", "server"):
        # The sample uses channel 3 for everything; so does this peer's second channel.
        if frame["type"] == "AUTH_STATE" and frame["state"] == "AUTHORIZED":
            peer.subscriptions.add([Subscription("TimeAndSale", "SPY")])
        items += peer.protocol.receive(json.dumps(frame), peer.now)
    bids = [each.bid_price for each in items if isinstance(each, Quote)]
    assert bids == [231.4, 231.41, 231.45]


@pytest.mark.parametrize(
    ("steps", "awaited"),
    [
        ([], "SETUP"),
        ([("SETUP", {})], "AUTH_STATE"),
        ([("SETUP", {}), ("AUTH_STATE", {"state": "UNAUTHORIZED"})], "AUTH"),
        ([("AUTH_STATE", {"state": "AUTHORIZED"})], "channel 1"),
    ],
    ids=["setup", "auth state", "auth", "channel"],
)
def test_each_wait_of_the_handshake_is_bounded(steps, awaited):
    peer = Peer(QUOTE_SPY)
    for kind, body in steps:
        peer.says(kind, **body)
    peer.now += 9.9
    peer.says("KEEPALIVE")
    peer.sent()
    peer.now += 0.2
    with pytest.raises(HandshakeTimeout, match=awaited):
        peer.protocol.tick(peer.now)
    assert json.loads(peer.protocol.outgoing()[-1])["error"] == "TIMEOUT"


def test_silence_is_measured_against_what_the_server_promised():
    peer = Peer(QUOTE_SPY)
    peer.sent()
    peer.says("SETUP", keepaliveTimeout=20)
    peer.says("AUTH_STATE", state="AUTHORIZED")
    peer.open()
    peer.now += 22.9
    peer.sent()
    peer.now += 0.2
    with pytest.raises(Silence):
        peer.protocol.tick(peer.now)


def test_any_frame_is_life_and_sixty_five_seconds_are_never_exceeded():
    peer = Peer(QUOTE_SPY)
    peer.authorize()
    peer.open()
    peer.now += 50
    peer.says("KEEPALIVE")
    peer.now += 50
    peer.sent()
    assert peer.protocol.deadline() - (peer.now - 50) <= 65
    peer.protocol.touch(peer.now)
    peer.now += 60
    peer.sent()


def test_keep_alives_go_out_every_thirty_seconds():
    peer = Peer(QUOTE_SPY)
    peer.authorize()
    peer.open()
    beats = []
    for _ in range(130):
        peer.now += 1
        peer.says("KEEPALIVE")
        beats += [peer.now - 100 for frame in peer.sent() if frame["type"] == "KEEPALIVE"]
    assert beats == [30, 60, 90, 120]


def test_the_second_unauthorized_is_the_refusal():
    peer = Peer(QUOTE_SPY)
    peer.sent()
    peer.says("SETUP", keepaliveTimeout=60)
    peer.says("AUTH_STATE", state="UNAUTHORIZED")
    with pytest.raises(TokenRefused):
        peer.says("AUTH_STATE", state="UNAUTHORIZED")
    # Never a second AUTH with the same token.
    assert kinds(peer.sent()) == ["AUTH"]


def test_unauthorized_on_an_open_connection_is_the_end_of_the_token():
    peer = Peer(QUOTE_SPY)
    peer.authorize()
    with pytest.raises(TokenExpired):
        peer.says("AUTH_STATE", state="UNAUTHORIZED")


def test_a_token_is_renewed_on_the_open_connection_and_everything_subscribed_again():
    peer = Peer(QUOTE_SPY)
    peer.authorize()
    peer.open()
    peer.protocol.renew("qt-2", peer.now)
    assert peer.sent() == [{"type": "AUTH", "channel": 0, "token": "qt-2"}]
    peer.says("AUTH_STATE", state="AUTHORIZED")
    assert kinds(peer.sent()) == ["CHANNEL_REQUEST"]
    (again,) = peer.open()
    assert again["reset"] and again["add"] == [{"type": "Quote", "symbol": "SPY"}]


def test_a_renewal_that_is_refused_ends_the_connection():
    peer = Peer(QUOTE_SPY)
    peer.authorize()
    peer.protocol.renew("qt-2", peer.now)
    with pytest.raises(TokenRefused):
        peer.says("AUTH_STATE", state="UNAUTHORIZED")


@pytest.mark.parametrize(
    "message",
    [
        "Your subscription size is too big",
        "Your subscription size for event type 'Candle' is too big",
    ],
)
def test_too_many_subscriptions_are_a_matter_of_capacity_not_of_connection(message):
    peer = Peer(QUOTE_SPY)
    peer.authorize()
    peer.open()
    (notice,) = peer.says("ERROR", TICKER, error="BAD_ACTION", message=message)
    assert (notice.kind, notice.text) == ("capacity", message)
    # Told once, not once per refused frame.
    assert peer.says("ERROR", TICKER, error="BAD_ACTION", message=message) == []
    peer.sent()


@pytest.mark.parametrize(
    ("error", "raised"),
    [("UNAUTHORIZED", TokenRefused), ("TIMEOUT", PeerError), ("UNSUPPORTED_PROTOCOL", PeerError)],
)
def test_errors_that_end_the_connection(error, raised):
    peer = Peer(QUOTE_SPY)
    peer.authorize()
    with pytest.raises(raised):
        peer.says("ERROR", error=error, message="words")


@pytest.mark.parametrize("error", ["INVALID_MESSAGE", "BAD_ACTION", "UNKNOWN", "BRAND_NEW"])
def test_errors_that_are_only_told(error):
    peer = Peer(QUOTE_SPY)
    peer.authorize()
    (notice,) = peer.says("ERROR", error=error, message="words")
    assert notice.kind == "error" and "words" in notice.text


def test_every_error_of_the_samples_has_a_meaning():
    for line in samples.lines("dxlink_errors.jsonl"):
        frame = line.get("frame", {})
        if line["from"] != "server" or frame.get("type") != "ERROR":
            continue
        peer = Peer(QUOTE_SPY)
        peer.authorize()
        if frame["error"] in ("TIMEOUT", "UNAUTHORIZED", "UNSUPPORTED_PROTOCOL"):
            with pytest.raises((PeerError, TokenRefused)):
                peer.protocol.receive(json.dumps(frame), peer.now)
        else:
            (notice,) = peer.protocol.receive(json.dumps(frame), peer.now)
            assert notice.kind in ("error", "capacity")


def test_a_channel_that_the_server_lost_is_opened_again_but_not_for_ever():
    peer = Peer(QUOTE_SPY)
    peer.authorize()
    peer.open()
    for _ in range(3):
        peer.says("CHANNEL_CLOSED", TICKER)
        assert kinds(peer.sent()) == ["CHANNEL_REQUEST"]
        (again,) = peer.open()
        assert again["reset"]
    with pytest.raises(PeerError):
        peer.says("CHANNEL_CLOSED", TICKER)


def test_a_channel_the_server_does_not_know_is_opened_again():
    peer = Peer(QUOTE_SPY)
    peer.authorize()
    peer.open()
    peer.says("ERROR", TICKER, error="BAD_ACTION", message="Channel with id 1 not exists")
    assert kinds(peer.sent()) == ["CHANNEL_REQUEST"]


def test_unknown_types_are_told_once_and_ignored():
    peer = Peer(QUOTE_SPY)
    peer.authorize()
    peer.open()
    data = [{"eventType": "Mystery", "eventSymbol": "A"}]
    (notice,) = peer.says("FEED_DATA", TICKER, data=data)
    assert (notice.kind, notice.subject) == ("unknown-type", "Mystery")
    assert peer.says("FEED_DATA", TICKER, data=data) == []
    (notice,) = peer.says("BRAND_NEW_MESSAGE", TICKER)
    assert notice.kind == "unknown-type"


@pytest.mark.parametrize(
    "frame", ["", "no json", "[]", "7", '{"type": "FEED_DATA"}', '{"channel": 1}', "null"]
)
def test_rubbish_is_told_and_survived(frame):
    peer = Peer(QUOTE_SPY)
    (notice,) = peer.protocol.receive(frame, peer.now)
    assert notice.kind == "malformed"


def test_bad_data_is_dropped_with_one_notice_and_good_data_goes_on():
    peer = Peer(QUOTE_SPY)
    peer.authorize()
    peer.open()
    (early,) = peer.says("FEED_DATA", TICKER, data=["Quote", ["A", 1]])
    assert early.kind == "malformed"
    peer.configure(Quote=["eventSymbol", "bidPrice"])
    assert peer.says("FEED_DATA", TICKER, data=["Quote", ["A", 1, 2]]) == []
    (quote,) = peer.says("FEED_DATA", TICKER, data=["Quote", ["A", 1]])
    assert quote.bid_price == 1.0


def test_data_of_a_forgotten_channel_is_dropped():
    peer = Peer(QUOTE_SPY)
    peer.authorize()
    assert peer.says("FEED_DATA", 99, data=["Quote", ["A", 1]]) == []


def test_types_go_to_the_channel_of_their_contract():
    wanted = [
        QUOTE_SPY,
        Subscription("TimeAndSale", "SPY"),
        Subscription("Order", "SPY", "ntv"),
        Subscription("Candle", "SPY{=5m}", from_time=5),
    ]
    peer = Peer(*wanted)
    requests = peer.authorize()
    assert {each["channel"]: each["parameters"]["contract"] for each in requests} == {
        TICKER: "TICKER",
        STREAM: "STREAM",
        HISTORY: "HISTORY",
    }
    (history,) = peer.open(HISTORY)
    assert history["add"] == [
        {"type": "Order", "symbol": "SPY", "source": "ntv"},
        {"type": "Candle", "symbol": "SPY{=5m}", "fromTime": 5},
    ]


def test_only_changes_are_sent_on_an_open_channel():
    peer = Peer(QUOTE_SPY)
    peer.authorize()
    peer.open()
    peer.now += 1
    added = peer.subscriptions.add([Subscription("Trade", "SPY")])
    removed = peer.subscriptions.remove([QUOTE_SPY])
    peer.protocol.update(added, removed, peer.now)
    assert [(f.get("add"), f.get("remove")) for f in peer.sent()] == [
        (None, [{"type": "Quote", "symbol": "SPY"}]),
        ([{"type": "Trade", "symbol": "SPY"}], None),
    ]


def test_a_channel_is_opened_when_its_first_entry_is_wanted():
    peer = Peer()
    assert peer.authorize() == []
    added = peer.subscriptions.add([QUOTE_SPY])
    peer.protocol.update(added, [], peer.now)
    assert kinds(peer.sent()) == ["CHANNEL_REQUEST"]
    # Wanted while the channel is being opened: part of its first frames, once.
    peer.protocol.update(peer.subscriptions.add([Subscription("Trade", "SPY")]), [], peer.now)
    (first,) = peer.open()
    assert len(first["add"]) == 2


def test_large_subscriptions_are_paced():
    wanted = [Subscription("Quote", f".SPY261016C{strike}") for strike in range(5000)]
    peer = Peer(*wanted, timings=Timings(burst=4))
    peer.authorize()
    counts = [len(peer.open())]
    for _ in range(50):
        peer.now += 0.1
        counts.append(len(peer.sent()))
    assert max(counts) == 4
    assert sum(counts) == len(list(subscription_frames(TICKER, add=wanted, reset=True)))
    assert peer.protocol.deadline() > peer.now + 1


def test_no_token_shows_in_a_repr():
    assert "qt-1" not in repr(Peer(QUOTE_SPY).protocol)
