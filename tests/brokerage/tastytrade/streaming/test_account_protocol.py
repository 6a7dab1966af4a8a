"""The account streamer without a socket: acknowledgements, heartbeats, batches, refusals."""

from __future__ import annotations

import json
from decimal import Decimal
from typing import Any

import pytest

from brokerage.tastytrade.streaming import AccountMessage, AccountProtocol, StreamGap, StreamNotice
from brokerage.tastytrade.streaming.errors import HandshakeTimeout, TokenExpired, TokenRefused
from tests.brokerage.tastytrade.streaming import samples


def protocol(now: float = 0.0) -> AccountProtocol:
    return AccountProtocol(["5WT00042", "5WT00043"], now, source="test/1")


def answer(action: str, status: str = "ok", **body: Any) -> str:
    return json.dumps(
        {"status": status, "action": action, "web-socket-session-id": "5b6e2799", **body}
    )


def test_connect_names_the_accounts_and_carries_the_bearer_token():
    made = protocol()
    made.connect("at-1", 0.0)
    assert [json.loads(each) for each in made.outgoing()] == [
        {
            "action": "connect",
            "value": ["5WT00042", "5WT00043"],
            "auth-token": "Bearer at-1",
            "request-id": 1,
            "source": "test/1",
        }
    ]
    assert not made.opened
    assert list(made.receive(answer("connect", **{"request-id": 1}), 0.1)) == []
    assert made.opened and made.session_id == "5b6e2799"
    assert made.deadline() == float("inf")


def test_each_message_carries_the_token_of_its_moment():
    made = protocol()
    made.connect("at-1", 0.0)
    made.heartbeat("at-2", 15.0)
    made.subscribe("quote-alerts-subscribe", "at-3", 16.0)
    sent = [json.loads(each) for each in made.outgoing()]
    assert [each["auth-token"] for each in sent] == ["Bearer at-1", "Bearer at-2", "Bearer at-3"]
    assert [each["request-id"] for each in sent] == [1, 2, 3]
    assert "value" not in sent[1]


@pytest.mark.parametrize("action", ["connect", "heartbeat"])
def test_an_acknowledgement_that_does_not_come_ends_the_connection(action):
    made = protocol()
    getattr(made, action)("at-1", 0.0)
    assert made.deadline() == 10.0
    made.tick(9.9)
    with pytest.raises(HandshakeTimeout, match=action):
        made.tick(10.0)


def test_an_answer_without_its_number_settles_the_oldest_of_its_action():
    made = protocol()
    made.heartbeat("at-1", 0.0)
    made.heartbeat("at-1", 15.0)
    made.receive(answer("heartbeat"), 15.1)
    assert made.deadline() == 25.0


def test_a_held_up_reader_is_not_the_servers_fault():
    made = protocol()
    made.heartbeat("at-1", 0.0)
    made.touch(9.0)
    made.tick(18.0)


@pytest.mark.parametrize(
    ("action", "raised"), [("connect", TokenRefused), ("heartbeat", TokenExpired)]
)
@pytest.mark.parametrize("body", [{"request-id": 1}, {}], ids=["numbered", "bare"])
def test_a_refused_token_ends_the_connection(action, raised, body):
    made = protocol()
    getattr(made, action)("at-secret", 0.0)
    with pytest.raises(raised) as caught:
        made.receive(answer(action, "error", message="failed", **body), 0.1)
    assert "at-secret" not in str(caught.value) + repr(made)


def test_other_errors_are_told():
    made = protocol()
    made.subscribe("no-such-action", "at-1", 0.0)
    (notice,) = made.receive(answer("no-such-action", "error", message="not implemented"), 0.1)
    assert isinstance(notice, StreamNotice) and "not implemented" in notice.text


def test_the_sample_session_and_errors_are_read_without_a_surprise():
    for name in ("account_session.jsonl", "account_errors.jsonl"):
        for frame in samples.frames(name, "server"):
            made = protocol()
            try:
                items = made.receive(json.dumps(frame), 0.0)
            except TokenRefused:
                assert frame["message"] in ("failed", "connect-not-completed")
                continue
            assert all(isinstance(each, StreamNotice) for each in items)
            assert bool(items) == (frame["status"] == "error")


@pytest.mark.parametrize(
    "name",
    [
        "account_order_lifecycle.jsonl",
        "account_multileg_fills.jsonl",
        "account_notifications.jsonl",
    ],
)
def test_sample_notifications_come_out_whole_and_in_order(name):
    made, expected, found = protocol(), [], []
    for frame in samples.frames(name, "server"):
        for single in frame.get("results", [frame]):
            if "type" in single:
                expected.append((single["type"], single["data"], single.get("timestamp")))
        found += made.receive(json.dumps(frame), 0.0)
    messages = [each for each in found if isinstance(each, AccountMessage)]
    assert [(each.type, each.data, each.timestamp) for each in messages] == expected


def test_the_batch_of_the_sample_is_unwrapped_answers_included():
    (batch,) = [
        f for f in samples.frames("account_notifications.jsonl", "server") if "results" in f
    ]
    assert len(batch["results"]) > 1
    made = protocol()
    assert len(made.receive(json.dumps(batch), 0.0)) == sum("type" in m for m in batch["results"])


def test_unknown_types_and_keys_are_kept():
    made = protocol()
    text = '{"type":"SomethingNew","data":{"any":1.10},"timestamp":5,"ws-sequence":42,"x":[]}'
    (message,) = made.receive(text, 0.0)
    assert (message.type, message.sequence) == ("SomethingNew", 42)
    # A number keeps its digits: no binary fraction in between.
    assert str(message.data["any"]) == "1.10" and isinstance(message.data["any"], Decimal)


@pytest.mark.parametrize("text", ["", "no json", "7", '{"type": 1, "data": {}}', '{"type": "X"}'])
def test_rubbish_is_told_and_survived(text):
    made = protocol()
    gap, notice = made.receive(text, 0.0)
    assert isinstance(gap, StreamGap) and notice.kind == "malformed"
    # The notice is for people, once; what was missed must be read each time.
    assert [type(item) for item in made.receive(text, 0.0)] == [StreamGap]


def test_numbers_that_were_skipped_are_a_gap():
    made, found = protocol(), []
    for number in (7, 8, None, 9, 12, 3, 4):
        message = {"type": "Order", "data": {}, "ws-sequence": number}
        kinds = [type(item) for item in made.receive(json.dumps(message), 0.0)]
        found.append(kinds == [StreamGap, AccountMessage])
        assert kinds[-1] is AccountMessage
    assert found == [False, False, False, False, True, False, False]
