"""Faults on request: which request, frame or instant they meet, kept in order of entry.

A fault lies on the REST services, on one of the two streams, or on the world itself (`on`). What
the actions do stands in `fault_answers.py`, `fault_frames.py`, `dxlink_faults.py` and
`fault_events.py`.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import msgspec
from msgspec import Struct, field

from simulator.fault_answers import HTML, TITLES, answer_of
from simulator.fault_changes import CHANGES
from simulator.fault_lag import Past

if TYPE_CHECKING:
    from simulator.world import World

REST = ("status", "drop", "refuse", "hang", "slow", "cut", "lag", *CHANGES)
FRAMES = ("close", "freeze", "drop", "duplicate", "delay", "reorder", "garbage", *CHANGES)
MARKET = (*FRAMES, "error", "unauthorize", "close-channel", "switch-format")
WORLD = ("expire-access", "expire-quote", "revoke-grants", "midnight-reset")
ACTIONS = {"rest": REST, "account-stream": FRAMES, "market-stream": MARKET, "world": WORLD}
DAY = timedelta(days=1)


class Fault(Struct, kw_only=True, rename="kebab", forbid_unknown_fields=True):
    """One scripted fault: what it meets, how often, and what it does then."""

    action: str = "status"
    on: str = "rest"
    """`rest`, `account-stream`, `market-stream` or `world`."""
    path: str | None = None
    """REST: a regular expression that is searched in the decoded path."""
    method: str | None = None
    account: str | None = None
    """REST: the account in the path; account stream: the account of the notification."""
    username: str | None = None
    connection: str | None = None
    """REST: a grant's id; streams: a socket's id. `GET /control` lists both."""
    kind: str | None = None
    """Streams: the type of a notification, of an event, or of a protocol message."""
    symbol: str | None = None
    """Market stream: the symbol of an event."""
    where: dict[str, Any] = {}
    """Account stream: values that the notification's data must have."""
    after: datetime | None = None
    """Virtual time from which it is in force; when it happens, for one on the world."""
    until: datetime | None = None
    skip: int = 0
    """How many that it would meet are let through first."""
    count: int = 1
    """How many it meets; 0 is all."""
    chance: float = 1.0
    """Drawn by the seed for each one that it would meet."""
    daily: bool = False
    """World: again on every following day."""
    status: int = 500
    html: bool = False
    retry_after: int | None = None
    body: Any = None
    seconds: float = 0.0
    """Of wall time for REST (0 hangs until the client leaves); of virtual time otherwise."""
    code: int = 1000
    reason: str = "Bye"
    fields: list[str] = []
    """Dotted paths (`*` is every entry) in the body, in the data or in the event."""
    value: Any = None
    id: int = 0
    met: int = 0
    hits: int = 0

    @property
    def spent(self) -> bool:
        """It will meet nothing more."""
        return bool(self.count) and self.hits >= self.count


class Meeting(Struct, kw_only=True):
    """What passes by a fault: a request or a frame, as far as faults look at it."""

    on: str
    path: str = ""
    method: str = ""
    account: str | None = None
    username: str | None = None
    connection: str | None = None
    kind: str | None = None
    symbol: str | None = None
    data: dict[str, Any] = field(default_factory=dict)


class Faults:
    """The faults in force."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.entries: list[Fault] = []
        self.on: frozenset[str] = frozenset()
        """Where any fault lies: the quick look of those who have none."""
        self.past = Past()
        self._count = 0

    def add(self, spec: dict[str, Any]) -> Fault:
        """Enter a fault; ValueError for a wrong description."""
        named = {key.replace("_", "-"): value for key, value in spec.items()}
        try:
            return self.enter(msgspec.convert(named, Fault, strict=False))
        except msgspec.ValidationError as failure:
            raise ValueError(str(failure)) from None

    def enter(self, fault: Fault) -> Fault:
        """Enter a fault; its number and its counts are given here."""
        _check(fault)
        fault.met = fault.hits = 0
        self._count += 1
        fault.id = self._count
        self.entries.append(fault)
        self._arm(fault)
        self._look()
        return fault

    def _arm(self, fault: Fault) -> None:
        now = self.world.clock.now()
        if fault.on == "world":
            due = fault.after or (now + timedelta(seconds=fault.seconds))
            while fault.daily and due < now:
                due += DAY
            self.world.agenda.at(max(due, now), "fault", fault.id)

    def resume(self) -> None:
        """Enter again what is due, after a restart."""
        for fault in self.entries:
            if not fault.spent or fault.daily:
                self._arm(fault)

    def remove(self, number: int) -> bool:
        """Take one back; what it held is let go."""
        before = len(self.entries)
        self.entries = [f for f in self.entries if f.id != number]
        self._look()
        return len(self.entries) < before

    def clear(self) -> None:
        """Remove all."""
        self.entries.clear()
        self._look()

    def _look(self) -> None:
        self.on = frozenset(fault.on for fault in self.entries)
        self.past.kept = any(fault.action == "lag" for fault in self.entries)

    def find(self, number: int) -> Fault | None:
        """A fault by its number."""
        return next((fault for fault in self.entries if fault.id == number), None)

    def take(self, meeting: Meeting) -> Fault | None:
        """The first fault that meets this, counted."""
        for fault in self.entries:
            if not fault.spent and self._meets(fault, meeting):
                fault.hits += 1
                return fault
        return None

    def _meets(self, fault: Fault, it: Meeting) -> bool:
        if fault.on != it.on or not self._in_time(fault) or not _fits(fault, it):
            return False
        fault.met += 1
        if fault.met <= fault.skip:
            return False
        draw = int.from_bytes(self.world.ids.digest("fault", fault.id, fault.met, size=4), "big")
        return draw < fault.chance * 2**32

    def _in_time(self, fault: Fault) -> bool:
        if fault.after is None and fault.until is None:
            return True
        now = self.world.clock.now()
        begun = fault.after is None or fault.after <= now
        return begun and (fault.until is None or now < fault.until)

    # -- state -------------------------------------------------------------------------------

    def snapshot(self) -> dict[str, Any]:
        """What has to be kept."""
        return {"count": self._count, "entries": self.entries}

    def restore(self, state: dict[str, Any]) -> None:
        """Continue from a snapshot; faults on the world are due as the agenda says."""
        self._count = state["count"]
        self.entries = [msgspec.convert(row, Fault) for row in state["entries"]]
        self._look()


def _check(fault: Fault) -> None:
    if fault.on not in ACTIONS:
        raise ValueError(f"on is one of {', '.join(ACTIONS)}")
    if fault.action not in ACTIONS[fault.on]:
        raise ValueError(f"on {fault.on} the action is one of {', '.join(ACTIONS[fault.on])}")
    if fault.action in CHANGES and fault.action != "extra" and not fault.fields:
        raise ValueError(f"{fault.action} needs fields")
    if not 100 <= fault.status <= 599 or not 0 <= fault.chance <= 1 or fault.seconds < 0:
        raise ValueError("status, chance or seconds lies outside its range")
    if fault.action == "switch-format" and fault.value not in ("FULL", "COMPACT"):
        raise ValueError("switch-format needs the value FULL or COMPACT")
    try:
        re.compile(fault.path or "")
    except re.error as failure:
        raise ValueError(f"path: {failure}") from None
    for name in ("after", "until"):
        moment = getattr(fault, name)
        if moment is not None and moment.tzinfo is None:
            setattr(fault, name, moment.replace(tzinfo=UTC))


def _fits(fault: Fault, it: Meeting) -> bool:
    if fault.method is not None and fault.method.upper() != it.method:
        return False
    if fault.path is not None and re.search(fault.path, it.path) is None:
        return False
    for name in ("account", "username", "connection", "kind", "symbol"):
        wanted = getattr(fault, name)
        if wanted is not None and wanted != getattr(it, name):
            return False
    return all(it.data.get(key) == value for key, value in fault.where.items())


__all__ = ["ACTIONS", "HTML", "TITLES", "Fault", "Faults", "Meeting", "answer_of"]
