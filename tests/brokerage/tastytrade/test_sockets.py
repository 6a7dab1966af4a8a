"""Over real sockets: what a stand-in for the network cannot show."""

from __future__ import annotations

import asyncio
import json
import socket
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

from brokerage.tastytrade import (
    AsyncTastytradeClient,
    Environment,
    MemoryTokenStore,
    RetryPolicy,
    TastytradeClient,
    errors,
    simulator,
)
from brokerage.tastytrade.resources import orders, positions

from .broker import AGENT, CREDENTIALS

POSITIONS = positions.list_positions("5WT00001")
PLACE = orders.place("5WT00001", {"order-type": "Limit"})
QUICK = RetryPolicy(first=0.001)


class Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 64

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.behaviour = "answer"
        self.counts = {"token": 0, "call": 0}
        self.open = 0
        self.most_open = 0
        self.paths: list[str] = []
        self.lock = threading.Lock()
        self.together = threading.Barrier(5)

    @property
    def environment(self) -> Environment:
        return simulator(f"http://127.0.0.1:{self.server_port}")


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: Server

    def log_message(self, *_: Any) -> None:
        pass

    def setup(self) -> None:
        super().setup()
        with self.server.lock:
            self.server.open += 1
            self.server.most_open = max(self.server.most_open, self.server.open)

    def finish(self) -> None:
        super().finish()
        with self.server.lock:
            self.server.open -= 1

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers.get("Content-Length", 0)))
        if self.path == "/oauth/token":
            with self.server.lock:
                self.server.counts["token"] += 1
            token = f"t{self.server.counts['token']}"
            self._reply({"access_token": token, "expires_in": 900})
        else:
            self.do_GET()

    def do_GET(self) -> None:
        with self.server.lock:
            self.server.counts["call"] += 1
            self.server.paths.append(self.path)
        match self.server.behaviour:
            case "hang":
                time.sleep(1)
            case "cut":
                self.close_connection = True
                self.connection.shutdown(socket.SHUT_RDWR)
                return
            case "half":
                self.close_connection = True
                self.wfile.write(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{")
                return
            case "slow":
                time.sleep(0.02)
            case "refuse" if self.headers["Authorization"] == "Bearer t1":
                self.server.together.wait(5)
                self._reply({"error": {"code": "unauthorized", "message": "no"}}, 401)
                return
        self._reply({"data": {"items": []}})

    def _reply(self, body: Any, status: int = 200) -> None:
        content = json.dumps(body).encode()
        self.send_response(status)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)


@pytest.fixture
def server() -> Iterator[Server]:
    found = Server()
    thread = threading.Thread(target=found.serve_forever, args=(0.02,))
    thread.start()
    yield found
    found.shutdown()
    thread.join()
    found.server_close()


def client(environment: Environment, **options: Any) -> TastytradeClient:
    return TastytradeClient(
        environment, CREDENTIALS, MemoryTokenStore(), user_agent=AGENT, retry=QUICK, **options
    )


def test_nobody_there() -> None:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        environment = simulator(f"http://127.0.0.1:{unused.getsockname()[1]}")
        with client(environment) as desk, pytest.raises(errors.OAuthUnavailable) as caught:
            desk.send(PLACE)
    assert caught.value.outcome == "not_sent"


@pytest.mark.parametrize(
    ("behaviour", "kind"),
    [
        ("hang", errors.TimeoutError_),
        ("cut", errors.ConnectionLost),
        ("half", errors.ConnectionLost),
    ],
)
def test_an_order_lost_on_the_way_is_unknown_and_sent_once(
    server: Server, behaviour: str, kind: type[errors.TastytradeError]
) -> None:
    with client(server.environment, timeout=0.3) as desk:
        desk.access_token()
        server.behaviour = behaviour
        with pytest.raises(kind) as caught:
            desk.send(PLACE)
    assert caught.value.outcome == "unknown"
    assert server.counts["call"] == 1


def test_a_read_lost_on_the_way_is_repeated(server: Server) -> None:
    with client(server.environment) as desk:
        desk.access_token()
        server.behaviour = "cut"
        with pytest.raises(errors.ConnectionLost):
            desk.send(POSITIONS)
    assert server.counts["call"] == 3


def test_fifty_threads_over_five_connections(server: Server) -> None:
    server.behaviour = "slow"
    with client(server.environment) as desk, ThreadPoolExecutor(50) as pool:
        assert list(pool.map(lambda _: len(desk.send(POSITIONS)), range(50))) == [0] * 50
    assert server.counts == {"token": 1, "call": 50}
    assert server.most_open <= 5


def test_refused_calls_leave_a_connection_for_the_refresh(server: Server) -> None:
    """Five answers of 401 on five connections, and the token comes over the same pool."""
    server.behaviour = "refuse"
    with client(server.environment, timeout=2) as desk, ThreadPoolExecutor(5) as pool:
        desk.access_token()
        assert list(pool.map(lambda _: len(desk.send(POSITIONS)), range(5))) == [0] * 5
    assert server.counts == {"token": 2, "call": 10}


def test_fifty_tasks_over_five_connections(server: Server) -> None:
    server.behaviour = "slow"

    async def run() -> None:
        async with AsyncTastytradeClient(
            server.environment, CREDENTIALS, MemoryTokenStore(), user_agent=AGENT, retry=QUICK
        ) as desk:
            await asyncio.gather(*(desk.send(POSITIONS) for _ in range(50)))

    asyncio.run(run())
    assert server.counts == {"token": 1, "call": 50}
    # One more for the token, which a client of its own fetches.
    assert server.most_open <= 6


def test_symbols_reach_the_server_encoded(server: Server) -> None:
    with client(server.environment) as desk:
        desk.send(positions.list_positions("5WT00001", underlying_symbols=["BRK/B", "/ES"]))
    assert server.paths == [
        "/accounts/5WT00001/positions?underlying-symbol%5B%5D=BRK%2FB&underlying-symbol%5B%5D=%2FES"
    ]


def test_a_proxy_of_the_surroundings_is_not_between_us_and_the_simulator(
    server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:1")
    with client(server.environment) as desk:
        assert desk.send(POSITIONS) == ()
