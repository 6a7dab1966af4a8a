"""Opening a world: from its state file, or anew from a scenario."""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path

from simulator.clock import Clock
from simulator.market.calendar import current_session, state
from simulator.market.market import Market
from simulator.scenarios import SCENARIOS
from simulator.store import Store
from simulator.world import World

AFTER_OPEN = timedelta(hours=1)


def open_world(
    *,
    scenario: str = "demo",
    seed: int = 7,
    start: datetime | None = None,
    speed: float = 1.0,
    state: Path | None = None,
) -> World:
    """A world ready to serve. A state file, where there is one, wins over the other options."""
    store = Store(state) if state is not None else None
    found = store.load() if store is not None else {}
    if found.get("meta", {}).get("meta") is not None:
        return _reopened(found, store, seed, speed)
    clock = Clock(start, speed=0)
    world = World(seed, clock, Market(seed, clock), store)
    SCENARIOS[scenario](world)
    clock.set_speed(speed)
    if store is not None:
        store.rewrite(world.everything())
    world.flush()
    return world


def _reopened(found: dict, store: Store | None, seed: int, speed: float) -> World:  # type: ignore[type-arg]
    """Go on where the file ends; in an open market, since nobody waits for the next morning."""
    import msgspec

    saved = msgspec.json.decode(found["meta"]["meta"])
    if saved["seed"] != seed:
        raise ValueError(f"the state file belongs to seed {saved['seed']}")
    clock = Clock(datetime.fromisoformat(saved["clock"]["now"]), speed=0)
    world = World(seed, clock, Market(seed, clock), store)
    world.restore(found)
    clock.set_speed(0)
    open_market(world)
    clock.set_speed(speed)
    world.flush()
    return world


def open_market(world: World) -> None:
    """Jump to an hour after the next opening when no regular session runs."""
    now = world.clock.now()
    if state(now) != "Open":
        running = current_session(now)
        if now >= running.open:
            running = current_session((running.close_ext or running.close) + timedelta(seconds=1))
        world.jump(running.open + AFTER_OPEN)
