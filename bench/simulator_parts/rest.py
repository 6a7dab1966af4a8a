"""Requests over kept connections: reads, orders, and an empty route to compare with."""

from __future__ import annotations

import asyncio
import itertools
import json
import time
from collections.abc import Iterator
from typing import Any

from bench.simulator_parts.process import Simulator

CONNECTIONS = 8
ACCOUNTS = 200
READS = (
    "/accounts/{}/balances/USD", "/accounts/{}/positions", "/accounts/{}/orders/live",
    "/accounts/{}/trading-status", "/customers/me/accounts",
    "/accounts/{}/transactions?per-page=50", "/market-data/by-type?equity=SPY,AAPL",
    "/margin/accounts/{}/requirements",
)  # fmt: skip


def raw(it: Simulator, method: str, path: str, body: Any = None) -> bytes:
    """A request as it goes over the line."""
    text = b"" if body is None else json.dumps(body).encode()
    head = (
        f"{method} {path} HTTP/1.1\r\nHost: simulator\r\nUser-Agent: bench/1.0\r\n"
        f"Authorization: Bearer {it.token}\r\nContent-Length: {len(text)}\r\n\r\n"
    )
    return head.encode() + text


async def rate(it: Simulator, requests: Iterator[bytes], seconds: float) -> float:
    """Answers a second over all connections."""
    end = time.perf_counter() + seconds
    counts = await asyncio.gather(*(_ask(it, requests, end) for _ in range(CONNECTIONS)))
    return sum(counts) / seconds


async def _ask(it: Simulator, requests: Iterator[bytes], end: float) -> int:
    reader, writer = await asyncio.open_connection("127.0.0.1", it.port)
    count = 0
    while time.perf_counter() < end:
        writer.write(next(requests))
        head = await reader.readuntil(b"\r\n\r\n")
        at = head.lower().index(b"content-length:") + 15
        await reader.readexactly(int(head[at : head.index(b"\r", at)]))
        if not head.startswith(b"HTTP/1.1 2"):
            raise RuntimeError(head.decode())
        count += 1
    writer.close()
    return count


async def empty(it: Simulator, seconds: float) -> float:
    """The rate of a route that does nothing."""
    return await rate(it, itertools.repeat(raw(it, "GET", "/healthz")), seconds)


async def reads(it: Simulator, seconds: float) -> tuple[float, float, float]:
    """Rates of the empty route, of polled reads, and of reads no one asked for before."""
    paths = [p.format(number) for p in READS for number in it.told["accounts"]]
    before = await empty(it, seconds)
    polled = await rate(it, itertools.cycle([raw(it, "GET", p) for p in paths]), seconds)
    marked = (f"{p}{'&' if '?' in p else '?'}n={n}" for n, p in enumerate(itertools.cycle(paths)))
    fresh = await rate(it, (raw(it, "GET", p) for p in marked), seconds)
    after = await empty(it, seconds)
    return (before + after) / 2, polled, fresh


async def orders(it: Simulator, seconds: float) -> tuple[float, float]:
    """Rates of the empty route and of orders that were filled in the time."""
    username = it.call("GET", "/control")["users"][0]
    plan = {"count": 100, "cash": "1000000"}
    path = f"/control/customers/{username}/accounts"
    numbers = [n for _ in range(ACCOUNTS // 100) for n in it.call("POST", path, plan)["accounts"]]
    body = {
        "order-type": "Market",
        "time-in-force": "Day",
        "legs": [{"instrument-type": "Equity", "symbol": "KO", "action": "Buy to Open",
                  "quantity": 1}],
    }  # fmt: skip
    bodies = itertools.cycle([raw(it, "POST", f"/accounts/{n}/orders", body) for n in numbers])
    before = await empty(it, seconds)
    await rate(it, bodies, 1.0)  # as many on their way as will be at the end
    began, start = time.perf_counter(), _filled(it)
    await rate(it, bodies, 2 * seconds)
    done, passed = _filled(it) - start, time.perf_counter() - began
    after = await empty(it, seconds)
    return (before + after) / 2, done / passed


def _filled(it: Simulator) -> int:
    return int(it.call("GET", "/control")["filled"])


def open_many(it: Simulator, customers: int, accounts: int, positions: int) -> None:
    """Open customers with accounts full of shares and options."""
    chain = it.call("GET", "/option-chains/SPY/nested")["data"]["items"][0]
    strikes = [s for e in chain["expirations"][:4] for s in e["strikes"][40:60]]
    symbols = [s[side] for s in strikes for side in ("call", "put")][:positions]
    holdings = [{"symbol": s, "quantity": "2", "price": "1.25"} for s in symbols]
    plan = {"count": customers, "accounts": accounts, "holdings": holdings}
    it.call("POST", "/control/customers", plan)
    it.call("POST", "/control/clock", {"advance": 600})
