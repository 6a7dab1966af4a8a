from __future__ import annotations

from dataclasses import replace

import pytest

from brokerage.tastytrade import PRODUCTION, SANDBOX, InsecureAddress, simulator
from brokerage.tastytrade.resources import market_data, net_liq, positions, search, watchlists


def test_real_environments_speak_encrypted_alone() -> None:
    for environment in (PRODUCTION, SANDBOX):
        assert environment.api_url.startswith("https://")
        assert environment.account_stream_url.startswith("wss://")
        for change in (
            {"api_url": "http://api.tastyworks.com"},
            {"api_url": "http://127.0.0.1:8100"},
            {"account_stream_url": "ws://streamer.tastyworks.com"},
            {"authorize_url": "http://my.tastytrade.com/auth.html"},
            {"api_url": "https://user:word@api.tastyworks.com"},
            {"api_url": "https://"},
            {"api_url": "file:///etc/passwd"},
            {"api_url": "https://api.tastyworks.com:port"},
        ):
            with pytest.raises(InsecureAddress):
                replace(environment, **change)


@pytest.mark.parametrize(
    "url", ["http://127.0.0.1:8100", "http://localhost:8100", "http://[::1]:8100/"]
)
def test_the_simulator_lives_on_loopback(url: str) -> None:
    environment = simulator(url)
    assert environment.account_stream_url.startswith("ws://")
    assert environment.account_stream_url.endswith(":8100/account-stream")
    assert environment.authorize_url.endswith(":8100/auth.html")


@pytest.mark.parametrize(
    "url",
    [
        "http://10.0.0.5:8100",
        "http://example.com",
        "https://example.com",
        "http://127.0.0.1.example.com",
        "http://localhost.example.com",
        "http://0.0.0.0:8100",
        "http://127.0.0.1@example.com",
    ],
)
def test_and_nowhere_else(url: str) -> None:
    with pytest.raises(InsecureAddress):
        simulator(url)


def test_versions_are_pinned_per_environment() -> None:
    assert PRODUCTION.accept_version == "20261012"
    assert SANDBOX.accept_version is None
    assert simulator().accept_version == "20261012"
    assert PRODUCTION.pinned("20251101").accept_version == "20251101"
    assert PRODUCTION.pinned("").accept_version is None


@pytest.mark.parametrize(
    "url",
    [
        "wss://tasty-openapi-ws.dxfeed.com/realtime",
        "wss://tasty-openapi-dxlink-md-ws.dxfeed.com/realtime",
    ],
)
def test_streamer_hosts_on_the_list(url: str) -> None:
    assert PRODUCTION.check_streamer_url(url) == url


@pytest.mark.parametrize(
    "url",
    [
        "ws://tasty-openapi-ws.dxfeed.com/realtime",
        "https://tasty-openapi-ws.dxfeed.com/realtime",
        "wss://dxfeed.com.example.org/realtime",
        "wss://evildxfeed.com/",
        "wss://example.org/.dxfeed.com",
        "wss://a.dxfeed.com@example.org/",
        "wss://a.dxfeed.com\\@example.org/",
        "wss://example.org\\.dxfeed.com/",
        "wss://example.org#.dxfeed.com",
        "wss://127.0.0.1:8100/dxlink",
        "ws://127.0.0.1:8100/dxlink",
        "",
        "wss://",
    ],
)
def test_streamer_hosts_off_the_list(url: str) -> None:
    with pytest.raises(InsecureAddress):
        PRODUCTION.check_streamer_url(url)


def test_the_simulator_streams_from_loopback() -> None:
    environment = simulator()
    assert environment.check_streamer_url("ws://127.0.0.1:8100/dxlink")
    with pytest.raises(InsecureAddress):
        environment.check_streamer_url("wss://tasty-openapi-ws.dxfeed.com/realtime")


def test_what_the_sandbox_does_not_serve() -> None:
    for call in (
        search.symbols("AAP"),
        market_data.by_type({"Equity": ["AAPL"]}),
        watchlists.get_watchlist("x"),
        net_liq.history("5WT00001", time_back="1d"),
    ):
        assert not SANDBOX.serves(call.route)
        assert PRODUCTION.serves(call.route)
    assert SANDBOX.serves(positions.list_positions("5WT00001").route)
