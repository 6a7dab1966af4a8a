"""The legs of a chain: each symbol from flat to flat, and which leg a roll or an assignment put in
the place of which.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal

from portfolio.analytics.chains.build import TOGETHER
from portfolio.analytics.chains.events import CARRIES, Chain, Entry, EventKind
from portfolio.analytics.facts import ZERO


@dataclass(slots=True, eq=False)
class Leg:
    """``entries`` of one symbol from flat to flat (through a split or a new name); ``parents`` are
    what it took the place of, ``depth`` how often that happened before."""

    symbol: str
    right: str
    entries: list[Entry] = field(default_factory=list)
    held: Decimal = ZERO
    parents: list[Leg] = field(default_factory=list)
    children: list[Leg] = field(default_factory=list)
    depth: int = 0

    @property
    def is_open(self) -> bool:
        return bool(self.held)

    @property
    def opened(self) -> datetime:
        return self.entries[0].event.at

    @property
    def closed(self) -> datetime | None:
        if self.is_open:
            return None
        return max((e.event.at for e in self.entries if e.quantity), default=self.opened)

    @property
    def quantity(self) -> Decimal:
        """Signed, all that was opened in this symbol."""
        return sum(
            (e.quantity for e in self.entries if e.is_opening and e.event.symbol == self.symbol),
            ZERO,
        )

    @property
    def cash(self) -> Decimal:
        return sum((entry.cash for entry in self.entries), ZERO)

    @property
    def fees(self) -> Decimal:
        return sum((entry.fees for entry in self.entries), ZERO)

    @property
    def ended(self) -> EventKind | None:
        """What closed the last of it."""
        last = [e for e in self.entries if e.quantity and not e.is_opening]
        return last[-1].event.kind if last and not self.is_open else None

    @property
    def events(self) -> tuple[str, ...]:
        """Keys of its bookings: what a correction takes along."""
        return tuple(dict.fromkeys(entry.event.key for entry in self.entries))

    @property
    def key(self) -> str:
        """Names the leg within its chain."""
        return f"{self.entries[0].event.key}:{self.symbol}"


def legs(chain: Chain) -> list[Leg]:
    """In the order of their opening; parents stand before their children."""
    found: list[Leg] = []
    latest: dict[str, Leg] = {}
    for entry in chain.entries:
        leg = _leg_of(entry, latest, found)
        if leg is None:
            leg = Leg(entry.event.symbol, entry.event.right)
            found.append(leg)
        latest[entry.event.symbol] = leg
        leg.symbol = entry.event.symbol if entry.is_opening else leg.symbol
        leg.entries.append(entry)
        leg.held += entry.quantity
        if entry.event.kind in CARRIES and entry.is_opening:
            leg.held = entry.quantity
    for leg in found:
        _place(leg, found)
    return found


def _leg_of(entry: Entry, latest: dict[str, Leg], found: list[Leg]) -> Leg | None:
    """The leg that an entry goes on with; None for a new one."""
    event = entry.event
    if event.kind in CARRIES and entry.is_opening and event.group:
        carried = [leg for leg in found if any(e.event.group == event.group for e in leg.entries)]
        if carried:
            return carried[0]
    leg = latest.get(event.symbol)
    if leg is None:
        return None
    is_same = leg.entries[-1].event.key == event.key
    # Money that comes later, and a trade that turns the position around, belong to the leg.
    return leg if leg.is_open or not entry.quantity or is_same else None


def _place(leg: Leg, found: list[Leg]) -> None:
    """Under what it replaced: closed by the same order or moment, or a moment before."""
    first = leg.entries[0].event
    closers = [
        (other, entry)
        for other in found
        if other is not leg
        for entry in other.entries
        if entry.quantity and not entry.is_opening and _together(entry, leg.entries[0])
    ]
    same = [other for other, entry in closers if entry.event.right == first.right]
    chosen = same or [other for other, _ in closers]
    leg.parents = list({id(other): other for other in chosen}.values())
    for parent in leg.parents:
        parent.children.append(leg)
    leg.depth = max((parent.depth + 1 for parent in leg.parents), default=0)


def _together(closing: Entry, opening: Entry) -> bool:
    a, b = closing.event, opening.event
    if a.group and a.group == b.group:
        return True
    if EventKind.TRADE in (a.kind, b.kind):
        is_trade = a.kind is b.kind
        return is_trade and a.right == b.right and timedelta() <= b.at - a.at <= TOGETHER
    return a.at == b.at


def tree(found: list[Leg]) -> Iterator[Leg]:
    """Depth first: what replaced a leg stands below it."""
    seen: set[int] = set()

    def walk(leg: Leg) -> Iterator[Leg]:
        if id(leg) in seen:
            return
        seen.add(id(leg))
        yield leg
        for child in leg.children:
            yield from walk(child)

    for leg in found:
        if not leg.parents:
            yield from walk(leg)
    for leg in found:
        yield from walk(leg)
