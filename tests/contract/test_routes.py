"""The simulator has every route of the contract: each answers something of its own."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import httpx
import pytest

from simulator.app import create_app
from simulator.boot import open_world
from tests.simulator.running import credentials

LINES = (Path(__file__).parent / "routes.txt").read_text().splitlines()
ROUTES = [tuple(line.split()[1:]) for line in LINES if line and not line.startswith("#")]
UNKNOWN = {"error": {"code": "record_not_found", "message": "Couldn't find route"}}


@pytest.fixture(scope="module")
def world():
    return open_world(scenario="empty", start=datetime(2026, 11, 18, 15, 30, tzinfo=UTC), speed=0)


@pytest.fixture
async def client(world):
    from simulator.__main__ import announcement

    world.base_url = "http://127.0.0.1:8700"
    transport = httpx.ASGITransport(app=create_app(world, ticking=False))
    headers = {"user-agent": "tests/1.0"}
    async with httpx.AsyncClient(
        transport=transport, base_url=world.base_url, headers=headers
    ) as made:
        answer = await made.post("/oauth/token", json=credentials(announcement(world)))
        made.headers["authorization"] = f"Bearer {answer.json()['access_token']}"
        yield made


async def test_a_route_that_nobody_has_is_told_apart(client: httpx.AsyncClient) -> None:
    assert (await client.get("/no/such/route")).json() == UNKNOWN
    assert (await client.post("/market-metrics")).json() == UNKNOWN


@pytest.mark.parametrize(("method", "path"), ROUTES, ids=[" ".join(route) for route in ROUTES])
async def test_is_there(client: httpx.AsyncClient, method: str, path: str) -> None:
    body = {} if method in ("POST", "PUT", "PATCH") else None
    answer = await client.request(method, path.replace("{n}", "5WT00001"), json=body)
    assert answer.status_code < 500
    if answer.status_code == 404:
        assert answer.json() != UNKNOWN
    if method == "GET" and not path.endswith(("/0", "/1", "None", "such", "NONE")):
        assert answer.status_code in (200, 400, 403, 404), answer.text
