"""Canaries: secrets put in at one end must not come out in text at any other."""

from __future__ import annotations

import asyncio
import copy
import io
import logging
import pickle
import traceback
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
import pytest

from brokerage.tastytrade import AccessToken, Credentials, MemoryTokenStore, Secret, exchange_code
from brokerage.tastytrade.payloads.oauth import Grant
from brokerage.tastytrade.resources import oauth, orders, positions

from .broker import AGENT, CREDENTIALS, LOCAL, Broker, failure, oauth_failure

TESTS = str(Path(__file__).parent)
POSITIONS = positions.list_positions("5WT00001")


def everything_printable(error: BaseException) -> str:
    """Message, repr and the locals of every frame but the tests' own, the hidden causes too."""
    parts: list[str] = []
    seen: BaseException | None = error
    while seen is not None:
        parts += [str(seen), repr(seen), repr(vars(seen)), *traceback.format_exception(seen)]
        for frame, _ in traceback.walk_tb(seen.__traceback__):
            if not frame.f_code.co_filename.startswith(TESTS):
                parts.append(repr(frame.f_locals))
        seen = seen.__cause__ or seen.__context__
    assert len(parts) > 5, "no frame of the adapter was looked at"
    return "\n".join(parts)


@pytest.fixture
def logs() -> Iterator[io.StringIO]:
    """All that is logged, at the lowest level, with what handlers may do to the arguments."""
    stream = io.StringIO()
    handler = logging.StreamHandler(stream)
    handler.setFormatter(logging.Formatter("%(name)s %(message)s %(args)r"))
    root = logging.getLogger()
    level = root.level
    root.addHandler(handler)
    root.setLevel(1)
    yield stream
    root.removeHandler(handler)
    root.setLevel(level)


def timeout(request: httpx.Request) -> httpx.Response:
    raise httpx.ReadTimeout("slow", request=request)


def broken_json(request: httpx.Request) -> httpx.Response:
    return httpx.Response(200, content=b'{"access_token": "canary-access-token-9", ')


TOKEN_FAILURES = {
    "time-out": timeout,
    "refusal": lambda request: oauth_failure(400, "invalid_grant"),
    "an echo": lambda request: httpx.Response(
        400,
        json={
            "error_code": "invalid_grant",
            "error_description": f"no token: {request.content.decode()}",
            "request": request.content.decode(),
        },
    ),
    "half an answer": broken_json,
    "a grant without identity": lambda request: httpx.Response(
        200, json={"refresh_token": "canary-refresh-token-2"}
    ),
}


@pytest.mark.parametrize("name", TOKEN_FAILURES)
def test_no_failed_sign_in_tells(name: str, logs: io.StringIO) -> None:
    broker = Broker()
    broker.token_handler = TOKEN_FAILURES[name]
    with broker.client() as client:
        try:
            client.send(POSITIONS)
        except Exception as error:
            assert "canary" not in everything_printable(error)
        else:
            raise AssertionError("no failure")
    assert "canary" not in logs.getvalue()


@pytest.mark.parametrize("name", TOKEN_FAILURES)
def test_no_failed_code_tells(name: str, logs: io.StringIO) -> None:
    broker = Broker()
    broker.token_handler = TOKEN_FAILURES[name]
    try:
        exchange_code(
            LOCAL,
            "canary-code",
            client_id="id",
            client_secret="canary-client-secret",
            redirect_uri="https://x.test/cb",
            user_agent=AGENT,
            transport=httpx.MockTransport(broker),
        )
    except Exception as error:
        assert "canary" not in everything_printable(error)
    else:
        raise AssertionError("no failure")
    assert "canary" not in logs.getvalue()


@pytest.mark.parametrize("status", [400, 401, 422, 429, 500, 302, 200])
@pytest.mark.parametrize("call", [POSITIONS, orders.place("5WT00001", {})])
def test_no_failed_call_tells(status: int, call: Any, logs: io.StringIO) -> None:
    broker = Broker(lambda request: failure(status))
    for run in (_run_sync, _run_async):
        try:
            run(broker, call)
        except Exception as error:
            assert "canary" not in everything_printable(error)
        else:
            raise AssertionError("no failure")
    assert "canary" not in logs.getvalue()


@pytest.mark.parametrize("kind", [httpx.ReadTimeout, httpx.ConnectError, httpx.ReadError])
def test_no_broken_line_tells(kind: type[httpx.HTTPError], logs: io.StringIO) -> None:
    def handler(request: httpx.Request) -> httpx.Response:
        raise kind(f"while sending {request.headers['Authorization']}")

    for run in (_run_sync, _run_async):
        try:
            run(Broker(handler), POSITIONS)
        except Exception as error:
            assert "canary" not in everything_printable(error)
        else:
            raise AssertionError("no failure")
    assert "canary" not in logs.getvalue()


def _run_sync(broker: Broker, call: Any) -> None:
    with broker.client() as client:
        client.send(call)


def _run_async(broker: Broker, call: Any) -> None:
    async def run() -> None:
        async with broker.async_client() as client:
            await client.send(call)

    asyncio.run(run())


def test_a_good_call_logs_no_secret(logs: io.StringIO) -> None:
    broker = Broker()
    broker.rotated = "canary-rotated"
    _run_sync(broker, POSITIONS)
    assert "canary" not in logs.getvalue()


def test_reprs() -> None:
    store = MemoryTokenStore(AccessToken("canary", datetime.now(UTC)), "canary")
    grant = Grant.read({"access_token": "canary", "refresh_token": "canary", "id_token": "canary"})
    with Broker().client(store=store) as client:
        shown = [
            CREDENTIALS,
            Credentials("canary", "canary", "id"),
            store,
            store.token,
            grant,
            grant.access_token,
            oauth.refresh("canary", "canary"),
            oauth.refresh("canary", "canary").body,
            client,
            vars(client),
        ]
        assert "canary" not in repr(shown)


def test_a_secret_is_still_its_text() -> None:
    secret = Secret("text")
    assert secret == "text"
    assert str(secret) == "text"
    assert type(str(secret)) is str
    assert f"{secret}" == "text"
    assert repr([secret]) == "[Secret(•••)]"
    assert repr(pickle.loads(pickle.dumps(secret))) == "Secret(•••)"


def test_errors_travel_between_processes() -> None:
    with Broker(lambda request: failure(422, "x")).client() as client:
        try:
            client.send(POSITIONS)
        except Exception as error:
            for twin in (pickle.loads(pickle.dumps(error)), copy.copy(error)):
                assert str(twin) == str(error)
                assert vars(twin) == vars(error)
