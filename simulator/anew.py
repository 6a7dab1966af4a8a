"""Beginning anew with a scenario in a running process, as if it had been started with it.

People, accounts, orders, prices moved by hand, corporate actions, settings and faults are gone;
identifiers are drawn from the beginning, so that the same scenario gives the same secrets again
and a client that was connected to it stays connected. Snapshots and the transcript are kept.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from simulator import snapshots
from simulator.model import Settings
from simulator.scenarios import SCENARIOS

if TYPE_CHECKING:
    from simulator.world import World

EARLIEST = datetime(2022, 1, 1, tzinfo=UTC)
LATEST = datetime(2034, 1, 1, tzinfo=UTC)


def begin(world: World, name: str, start: datetime) -> None:
    """Load a scenario; the pace of the clock stays."""
    clock, speed = world.clock.base, world.clock.speed
    snapshots.empty(world)
    world.journal.clear()
    world.ids.counters.clear()
    world.settings = Settings(skip_closed=world.settings.skip_closed)
    world.faults.restore({"count": 0, "entries": []})
    instant = start.isoformat()
    clock.restore({"start": instant, "now": instant, "speed": 0})
    world.market.restore({"seed": world.seed, "now": instant, "shocks": [], "adjustments": []})
    world.market.advance(start)
    world.reached = start
    SCENARIOS[name](world)
    if speed:
        clock.set_speed(speed)
    world.records.start(world)


def credentials(world: World) -> dict[str, Any]:
    """What a client needs to sign in to the present scenario."""
    grant = next(g for g in world.grants.values() if not g.revoked)
    client = world.clients[grant.client_id]
    return {
        "accounts": list(world.accounts),
        "client_id": client.client_id,
        "client_secret": client.secret,
        "refresh_token": grant.refresh_token,
    }
