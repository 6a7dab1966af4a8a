"""Between a world and its state file: which records changed, how they are written and read."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import msgspec

from simulator.http import dumps
from simulator.model import (
    Account,
    Announcement,
    Bar,
    Client,
    Code,
    ComplexOrder,
    Grant,
    History,
    Order,
    Settings,
    Token,
    Transaction,
    User,
)
from simulator.store import Store

if TYPE_CHECKING:
    from simulator.world import World

Found = dict[str, dict[str, msgspec.Raw]]
KEYS: dict[type, tuple[str, str]] = {
    User: ("user", "username"),
    Client: ("client", "client_id"),
    Grant: ("grant", "id"),
    Code: ("code", "value"),
    Token: ("token", "value"),
    Account: ("account", "number"),
    Order: ("order", "id"),
    ComplexOrder: ("complex", "id"),
    Transaction: ("transaction", "id"),
    Announcement: ("announcement", "id"),
}

NUMBERED = ("order", "complex", "announcement")


def key_of(record: Any) -> tuple[str, str]:
    """Kind and id of a record."""
    kind, name = KEYS[type(record)]
    return kind, str(getattr(record, name))


class Records:
    """What has to be written; without a store nothing is."""

    def __init__(self, store: Store | None) -> None:
        self.store = store
        self._dirty: dict[tuple[str, str], Any] = {}
        self._journaled = 0
        self._market_saved = b""

    def touch(self, record: Any) -> None:
        """Mark a record as changed."""
        self._dirty[key_of(record)] = record

    def note(self, kind: str, number: str, key: str, value: Any) -> None:
        """Add one entry to an account's history (`minute`, `day` or `snapshot`)."""
        self._dirty[kind, f"{number}|{key}"] = value

    def flush(self, world: World, meta: bool) -> None:
        """Write the changed records, and counters and clock with them."""
        if self.store is None:
            self._dirty.clear()
            return
        rows = [(kind, key, value) for (kind, key), value in self._dirty.items()]
        self._dirty.clear()
        for number in range(self._journaled, len(world.journal)):
            rows.append(("journal", str(number), _wire(world.journal[number])))
        self._journaled = len(world.journal)
        if rows or meta:
            rows.append(("meta", "meta", meta_of(world)))
            rows += self._market(world)
            self.store.append(rows)
        if self.store.long:
            self.store.rewrite(everything(world))

    def _market(self, world: World) -> list[tuple[str, str, Any]]:
        """The market's own state, where something but its time has changed."""
        state = world.market.snapshot()
        moved = msgspec.json.encode({k: v for k, v in state.items() if k != "now"})
        if moved == self._market_saved:
            return []
        self._market_saved = moved
        return [("meta", "market", state)]

    def start(self, world: World) -> None:
        """Write all of a new or a just opened world."""
        self._dirty.clear()
        self._journaled = len(world.journal)
        if self.store is not None:
            self.store.rewrite(everything(world))


def meta_of(world: World) -> dict[str, Any]:
    """Counters, clock and settings."""
    return {
        "seed": world.seed,
        "counters": world.ids.counters,
        "clock": world.clock.base.snapshot(),
        "settings": world.settings,
        "faults": world.faults.snapshot(),
    }


def everything(world: World) -> Iterator[tuple[str, str, Any]]:
    """All records of a world."""
    for group, _ in groups(world).values():
        for record in group.values():
            yield (*key_of(record), record)
    for rows in world.transactions.values():
        for row in rows:
            yield (*key_of(row), row)
    for history in world.history.values():
        yield from _past(history)
    for number, entry in enumerate(world.journal):
        yield "journal", str(number), _wire(entry)
    yield "meta", "meta", meta_of(world)
    yield "meta", "market", world.market.snapshot()


def _wire(entry: dict[str, Any]) -> msgspec.Raw:
    """An entry of the journal as it is told, so that it reads the same after a restart."""
    return msgspec.Raw(dumps(entry))


def _past(history: History) -> Iterator[tuple[str, str, Any]]:
    for kind, bars in (("minute", history.minutes), ("day", history.days)):
        for bar in bars:
            yield kind, f"{history.number}|{bar.at.isoformat()}", bar
    for row in history.snapshots:
        yield "snapshot", f"{history.number}|{row['snapshot-date']}", row


def groups(world: World) -> dict[str, tuple[dict[Any, Any], type[Any]]]:
    """The kinds that are kept in dictionaries."""
    return {
        "user": (world.users, User),
        "client": (world.clients, Client),
        "grant": (world.grants, Grant),
        "code": (world.codes, Code),
        "token": (world.tokens, Token),
        "account": (world.accounts, Account),
        "order": (world.orders, Order),
        "complex": (world.complex_orders, ComplexOrder),
        "announcement": (world.announcements, Announcement),
    }


def restore(world: World, found: Found) -> None:
    """Take over the records of a state file or a snapshot; clock and market first."""
    from simulator import snapshots
    from simulator.orders import groups as groups_of_orders

    meta = msgspec.json.decode(found["meta"]["meta"])
    world.ids.counters = meta["counters"]
    world.settings = msgspec.convert(meta["settings"], Settings)
    world.clock.base.restore(meta["clock"])
    if "market" in found["meta"]:
        world.market.restore(msgspec.json.decode(found["meta"]["market"]))
    for kind, (group, record_type) in groups(world).items():
        for key, raw in found.get(kind, {}).items():
            record: Any = msgspec.json.decode(raw, type=record_type)
            group[int(key) if kind in NUMBERED else key] = record
    rows = [
        msgspec.json.decode(raw, type=Transaction) for raw in found.get("transaction", {}).values()
    ]
    for row in sorted(rows, key=lambda r: r.id):
        world.transactions.setdefault(row.account, []).append(row)
    _restore_past(world, found)
    entries = found.get("journal", {})
    world.journal = [msgspec.json.decode(entries[key]) for key in sorted(entries, key=int)]
    groups_of_orders.find_pairs(world)
    world.faults.restore(meta.get("faults", {"count": 0, "entries": []}))
    if "exact" in found["meta"]:
        snapshots.resume_exactly(world, msgspec.json.decode(found["meta"]["exact"]))
    else:
        world.resume()
        world.faults.resume()


def _restore_past(world: World, found: Found) -> None:
    for number in world.accounts:
        world.history[number] = History(
            number=number,
            minutes=_entries(found, "minute", number, Bar),
            days=_entries(found, "day", number, Bar),
            snapshots=_entries(found, "snapshot", number, dict[str, Any]),
        )


def _entries(found: Found, kind: str, number: str, kept_as: Any) -> list[Any]:
    rows = found.get(kind, {})
    keys = sorted(key for key in rows if key.startswith(f"{number}|"))
    return [msgspec.json.decode(rows[key], type=kept_as) for key in keys]
