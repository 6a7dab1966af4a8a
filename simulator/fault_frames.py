"""Faults on the account stream: one notification in, any number out, now or later."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

from simulator.fault_changes import CHANGES, changed
from simulator.faults import Fault, Meeting
from simulator.http import dumps

if TYPE_CHECKING:
    from simulator.notices import Subscriber
    from simulator.world import World

GARBAGE = b'{"type": "Order", "data": {'


class Held:
    """Frames that wait: for their time, or for the next one to overtake them."""

    def __init__(self) -> None:
        self.late: dict[int, tuple[Subscriber, bytes]] = {}
        self.overtaken: dict[Subscriber, list[bytes]] = {}
        self._count = 0

    def later(self, world: World, one: Subscriber, frame: bytes, seconds: float) -> None:
        """Send a frame after `seconds` of virtual time."""
        self._count += 1
        self.late[self._count] = (one, frame)
        due = world.clock.now() + timedelta(seconds=seconds)
        world.agenda.at(due, "frame", self._count)

    def clear(self) -> None:
        """Forget all of them."""
        self.late.clear()
        self.overtaken.clear()

    def due(self, number: int) -> None:
        """The time of a frame has come."""
        found = self.late.pop(number, None)
        if found is not None:
            found[0].put(found[1])


def pass_on(world: World, held: Held, one: Subscriber, account: str, frame: dict[str, Any]) -> None:
    """Give a notification to a socket as the faults in force have it."""
    meeting = Meeting(
        on="account-stream", account=account, username=one.username, connection=one.id,
        kind=frame["type"], data=frame["data"],
    )  # fmt: skip
    fault = world.faults.take(meeting)
    waiting = held.overtaken.pop(one, []) if fault is None or fault.action != "reorder" else []
    for raw in _played(world, held, one, fault, frame):
        one.put(raw)
    for raw in waiting:
        one.put(raw)


def _played(
    world: World, held: Held, one: Subscriber, fault: Fault | None, frame: dict[str, Any]
) -> list[bytes]:
    if fault is None:
        return [dumps(frame)]
    match fault.action:
        case "duplicate":
            return [dumps(frame)] * 2
        case "delay":
            held.later(world, one, dumps(frame), fault.seconds)
        case "reorder":
            # it comes after the next one that is let through
            held.overtaken.setdefault(one, []).append(dumps(frame))
        case "garbage":
            return [GARBAGE]
        case "freeze":
            one.frozen = True
        case "close":
            one.close(fault.code, fault.reason)
        case name if name in CHANGES:
            return [dumps({**frame, "data": changed(frame["data"], fault)})]
    return []
