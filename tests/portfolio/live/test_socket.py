"""The browser socket: who may come in, what they hear, how often, and when work stops."""

from __future__ import annotations

import asyncio
import time
import uuid
from collections.abc import AsyncIterator, Callable, Collection, Mapping
from contextlib import asynccontextmanager
from typing import Any

import pytest
from asgiref.sync import sync_to_async
from django.contrib.auth.models import AnonymousUser
from django.test import Client

from brokerage import access, events, market
from portfolio.live import consumers, patches
from portfolio.live.consumers import LiveConsumer
from portfolio.live.hub import Hub
from portfolio.live.patches import LiveView, register
from tests.portfolio import factories
from tests.portfolio.live.communicator import Socket

SYMBOL = "SPY"


@register("test-quotes")
class QuotesView(LiveView):
    """One cell per account: the bid of SPY in the feed of the account's connection."""

    built = 0

    def __init__(self, user: Any, args: Mapping[str, Any]) -> None:
        super().__init__(user, args)
        self.account = access.get_account(user, "simulator", str(args.get("number")))
        self.feed = market.feed_key(access.connection_for(user, self.account))
        QuotesView.built += 1

    def feeds_and_symbols(self) -> dict[str, list[tuple[str, str]]]:
        return {self.feed: [("Quote", SYMBOL)]}

    def patches(self, hub: Hub, dirty: Collection[tuple[str, str]] | None) -> list[Any]:
        quote = hub.book(self.feed).quote(SYMBOL)
        return [["bid", str(quote.bid) if quote else "—", "num"]]


@register("test-broken")
class BrokenView(LiveView):
    def __init__(self, user: Any, args: Mapping[str, Any]) -> None:
        raise RuntimeError("secret detail")


@pytest.fixture
def people(transactional_db: None, django_user_model: Any) -> dict[str, Any]:
    """ada and bob, each with a connection and an account of their own."""
    made: dict[str, Any] = {}
    for name, number in (("ada", "5WT00001"), ("bob", "5WT00002")):
        user = django_user_model.objects.create_user(name)
        connection = factories.make_connection(user, grant_fingerprint=uuid.uuid4().hex)
        account = factories.make_account(connection, number)
        made[name] = user
        made[f"{name}-connection"], made[f"{name}-account"] = connection, account
        made[f"{name}-feed"] = market.feed_key(connection)
    return made


@pytest.fixture(autouse=True)
async def hub(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Hub]:
    fresh = Hub()
    monkeypatch.setattr(LiveConsumer, "hub", fresh)
    yield fresh
    await fresh.stop()


@asynccontextmanager
async def browser(user: Any, **scope: Any) -> AsyncIterator[Socket]:
    socket = Socket(LiveConsumer.as_asgi(), "/ws/live/")
    socket.scope.update({"user": user, **scope})
    assert await socket.connect(5)
    try:
        yield socket
    finally:
        await socket.leave()


async def hear(
    socket: Socket, wanted: Callable[[dict[str, Any]], bool], seconds: float = 5
) -> dict[str, Any]:
    """The first message that is wanted."""
    ends = time.monotonic() + seconds
    while True:
        message = await socket.hear(max(0.01, ends - time.monotonic()))
        if wanted(message):
            return message


async def silent(
    socket: Socket, unwanted: Callable[[dict[str, Any]], bool], seconds: float = 0.8
) -> None:
    """No such message comes."""
    ends = time.monotonic() + seconds
    while time.monotonic() < ends:
        if not await socket.receive_nothing(timeout=0.1):
            assert not unwanted(await socket.hear())


def told(name: str) -> Callable[[dict[str, Any]], bool]:
    """Facts of one moment come in one message: this one is among them."""
    return lambda message: any(fact[0] == name for fact in message.get("e", []))


def patched(text: str) -> Callable[[dict[str, Any]], bool]:
    return lambda message: ["bid", text, "num"] in message.get("p", [])


async def publish(feed: str, bid: float, *, at: float | None = None) -> None:
    server = market.async_valkey()
    quote = market.Quote(at or time.time(), bid, bid + 0.02)
    health = market.FeedHealth(
        at=time.time(), market=market.StreamHealth("up", 1.0, last_frame_at=time.time())
    )
    frame = market.Frame(time.time(), cells={SYMBOL: market.Cells(quote=quote)}, health=health)
    await market.publish(server, feed, frame)
    await server.aclose()


async def open_page(socket: Socket, page: str, **args: Any) -> None:
    await socket.say({"page": page, "args": args})


# --- Coming in ------------------------------------------------------------------------------------


async def test_nobody_comes_in_unsigned(transactional_db):
    socket = Socket(LiveConsumer.as_asgi(), "/ws/live/")
    socket.scope["user"] = AnonymousUser()
    assert not await socket.connect()


async def test_a_socket_from_another_origin_is_refused(people):
    from config.asgi import application

    client = Client()
    await sync_to_async(client.force_login)(people["ada"])
    cookie = f"strikedesk_session={client.cookies['strikedesk_session'].value}".encode()
    for origin, expected in ((b"http://localhost", True), (b"https://evil.example", False)):
        headers = [(b"origin", origin), (b"cookie", cookie), (b"host", b"localhost")]
        socket = Socket(application, "/ws/live/", headers=headers)
        assert await socket.connect(5) is expected
        await socket.leave()


async def test_a_foreign_account_answers_exactly_like_a_missing_one(people):
    answers = []
    async with browser(people["ada"]) as socket:
        for page, args in (
            ("test-quotes", {"number": "5WT00002"}),
            ("test-quotes", {"number": "5WT99999"}),
            ("test-quotes", {"number": {"odd": []}}),
            ("no-such-page", {}),
            ("test-broken", {}),
            ("test-quotes", "no object"),
            (["no", "name"], {}),
        ):
            await socket.say({"page": page, "args": args})
            answers.append(await hear(socket, lambda each: not {"s", "since"} & each.keys()))
    assert answers == [{"gone": True}] * len(answers)


@pytest.mark.parametrize("text", ["no json", "[]", "7", "null", "{}", '{"idle": "?"}'])
async def test_rubbish_from_a_browser_is_survived(people, text):
    async with browser(people["ada"]) as socket:
        await socket.say_text(text)
        await socket.say({"idle": False})
        await open_page(socket, "test-quotes", number="5WT00001")
        await hear(socket, lambda message: "p" in message)


# --- Figures --------------------------------------------------------------------------------------


async def test_a_page_starts_full_and_follows_its_feed(people):
    feed = people["ada-feed"]
    await publish(feed, 600.0)
    async with browser(people["ada"]) as socket:
        await open_page(socket, "test-quotes", number="5WT00001")
        await hear(socket, patched("600.0"))
        await publish(feed, 601.0)
        await hear(socket, patched("601.0"), seconds=1)


async def test_one_persons_feed_never_reaches_another_page(people):
    await publish(people["ada-feed"], 600.0)
    await publish(people["bob-feed"], 500.0)
    async with browser(people["bob"]) as socket:
        await open_page(socket, "test-quotes", number="5WT00002")
        await hear(socket, patched("500.0"))
        await publish(people["ada-feed"], 601.0)
        await publish(people["bob-feed"], 501.0)
        message = await hear(socket, lambda each: "p" in each)
        assert message["p"] == [["bid", "501.0", "num"]]


async def test_a_storm_of_frames_becomes_at_most_four_messages_a_second(people):
    feed = people["ada-feed"]
    async with browser(people["ada"]) as socket:
        await open_page(socket, "test-quotes", number="5WT00001")
        await hear(socket, lambda message: "p" in message)
        heard: list[float] = []

        async def listen() -> None:
            while True:
                await hear(socket, lambda message: "p" in message)
                heard.append(time.monotonic())

        task = asyncio.create_task(listen())
        started = time.monotonic()
        tick = 0
        while time.monotonic() - started < 1.2:
            tick += 1
            await publish(feed, float(tick))
        task.cancel()
        assert tick > 10 and 2 <= len(heard) <= 6
    # The last one always gets through.
    async with browser(people["ada"]) as socket:
        await open_page(socket, "test-quotes", number="5WT00001")
        await hear(socket, patched(str(float(tick))))


async def test_a_page_says_upstream_what_it_shows_until_it_leaves(people, hub):
    server, feed = market.async_valkey(), people["ada-feed"]

    async def wanted(expected: list[tuple[str, str]]) -> None:
        async with asyncio.timeout(3):
            while await market.current_interest(server, feed) != expected:  # noqa: ASYNC110
                await asyncio.sleep(0.02)

    async with browser(people["ada"]) as socket, browser(people["ada"]) as second:
        await open_page(socket, "test-quotes", number="5WT00001")
        await wanted([("Quote", SYMBOL)])
        await open_page(second, "test-quotes", number="5WT00001")
        await hear(second, lambda message: "p" in message)
        await socket.say({"idle": True})
        await asyncio.sleep(0.1)
        await wanted([("Quote", SYMBOL)])
        await second.say({"idle": True})
        await wanted([])
        await second.say({"idle": False})
        await wanted([("Quote", SYMBOL)])
    await wanted([])
    await server.aclose()


async def test_an_idle_page_gets_nothing_and_is_true_again_when_it_resumes(people):
    feed = people["ada-feed"]
    await publish(feed, 600.0)
    async with browser(people["ada"]) as socket:
        await open_page(socket, "test-quotes", number="5WT00001")
        await hear(socket, patched("600.0"))
        await socket.say({"idle": True})
        await asyncio.sleep(0.4)
        while not await socket.receive_nothing(timeout=0.1):
            await socket.hear()
        await publish(feed, 601.0)
        assert await socket.receive_nothing(timeout=0.6)
        await socket.say({"idle": False})
        await hear(socket, patched("601.0"))


async def test_a_slow_browser_gets_the_latest_figures_not_a_queue(people, monkeypatch):
    feed, sent = people["ada-feed"], []
    real = LiveConsumer.send_json

    async def slow(self: LiveConsumer, content: Any, close: bool = False) -> None:
        await asyncio.sleep(0.3)
        sent.append(content)
        await real(self, content, close)

    monkeypatch.setattr(LiveConsumer, "send_json", slow)
    async with browser(people["ada"]) as socket:
        await open_page(socket, "test-quotes", number="5WT00001")
        await hear(socket, lambda message: "p" in message)
        for tick in range(40):
            await publish(feed, float(tick))
            await asyncio.sleep(0.02)
        await hear(socket, patched("39.0"))
        assert len(sent) < 10


# --- Streams --------------------------------------------------------------------------------------


async def test_the_lamp_follows_the_gateway_and_goes_out_without_one(people, monkeypatch):
    monkeypatch.setattr(market.feed, "HEALTH_SECONDS", 1)
    monkeypatch.setattr("brokerage.market.HEALTH_SECONDS", 0.6)
    feed = people["ada-feed"]
    async with browser(people["ada"]) as socket:
        await open_page(socket, "test-quotes", number="5WT00001")
        first = await hear(socket, lambda message: "s" in message)
        assert first["s"]["state"] == "down" and "gateway" in first["s"]["reason"]
        await publish(feed, 600.0)
        up = await hear(socket, lambda message: message.get("s", {}).get("state") == "up")
        assert up["s"]["age"] == 0
        await hear(socket, lambda message: message.get("s", {}).get("state") == "down")


async def test_a_page_without_a_feed_says_so(people):
    register("test-empty")(type("EmptyView", (LiveView,), {}))
    async with browser(people["ada"]) as socket:
        await open_page(socket, "test-empty")
        message = await hear(socket, lambda each: "s" in each)
        assert message["s"] == {"state": "none"}


# --- Facts ----------------------------------------------------------------------------------------


def tell(account: Any, order: int) -> None:
    events.publish(events.ORDER_UPDATED, account=account, detail={"order": order})


async def test_facts_reach_those_who_may_see_them_and_nobody_else(people):
    async with browser(people["ada"]) as ada, browser(people["bob"]) as bob:
        await asyncio.sleep(0.2)
        await sync_to_async(tell)(people["ada-account"], 7)
        message = await hear(ada, lambda each: "e" in each)
        fact = {"order": 7, "account": people["ada-account"].pk}
        assert message["e"] == [["order.updated", fact]]
        await silent(bob, lambda each: "e" in each)
        await sync_to_async(events.publish)(
            events.CONNECTION_UPDATED, connection=people["ada-connection"]
        )
        await hear(ada, told("connection.updated"))
        await silent(bob, lambda each: "e" in each)


async def test_a_fact_rebuilds_the_view_and_access_is_asked_again(people, monkeypatch):
    monkeypatch.setattr(consumers, "REBUILD_SECONDS", 0.0)
    await publish(people["ada-feed"], 600.0)
    async with browser(people["ada"]) as socket:
        await open_page(socket, "test-quotes", number="5WT00001")
        await hear(socket, patched("600.0"))
        built = QuotesView.built
        await sync_to_async(tell)(people["ada-account"], 8)
        await hear(socket, patched("600.0"))
        assert QuotesView.built == built + 1
        await people["ada-connection"].adelete()
        await sync_to_async(tell)(people["ada-account"], 9)
        await hear(socket, lambda message: message.get("gone") is True)
        # And what happens to the account now is no longer this person's business.
        await asyncio.sleep(0.3)
        await sync_to_async(tell)(people["ada-account"], 10)
        await silent(socket, lambda each: 10 in [d.get("order") for _, d in each.get("e", [])])


async def test_a_new_connections_facts_are_heard_without_a_reload(people, monkeypatch):
    monkeypatch.setattr(consumers, "REBUILD_SECONDS", 0.0)

    def grow() -> Any:
        connection = factories.make_connection(people["ada"], grant_fingerprint="new")
        account = factories.make_account(connection, "5WT00003")
        events.publish(
            events.CONNECTION_UPDATED, connection=connection, user=people["ada"], detail={}
        )
        return account

    async with browser(people["ada"]) as socket:
        # Until this is said, the groups are not joined and the page looks again by itself.
        await hear(socket, lambda message: "since" in message)
        await open_page(socket, "test-quotes", number="5WT00001")
        account = await sync_to_async(grow)()
        await hear(socket, told("connection.updated"))
        await asyncio.sleep(0.5)
        await sync_to_async(tell)(account, 11)
        await hear(socket, told("order.updated"))


# --- Signing out ----------------------------------------------------------------------------------


@pytest.mark.parametrize("how", ["signed out", "deactivated", "other password"])
async def test_a_socket_ends_when_its_session_does(people, monkeypatch, how):
    monkeypatch.setattr(consumers, "SIGNED_IN_SECONDS", 0.2)
    monkeypatch.setattr(consumers, "AGE_SECONDS", 0.2)
    user, client = people["ada"], Client()
    await sync_to_async(client.force_login)(user)
    session = await sync_to_async(lambda: client.session)()
    async with browser(user, session=session) as socket:
        await open_page(socket, "test-quotes", number="5WT00001")
        await hear(socket, lambda message: "p" in message)
        await asyncio.sleep(0.5)
        if how == "signed out":
            await sync_to_async(session.flush)()
        elif how == "deactivated":
            user.is_active = False
            await user.asave()
        else:
            user.set_password("another one")
            await user.asave()
        ends = time.monotonic() + 5
        while (output := await socket.receive_output(timeout=5))["type"] != "websocket.close":
            assert time.monotonic() < ends
        assert output["code"] == consumers.SIGNED_OUT


def test_two_views_of_one_name_are_refused():
    with pytest.raises(ValueError, match="test-quotes"):
        register("test-quotes")(type("Other", (LiveView,), {}))
    assert patches.live_view("test-quotes") is QuotesView
