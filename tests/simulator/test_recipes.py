"""Every request of docs/simulator.md is one that the simulator takes."""

from __future__ import annotations

import json
import re
from pathlib import Path

import httpx
import pytest

from simulator.app import create_app
from simulator.boot import open_world
from simulator.faults import ACTIONS
from simulator.world import World
from tests.simulator.conftest import START

TEXT = (Path(__file__).parents[2] / "docs" / "simulator.md").read_text()
RECIPE = re.compile(r"\| `(GET|POST|DELETE) (/\S+?)(?: (\{.*\}))?` \|$", re.M)
RECIPES = RECIPE.findall(TEXT)


@pytest.fixture(scope="module")
def world() -> World:
    """One demo for all: the recipes are followed from top to bottom."""
    return open_world(scenario="demo", seed=7, start=START, speed=0)


async def test_all_are_taken(world: World) -> None:
    assert len(RECIPES) > 60
    transport = httpx.ASGITransport(create_app(world, ticking=False))
    refused = []
    async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1:8230") as client:
        for method, path, body in RECIPES:
            content = json.loads(body) if body else None
            answer = await client.request(method, f"/control{path}", json=content)
            if answer.status_code >= 300:
                refused.append((method, path, body, answer.text[:200]))
    assert refused == []


@pytest.mark.parametrize("place", ACTIONS)
def test_every_action_of_a_fault_has_a_recipe_or_a_name(place: str) -> None:
    told = {json.loads(body).get("action", "status") for _, path, body in RECIPES
            if path == "/faults"}  # fmt: skip
    assert set(ACTIONS[place]) <= told
