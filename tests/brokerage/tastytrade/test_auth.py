from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Generator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest

from brokerage.tastytrade import (
    SANDBOX,
    AccessToken,
    Credentials,
    MemoryTokenStore,
    RetryPolicy,
    errors,
    exchange_code,
)
from brokerage.tastytrade.resources import oauth, positions

from .broker import AGENT, LOCAL, Broker, failure, in_turn, oauth_failure, rows

POSITIONS = positions.list_positions("5WT00001")


class Clock:
    def __init__(self) -> None:
        self.now = datetime(2026, 3, 11, 18, 30, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.now

    def go(self, seconds: float) -> None:
        self.now += timedelta(seconds=seconds)


# --- how long a token lasts ---


@pytest.mark.parametrize(
    ("expires_in", "lasts"),
    [
        (900, 840),
        (None, 840),
        (0, 840),
        (-5, 840),
        ("900", 840),
        ("soon", 840),
        (10**9, 86_400 - 60),
        (3600, 3540),
        # Shorter than twice the buffer: good for half its life.
        (60, 30),
    ],
)
def test_the_stated_life_is_obeyed(expires_in: Any, lasts: int) -> None:
    clock, broker = Clock(), Broker(expires_in=expires_in)
    with broker.client(now=clock) as client:
        client.send(POSITIONS)
        clock.go(lasts - 1)
        client.send(POSITIONS)
        assert len(broker.token_requests) == 1
        clock.go(2)
        client.send(POSITIONS)
        assert len(broker.token_requests) == 2


def test_the_buffer_is_a_setting() -> None:
    clock, broker = Clock(), Broker()
    with broker.client(now=clock, expiry_buffer=300) as client:
        client.access_token()
        clock.go(599)
        client.access_token()
        assert len(broker.token_requests) == 1
        clock.go(2)
        client.access_token()
        assert len(broker.token_requests) == 2


def test_a_stored_token_is_used_and_a_new_one_stored() -> None:
    clock, broker = Clock(), Broker()
    store = MemoryTokenStore(AccessToken("stored", clock.now + timedelta(seconds=120)))
    with broker.client(store=store, now=clock) as client:
        assert client.access_token().value == "stored"
        clock.go(61)
        assert client.access_token().value == "canary-access-token-1"
    assert store.token is not None and store.token.value == "canary-access-token-1"
    assert store.token.expires_at == clock.now + timedelta(seconds=900)


def test_a_token_that_another_process_renewed_is_taken_up() -> None:
    clock, broker = Clock(), Broker(lambda request: rows())
    store = MemoryTokenStore()
    with broker.client(store=store, now=clock) as client:
        client.send(POSITIONS)
        # The broker refuses ours; the other process has stored a newer one meanwhile.
        store.token = AccessToken("theirs", clock.now + timedelta(seconds=900))
        broker.handler = in_turn(failure(401), rows())
        client.send(POSITIONS)
    assert broker.requests[-1].headers["Authorization"] == "Bearer theirs"
    assert len(broker.token_requests) == 1


def test_refresh_on_demand() -> None:
    broker = Broker()
    with broker.client() as client:
        assert client.access_token().value != client.refresh().value
    assert len(broker.token_requests) == 2


# --- one refresh in flight ---


def slow_tokens(broker: Broker, seconds: float = 0.1) -> None:
    broker.token_handler = lambda request: (
        time.sleep(seconds),
        httpx.Response(200, json={"access_token": "one", "expires_in": 900}),
    )[1]


def test_fifty_threads_cause_one_refresh() -> None:
    broker = Broker()
    slow_tokens(broker)
    with broker.client() as client, ThreadPoolExecutor(50) as pool:
        barrier = threading.Barrier(50)

        def work(_: int) -> int:
            barrier.wait()
            return len(client.send(POSITIONS))

        assert list(pool.map(work, range(50))) == [0] * 50
    assert len(broker.token_requests) == 1
    assert len(broker.requests) == 50


async def test_fifty_tasks_cause_one_refresh() -> None:
    broker = Broker()
    slow_tokens(broker)
    async with broker.async_client() as client:
        await asyncio.gather(*(client.send(POSITIONS) for _ in range(50)))
    assert len(broker.token_requests) == 1
    assert len(broker.requests) == 50


def slow_failure(request: httpx.Request) -> httpx.Response:
    time.sleep(0.05)
    return oauth_failure(503, "server_error")


def test_fifty_threads_share_a_passing_failure() -> None:
    broker = Broker()
    broker.token_handler = slow_failure
    with broker.client() as client, ThreadPoolExecutor(50) as pool:
        barrier = threading.Barrier(50)

        def work(_: int) -> str:
            barrier.wait()
            with pytest.raises(errors.OAuthUnavailable) as caught:
                client.access_token()
            return str(caught.value)

        assert len(set(pool.map(work, range(50)))) == 1
    assert len(broker.token_requests) == 3


async def test_fifty_tasks_share_a_passing_failure() -> None:
    broker = Broker()
    broker.token_handler = slow_failure
    async with broker.async_client(retry=RetryPolicy(first=0.01)) as client:
        outcomes = await asyncio.gather(
            *(client.access_token() for _ in range(50)), return_exceptions=True
        )
    assert {type(outcome) for outcome in outcomes} == {errors.OAuthUnavailable}
    assert len({id(outcome) for outcome in outcomes}) == 50
    assert len(broker.token_requests) == 3


def refuse_the_first(broker: Broker) -> None:
    """401 for the first token, rows for the next."""

    def handler(request: httpx.Request) -> httpx.Response:
        stale = request.headers["Authorization"].endswith("-1")
        return failure(401) if stale else rows()

    broker.handler = handler


def test_fifty_refused_threads_cause_one_refresh() -> None:
    broker = Broker()
    refuse_the_first(broker)
    with broker.client() as client, ThreadPoolExecutor(50) as pool:
        client.access_token()
        assert len(list(pool.map(lambda _: client.send(POSITIONS), range(50)))) == 50
    assert len(broker.token_requests) == 2


async def test_fifty_refused_tasks_cause_one_refresh() -> None:
    broker = Broker()
    refuse_the_first(broker)
    async with broker.async_client() as client:
        await client.access_token()
        await asyncio.gather(*(client.send(POSITIONS) for _ in range(50)))
    assert len(broker.token_requests) == 2


def test_two_clients_of_one_store_cause_one_refresh() -> None:
    """Two processes differ from this only in what the lock is made of."""
    broker, store = Broker(), MemoryTokenStore()
    slow_tokens(broker)
    with broker.client(store=store) as one, broker.client(store=store) as two:
        threads = [threading.Thread(target=client.access_token) for client in (one, two) * 5]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert len(broker.token_requests) == 1


async def test_a_cancelled_task_does_not_take_the_refresh_with_it() -> None:
    broker = Broker()
    slow_tokens(broker, 0.2)
    async with broker.async_client() as client:
        first = asyncio.create_task(client.access_token())
        await asyncio.sleep(0.05)
        second = asyncio.create_task(client.access_token())
        await asyncio.sleep(0.05)
        first.cancel()
        assert (await second).value == "one"
    assert len(broker.token_requests) == 1


def test_the_lock_is_entered_and_left_on_one_thread() -> None:
    class Store(MemoryTokenStore):
        threads: set[int] = set()

        @contextmanager
        def refresh_lock(self) -> Generator[None]:
            entered = threading.get_ident()
            yield
            assert threading.get_ident() == entered

    async def run() -> None:
        async with Broker().async_client(store=Store()) as client:
            await client.access_token()

    asyncio.run(run())


# --- refused grants ---


@pytest.mark.parametrize(
    ("status", "code", "kind", "terminal", "asked"),
    [
        (400, "invalid_grant", errors.InvalidGrant, True, 1),
        (400, "invalid_client", errors.InvalidClient, True, 1),
        (401, "invalid_client", errors.InvalidClient, True, 1),
        (400, "unauthorized_client", errors.OAuthRefused, True, 1),
        (400, "unsupported_grant_type", errors.OAuthRefused, True, 1),
        (400, "invalid_scope", errors.OAuthRefused, True, 1),
        (400, "access_denied", errors.OAuthRefused, True, 1),
        (400, "invalid_request", errors.InvalidOAuthRequest, False, 3),
        (400, "something_new", errors.InvalidOAuthRequest, False, 3),
        (500, "server_error", errors.OAuthUnavailable, False, 3),
        (503, "temporarily_unavailable", errors.OAuthUnavailable, False, 3),
        (429, "slow_down", errors.OAuthUnavailable, False, 3),
    ],
)
@pytest.mark.parametrize("spelling", ["error_code", "error", "envelope"])
def test_lasting_and_passing_refusals(
    status: int,
    code: str,
    kind: type[errors.OAuthError],
    terminal: bool,
    asked: int,
    spelling: str,
) -> None:
    body: dict[str, Any] = {spelling: code, "error_description": "words"}
    if spelling == "envelope":
        body = {"error": {"code": code, "message": "words"}}
    broker = Broker()
    broker.token_handler = lambda request: httpx.Response(status, json=body)
    with broker.client() as client, pytest.raises(errors.OAuthError) as caught:
        client.send(POSITIONS)
    assert type(caught.value) is kind
    assert (caught.value.code, caught.value.message) == (code, "words")
    assert caught.value.terminal is terminal
    assert caught.value.outcome == "not_sent"
    assert len(broker.token_requests) == asked
    assert broker.requests == []


def test_invalid_request_passes_by_itself() -> None:
    broker = Broker()
    broker.token_handler = in_turn(
        oauth_failure(400, "invalid_request"),
        oauth_failure(400, "invalid_request"),
        httpx.Response(200, json={"access_token": "x", "expires_in": 900}),
    )
    with broker.client() as client:
        assert client.send(POSITIONS) == ()


def test_a_dead_grant_is_not_asked_again() -> None:
    """Repeated failed sign-ins lock the address out for hours."""
    broker = Broker()
    broker.token_handler = lambda request: oauth_failure(400, "invalid_grant")
    store = MemoryTokenStore()
    with broker.client(store=store) as client, ThreadPoolExecutor(20) as pool:

        def work(_: int) -> str:
            with pytest.raises(errors.InvalidGrant) as caught:
                client.send(POSITIONS)
            return caught.value.code

        assert set(pool.map(work, range(50))) == {"invalid_grant"}
        assert len(broker.token_requests) == 1
        # A new refresh token in the store is a new chance.
        broker.token_handler = None
        store.refresh_token = "new"
        assert client.send(POSITIONS) == ()
    assert broker.token_requests[-1]["refresh_token"] == "new"


async def test_tasks_share_a_failure() -> None:
    broker = Broker()
    broker.token_handler = lambda request: oauth_failure(400, "invalid_grant")
    async with broker.async_client() as client:
        outcomes = await asyncio.gather(
            *(client.send(POSITIONS) for _ in range(50)), return_exceptions=True
        )
    assert {type(outcome) for outcome in outcomes} == {errors.InvalidGrant}
    assert len(broker.token_requests) == 1


@pytest.mark.parametrize(
    "answer",
    [
        httpx.ConnectError("x"),
        httpx.ReadTimeout("x"),
        httpx.Response(401, html="<html>no agent</html>"),
        httpx.Response(502, html="<html>proxy</html>"),
        httpx.Response(200, html="<html>surprise</html>"),
        httpx.Response(200, json={"token_type": "Bearer"}),
        httpx.Response(302, headers={"Location": "https://example.org"}),
    ],
)
def test_a_sign_in_that_comes_to_nothing_is_no_dead_grant(answer: Any) -> None:
    def token(request: httpx.Request) -> httpx.Response:
        if isinstance(answer, Exception):
            raise answer
        return httpx.Response(answer.status_code, headers=answer.headers, content=answer.content)

    broker = Broker()
    broker.token_handler = token
    with broker.client() as client, pytest.raises(errors.OAuthError) as caught:
        client.send(POSITIONS)
    assert not caught.value.terminal
    # An order that waited for the token was certainly not sent.
    assert caught.value.outcome == "not_sent"
    assert broker.requests == []


# --- rotation ---


def test_a_rotated_refresh_token_is_saved_before_the_old_one_is_let_go() -> None:
    clock, broker = Clock(), Broker()
    broker.rotated = "second"

    class Store(MemoryTokenStore):
        log: list[str] = []

        def save(self, token: AccessToken) -> None:
            self.log.append("access")
            super().save(token)

        def save_refresh_token(self, text: str) -> None:
            self.log.append(f"refresh {text}")
            super().save_refresh_token(text)

    store = Store()
    with broker.client(store=store, now=clock) as client:
        client.access_token()
        clock.go(1000)
        client.access_token()
    assert [asked["refresh_token"] for asked in broker.token_requests] == [
        "canary-refresh-token",
        "second",
    ]
    assert store.log == ["refresh second", "access", "access"]


def test_a_rotation_that_could_not_be_saved_is_saved_later() -> None:
    clock, broker = Clock(), Broker()
    broker.rotated = "second"

    class Store(MemoryTokenStore):
        broken = True

        def save_refresh_token(self, text: str) -> None:
            if self.broken:
                raise OSError("database is down")
            super().save_refresh_token(text)

    store = Store()
    with broker.client(store=store, now=clock) as client:
        with pytest.raises(OSError, match="down"):
            client.access_token()
        store.broken = False
        clock.go(1000)
        client.access_token()
    assert store.refresh_token == "second"
    assert broker.token_requests[-1]["refresh_token"] == "second"


def test_a_rotation_by_another_process_is_taken_up() -> None:
    broker, store = Broker(), MemoryTokenStore(refresh_token="from elsewhere")
    with broker.client(store=store) as client:
        client.access_token()
    assert broker.token_requests[0]["refresh_token"] == "from elsewhere"


def test_a_store_without_refresh_tokens_will_do() -> None:
    class Store:
        token: AccessToken | None = None

        def load(self) -> AccessToken | None:
            return self.token

        def save(self, token: AccessToken) -> None:
            self.token = token

        def save_refresh_token(self, text: str) -> None:
            raise AssertionError

        @contextmanager
        def refresh_lock(self) -> Generator[None]:
            yield

    with Broker().client(store=Store()) as client:
        assert client.send(POSITIONS) == ()


def test_a_client_id_is_sent_where_there_is_one() -> None:
    broker = Broker()
    with broker.client(credentials=Credentials("s", "r", "id")) as client:
        client.access_token()
    assert broker.token_requests[0]["client_id"] == "id"
    assert "scope" not in broker.token_requests[0]


def test_a_narrower_scope_is_asked_for() -> None:
    broker = Broker()
    with broker.client(credentials=Credentials("s", "r", scope="read")) as client:
        client.access_token()
    assert broker.token_requests[0]["scope"] == "read"


# --- the authorization code ---


def test_the_consent_page() -> None:
    url = oauth.authorize_url(
        SANDBOX,
        client_id="id",
        redirect_uri="https://desk.example.com/connections/callback/",
        state="n0nce",
        scopes=("read", "trade"),
    )
    assert url.startswith("https://cert-my.staging-tasty.works/auth.html?")
    assert parse_qs(urlsplit(url).query) == {
        "client_id": ["id"],
        "redirect_uri": ["https://desk.example.com/connections/callback/"],
        "response_type": ["code"],
        "scope": ["read trade"],
        "state": ["n0nce"],
    }


def trade(broker: Broker) -> Any:
    return exchange_code(
        LOCAL,
        "the-code",
        client_id="id",
        client_secret="secret",
        redirect_uri="https://x.test/cb",
        user_agent=AGENT,
        transport=httpx.MockTransport(broker),
    )


def test_a_code_is_traded_in() -> None:
    broker = Broker()
    broker.rotated = "granted"
    grant = trade(broker)
    assert (grant.access_token, grant.refresh_token) == ("canary-access-token-1", "granted")
    assert grant.lifetime == 900
    assert broker.token_requests == [
        {
            "grant_type": "authorization_code",
            "code": "the-code",
            "client_id": "id",
            "client_secret": "secret",
            "redirect_uri": "https://x.test/cb",
        }
    ]


@pytest.mark.parametrize("status", [400, 429, 500, 503])
def test_a_code_works_once_and_is_sent_once(status: int) -> None:
    broker = Broker()
    broker.token_handler = lambda request: oauth_failure(status, "invalid_request")
    with pytest.raises(errors.OAuthError):
        trade(broker)
    assert len(broker.token_requests) == 1
