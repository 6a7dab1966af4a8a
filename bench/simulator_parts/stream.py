"""Market data to one client."""

from __future__ import annotations

import asyncio
import json
import time
from typing import Any

import orjson
import websockets

from bench.simulator_parts.process import Simulator

FIELDS = {
    "Quote": ["eventType", "eventSymbol", "bidPrice", "askPrice", "bidSize", "askSize"],
    "Greeks": ["eventType", "eventSymbol", "price", "volatility", "delta", "gamma", "theta"],
}
WIDTH = {name: len(fields) for name, fields in FIELDS.items()}


async def connect(it: Simulator) -> Any:
    """A connection with one open, configured feed channel."""
    granted = it.call("GET", "/api-quote-tokens")["data"]
    socket = await websockets.connect(granted["dxlink-url"], max_size=None, compression=None)
    for message in (
        {"type": "SETUP", "channel": 0, "version": "0.1", "keepaliveTimeout": 60},
        {"type": "AUTH", "channel": 0, "token": granted["token"]},
        {"type": "CHANNEL_REQUEST", "channel": 1, "service": "FEED",
         "parameters": {"contract": "AUTO"}},
        {"type": "FEED_SETUP", "channel": 1, "acceptAggregationPeriod": 0,
         "acceptDataFormat": "COMPACT", "acceptEventFields": FIELDS},
    ):  # fmt: skip
        await socket.send(json.dumps(message))
    return socket


def options(it: Simulator, count: int) -> list[str]:
    """Streamer symbols of option contracts, whole chains one after the other."""
    found: list[str] = []
    for symbol in ("SPY", "QQQ", "AAPL", "TSLA", "NVDA", "MSFT", "AMZN", "META", "IWM", "AMD"):
        for root in it.call("GET", f"/option-chains/{symbol}/nested")["data"]["items"]:
            for expiration in root["expirations"]:
                for strike in expiration["strikes"]:
                    found += [strike["call-streamer-symbol"], strike["put-streamer-symbol"]]
        if len(found) >= count:
            break
    return found[:count]


async def subscribe(socket: Any, symbols: list[str], types: tuple[str, ...]) -> None:
    """Subscribe in messages of a thousand."""
    entries = [{"type": t, "symbol": s} for s in symbols for t in types]
    for start in range(0, len(entries), 1000):
        part = entries[start : start + 1000]
        await socket.send(json.dumps({"type": "FEED_SUBSCRIPTION", "channel": 1, "add": part}))


def events_in(frame: dict[str, Any]) -> int:
    """How many events a compact frame holds."""
    data = frame["data"]
    return sum(len(v) // WIDTH[k] for k, v in zip(data[::2], data[1::2], strict=True))


async def delivery(it: Simulator, seconds: float) -> tuple[float, list[dict[str, Any]]]:
    """Events a second to one client, and the frames it got."""
    socket = await connect(it)
    symbols = options(it, 8000)
    await subscribe(socket, symbols, ("Quote",))
    await _drain(socket, 4.0)
    frames, count, began = [], 0, time.perf_counter()
    while time.perf_counter() - began < seconds:
        frame = orjson.loads(await asyncio.wait_for(socket.recv(), 30))
        if frame["type"] == "FEED_DATA":
            frames.append(frame)
            count += events_in(frame)
    rate = count / (time.perf_counter() - began)
    await socket.close()
    return rate, frames[:200]


async def _drain(socket: Any, seconds: float) -> None:
    end = time.perf_counter() + seconds
    while time.perf_counter() < end:
        await asyncio.wait_for(socket.recv(), 30)


async def many_subscriptions(it: Simulator) -> tuple[int, float]:
    """How many of 25,000 subscriptions got a value on one connection, and after what time."""
    socket = await connect(it)
    symbols = options(it, 12_500)
    began = time.perf_counter()
    await subscribe(socket, symbols, ("Quote", "Greeks"))
    seen: set[tuple[str, str]] = set()
    wanted = 2 * len(symbols)
    while len(seen) < wanted and time.perf_counter() - began < 60:
        frame = orjson.loads(await asyncio.wait_for(socket.recv(), 60))
        if frame["type"] == "ERROR":
            raise RuntimeError(frame["message"])
        if frame["type"] == "FEED_DATA":
            for kind, values in zip(frame["data"][::2], frame["data"][1::2], strict=True):
                seen.update((kind, s) for s in values[1 :: WIDTH[kind]])
    passed = time.perf_counter() - began
    await socket.close()
    return len(seen), passed
