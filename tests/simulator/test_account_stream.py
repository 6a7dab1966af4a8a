"""The account stream over a real socket."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import httpx
import pytest
import websockets

from simulator import account_stream
from simulator.world import World
from tests.simulator.conftest import NUMBER
from tests.simulator.running import credentials, serving
from tests.simulator.shapes import differences


class Line:
    """A connected client: REST and socket."""

    def __init__(
        self, told: dict[str, Any], client: httpx.AsyncClient, socket: websockets.ClientConnection
    ) -> None:
        self.told, self.client, self.socket = told, client, socket
        self.token = client.headers["authorization"]

    async def say(self, action: str, request_id: int = 1, **more: Any) -> dict[str, Any]:
        """Send a message and read one frame."""
        body = {"action": action, "auth-token": self.token, "request-id": request_id, **more}
        await self.socket.send(json.dumps(body))
        return await self.hear()

    async def hear(self) -> dict[str, Any]:
        """The next frame."""
        frame: dict[str, Any] = json.loads(await asyncio.wait_for(self.socket.recv(), 5))
        return frame


@asynccontextmanager
async def line(world: World) -> AsyncIterator[Line]:
    """A served world with a signed-in client and an open socket."""
    world.clock.base.set_speed(5)
    async with serving(world) as told:
        headers = {"user-agent": "tests/1.0"}
        async with httpx.AsyncClient(base_url=told["api_url"], headers=headers) as client:
            answer = await client.post("/oauth/token", json=credentials(told))
            client.headers["authorization"] = f"Bearer {answer.json()['access_token']}"
            async with websockets.connect(told["account_stream_url"]) as socket:
                yield Line(told, client, socket)


async def test_a_session(world: World) -> None:
    async with line(world) as it:
        early = await it.say("heartbeat", 0)
        assert (early["status"], early["message"]) == ("error", "connect-not-completed")
        assert early["request-id"] == 0
        done = await it.say("connect", 1, value=[NUMBER])
        assert done.items() >= {"status": "ok", "action": "connect", "value": [NUMBER]}.items()
        assert done["request-id"] == 1
        assert (await it.say("connect", 2, value=NUMBER))["value"] == [NUMBER]
        assert (await it.say("heartbeat", 3))["status"] == "ok"
        assert (await it.say("quote-alerts-subscribe", 4))["status"] == "ok"
        assert (await it.say("public-watchlists-subscribe", 5))["status"] == "ok"
        external = next(iter(world.users.values())).external_id
        told = await it.say("user-message-subscribe", 6, value=external)
        assert told["status"] == "ok" and "value" not in told
        unknown = await it.say("no-such-action", 7)
        assert (unknown["status"], unknown["message"]) == ("error", "not implemented")


async def test_tokens_are_wanted_with_their_prefix(world: World) -> None:
    async with line(world) as it:
        good = it.token
        for token in ("Bearer wrong", good.removeprefix("Bearer "), None, 5):
            it.token = token
            assert (await it.say("connect", value=[NUMBER]))["message"] == "failed"
        it.token = good
        assert (await it.say("connect", value=["5WT09999"]))["message"] == "failed"
        assert (await it.say("connect", value=[]))["message"] == "failed"
        assert (await it.say("connect", value=[{}]))["message"] == "failed"
        await it.socket.send("nonsense")
        assert (await it.hear())["status"] == "error"
        assert (await it.say("connect", value=[NUMBER]))["status"] == "ok"
        it.token = "Bearer expired"
        assert (await it.say("heartbeat"))["message"] == "failed"


async def test_an_order_is_followed_to_its_fill(world: World) -> None:
    async with line(world) as it:
        await it.say("connect", value=[NUMBER])
        leg = {"instrument-type": "Equity", "symbol": "MSFT", "action": "Buy to Open",
               "quantity": 2}  # fmt: skip
        body = {"order-type": "Market", "time-in-force": "Day", "legs": [leg]}
        placed = await it.client.post(f"/accounts/{NUMBER}/orders", json=body)
        number = placed.json()["data"]["order"]["id"]
        frames = [await it.hear() for _ in range(6)]
        kinds = [f["type"] for f in frames]
        assert kinds == ["Order"] * 4 + ["CurrentPosition", "AccountBalance"]
        states = [f["data"]["status"] for f in frames[:4]]
        assert states == ["Routed", "In Flight", "Live", "Filled"]
        assert all(isinstance(f["timestamp"], int) for f in frames)
        assert isinstance(frames[0]["data"]["user-id"], str)
        rest = (await it.client.get(f"/accounts/{NUMBER}/orders/{number}")).json()["data"]
        told = {k: v for k, v in frames[3]["data"].items() if k not in ("user-id", "username")}
        assert told == rest
        position = (await it.client.get(f"/accounts/{NUMBER}/positions")).json()
        assert differences(position["data"]["items"][0], frames[4]["data"]) == []
        balance = (await it.client.get(f"/accounts/{NUMBER}/balances/USD")).json()
        assert differences(balance["data"], frames[5]["data"]) == []


async def test_nothing_is_replayed_and_others_hear_nothing(world: World) -> None:
    async with line(world) as it:
        leg = {"instrument-type": "Equity", "symbol": "KO", "action": "Buy to Open", "quantity": 2}
        body = {"order-type": "Limit", "time-in-force": "Day", "price": "30", "legs": [leg],
                "price-effect": "Debit"}  # fmt: skip
        await it.client.post(f"/accounts/{NUMBER}/orders", json=body)
        await asyncio.sleep(0.3)
        await it.say("connect", value=[NUMBER])
        assert (await it.say("heartbeat", 9))["request-id"] == 9


async def test_silence_ends_it_and_pings_are_life(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(account_stream, "SILENCE", 0.4)
    monkeypatch.setattr(account_stream, "LOOK_EVERY", 0.05)
    async with line(world) as it:
        await it.say("connect", value=[NUMBER])
        for _ in range(4):
            await (await it.socket.ping())
            await asyncio.sleep(0.2)
        assert (await it.say("heartbeat"))["status"] == "ok"
        with pytest.raises(websockets.ConnectionClosedOK) as closed:
            await asyncio.wait_for(it.socket.recv(), 5)
        assert closed.value.rcvd is not None
        assert (closed.value.rcvd.code, closed.value.rcvd.reason) == (1000, "Bye")


async def test_steered_streams(world: World) -> None:
    async with line(world) as it:
        await it.say("connect", value=[NUMBER])
        status = {"account-number": NUMBER, "is-closing-only": True}
        await it.client.post("/control/streams", json={"action": "freeze"})
        await it.client.post("/control/accounts", json=status)
        await it.client.post("/control/streams", json={"action": "thaw"})
        await it.client.post("/control/accounts", json=status | {"is-closing-only": False})
        frame = await it.hear()
        assert frame["type"] == "TradingStatus"
        assert frame["data"]["is-closing-only"] is False
        await it.client.post("/control/streams", json={"action": "close", "code": 1012})
        with pytest.raises(websockets.ConnectionClosed) as closed:
            await asyncio.wait_for(it.socket.recv(), 5)
        assert closed.value.rcvd is not None
        assert closed.value.rcvd.code == 1012
