"""Beginning anew: another scenario in the same process, the same as one that just started."""

from __future__ import annotations

from datetime import timedelta

import httpx
import msgspec
import pytest

from simulator import persist
from simulator.app import create_app
from simulator.boot import open_world
from simulator.world import World
from tests.simulator.conftest import START, Desk


def state(world: World) -> dict[tuple[str, str], bytes]:
    return {(kind, key): msgspec.json.encode(value)
            for kind, key, value in persist.everything(world)}  # fmt: skip


async def test_the_demo_is_the_demo_that_was_started(demo_world: World) -> None:
    expected = state(demo_world)
    world = open_world(scenario="empty", start=START, speed=0)
    transport = httpx.ASGITransport(create_app(world, ticking=False))
    async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1:8700") as client:
        await client.post("/control/prices", json={"symbol": "AAPL", "factor": 0.5})
        await client.post("/control/settings", json={"fill-model": "mid"})
        await client.post("/control/faults", json={"status": 503, "count": 0})
        split = {"kind": "split", "symbol": "MSFT", "new": 2}
        await client.post("/control/corporate-actions", json=split)
        world.jump(START + timedelta(days=2))
        answer = await client.post("/control/scenario", json={"name": "demo"})
        assert answer.status_code == 200, answer.text
    told = answer.json()
    assert len(told["accounts"]) == 4
    assert told["refresh_token"] in world.grants or any(
        g.refresh_token == told["refresh_token"] for g in demo_world.grants.values()
    )
    found = state(world)
    assert found.keys() == expected.keys()
    assert [key for key in found if found[key] != expected[key]] == []


async def test_another_start(desk: Desk) -> None:
    body = {"name": "empty", "start": "2027-03-01T15:00:00Z"}
    told = (await desk.client.post("/control/scenario", json=body)).json()
    assert told["clock"]["now"] == "2027-03-01T15:00:00.000+00:00"
    await desk.sign_in()
    await desk.buy("KO", 1)


@pytest.mark.parametrize(
    "body",
    [
        {"name": "none such"},
        {"name": "empty", "start": "soon"},
        {"name": "empty", "start": "1999-01-01T00:00:00Z"},
        {},
    ],
)
async def test_refusals(desk: Desk, body: dict[str, str]) -> None:
    assert (await desk.client.post("/control/scenario", json=body)).status_code == 400


async def test_the_names_are_told(desk: Desk) -> None:
    told = (await desk.client.get("/control/scenario")).json()
    assert told["scenarios"] == ["demo", "empty"]
