"""Both streams against real sockets that freeze, drop, refuse and change their minds."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from brokerage.tastytrade.environments import SANDBOX
from brokerage.tastytrade.environments import simulator as simulator_environment
from brokerage.tastytrade.streaming import (
    AccountMessage,
    AccountStream,
    AccountTimings,
    Backoff,
    DXLinkStream,
    GiveUp,
    Quote,
    QuoteToken,
    StreamNotice,
    StreamState,
    Timings,
    TokenUnavailable,
)
from brokerage.tastytrade.streaming.connection import check_address
from brokerage.tastytrade.streaming.errors import AddressRefused
from tests.brokerage.tastytrade.streaming.servers import Server, Talk, forever, served

SIMULATOR = simulator_environment("http://127.0.0.1:8100")
QUICK = Timings(watchdog_margin=0.1, answer=0.5, keepalive=0.2)


def quickly() -> Backoff:
    return Backoff(first=0.02, limit=0.1)


class Tokens:
    """Hands out qt-1, qt-2, … for a server."""

    def __init__(self, server: Server, lifetime: float | None = None) -> None:
        self.server, self.lifetime = server, lifetime
        self.renewals: list[bool] = []

    async def __call__(self, *, renew: bool) -> QuoteToken:
        self.renewals.append(renew)
        ends = None
        if self.lifetime is not None:
            ends = datetime.now(UTC) + timedelta(seconds=self.lifetime)
        return QuoteToken(f"qt-{len(self.renewals)}", self.server.url, "api", ends)


def market(server: Server, **options: Any) -> DXLinkStream:
    options = {"timings": QUICK, "backoff": quickly(), **options}
    return DXLinkStream(options.pop("tokens", None) or Tokens(server), SIMULATOR, **options)


async def until(stream: Any, wanted: Callable[[Any], bool], seconds: float = 5.0) -> list[Any]:
    """Everything up to the first item that is wanted."""
    found = []
    async with asyncio.timeout(seconds):
        async for item in stream:
            found.append(item)
            if wanted(item):
                return found
    raise AssertionError("the stream ended")


def is_quote(item: Any) -> bool:
    return isinstance(item, Quote)


def is_up(item: Any) -> bool:
    return isinstance(item, StreamState) and item.state == "up"


def is_down(item: Any) -> bool:
    return isinstance(item, StreamState) and item.state == "down"


async def test_events_arrive_after_the_states_that_led_to_them():
    async def script(talk: Talk) -> None:
        await talk.handshake()
        first = await talk.open_channel()
        assert first["add"] == [{"type": "Quote", "symbol": "SPY"}]
        await talk.quote("SPY", 600.0)
        await forever()

    async with served(script) as server, market(server) as stream:
        await stream.subscribe({"Quote": ["SPY"]})
        items = await until(stream, is_quote)
    assert [each.state for each in items[:-1]] == ["up"]
    assert items[-1].bid_price == 600.0


async def test_a_frozen_server_is_left_within_its_promise_and_all_is_subscribed_again_once():
    async def script(talk: Talk) -> None:
        await talk.handshake(keepalive=0.5)
        await talk.open_channel()
        await talk.quote("SPY", 600.0 + talk.number)
        # The socket stays open; nothing comes any more.
        await forever()

    async with served(script) as server, market(server) as stream:
        await stream.subscribe({"Quote": ["SPY", "QQQ"]})
        await until(stream, is_quote)
        down = (await until(stream, is_down))[-1]
        assert "no frame" in down.reason and down.retry_in is not None
        assert (await until(stream, is_quote))[-1].bid_price == 601.0
        again = server.talks[1].seen[-1]
    assert again["reset"] is True
    assert [each["symbol"] for each in again["add"]] == ["SPY", "QQQ"]
    assert [each["type"] for each in server.talks[1].seen].count("FEED_SUBSCRIPTION") == 1


@pytest.mark.parametrize("code", [1000, 1001, 1011, None])
async def test_every_kind_of_close_is_followed_by_a_reconnect(code):
    async def script(talk: Talk) -> None:
        await talk.handshake()
        await talk.open_channel()
        await talk.quote("SPY", 600.0 + talk.number)
        if talk.number == 0:
            if code is None:
                talk.socket.transport.abort()
            else:
                await talk.socket.close(code, "Bye")
        await forever()

    async with served(script) as server, market(server) as stream:
        await stream.subscribe({"Quote": ["SPY"]})
        items = await until(stream, lambda item: is_quote(item) and item.bid_price == 601.0)
    down = next(filter(is_down, items))
    assert (f"code {code}" if code else "without a word") in down.reason


async def test_a_subscription_frame_that_is_too_big_is_cut_smaller_next_time():
    async def script(talk: Talk) -> None:
        await talk.handshake()
        first = await talk.open_channel()
        if talk.number == 0:
            await talk.socket.close(1009, "Text message too large")
        await talk.quote("SPY", float(len(str(first))))
        await forever()

    async with served(script) as server, market(server) as stream:
        await stream.subscribe({"Quote": [f"SYMBOL{number:04}" for number in range(400)]})
        size = (await until(stream, is_quote))[-1].bid_price
    assert size < 5000


async def test_a_refused_token_is_replaced_and_never_tried_in_a_hurry(monkeypatch):
    monkeypatch.setattr("brokerage.tastytrade.streaming.stream.REFUSED_SECONDS", 0.15)

    async def script(talk: Talk) -> None:
        await talk.hear("SETUP")
        await talk.say("SETUP", keepaliveTimeout=60)
        await talk.say("AUTH_STATE", state="UNAUTHORIZED")
        await talk.hear("AUTH")
        await talk.say("AUTH_STATE", state="UNAUTHORIZED")
        await talk.socket.close(1000, "Bye")

    async with served(script) as server:
        tokens = Tokens(server)
        async with market(server, tokens=tokens) as stream:
            await asyncio.sleep(0.5)
        assert 2 <= len(server.talks) <= 5
        assert tokens.renewals[0] is False and all(tokens.renewals[1:])
        sent = [talk.seen[-1]["token"] for talk in server.talks]
        assert sent == [f"qt-{number + 1}" for number in range(len(sent))]
        assert all("qt-" not in repr(stream.state) for _ in sent)


async def test_a_token_is_renewed_before_its_end_without_losing_the_connection():
    async def script(talk: Talk) -> None:
        await talk.handshake()
        await talk.open_channel()
        renewed = await talk.hear("AUTH")
        await talk.say("AUTH_STATE", state="AUTHORIZED")
        again = await talk.open_channel()
        assert again["reset"] is True
        await talk.quote(renewed["token"], 1.0)
        await forever()

    async with served(script) as server:
        tokens = Tokens(server, lifetime=1.2)
        async with market(server, tokens=tokens) as stream:
            await stream.subscribe({"Quote": ["SPY"]})
            items = await until(stream, is_quote)
    assert items[-1].symbol == "qt-2" and len(server.talks) == 1
    assert tokens.renewals == [False, True]
    assert not any(map(is_down, items))


async def test_the_token_that_ends_on_the_open_connection_is_replaced(monkeypatch):
    monkeypatch.setattr("brokerage.tastytrade.streaming.stream.REFUSED_SECONDS", 0.0)

    async def script(talk: Talk) -> None:
        await talk.handshake()
        if talk.number == 0:
            await talk.say("AUTH_STATE", state="UNAUTHORIZED")
        else:
            await talk.open_channel()
            await talk.quote("SPY", 1.0)
        await forever()

    async with served(script) as server:
        tokens = Tokens(server)
        async with market(server, tokens=tokens) as stream:
            await stream.subscribe({"Quote": ["SPY"]})
            await until(stream, is_quote)
    assert tokens.renewals == [False, True]


async def test_a_server_that_never_answers_is_left_after_a_bounded_wait():
    async def script(talk: Talk) -> None:
        if talk.number == 0:
            await forever()
        await talk.handshake()
        await talk.open_channel()
        await talk.quote("SPY", 1.0)
        await forever()

    async with served(script) as server, market(server) as stream:
        await stream.subscribe({"Quote": ["SPY"]})
        items = await until(stream, is_quote)
    assert "SETUP" in next(filter(is_down, items)).reason


async def test_a_switch_to_the_other_format_goes_unnoticed():
    async def script(talk: Talk) -> None:
        await talk.handshake()
        await talk.open_channel()
        await talk.quote("SPY", 1.0)
        await talk.say("FEED_CONFIG", 1, dataFormat="FULL", aggregationPeriod=1)
        row = {"eventType": "Quote", "eventSymbol": "SPY", "bidPrice": 2.0}
        await talk.say("FEED_DATA", 1, data=[row])
        await forever()

    async with served(script) as server, market(server) as stream:
        await stream.subscribe({"Quote": ["SPY"]})
        items = await until(stream, lambda item: is_quote(item) and item.bid_price == 2.0)
    assert not any(isinstance(each, StreamNotice) for each in items)


async def test_keep_alives_flow_while_the_consumer_sleeps():
    async def script(talk: Talk) -> None:
        await talk.handshake()
        await talk.open_channel()
        for _ in range(3):
            await talk.hear("KEEPALIVE")
        await talk.quote("SPY", 1.0)
        await forever()

    async with served(script) as server, market(server) as stream:
        await stream.subscribe({"Quote": ["SPY"]})
        await asyncio.sleep(0.8)
        await until(stream, is_quote, seconds=0.5)


async def test_a_stalled_consumer_is_not_taken_for_a_silent_server():
    async def script(talk: Talk) -> None:
        await talk.handshake(keepalive=0.3)
        await talk.open_channel()
        for number in range(60):
            await talk.quote("SPY", float(number))
            await asyncio.sleep(0.02)
        await forever()

    async with served(script) as server, market(server) as stream:
        stream._mailbox._limit = 5
        await stream.subscribe({"Quote": ["SPY"]})
        await asyncio.sleep(0.9)
        items = await until(stream, lambda item: is_quote(item) and item.bid_price == 59.0)
    assert not any(map(is_down, items))


async def test_leaving_closes_the_socket_and_leaves_no_task_behind():
    closed = asyncio.Event()

    async def script(talk: Talk) -> None:
        await talk.handshake()
        await talk.socket.wait_closed()
        closed.set()

    before = asyncio.all_tasks()
    async with served(script) as server:
        async with market(server) as stream:
            await until(stream, is_up)
        async with asyncio.timeout(2):
            await closed.wait()
    await asyncio.sleep(0)
    assert {task for task in asyncio.all_tasks() - before if not task.done()} == set()


async def test_a_provider_that_gives_up_ends_the_iteration():
    async def provider(*, renew: bool) -> QuoteToken:
        raise GiveUp("connect again")

    async with DXLinkStream(provider, SIMULATOR) as stream:
        with pytest.raises(GiveUp, match="connect again"):
            await until(stream, lambda item: False)
    assert stream.state == StreamState("down", "connect again")


async def test_a_provider_without_a_token_is_asked_again():
    async def script(talk: Talk) -> None:
        await talk.handshake()
        await forever()

    async with served(script) as server:
        tokens = Tokens(server)

        async def provider(*, renew: bool) -> QuoteToken:
            token = await tokens(renew=renew)
            if len(tokens.renewals) < 3:
                raise TokenUnavailable("the broker cannot be reached")
            return token

        async with DXLinkStream(provider, SIMULATOR, backoff=quickly()) as stream:
            items = await until(stream, is_up)
    assert [each.reason for each in items if is_down(each)] == ["the broker cannot be reached"] * 2


@pytest.mark.parametrize(
    "url",
    [
        "ws://example.com/realtime",
        "wss://user:word@example.com/",
        "http://127.0.0.1/",
        "ws://127.0.0.1.example.com/",
        "wss://",
    ],
)
def test_addresses_that_tokens_are_not_sent_to(url):
    with pytest.raises(AddressRefused):
        check_address(url)


@pytest.mark.parametrize(
    "url",
    ["wss://example.com/realtime", "ws://127.0.0.1:8100/x", "ws://[::1]:1/", "ws://localhost/"],
)
def test_addresses_that_may_be_used(url):
    check_address(url)


async def test_a_host_that_is_not_on_the_environments_list_gets_no_token():
    async def script(talk: Talk) -> None:
        raise AssertionError("nobody may come")

    async with served(script) as server:
        stream = DXLinkStream(Tokens(server), SANDBOX, backoff=quickly())
        async with stream:
            items = await until(stream, is_down)
    assert server.talks == [] and "127.0.0.1" in items[-1].reason


async def test_no_redirect_is_followed():
    from http import HTTPStatus

    from websockets.asyncio.server import serve

    async def nobody(socket: Any) -> None:
        raise AssertionError("a redirect was followed")

    async with serve(nobody, "127.0.0.1", 0) as target:
        port = target.sockets[0].getsockname()[1]

        def away(connection: Any, request: Any) -> Any:
            response = connection.respond(HTTPStatus.FOUND, "")
            response.headers["Location"] = f"ws://127.0.0.1:{port}/"
            return response

        async with serve(nobody, "127.0.0.1", 0, process_request=away) as origin:
            server = Server()
            server.url = f"ws://127.0.0.1:{origin.sockets[0].getsockname()[1]}/"
            async with market(server) as stream:
                items = await until(stream, is_down)
    assert "cannot be reached" in items[-1].reason


async def test_no_token_is_logged_whatever_the_level(caplog):
    async def script(talk: Talk) -> None:
        await talk.handshake()
        await talk.open_channel()
        await talk.quote("SPY", 1.0)
        await forever()

    caplog.set_level(logging.DEBUG)
    caplog.set_level(logging.WARNING, logger="websockets.server")
    async with served(script) as server, market(server) as stream:
        await stream.subscribe({"Quote": ["SPY"]})
        await until(stream, is_quote)
    assert "qt-1" not in caplog.text


# --- Account stream ----------------------------------------------------------------------


@pytest.fixture
async def tokens() -> AsyncIterator[list[bool]]:
    yield []


def account(server: Server, asked: list[bool], **options: Any) -> AccountStream:
    async def provider(*, renew: bool) -> str:
        asked.append(renew)
        return f"at-{len(asked)}"

    options = {"timings": AccountTimings(answer=0.4, heartbeat=0.1), **options}
    return AccountStream(server.url, ["5WT00001"], provider, backoff=quickly(), **options)


def is_message(item: Any) -> bool:
    return isinstance(item, AccountMessage)


async def test_notifications_come_after_up_and_heartbeats_carry_fresh_tokens(tokens):
    async def script(talk: Talk) -> None:
        await talk.acknowledge("connect")
        await talk.send({"type": "Order", "data": {"id": 1}, "timestamp": 1})
        while True:
            await talk.acknowledge("heartbeat")

    async with served(script) as server, account(server, tokens) as stream:
        items = await until(stream, is_message)
        await asyncio.sleep(0.35)
        seen = server.talks[0].seen
    assert is_up(items[-2]) and items[-1].data == {"id": 1}
    sent = [(each["action"], each["auth-token"]) for each in seen]
    assert sent[0] == ("connect", "Bearer at-1")
    assert ("heartbeat", "Bearer at-2") in sent and ("heartbeat", "Bearer at-3") in sent
    assert stream.state.state == "up"


async def test_heartbeats_that_are_not_acknowledged_end_the_connection(tokens):
    async def script(talk: Talk) -> None:
        await talk.acknowledge("connect")
        if talk.number == 0:
            await forever()
        while True:
            await talk.acknowledge("heartbeat")

    async with served(script) as server, account(server, tokens) as stream:
        await until(stream, is_up)
        assert "heartbeat" in (await until(stream, is_down))[-1].reason
        await until(stream, is_up)
        assert len(server.talks) == 2


@pytest.mark.parametrize("refused", ["connect", "heartbeat"])
async def test_a_refused_access_token_is_renewed(tokens, refused, monkeypatch):
    monkeypatch.setattr("brokerage.tastytrade.streaming.stream.REFUSED_SECONDS", 0.0)

    async def script(talk: Talk) -> None:
        for action in ("connect", "heartbeat"):
            frame = await talk.hear(action)
            status = "error" if action == refused and talk.number == 0 else "ok"
            await talk.send(
                {
                    "status": status,
                    "action": action,
                    "message": "failed",
                    "request-id": frame["request-id"],
                }
            )
        await talk.send({"type": "Order", "data": {"id": talk.number}})
        while True:
            await talk.acknowledge("heartbeat")

    async with served(script) as server, account(server, tokens) as stream:
        items = await until(stream, is_message)
    assert items[-1].data == {"id": 1}
    assert True in tokens


async def test_a_clean_close_is_followed_by_a_reconnect(tokens):
    async def script(talk: Talk) -> None:
        await talk.acknowledge("connect")
        if talk.number == 0:
            await talk.socket.close(1000, "Bye")
        await talk.send({"type": "Order", "data": {"id": 7}})
        await forever()

    async with served(script) as server, account(server, tokens) as stream:
        items = await until(stream, is_message)
    assert sum(map(is_up, items)) == 2


async def test_further_actions_follow_the_connect(tokens):
    async def script(talk: Talk) -> None:
        await talk.acknowledge("connect")
        await talk.acknowledge("quote-alerts-subscribe")
        await talk.send({"type": "QuoteAlert", "data": {"symbol": "SPY"}})
        await forever()

    async with (
        served(script) as server,
        account(server, tokens, actions=["quote-alerts-subscribe"]) as stream,
    ):
        assert (await until(stream, is_message))[-1].type == "QuoteAlert"
