"""The whole state at an instant, and the way back to it.

Besides the records of the state file a snapshot holds what is due and when, so that a world that
goes back to it continues exactly as it did.
"""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any

import msgspec

from simulator import persist
from simulator.http import stamp

if TYPE_CHECKING:
    from simulator.world import World

Snapshot = dict[str, dict[str, msgspec.Raw]]


def take(world: World) -> Snapshot:
    """Everything, encoded."""
    found: Snapshot = {}
    for kind, key, value in persist.everything(world):
        found.setdefault(kind, {})[key] = msgspec.Raw(msgspec.json.encode(value))
    found["meta"]["exact"] = msgspec.Raw(msgspec.json.encode(_exact(world)))
    return found


def _exact(world: World) -> dict[str, Any]:
    return {
        "agenda": world.agenda.snapshot(),
        "reached": world.reached,
        "last-match": list(world.last_match.items()),
        "frames-sent": world.hub.sent,
        "changed-groups": list(world.changed_groups),
    }


def instant(found: Snapshot) -> str:
    """The virtual time of a snapshot."""
    meta = msgspec.json.decode(found["meta"]["meta"])
    return stamp(datetime.fromisoformat(meta["clock"]["now"]))


def read(world: World, payload: dict[str, Any]) -> Snapshot:
    """A snapshot from its document; ValueError for one of another seed."""
    found = {
        str(kind): {str(k): msgspec.Raw(msgspec.json.encode(v)) for k, v in rows.items()}
        for kind, rows in payload.items()
    }
    if msgspec.json.decode(found["meta"]["meta"])["seed"] != world.seed:
        raise ValueError("the snapshot belongs to another seed")
    instant(found)
    return found


def restore(world: World, found: Snapshot) -> None:
    """Go back; open sockets stay and see the market move."""
    empty(world)
    persist.restore(world, found)
    world.records.start(world)


def empty(world: World) -> None:
    """Forget all people, accounts, orders and what is due."""
    for group, _ in persist.groups(world).values():
        group.clear()
    for kept in (
        world.history, world.open_orders, world.standing, world.transactions, world.terms_cache,
        world.last_match, world.changed_groups,
    ):  # fmt: skip
        kept.clear()
    world.agenda.restore([])
    world.hub.held.clear()


def resume_exactly(world: World, state: dict[str, Any]) -> None:
    """Take up what was due as it was."""
    world.agenda.restore(state["agenda"])
    world.reached = datetime.fromisoformat(state["reached"])
    for number, moment in state["last-match"]:
        world.last_match[number] = None if moment is None else datetime.fromisoformat(moment)
    world.hub.sent = state["frames-sent"]
    world.changed_groups = dict.fromkeys(state.get("changed-groups", ()))
    for order in world.orders.values():
        if not order.terminal or (order.status == "Filled" and not order.filled):
            world.stand(order)
