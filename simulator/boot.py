"""Opening a world: from its state file, or anew from a scenario."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

import msgspec

from simulator import persist
from simulator.clock import Clock
from simulator.lifecycle import open_market
from simulator.market.market import Market
from simulator.persist import Found
from simulator.scenarios import SCENARIOS
from simulator.store import Store
from simulator.world import World


def open_world(
    *,
    scenario: str = "demo",
    seed: int = 7,
    start: datetime | None = None,
    speed: float = 1.0,
    state: Path | None = None,
) -> World:
    """A world ready to serve. A state file, where there is one, wins over the other options.

    ValueError for a state file of another seed and for a speed that is out of range.
    """
    store = Store(state) if state is not None else None
    found = store.load() if store is not None else {}
    if "meta" in found.get("meta", {}):
        return _reopened(found, store, seed, speed)
    clock = Clock(start, speed=0)
    world = World(seed, clock, Market(seed, clock), store)
    SCENARIOS[scenario](world)
    clock.set_speed(speed)
    world.records.start(world)
    return world


def _reopened(found: Found, store: Store | None, seed: int, speed: float) -> World:
    """Go on where the file ends; in an open market, since nobody waits for the next morning."""
    saved = msgspec.json.decode(found["meta"]["meta"])
    if saved["seed"] != seed:
        raise ValueError(f"the state file belongs to seed {saved['seed']}")
    clock = Clock(datetime.fromisoformat(saved["clock"]["now"]), speed=0)
    world = World(seed, clock, Market(seed, clock), store)
    persist.restore(world, found)
    clock.set_speed(0)
    open_market(world)
    clock.set_speed(speed)
    world.records.start(world)
    return world
