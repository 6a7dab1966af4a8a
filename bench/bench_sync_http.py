"""Reading many accounts from a broker that is 50 ms away, as a sync does it.

2,000 accounts of one login, one call each, at most 5 connections, against calls x latency /
connections, which nobody can beat. "HTTP part": the client alone, answers parsed. "whole sync": the
same with locks, audit rows, comparison with the book and progress, for as many accounts as asked.

    python -m bench.bench_sync_http [--accounts 2000] [--latency 0.05] [--whole 300]
"""

from __future__ import annotations

import argparse
import asyncio
import json
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from bench.database import database
from brokerage.tastytrade.auth import Credentials
from brokerage.tastytrade.client import TastytradeClient
from brokerage.tastytrade.environments import simulator
from brokerage.tastytrade.resources import positions
from brokerage.tastytrade.tokens import MemoryTokenStore

LIMIT, CONNECTIONS = 1.25, 5


class SlowBroker:
    """Answers every read after the latency, on one event loop in a thread; counts connections."""

    def __init__(self, latency: float) -> None:
        self.latency, self.calls, self.open, self.most = latency, 0, 0, 0
        self.loop = asyncio.new_event_loop()
        ready = threading.Event()
        threading.Thread(target=self._serve, args=(ready,), daemon=True).start()
        ready.wait()

    def _serve(self, ready: threading.Event) -> None:
        asyncio.set_event_loop(self.loop)
        server = self.loop.run_until_complete(asyncio.start_server(self._talk, "127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
        ready.set()
        self.loop.run_forever()

    async def _talk(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.open += 1
        self.most = max(self.most, self.open)
        try:
            while head := await reader.readuntil(b"\r\n\r\n"):
                length = next(
                    (int(line.split(b":")[1]) for line in head.split(b"\r\n")
                     if line.lower().startswith(b"content-length")), 0,
                )  # fmt: skip
                await reader.readexactly(length)
                await asyncio.sleep(self.latency)
                writer.write(self._answer(head))
                await writer.drain()
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            self.open -= 1
            writer.close()

    def _answer(self, head: bytes) -> bytes:
        body: Any = {"data": {"items": []}}
        if b"/oauth/token" in head:
            body = {"access_token": "t", "token_type": "Bearer", "expires_in": 900}
        else:
            self.calls += 1
        text = json.dumps(body).encode()
        start = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: "
        return start + str(len(text)).encode() + b"\r\n\r\n" + text


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--accounts", type=int, default=2000)
    parser.add_argument("--latency", type=float, default=0.05)
    parser.add_argument("--whole", type=int, default=300)
    options = parser.parse_args()
    broker = SlowBroker(options.latency)
    took = _http(broker, options.accounts)
    ratio = took / (options.accounts * options.latency / CONNECTIONS)
    print(f"HTTP part: {broker.calls} calls over {broker.most} connections in {took:.1f} s")
    print(f"  x{ratio:.2f} of calls x latency / connections, at most {LIMIT}")
    with database():
        whole = _sync(broker, options.whole)
    least = options.whole * options.latency / CONNECTIONS
    print(f"whole sync of {options.whole} accounts: {whole:.1f} s, x{whole / least:.2f}")
    return 0 if ratio <= LIMIT and broker.most <= CONNECTIONS else 1


def _http(broker: SlowBroker, count: int) -> float:
    """The sync's way of reading: one client, as many threads as it has connections."""
    environment = simulator(broker.url)
    with TastytradeClient(
        environment, Credentials("s", "r"), MemoryTokenStore(), user_agent="bench/1.0"
    ) as client:
        client.access_token()
        numbers = [f"5WT{number:05d}" for number in range(count)]
        started = time.perf_counter()
        with ThreadPoolExecutor(CONNECTIONS) as pool:
            list(pool.map(lambda n: client.send(positions.list_positions(n)), numbers))
        return time.perf_counter() - started


def _sync(broker: SlowBroker, count: int) -> float:
    from django.conf import settings
    from django.contrib.auth import get_user_model

    from brokerage.enums import SyncKind
    from brokerage.models import Account, AccountAccess, Connection
    from brokerage.sync import runs

    settings.SIMULATOR_URL = broker.url
    settings.SYNC_CALLS_PER_SECOND = settings.SYNC_CALLS_BURST = 100_000
    user = get_user_model().objects.create_user("bench")
    connection = Connection.objects.create(
        user=user, environment="simulator", client_secret="s", refresh_token="r",
        grant_fingerprint="bench",
    )  # fmt: skip
    accounts = Account.objects.bulk_create(
        [Account(environment="simulator", number=f"5WT{n:05d}") for n in range(count)]
    )
    AccountAccess.objects.bulk_create(
        [AccountAccess(connection=connection, account=account) for account in accounts]
    )
    started = time.perf_counter()
    run = runs.sync(connection, [SyncKind.POSITIONS])
    took = time.perf_counter() - started
    assert run is not None and run.state == "done", run
    return took


if __name__ == "__main__":
    raise SystemExit(main())
