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
ROUNDS = 5
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


def nothing(it: Simulator) -> Iterator[bytes]:
    """Requests to the route that does nothing."""
    return itertools.repeat(raw(it, "GET", "/healthz"))


async def reads(it: Simulator, seconds: float) -> tuple[list[float], list[float], list[float]]:
    """Rates of the empty route, of polled reads, and of reads no one asked for before.

    Measured in turns, a round of each: what disturbs the machine disturbs all three.
    """
    paths = [p.format(number) for p in READS for number in it.told["accounts"]]
    polled = itertools.cycle([raw(it, "GET", p) for p in paths])
    marked = (f"{p}{'&' if '?' in p else '?'}n={n}" for n, p in enumerate(itertools.cycle(paths)))
    kinds = (nothing(it), polled, (raw(it, "GET", p) for p in marked))
    found: tuple[list[float], ...] = ([], [], [])
    for _ in range(ROUNDS):
        for requests, rates in zip(kinds, found, strict=True):
            rates.append(await rate(it, requests, seconds / ROUNDS))
    return found  # type: ignore[return-value]


async def orders(it: Simulator, seconds: float, accounts: int) -> tuple[list[float], list[float]]:
    """Rates of the empty route and of orders that were filled, over some accounts, in turns."""
    username = it.call("GET", "/control")["users"][0]
    path, numbers = f"/control/customers/{username}/accounts", []
    while len(numbers) < accounts:
        plan = {"cash": "100000000", "count": min(accounts - len(numbers), 100)}
        numbers += it.call("POST", path, plan)["accounts"]
    body = {
        "order-type": "Market",
        "time-in-force": "Day",
        "legs": [{"instrument-type": "Equity", "symbol": "KO", "action": "Buy to Open",
                  "quantity": 1}],
    }  # fmt: skip
    bodies = itertools.cycle([raw(it, "POST", f"/accounts/{n}/orders", body) for n in numbers])
    empty, filled = [], []
    for _ in range(ROUNDS):
        empty.append(await rate(it, nothing(it), seconds / ROUNDS))
        await rate(it, bodies, 1.0)  # as many on their way as will be at the end
        began, start = time.perf_counter(), _filled(it)
        await rate(it, bodies, seconds / ROUNDS)
        filled.append((_filled(it) - start) / (time.perf_counter() - began))
    return empty, filled


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
