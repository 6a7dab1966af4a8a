"""The market data stream over real sockets: the public client, faults, a clean end."""

from __future__ import annotations

import asyncio
import contextlib
import json
import socket
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any

import pytest
import pytest_asyncio
import uvicorn
import websockets
from starlette.applications import Starlette

from simulator import dxlink
from simulator.market.market import Market


@pytest_asyncio.fixture
async def url(world: Any, market: Market) -> AsyncIterator[str]:
    """The endpoint on a free port; virtual time passes five times as fast as real time."""
    app = Starlette(routes=dxlink.routes(world))
    listening = socket.create_server(("127.0.0.1", 0))
    config = uvicorn.Config(app, log_level="error", ws="websockets-sansio", lifespan="off")
    server = uvicorn.Server(config)
    serving = asyncio.create_task(server.serve(sockets=[listening]))
    ticking = asyncio.create_task(_tick(market))
    while not server.started:  # noqa: ASYNC110 (the server tells nobody)
        await asyncio.sleep(0.01)
    yield f"ws://127.0.0.1:{listening.getsockname()[1]}/dxlink"
    ticking.cancel()
    server.should_exit = True
    await serving
    listening.close()


async def _tick(market: Market) -> None:
    while True:
        await asyncio.sleep(0.1)
        market.advance(market.now + timedelta(seconds=0.5))


async def _begin(ws: Any, token: str = "good") -> None:
    await ws.send(json.dumps({"type": "SETUP", "channel": 0, "version": "0.1-x/1"}))
    await ws.send(json.dumps({"type": "AUTH", "channel": 0, "token": token}))
    states = []
    while len(states) < 2:
        frame = json.loads(await asyncio.wait_for(ws.recv(), 5))
        if frame["type"] == "AUTH_STATE":
            states.append(frame["state"])
    assert states[0] == "UNAUTHORIZED"


async def _quotes(ws: Any) -> None:
    for frame in (
        {"type": "CHANNEL_REQUEST", "channel": 1, "service": "FEED", "parameters": {}},
        {"type": "FEED_SETUP", "channel": 1, "acceptDataFormat": "COMPACT"},
        {"type": "FEED_SUBSCRIPTION", "channel": 1, "add": [{"type": "Quote", "symbol": "SPY"}]},
    ):
        await ws.send(json.dumps(frame))


async def _until(ws: Any, kind: str) -> dict[str, Any]:
    while True:
        frame: dict[str, Any] = json.loads(await asyncio.wait_for(ws.recv(), 5))
        if frame["type"] == kind:
            return frame


async def test_the_public_client_streams(url: str) -> None:
    tastytrade = pytest.importorskip("tastytrade")
    from tastytrade.dxfeed import Candle, Greeks, Quote, Summary, Trade, Underlying

    async def get(_: str) -> dict[str, str]:
        return {"dxlink-url": url, "token": "good"}

    session: Any = SimpleNamespace(_get=get, client_kwargs={})
    async with tastytrade.DXLinkStreamer(session) as streamer:
        await streamer.subscribe(Quote, ["SPY", "AAPL"])
        first = await asyncio.wait_for(streamer.get_event(Quote), 5)
        assert first.bid_price < first.ask_price
        await streamer.subscribe(Greeks, [".AAPL261218C270"])
        greeks = await asyncio.wait_for(streamer.get_event(Greeks), 5)
        assert 0 < greeks.delta < 1 and greeks.theta < 0
        for kind, symbol in ((Trade, "SPY"), (Summary, "SPY"), (Underlying, "AAPL")):
            await streamer.subscribe(kind, [symbol])
            event = await asyncio.wait_for(streamer.get_event(kind), 5)
            assert event.event_symbol == symbol
        start = datetime(2026, 10, 1, tzinfo=UTC)
        await streamer.subscribe_candle(["AAPL"], "1d", start)
        candle = await asyncio.wait_for(streamer.get_event(Candle), 10)
        assert candle.event_symbol == "AAPL{=d,tho=true}" and candle.high >= candle.low
        moved = [await asyncio.wait_for(streamer.get_event(Quote), 5) for _ in range(6)]
        assert len({(q.event_symbol, q.bid_price, q.ask_price) for q in moved}) > 2
        await streamer.unsubscribe_all(Quote)
        await streamer.subscribe(Quote, ["KO"])


async def test_refused_and_garbled(url: str) -> None:
    async with websockets.connect(url) as ws:
        await ws.send(json.dumps({"type": "SETUP", "channel": 0, "version": "0.1-x/1"}))
        await ws.send("{not json")
        assert (await _until(ws, "ERROR"))["error"] == "INVALID_MESSAGE"
        await ws.send(json.dumps({"type": "AUTH", "channel": 0, "token": "bad"}))
        with contextlib.suppress(websockets.ConnectionClosed):
            while True:
                await asyncio.wait_for(ws.recv(), 5)
        assert (ws.close_code, ws.close_reason) == (1000, "Bye")


async def test_too_large_a_frame(url: str) -> None:
    async with websockets.connect(url) as ws:
        await _begin(ws)
        await ws.send(" " * ((1 << 20) + 1))
        with contextlib.suppress(websockets.ConnectionClosed):
            while True:
                await asyncio.wait_for(ws.recv(), 5)
        assert ws.close_code == 1009


async def test_faults(url: str, world: Any) -> None:
    async with websockets.connect(url) as ws:
        await _begin(ws)
        await _quotes(ws)
        await _until(ws, "FEED_DATA")
        assert await world.dxlink.switch_format("FULL") == 1
        frame = await _until(ws, "FEED_DATA")
        assert isinstance(frame["data"][0], dict)
        assert world.dxlink.freeze() == 1
        with contextlib.suppress(TimeoutError):
            while True:
                await asyncio.wait_for(ws.recv(), 0.7)
        world.dxlink.freeze(False)
        await _until(ws, "FEED_DATA")
        assert await world.dxlink.hang_up() == 1
        with pytest.raises(websockets.ConnectionClosed):
            while True:
                await asyncio.wait_for(ws.recv(), 5)
    assert (ws.close_code, ws.close_reason) == (1000, "Bye")
    for _ in range(100):
        if not world.dxlink.connections:
            break
        await asyncio.sleep(0.02)
    assert not world.dxlink.connections
