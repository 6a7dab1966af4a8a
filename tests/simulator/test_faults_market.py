"""Scripted faults on the market data stream, over real sockets; reads that are remembered."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest
import pytest_asyncio
import websockets

from simulator.fault_changes import NEW_KEY
from simulator.world import World
from tests.simulator.conftest import NUMBER
from tests.simulator.running import credentials, serving


class Line:
    """A signed-in client of a served world, and its market data connection."""

    def __init__(self, world: World, client: httpx.AsyncClient) -> None:
        self.world = world
        self.client = client
        self.socket: Any = None

    async def control(self, path: str, **body: Any) -> Any:
        """A control request."""
        answer = await self.client.post(f"/control/{path}", json=body)
        assert answer.status_code == 200, answer.text
        return answer.json()

    async def connect(self, data_format: str = "FULL") -> None:
        """Open a feed channel."""
        granted = (await self.client.get("/api-quote-tokens")).json()["data"]
        self.socket = await websockets.connect(granted["dxlink-url"])
        for message in (
            {"type": "SETUP", "channel": 0, "version": "0.1", "keepaliveTimeout": 60},
            {"type": "AUTH", "channel": 0, "token": granted["token"]},
            {"type": "CHANNEL_REQUEST", "channel": 1, "service": "FEED",
             "parameters": {"contract": "AUTO"}},
            {"type": "FEED_SETUP", "channel": 1, "acceptAggregationPeriod": 0,
             "acceptDataFormat": data_format,
             "acceptEventFields": {"Quote": ["eventSymbol", "bidPrice"]}},
        ):  # fmt: skip
            await self.socket.send(json.dumps(message))
        while (await self.next())["type"] != "FEED_CONFIG":
            pass

    async def subscribe(self, *symbols: str) -> None:
        """Ask for quotes, anew."""
        add = [{"type": "Quote", "symbol": s} for s in symbols]
        message = {"type": "FEED_SUBSCRIPTION", "channel": 1, "reset": True, "add": add}
        await self.socket.send(json.dumps(message))

    async def next(self) -> Any:
        """The next message."""
        return json.loads(await asyncio.wait_for(self.socket.recv(), 5))

    async def rows(self, count: int) -> list[Any]:
        """So many rows of data, of FULL frames."""
        found: list[Any] = []
        while len(found) < count:
            frame = await self.next()
            if frame["type"] == "FEED_DATA":
                found += frame["data"]
        return found


@pytest_asyncio.fixture
async def line(world: World) -> AsyncIterator[Line]:
    async with serving(world) as told:
        headers = {"user-agent": "tests/1.0"}
        async with httpx.AsyncClient(base_url=told["api_url"], headers=headers) as client:
            answer = await client.post("/oauth/token", json=credentials(told))
            client.headers["authorization"] = f"Bearer {answer.json()['access_token']}"
            made = Line(world, client)
            yield made
            if made.socket is not None:
                await made.socket.close()


async def test_values_and_lost_events(line: Line) -> None:
    await line.connect()
    on = {"on": "market-stream", "kind": "Quote"}
    await line.control("faults", **on, action="nan", fields=["bidPrice"], symbol="KO")
    await line.control("faults", **on, action="drop", symbol="SPY")
    await line.control("faults", **on, action="extra", symbol="PEP")
    await line.control("faults", **on, action="missing", fields=["askPrice"], symbol="MSFT")
    await line.subscribe("SPY", "KO", "PEP", "MSFT", "AAPL")
    rows = {row["eventSymbol"]: row for row in await line.rows(4)}
    assert set(rows) == {"KO", "PEP", "MSFT", "AAPL"}
    assert rows["KO"]["bidPrice"] == "NaN" and rows["PEP"][NEW_KEY]
    assert "askPrice" not in rows["MSFT"] and "askPrice" in rows["AAPL"]


async def test_order_and_repetition(line: Line) -> None:
    await line.connect()
    on = {"on": "market-stream"}
    await line.control("faults", **on, action="duplicate", symbol="AAPL")
    await line.control("faults", **on, action="reorder", symbol="KO")
    await line.subscribe("KO", "AAPL", "SPY")
    found = [row["eventSymbol"] for row in await line.rows(4)]
    assert found == ["AAPL", "AAPL", "KO", "SPY"]


async def test_a_late_event_follows_the_clock(line: Line) -> None:
    await line.connect()
    await line.control("faults", on="market-stream", action="delay", symbol="KO", seconds=600)
    await line.subscribe("KO", "SPY")
    assert [row["eventSymbol"] for row in await line.rows(1)] == ["SPY"]
    await line.control("clock", advance=601)
    assert "KO" in [row["eventSymbol"] for row in await line.rows(1)]


async def test_compact_rows_that_are_too_short(line: Line) -> None:
    await line.connect("COMPACT")
    await line.control(
        "faults", on="market-stream", action="missing", fields=["bidPrice"], kind="Quote"
    )
    await line.subscribe("KO")
    while (frame := await line.next())["type"] != "FEED_DATA":
        pass
    assert frame["data"] == ["Quote", ["KO"]]


@pytest.mark.parametrize(
    ("spec", "expected"),
    [
        ({"action": "error", "reason": "Out of order", "value": "TIMEOUT"}, "ERROR"),
        ({"action": "close-channel"}, "CHANNEL_CLOSED"),
        ({"action": "switch-format", "value": "COMPACT"}, "FEED_CONFIG"),
        ({"action": "unauthorize"}, "AUTH_STATE"),
    ],
)
async def test_the_protocol_is_disturbed(line: Line, spec: dict[str, Any], expected: str) -> None:
    await line.connect()
    await line.control("faults", on="market-stream", kind="Quote", **spec)
    await line.subscribe("KO")
    assert (await line.next())["type"] == expected


async def test_closed_garbled_and_frozen(line: Line) -> None:
    await line.connect()
    await line.control("faults", on="market-stream", action="garbage")
    await line.subscribe("KO")
    with pytest.raises(json.JSONDecodeError):
        await line.next()
    await line.control("faults", on="market-stream", action="close", code=1012, reason="Later")
    await line.subscribe("SPY")
    with pytest.raises(websockets.ConnectionClosed) as closed:
        while True:
            await line.next()
    assert closed.value.rcvd is not None and closed.value.rcvd.code == 1012
    await line.connect()
    mine = (await line.client.get("/control/connections")).json()["market-streams"][0]
    await line.control("faults", on="market-stream", action="freeze", connection=mine["id"])
    await line.subscribe("KO")
    with pytest.raises(TimeoutError):
        await asyncio.wait_for(line.socket.recv(), 0.4)
    await line.control("streams", stream="market", action="thaw")
    await line.subscribe("SPY")
    assert (await line.rows(1))[0]["eventSymbol"] == "SPY"


async def test_reads_are_remembered_until_something_happens(line: Line) -> None:
    path = f"/accounts/{NUMBER}/balances/USD"
    first = (await line.client.get(path)).json()
    account = line.world.accounts[NUMBER]
    account.cash += 1  # behind the back of all: nothing has happened that anyone was told of
    assert (await line.client.get(path)).json() == first
    assert (await line.client.get(path + "?again=1")).json() != first
    account.cash -= 1
    await line.control(f"accounts/{NUMBER}/movements", amount="5")
    told = (await line.client.get(path)).json()["data"]
    assert float(told["cash-balance"]) == float(first["data"]["cash-balance"]) + 5
    await line.control("clock", advance=1)
    account.cash += 1
    assert (await line.client.get(path)).json()["data"]["cash-balance"] != told["cash-balance"]
