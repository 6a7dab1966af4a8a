"""Malformed bodies and frames in bulk: a contract answer each time, and nothing is lost by it.

10,000 by default; `FUZZ=100000` for the long run. Drawn from a seed, so a failure repeats itself.
Half are bodies for every REST route that takes one, half frames for the two streams.
"""

from __future__ import annotations

import asyncio
import json
import os
import random
from collections import Counter
from typing import Any

import httpx
import pytest
import websockets

from simulator.app import create_app
from simulator.world import World
from tests.simulator.conftest import NUMBER
from tests.simulator.running import credentials, serving

TOTAL = int(os.environ.get("FUZZ", "10000"))
SEED = int(os.environ.get("FUZZ_SEED", "3"))
ORDERS = f"/accounts/{NUMBER}/orders"
COMPLEX = f"/accounts/{NUMBER}/complex-orders"
ROUTES = (
    ("POST", ORDERS), ("POST", f"{ORDERS}/dry-run"), ("PUT", f"{ORDERS}/1"),
    ("PATCH", f"{ORDERS}/1"), ("POST", f"{ORDERS}/1/dry-run"), ("POST", f"{ORDERS}/x/reconfirm"),
    ("DELETE", f"{ORDERS}/99"), ("POST", COMPLEX), ("POST", f"{COMPLEX}/dry-run"),
    ("PATCH", f"{COMPLEX}/1"), ("POST", f"/margin/accounts/{NUMBER}/dry-run"),
    ("POST", "/watchlists"), ("PUT", "/watchlists/One"), ("POST", "/quote-alerts"),
    ("POST", "/oauth/token"), ("POST", "/sessions"), ("POST", "/sessions/validate"),
    ("GET", "/market-data/by-type?equity=%00,%FF"), ("GET", f"{ORDERS}?per-page=-1"),
    ("GET", f"/accounts/{NUMBER}/transactions?start-date=x"),
)  # fmt: skip
GOOD: dict[str, Any] = {
    "order-type": "Limit", "time-in-force": "Day", "price": "20.00", "price-effect": "Debit",
    "legs": [{"instrument-type": "Equity", "symbol": "KO", "action": "Buy to Open",
              "quantity": 1}],
}  # fmt: skip
BODIES: tuple[Any, ...] = (
    GOOD,
    {"type": "OCO", "orders": [GOOD, {**GOOD, "order-type": "Stop", "stop-trigger": "1"}]},
    {"type": "OTOCO", "trigger-order": GOOD, "orders": [GOOD, GOOD]},
    {"type": "PAIRS", "orders": [GOOD, GOOD], "ratio-price-threshold": "1"},
    {**GOOD, "rules": {"route-after": "x", "conditions": [{"action": "route", "threshold": 1}]}},
    {**GOOD, "account-number": NUMBER, "underlying-symbol": "KO"},
    {"name": "One", "watchlist-entries": [{"symbol": "SPY", "instrument-type": "Equity"}]},
    {"symbol": "AAPL", "field": "Last", "operator": ">", "threshold": "1"},
    {"grant_type": "refresh_token", "refresh_token": "x", "client_secret": "y"},
    {"login": "x", "password": "y", "remember-me": True},
)
FRAMES: tuple[Any, ...] = (
    {"type": "SETUP", "channel": 0, "version": "0.1", "keepaliveTimeout": 60},
    {"type": "CHANNEL_REQUEST", "channel": 1, "service": "FEED", "parameters": {}},
    {"type": "FEED_SETUP", "channel": 1, "acceptEventFields": {"Quote": ["bidPrice"]}},
    {"type": "FEED_SUBSCRIPTION", "channel": 1, "add": [{"type": "Quote", "symbol": "SPY"}],
     "remove": [{"type": "Candle", "symbol": "SPY{=5m}", "fromTime": 0}], "reset": True},
    {"type": "DOM_SETUP", "channel": 3, "acceptDepthLimit": 3},
    {"type": "CHANNEL_CANCEL", "channel": 1}, {"type": "KEEPALIVE", "channel": 0},
    {"action": "connect", "value": [NUMBER], "auth-token": "Bearer x", "request-id": 1},
    {"action": "heartbeat", "auth-token": "x", "request-id": 2},
)  # fmt: skip
WRONG: tuple[Any, ...] = (
    None, True, -1, 0, 10**30, 1.5, -0.0, "", "NaN", "Infinity", "1e400", "-1", "\x00",
    "\ud800", "ü" * 40,
    "x" * 5000, [], {}, [None], [[[[]]]], {"": {}}, {"a": [{}]}, "2026-02-30", "Buy", "{=}", "/ES",
    "BTC/USD", "MSFT  261218C00520000", "SPY{=0m}", "SPY{=5m,price=x}",
)  # fmt: skip
TEXTS = (
    b"", b"{", b"[", b"null", b"nul", b'"', b"\xff\xfe", b"[" * 5000, b'{"a":' * 3000, b"1e999999",
    b'{"legs": NaN}', b'{"a":1,"a":2}', b"\x00", b"<xml/>", b"a=b&c=d",
)  # fmt: skip


def spoil(rng: random.Random, value: Any) -> Any:
    """The value with something wrong somewhere inside."""
    if isinstance(value, dict) and value and rng.random() < 0.85:
        key = rng.choice(list(value))
        match rng.randrange(8):
            case 0:
                return {k: v for k, v in value.items() if k != key}
            case 1:
                return {**value, rng.choice(("x", "", "legs", "id")): rng.choice(WRONG)}
            case _:
                return {**value, key: spoil(rng, value[key])}
    if isinstance(value, list) and value and rng.random() < 0.7:
        if rng.random() < 0.2:
            return value * rng.randrange(2, 6)
        at = rng.randrange(len(value))
        return [*value[:at], spoil(rng, value[at]), *value[at + 1 :]]
    return rng.choice(WRONG)


def text_of(rng: random.Random, models: tuple[Any, ...]) -> bytes:
    """A body or a frame: broken JSON, cut JSON, or JSON with wrong values."""
    if rng.random() < 0.1:
        return rng.choice(TEXTS)
    value = rng.choice(models)
    for _ in range(rng.randrange(1, 4)):
        value = spoil(rng, value)
    made = json.dumps(value).encode()
    return made[: rng.randrange(len(made) + 1)] if rng.random() < 0.1 else made


def books(world: World) -> tuple[Any, ...]:
    """What no malformed request may change."""
    rows = [(a.number, a.cash, len(world.transactions[a.number])) for a in world.accounts.values()]
    return rows, {o.id for o in world.orders.values() if o.id == 1}, len(world.grants)


def refused_well(answer: httpx.Response) -> str:
    """Why an answer is not one of the contract's; empty when it is."""
    if answer.status_code >= 500:
        return f"{answer.status_code}"
    if answer.status_code < 300:
        return ""
    try:
        told = answer.json()
    except ValueError:
        return "not JSON"
    oauth = isinstance(told.get("error_code"), str) and "error" not in told
    error = told.get("error")
    fits = isinstance(error, dict) and error.get("code") and isinstance(error["message"], str)
    return "" if oauth or fits else "no contract error"


@pytest.mark.timeout(60 + TOTAL // 40)
async def test_bodies(world: World) -> None:
    rng, statuses = random.Random(SEED), Counter[int]()
    transport = httpx.ASGITransport(create_app(world, ticking=False), raise_app_exceptions=False)
    headers = {"user-agent": "tests/1.0", "content-type": "application/json"}
    base = "http://127.0.0.1:8230"
    async with httpx.AsyncClient(transport=transport, base_url=base, headers=headers) as client:
        grant = next(iter(world.grants.values()))
        secret = world.clients[grant.client_id].secret
        told = {"client_secret": secret, "refresh_token": grant.refresh_token}
        login = await client.post("/oauth/token", json=credentials(told))
        client.headers["authorization"] = f"Bearer {login.json()['access_token']}"
        before = books(world)
        for _ in range(TOTAL // 2):
            method, path = rng.choice(ROUTES)
            body = text_of(rng, BODIES)
            answer = await client.request(method, path, content=body)
            why = refused_well(answer)
            assert not why, (why, method, path, body, answer.text[:300])
            statuses[answer.status_code] += 1
        assert books(world) == before
        assert (await client.get(f"/accounts/{NUMBER}/balances")).status_code == 200
    assert statuses[400] + statuses[422] > TOTAL // 8, statuses


@pytest.mark.timeout(60 + TOTAL // 40)
async def test_frames(world: World) -> None:
    """Lines may be closed, never with an internal error; a fresh one works at the end."""
    rng = random.Random(SEED)
    before = books(world)
    async with serving(world) as told, httpx.AsyncClient(base_url=told["api_url"]) as client:
        client.headers["user-agent"] = "tests/1.0"
        login = (await client.post("/oauth/token", json=credentials(told))).json()
        access = f"Bearer {login['access_token']}"
        token = (await client.get("/api-quote-tokens", headers={"authorization": access})).json()
        quote = token["data"]
        begin = [
            {"type": "SETUP", "channel": 0, "version": "0.1", "keepaliveTimeout": 60},
            {"type": "AUTH", "channel": 0, "token": quote["token"]},
            {"type": "CHANNEL_REQUEST", "channel": 1, "service": "FEED", "parameters": {}},
        ]
        connect = [{"action": "connect", "value": [NUMBER], "auth-token": access}]
        for url, hello, wanted in (
            (quote["dxlink-url"], begin, '"CHANNEL_OPENED"'),
            (told["account_stream_url"], connect, '"ok"'),
        ):
            left = TOTAL // 4
            while left > 0:
                left -= await _storm(rng, url, hello, left)
            assert await _answers(url, hello, wanted), url
    assert books(world) == before


async def _storm(rng: random.Random, url: str, hello: list[Any], most: int) -> int:
    """Frames on one line until it is closed; how many went out (at least one)."""
    sent = 0
    async with websockets.connect(url, max_size=None) as socket:
        reading = asyncio.create_task(_drain(socket))
        try:
            for frame in hello:
                await socket.send(json.dumps(frame))
            while sent < min(most, 200):
                frame = text_of(rng, FRAMES)
                await socket.send(frame if rng.random() < 0.1 else frame.decode("latin-1"))
                sent += 1
        except websockets.ConnectionClosed:
            pass
        await socket.close()
        await asyncio.gather(reading, return_exceptions=True)
    assert socket.close_code not in (1006, 1011), (socket.close_code, socket.close_reason)
    return max(sent, 1)


async def _drain(socket: websockets.ClientConnection) -> None:
    async for _ in socket:
        pass


async def _answers(url: str, hello: list[Any], wanted: str) -> bool:
    async with websockets.connect(url) as socket, asyncio.timeout(10):
        for frame in hello:
            await socket.send(json.dumps(frame))
        async for text in socket:
            if wanted in str(text):
                return True
    return False
