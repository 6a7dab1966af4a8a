"""The contract's recorded sessions of both streams, held again with the running simulator.

The client's frames are sent as they stand (token, accounts and symbols of this simulator in their
place); each kind of frame of the recorded server must come, with the same keys and JSON types.
Silences of a minute and the limit of 25,000 subscriptions have tests of their own.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest
import pytest_asyncio
import websockets

from simulator.world import World
from tests.simulator.conftest import NUMBER
from tests.simulator.running import credentials, serving
from tests.simulator.shapes import SAMPLES, differences

PATIENCE = 8
# Said by the other end alone, or after a minute of silence, or of a size with its own test.
UNASKED = ("too big", "timeout", "TIMEOUT", "Bye")
FRESH = frozenset({"note", "request-id", "eventFields"})


def lines(name: str) -> list[dict[str, Any]]:
    text = (SAMPLES / "streams" / f"{name}.jsonl").read_text()
    return [json.loads(line) for line in text.splitlines() if line.strip()]


def said(name: str, end: str) -> list[dict[str, Any]]:
    """The frames of one end, in order."""
    return [row["frame"] for row in lines(name) if row.get("from") == end and "frame" in row]


class Lines:
    """Addresses and tokens of a served world."""

    def __init__(self, told: dict[str, Any], access: str, quote: dict[str, str], user: str) -> None:
        self.told, self.access, self.quote, self.user = told, access, quote, user


@pytest_asyncio.fixture
async def served(world: World) -> AsyncIterator[Lines]:
    world.clock.base.set_speed(5)
    world.settings.depth = True
    async with serving(world) as told, httpx.AsyncClient(base_url=told["api_url"]) as client:
        client.headers["user-agent"] = "tests/1.0"
        login = (await client.post("/oauth/token", json=credentials(told))).json()
        client.headers["authorization"] = f"Bearer {login['access_token']}"
        quote = (await client.get("/api-quote-tokens")).json()["data"]
        user = next(iter(world.users.values()))
        yield Lines(told, login["access_token"], quote, user.external_id)


def kind(frame: dict[str, Any]) -> tuple[Any, ...]:
    """What makes two frames the same kind: type, state, error, action, status, events."""
    data = frame.get("data")
    events: tuple[str, ...] = ()
    if frame.get("type") == "FEED_DATA" and data:
        named = data if isinstance(data[0], str) else [event["eventType"] for event in data]
        events = tuple(sorted({word for word in named if isinstance(word, str)}))
    keys = ("type", "state", "error", "message", "action", "status", "dataFormat")
    return (*(frame.get(key) for key in keys), events)


async def hold(
    url: str, frames: list[dict[str, Any]], wanted: list[dict[str, Any]], linger: float = 0
) -> list[Any]:
    """Send the frames; what came until every wanted kind was there, or patience ended."""
    came: list[Any] = []
    async with websockets.connect(url) as socket:
        for frame in frames:
            await socket.send(json.dumps(frame))
            # one at a time, as recorded: the answers tell when the next may go
            await _hear(socket, came, 0.15)
        await _hear(socket, came, linger)
        missing = {kind(frame) for frame in wanted}
        deadline = asyncio.get_running_loop().time() + PATIENCE
        while missing - {kind(f) for f in came} and asyncio.get_running_loop().time() < deadline:
            if not await _hear(socket, came, 0.5):
                break
    return came


async def _hear(socket: Any, came: list[Any], seconds: float) -> bool:
    try:
        async with asyncio.timeout(seconds):
            async for text in socket:
                came.append(json.loads(text))
    except TimeoutError:
        return True
    except websockets.ConnectionClosed:
        pass
    return False


def check(wanted: list[dict[str, Any]], came: list[Any], skip: tuple[str, ...] = ()) -> None:
    """Each wanted frame has one of its kind among those that came, of the same shape."""
    for frame in wanted:
        if any(word in json.dumps(frame) for word in (*UNASKED, *skip)):
            continue
        alike = [other for other in came if kind(other) == kind(frame)]
        assert alike, f"never came: {frame}; came: {sorted({kind(f) for f in came}, key=str)}"
        found = min((differences(_plain(frame), _plain(o), FRESH) for o in alike), key=len)
        assert found == [], frame


def _plain(frame: dict[str, Any]) -> dict[str, Any]:
    """Without the events, which have their own test."""
    kept = {k: v for k, v in frame.items() if not (k == "data" and frame["type"] == "FEED_DATA")}
    if "aggregationPeriod" in kept:
        kept["aggregationPeriod"] = float(kept["aggregationPeriod"])  # JSON has one kind of number
    return kept


# -- account stream --------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["account_session", "account_errors"])
async def test_account_sessions(served: Lines, name: str) -> None:
    frames = said(name, "client")
    for frame in frames:
        token = frame["auth-token"]
        frame["auth-token"] = f"Bearer {served.access}" if "EXAMPLE" in token else token
        value = frame.get("value")
        if isinstance(value, list):
            frame["value"] = [NUMBER]
        elif isinstance(value, str) and value.startswith("5WT"):
            frame["value"] = NUMBER
        elif value == "U-EXAMPLE":
            frame["value"] = served.user
    if name == "account_errors":
        good = {"action": "connect", "value": [NUMBER], "auth-token": f"Bearer {served.access}"}
        # the third remark needs a connected line with an expired token, the fourth a good one
        frames.insert(2, good)
    came = await hold(served.told["account_stream_url"], frames, said(name, "server"))
    check(said(name, "server"), came)


# -- market data -----------------------------------------------------------------------------

SESSIONS = ["dxlink_full_session", "dxlink_compact_session", "dxlink_candles",
            "dxlink_order_book_and_dom"]  # fmt: skip


def _ours(frame: dict[str, Any], served: Lines) -> dict[str, Any]:
    text = json.dumps(frame)
    if frame["type"] == "AUTH":
        return {**frame, "token": served.quote["token"]}
    found: dict[str, Any] = json.loads(text)
    for entry in found.get("add", []):
        # expired contracts and times of the recording are those of another day
        if "fromTime" in entry and entry["fromTime"] > 0:
            entry["fromTime"] = 1763476200000
    return found


@pytest.mark.parametrize("name", SESSIONS)
async def test_market_sessions(served: Lines, name: str) -> None:
    frames = [_ours(frame, served) for frame in said(name, "client")]
    wanted = [
        frame
        for frame in said(name, "server")
        # which events share a frame is chance; that there are events is not
        if frame["type"] not in ("FEED_DATA", "KEEPALIVE")
    ]
    came = await hold(served.quote["dxlink-url"], frames, wanted)
    check(wanted, came)
    recorded = {e for f in said(name, "server") if f["type"] == "FEED_DATA" for e in kind(f)[-1]}
    told = {e for f in came if f["type"] == "FEED_DATA" for e in kind(f)[-1]}
    assert recorded <= told, (recorded, told)


async def test_market_errors(served: Lines) -> None:
    """Each remark of the recording on a line of its own."""
    rows = lines("dxlink_errors")
    setup = rows[0]["frame"]
    refused = await hold(served.quote["dxlink-url"], [setup, rows[3]["frame"]], [])
    assert [f["state"] for f in refused if f["type"] == "AUTH_STATE"] == ["UNAUTHORIZED"] * 2
    auth = {"type": "AUTH", "channel": 0, "token": served.quote["token"]}
    early = next(i for i, row in enumerate(rows) if "2. before" in row.get("note", ""))
    for index in range(early, len(rows) - 1):
        row, answer = rows[index], rows[index + 1]
        big = any(word in json.dumps(answer) for word in UNASKED)
        if row["from"] != "client" or answer["from"] != "server" or big:
            continue
        frames = [setup, row["frame"]] if index == early else [setup, auth, row["frame"]]
        came = await hold(served.quote["dxlink-url"], frames, [answer["frame"]])
        check([answer["frame"]], came)


EVENTS = {row["eventType"]: row for row in lines("dxlink_events")}


async def test_every_event_type_has_its_fields(served: Lines) -> None:
    """All of a type in FULL: the keys of the sample, the same kinds of values (or `NaN`)."""
    symbols = {"Order": "SPY", "Candle": "SPY{=5m}", "Greeks": None, "TheoPrice": None}
    option = ".SPY261218C680"
    add = []
    for name in EVENTS:
        entry = {"type": name, "symbol": symbols.get(name, "SPY") or option}
        if name == "Candle":
            entry["fromTime"] = 0
        if name == "Order":
            entry["source"] = "ntv"
        add.append(entry)
    auth = {"type": "AUTH", "channel": 0, "token": served.quote["token"]}
    frames: list[dict[str, Any]] = [
        said("dxlink_full_session", "client")[0],
        auth,
        {"type": "CHANNEL_REQUEST", "channel": 1, "service": "FEED",
         "parameters": {"contract": "AUTO"}},
        {"type": "FEED_SETUP", "channel": 1, "acceptAggregationPeriod": 0,
         "acceptDataFormat": "FULL"},
        {"type": "FEED_SUBSCRIPTION", "channel": 1, "add": add},
    ]  # fmt: skip
    came = await hold(served.quote["dxlink-url"], frames, [], linger=4)
    found: dict[str, dict[str, Any]] = {}
    for frame in came:
        if frame["type"] == "FEED_DATA":
            found |= {event["eventType"]: event for event in frame["data"]}
    assert {"Quote", "Trade", "Summary", "Profile", "Candle", "Greeks", "Order"} <= set(found)
    for name, event in found.items():
        assert set(event) == set(EVENTS[name]), name
