"""Both clients, over the same scripts of answers."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from email.utils import format_datetime
from typing import Any

import httpx
import pytest

from brokerage.tastytrade import (
    PRODUCTION,
    SANDBOX,
    ApiNotice,
    CallRecord,
    RetryPolicy,
    TastytradeClient,
    errors,
)
from brokerage.tastytrade.calls import Call
from brokerage.tastytrade.errors import TastytradeError
from brokerage.tastytrade.resources import (
    accounts,
    margin,
    market_data,
    market_metrics,
    orders,
    positions,
    quote_alerts,
    search,
    watchlists,
)

from .broker import AGENT, CREDENTIALS, LOCAL, Broker, failure, in_turn, rows

POSITIONS = positions.list_positions("5WT00001")
ORDER = {"order-type": "Limit", "time-in-force": "Day"}
PLACE = orders.place("5WT00001", ORDER)
PLACED = {"data": {"order": {"id": 1, "status": "Received"}, "warnings": []}}

Send = Callable[..., Any]


@pytest.fixture(params=["sync", "async"])
def send(request: pytest.FixtureRequest) -> Send:
    """Sends one call to a broker through either client."""

    def sync(broker: Broker, call: Call[Any], **options: Any) -> Any:
        with broker.client(**options) as client:
            return client.send(call)

    async def task(broker: Broker, call: Call[Any], **options: Any) -> Any:
        async with broker.async_client(**options) as client:
            return await client.send(call)

    def run(broker: Broker, call: Call[Any], **options: Any) -> Any:
        return asyncio.run(task(broker, call, **options))

    return sync if request.param == "sync" else run


def refused(send: Send, broker: Broker, call: Call[Any], **options: Any) -> TastytradeError:
    with pytest.raises(TastytradeError) as caught:
        send(broker, call, **options)
    return caught.value


# --- what is sent ---


def test_headers(send: Send) -> None:
    broker = Broker()
    send(broker, POSITIONS)
    (request,) = broker.requests
    assert request.headers["User-Agent"] == AGENT
    assert request.headers["Accept"] == "application/json"
    assert request.headers["Accept-Version"] == "20261012"
    assert request.headers["Authorization"] == "Bearer canary-access-token-1"
    assert "Content-Type" not in request.headers


def test_the_token_request_carries_no_token_but_the_agent(send: Send) -> None:
    broker = Broker()
    seen: list[httpx.Headers] = []

    def token(request: httpx.Request) -> httpx.Response:
        seen.append(request.headers)
        return httpx.Response(200, json={"access_token": "x", "expires_in": 900})

    broker.token_handler = token
    send(broker, POSITIONS)
    assert seen[0]["User-Agent"] == AGENT
    assert "Authorization" not in seen[0]
    assert broker.token_requests == [
        {
            "grant_type": "refresh_token",
            "refresh_token": "canary-refresh-token",
            "client_secret": "canary-client-secret",
        }
    ]


def test_the_sandbox_gets_no_version(send: Send) -> None:
    broker = Broker()
    send(broker, POSITIONS, environment=SANDBOX)
    assert "Accept-Version" not in broker.requests[0].headers


@pytest.mark.parametrize("agent", ["desk", "", "desk/", "/1.0", "desk/1.0\r\nX: y", "de sk/1"])
def test_an_agent_without_a_version_is_refused(agent: str) -> None:
    with pytest.raises(ValueError, match="User-Agent"):
        TastytradeClient(LOCAL, CREDENTIALS, None, user_agent=agent)  # type: ignore[arg-type]


def test_at_most_five_connections() -> None:
    with pytest.raises(ValueError, match="at most 5"):
        Broker().client(max_connections=6)


def test_paths_and_queries_are_encoded_once(send: Send) -> None:
    broker = Broker()
    send(broker, market_metrics.metrics(["AAPL", "BRK/B"]))
    broker.handler = lambda request: httpx.Response(200, json={"data": {"symbol": "x"}})
    send(broker, market_data.single("Equity Option", "SPY   261218C00600000"))
    send(broker, market_data.single("Future Option", "./ESM6 EW2J6 260410P5400"))
    assert [request.url.raw_path for request in broker.requests] == [
        b"/market-metrics?symbols=AAPL,BRK%2FB",
        b"/market-data/Equity%20Option/SPY%20%20%20261218C00600000",
        b"/market-data/Future%20Option/.%2FESM6%20EW2J6%20260410P5400",
    ]


def test_bodies_are_json_with_raw_symbols(send: Send) -> None:
    broker = Broker(lambda request: httpx.Response(201, json=PLACED))
    send(broker, orders.place("5WT00001", {"legs": [{"symbol": "BRK/B"}]}))
    assert broker.requests[0].headers["Content-Type"] == "application/json"
    assert json.loads(broker.requests[0].content) == {"legs": [{"symbol": "BRK/B"}]}


def test_a_public_call_needs_no_token(send: Send) -> None:
    broker = Broker(lambda request: httpx.Response(200, json={"data": {"risk-free-rate": "0.04"}}))
    send(broker, margin.public_configuration())
    assert broker.token_requests == []
    assert "Authorization" not in broker.requests[0].headers


@pytest.mark.parametrize("number", ["", "..", ".", " "])
def test_a_path_cannot_be_left(number: str) -> None:
    with pytest.raises(ValueError, match="segment"):
        positions.list_positions(number)
    assert positions.list_positions("../customers").path == "/accounts/..%2Fcustomers/positions"


# --- refusals ---


@pytest.mark.parametrize(
    ("status", "kind", "attempts"),
    [
        (400, errors.BadRequest, 1),
        (403, errors.Forbidden, 1),
        (404, errors.NotFound, 1),
        (406, errors.VersionNotSupported, 1),
        (409, errors.Conflict, 1),
        (422, errors.Unprocessable, 1),
        (401, errors.Unauthorized, 2),
        (429, errors.RateLimited, 3),
        (500, errors.ServerError, 3),
        (502, errors.BadGateway, 3),
        (503, errors.ServiceUnavailable, 3),
        (504, errors.GatewayTimeout, 3),
    ],
)
def test_each_status_of_a_read(
    send: Send, status: int, kind: type[TastytradeError], attempts: int
) -> None:
    broker = Broker(lambda request: failure(status))
    caught = refused(send, broker, POSITIONS)
    assert type(caught) is kind
    assert (caught.status, caught.code) == (status, f"c{status}")
    assert caught.route == "/accounts/{}/positions"
    assert len(broker.requests) == attempts


@pytest.mark.parametrize("status", [400, 401, 403, 404, 406, 409, 422, 429, 500, 502, 503, 504])
@pytest.mark.parametrize(
    "call",
    [
        PLACE,
        orders.cancel("5WT00001", 1),
        orders.replace("5WT00001", 1, ORDER),
        orders.edit("5WT00001", 1, ORDER),
        orders.place_complex("5WT00001", ORDER),
    ],
    ids=lambda call: f"{call.method} {call.route}",
)
def test_an_order_is_sent_once_whatever_comes_back(status: int, call: Call[Any]) -> None:
    broker = Broker(lambda request: failure(status, headers={"Retry-After": "0"}))
    with broker.client() as client, pytest.raises(TastytradeError) as caught:
        client.send(call)
    assert len(broker.requests) == 1
    assert broker.waits == []
    proves_nothing = status == 401 or status >= 500
    assert caught.value.outcome == ("unknown" if proves_nothing else "refused")


def test_a_401_on_an_order_refreshes_and_does_not_replay(send: Send) -> None:
    broker = Broker(lambda request: failure(401))
    caught = refused(send, broker, PLACE)
    assert isinstance(caught, errors.Unauthorized)
    assert len(broker.requests) == 1
    assert len(broker.token_requests) == 2


def test_a_401_on_an_order_stays_the_news_when_the_grant_is_dead_too(send: Send) -> None:
    broker = Broker(lambda request: failure(401))
    answers = in_turn(
        httpx.Response(200, json={"access_token": "x", "expires_in": 900}),
        httpx.Response(400, json={"error_code": "invalid_grant"}),
    )
    broker.token_handler = answers
    assert isinstance(refused(send, broker, PLACE), errors.Unauthorized)


def test_a_401_on_a_read_is_replayed_with_the_new_token(send: Send) -> None:
    broker = Broker(in_turn(failure(401), rows()))
    assert send(broker, POSITIONS) == ()
    assert broker.bearers == [
        "Bearer canary-access-token-1",
        "Bearer canary-access-token-2",
    ]


def test_a_401_on_a_new_alert_is_replayed_since_it_was_not_made(send: Send) -> None:
    broker = Broker(in_turn(failure(401), httpx.Response(201, json={"data": {"symbol": "A"}})))
    assert send(broker, quote_alerts.create("A", "Last", ">", Decimal(1))).symbol == "A"


def test_html_instead_of_json(send: Send) -> None:
    broker = Broker(lambda request: httpx.Response(403, html="<html><b>canary</b></html>"))
    caught = refused(send, broker, POSITIONS)
    assert (caught.code, caught.message) == ("http_403", "Forbidden")


def test_a_redirect_is_an_error_and_takes_no_token_along(send: Send) -> None:
    for status in (301, 302, 303, 307, 308, 304):
        broker = Broker(
            lambda request, status=status: httpx.Response(
                status, headers={"Location": "https://example.org/steal"}
            )
        )
        assert isinstance(refused(send, broker, POSITIONS), errors.UnexpectedRedirect)
        assert [request.url.host for request in broker.requests] == ["127.0.0.1"]


# --- answers ---


def test_empty_answers(send: Send) -> None:
    broker = Broker(lambda request: httpx.Response(204))
    assert send(broker, quote_alerts.delete("x")) is None
    assert isinstance(refused(send, broker, POSITIONS), errors.MalformedAnswer)


@pytest.mark.parametrize(
    "content", [b"<html>", b"{", b'"text"', b"3", b'{"data": {"items": [{}]}}', b"[" * 100_000]
)
def test_a_success_that_cannot_be_read(send: Send, content: bytes) -> None:
    broker = Broker(lambda request: httpx.Response(200, content=content))
    caught = refused(send, broker, POSITIONS)
    assert isinstance(caught, errors.MalformedAnswer)
    assert caught.outcome == "unknown"
    assert len(broker.requests) == 1


def test_a_placement_answered_without_an_order_is_unknown(send: Send) -> None:
    for content in (
        b"",
        b"{}",
        b'{"data": {}}',
        b'{"data": {"order": {"status": "Received"}}}',
        b'{"data": {"order": {"id": 1, "legs": [{}]}}}',
    ):
        broker = Broker(lambda request, content=content: httpx.Response(201, content=content))
        caught = refused(send, broker, PLACE)
        assert caught.outcome == "unknown"
        assert len(broker.requests) == 1


def test_a_change_answered_without_an_id_is_unknown(send: Send) -> None:
    for call in (orders.cancel("5WT00001", 1), orders.replace("5WT00001", 1, ORDER)):
        broker = Broker(lambda request: httpx.Response(200, json={"data": {"status": "Live"}}))
        assert refused(send, broker, call).outcome == "unknown"


def test_any_success_status_will_do(send: Send) -> None:
    for status in (200, 201, 202):
        broker = Broker(lambda request, status=status: httpx.Response(status, json=PLACED))
        assert send(broker, PLACE).order.id == 1


# --- waiting ---


def test_a_read_waits_and_then_succeeds(send: Send) -> None:
    broker = Broker(in_turn(failure(503), failure(502), rows()))
    assert send(broker, POSITIONS) == ()
    first, second = broker.waits
    assert 0.5 <= first <= 1.0 <= second <= 2.0


def test_retry_after_is_obeyed(send: Send) -> None:
    broker = Broker(in_turn(failure(429, headers={"Retry-After": "7"}), rows()))
    send(broker, POSITIONS)
    assert broker.waits == [7.0]


def test_a_retry_after_date_is_read_by_the_broker_s_clock(send: Send) -> None:
    then = datetime(2031, 1, 1, tzinfo=UTC)
    headers = {
        "Date": format_datetime(then, usegmt=True),
        "Retry-After": format_datetime(then + timedelta(seconds=9), usegmt=True),
    }
    broker = Broker(in_turn(failure(429, headers=headers), rows()))
    send(broker, POSITIONS)
    assert broker.waits == [9.0]


def test_too_long_a_wait_goes_up(send: Send) -> None:
    broker = Broker(lambda request: failure(429, headers={"Retry-After": "3600"}))
    caught = refused(send, broker, POSITIONS)
    assert caught.retry_after == 3600.0
    assert broker.waits == []


def test_a_dry_run_changes_nothing_and_may_be_repeated(send: Send) -> None:
    broker = Broker(in_turn(failure(503), httpx.Response(201, json=PLACED)))
    assert send(broker, orders.dry_run("5WT00001", ORDER)).order.id == 1


def test_a_dry_run_that_got_no_answer_is_not_asked_again(send: Send) -> None:
    def silence(request: httpx.Request) -> httpx.Response:
        raise httpx.ReadTimeout("silence", request=request)

    broker = Broker(silence)
    refused(send, broker, orders.dry_run("5WT00001", ORDER))
    assert len(broker.requests) == 1


def test_attempts_can_be_limited() -> None:
    broker = Broker(lambda request: failure(503))
    with broker.client() as client, pytest.raises(errors.ServiceUnavailable):
        client.send(POSITIONS, attempts=1)
    assert len(broker.requests) == 1
    assert isinstance(
        _refused_once(broker, retry=RetryPolicy(attempts=2)), errors.ServiceUnavailable
    )
    assert len(broker.requests) == 3


def _refused_once(broker: Broker, **options: Any) -> TastytradeError:
    with broker.client(**options) as client, pytest.raises(TastytradeError) as caught:
        client.send(POSITIONS)
    return caught.value


@pytest.mark.parametrize(
    ("raised", "kind", "outcome", "attempts"),
    [
        (httpx.ConnectError("x"), errors.ConnectError, "not_sent", 3),
        (httpx.ConnectTimeout("x"), errors.ConnectError, "not_sent", 3),
        (httpx.PoolTimeout("x"), errors.ConnectError, "not_sent", 3),
        (httpx.ReadTimeout("x"), errors.TimeoutError_, "unknown", 3),
        (httpx.WriteTimeout("x"), errors.TimeoutError_, "unknown", 3),
        (httpx.ReadError("x"), errors.ConnectionLost, "unknown", 3),
        (httpx.RemoteProtocolError("x"), errors.ConnectionLost, "unknown", 3),
        (httpx.DecodingError("x"), errors.MalformedAnswer, "unknown", 1),
    ],
)
def test_transport_failures(
    send: Send,
    raised: httpx.HTTPError,
    kind: type[TastytradeError],
    outcome: str,
    attempts: int,
) -> None:
    def handler(request: httpx.Request) -> httpx.Response:
        raise raised

    broker = Broker(handler)
    caught = refused(send, broker, POSITIONS)
    assert type(caught) is kind
    assert caught.outcome == outcome
    assert caught.__context__ is None and caught.__cause__ is None
    assert len(broker.requests) == attempts
    broker = Broker(handler)
    assert refused(send, broker, PLACE).outcome == outcome
    assert len(broker.requests) == 1


# --- environments ---


def test_a_missing_feature_is_no_outage(send: Send) -> None:
    for status in (500, 502, 503):
        broker = Broker(lambda request, status=status: failure(status))
        caught = refused(send, broker, search.symbols("AAP"), environment=SANDBOX)
        assert type(caught) is errors.NotAvailableHere
        assert len(broker.requests) == 1
    broker = Broker(lambda request: failure(502))
    assert type(refused(send, broker, POSITIONS, environment=SANDBOX)) is errors.BadGateway
    broker = Broker(lambda request: failure(404))
    caught = refused(send, broker, watchlists.list_watchlists(), environment=SANDBOX)
    assert type(caught) is errors.NotFound
    broker = Broker(lambda request: failure(502))
    caught = refused(send, broker, search.symbols("AAP"), environment=PRODUCTION)
    assert type(caught) is errors.BadGateway


# --- what is learnt on the way ---


def test_the_broker_s_clock() -> None:
    theirs = datetime.now(UTC) - timedelta(hours=2)
    broker = Broker(lambda request: rows(headers={"Date": format_datetime(theirs, usegmt=True)}))
    with broker.client() as client:
        assert client.broker_clock_offset is None
        client.send(POSITIONS)
        assert client.broker_clock_offset == pytest.approx(-7200, abs=3)
        broker.handler = lambda request: rows(headers={"Date": "yesterday"})
        client.send(POSITIONS)


def test_exchanges_are_recorded_without_names() -> None:
    records: list[CallRecord] = []
    broker = Broker(in_turn(failure(503), rows()))
    with broker.client(observer=records.append) as client:
        client.send(POSITIONS)
    assert [(r.route, r.status, r.attempt, r.error) for r in records] == [
        ("/oauth/token", 200, 1, ""),
        ("/accounts/{}/positions", 503, 1, "ServiceUnavailable"),
        ("/accounts/{}/positions", 200, 2, ""),
    ]
    assert "5WT00001" not in str(records)
    assert all(record.milliseconds >= 0 for record in records)


def test_a_failing_listener_fails_no_call() -> None:
    def broken(fact: object) -> None:
        raise RuntimeError("listener")

    headers = {"Sunset": "Sat, 01 May 2027 00:00:00 GMT"}
    broker = Broker(lambda request: rows(headers=headers))
    with broker.client(observer=broken, on_notice=broken) as client:
        assert client.send(POSITIONS) == ()


@pytest.mark.parametrize(
    ("headers", "deprecated", "sunset"),
    [
        ({"Deprecation": "@1767225600"}, "2026-01-01", None),
        ({"Deprecation": "true"}, None, None),
        (
            {
                "Deprecation": "Thu, 01 Jan 2026 00:00:00 GMT",
                "Sunset": "Mon, 12 Apr 2027 00:00:00 GMT",
            },
            "2026-01-01",
            "2027-04-12",
        ),
        ({"Sunset": "2027-04-12"}, None, "2027-04-12"),
        ({"Sunset": "some day"}, None, None),
    ],
)
def test_one_notice_per_announcement(
    headers: dict[str, str], deprecated: str | None, sunset: str | None
) -> None:
    notices: list[ApiNotice] = []
    broker = Broker(lambda request: rows(headers=headers))
    with broker.client(on_notice=notices.append) as client:
        client.send(POSITIONS)
        client.send(accounts.list_accounts())
    (notice,) = notices
    assert (notice.kind, notice.accept_version) == ("deprecated", "20261012")
    assert str(notice.deprecated_on or None) == str(deprecated)
    assert str(notice.sunset_on or None) == str(sunset)
    assert notice.noticed_on == datetime.now(UTC).date()


def test_a_406_is_a_notice_too() -> None:
    notices: list[ApiNotice] = []
    body = {"error": {"code": 406, "message": "The requested version is not supported."}}
    broker = Broker(lambda request: httpx.Response(406, json=body))
    with broker.client(on_notice=notices.append) as client:
        for _ in range(2):
            with pytest.raises(errors.VersionNotSupported) as caught:
                client.send(POSITIONS)
    assert caught.value.code == "406"
    assert [notice.kind for notice in notices] == ["refused"]


def test_ordinary_answers_are_no_notice() -> None:
    notices: list[ApiNotice] = []
    broker = Broker(lambda request: rows(headers={"Deprecation": "false"}))
    with broker.client(on_notice=notices.append) as client:
        client.send(POSITIONS)
    assert notices == []
