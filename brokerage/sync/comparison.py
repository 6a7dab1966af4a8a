"""The book against the broker's, line by line: what is equal, what is not, and why.

A line is a position, a balance, an order with its legs and fills, a booking, and what else
``books.PARTS`` names. Both sides are brought to the same field values, so a difference is one of
facts. The comparison changes nothing in the book.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from django.db import transaction
from django.utils import timezone

from brokerage import events
from brokerage.enums import SyncKind
from brokerage.models import Account, Connection, Difference, Reconciliation
from brokerage.sync import books
from brokerage.sync.books import Side, Values
from brokerage.sync.pacing import PacedClient
from brokerage.sync.times import make_due
from brokerage.sync.uncompared import MOVING, NEVER, RAW

_PLACES = Decimal(10) ** -10
# What a difference of any part makes due at once, and what one of its own part does.
_READ_ANEW = frozenset(
    {SyncKind.POSITIONS, SyncKind.BALANCES, SyncKind.ORDERS, SyncKind.TRANSACTIONS}
)
_READ_BY = {
    "trading status": SyncKind.TRADING_STATUS,
    "complex order": SyncKind.COMPLEX_ORDERS,
}


@dataclass(frozen=True, slots=True)
class Line:
    """One line that is not equal; no fields: it is missing on one side as a whole."""

    part: str
    name: str
    fields: tuple[tuple[str, str, str], ...]
    explanation: str


@dataclass(frozen=True, slots=True)
class Outcome:
    """``parts``: matching and all lines of each part."""

    parts: dict[str, tuple[int, int]]
    lines: tuple[Line, ...]

    @property
    def score(self) -> tuple[int, int]:
        """Matching lines, all lines."""
        pairs = self.parts.values()
        return sum(pair[0] for pair in pairs), sum(pair[1] for pair in pairs)


def compare(
    client: PacedClient,
    connection: Connection,
    account: Account,
    *,
    still: bool = False,
    since: date | None = None,
) -> Outcome:
    """Read the broker's book now and compare. Raises what the client raises.

    ``still``: the broker's clock stands, so that what follows the market is compared too.
    ``since``: how far back lists go; days on the schedule.
    """
    reach = books.Reach.of(connection, still, since)
    theirs = books.theirs(client, account, reach)
    return outcome_of(books.ours(account, theirs), theirs, still=still)


def outcome_of(ours: Side, theirs: Side, *, still: bool) -> Outcome:
    """Both sides line by line; what one side lacks is a line too."""
    found: list[Line] = []
    parts: dict[str, tuple[int, int]] = {}
    for part, listed in theirs.items():
        names = sorted({*ours[part], *listed})
        unequal = [
            line
            for name in names
            if (line := _line(part, name, ours[part].get(name), listed.get(name), still))
        ]
        parts[part] = (len(names) - len(unequal), len(names))
        found += unequal
    return Outcome(parts, tuple(found))


def reconcile(client: PacedClient, connection: Connection, account: Account) -> Reconciliation:
    """Compare and keep the score and the differences, each with the time it was first seen."""
    outcome = compare(client, connection, account)
    matching, lines = outcome.score
    with transaction.atomic():
        kept = Reconciliation.objects.create(
            account=account,
            lines=lines,
            matching=matching,
            parts={part: list(pair) for part, pair in outcome.parts.items()},
        )
        _keep(account, outcome.lines)
        if outcome.lines:
            # What differs is read anew at the next tick instead of in its turn.
            parts = {line.part for line in outcome.lines}
            make_due(connection, _READ_ANEW | {_READ_BY[p] for p in parts if p in _READ_BY})
        events.publish(events.BALANCE_UPDATED, account=account)
    return kept


def _keep(account: Account, lines: Iterable[Line]) -> None:
    now = timezone.now()
    open_ = {
        (row.part, row.line): row
        for row in Difference.objects.filter(account=account, gone_at=None)
    }
    for line in lines:
        facts = {
            "fields": [{"field": f, "ours": o, "theirs": t} for f, o, t in line.fields],
            "explanation": line.explanation,
            "last_seen_at": now,
        }
        known = open_.pop((line.part, line.name), None)
        if known is None:
            Difference.objects.create(
                account=account, part=line.part, line=line.name, first_seen_at=now, **facts
            )
        else:
            Difference.objects.filter(pk=known.pk).update(**facts)
    Difference.objects.filter(pk__in=[row.pk for row in open_.values()]).update(gone_at=now)


# --- One line ----------------------------------------------------------------------------------


def _line(
    part: str, name: str, ours: Values | None, theirs: Values | None, still: bool
) -> Line | None:
    if theirs is None:
        return Line(part, name, (), "The broker does not list it; a second read closes it here.")
    if ours is None:
        return Line(part, name, (), "Not mirrored yet; it arrives with the next read.")
    left_out = NEVER[part] if still else NEVER[part] | MOVING[part]
    unequal = tuple(_unequal(part, ours, theirs, left_out))
    if not unequal:
        return None
    return Line(part, name, unequal, _explanation(part, ours, theirs))


def _unequal(
    part: str, ours: Values, theirs: Values, left_out: frozenset[str]
) -> Iterator[tuple[str, str, str]]:
    # Legs and fills that we hold and they do not list.
    more = [name for name in ours if name.startswith("leg ") and name not in theirs]
    for field in (*theirs, *more):
        if field in left_out:
            continue
        mine, value = ours.get(field), theirs.get(field)
        if field == "raw":
            yield from _unequal_raw(mine or {}, value or {}, RAW.get(part, frozenset()))
        elif _plain(mine) != _plain(value):
            yield field, _shown(mine), _shown(value)


def _unequal_raw(
    ours: Mapping[str, Any], theirs: Mapping[str, Any], left_out: frozenset[str]
) -> Iterator[tuple[str, str, str]]:
    """The broker's whole object, key by key."""
    for key in sorted({*ours, *theirs} - left_out):
        if ours.get(key) != theirs.get(key):
            yield f"raw {key}", str(ours.get(key)), str(theirs.get(key))


def _plain(value: Any) -> Any:
    """Equal facts become equal values: ten decimals, no blank texts, milliseconds."""
    if isinstance(value, Decimal):
        return value.quantize(_PLACES)
    if isinstance(value, tuple):
        return tuple(_plain(item) for item in value)
    return None if value == "" else value


def _shown(value: Any) -> str:
    if isinstance(value, tuple):
        return ", ".join(_shown(item) for item in value)
    if value is None:
        return ""
    return f"{value.normalize():f}" if isinstance(value, Decimal) else str(value)


def _explanation(part: str, ours: Values, theirs: Values) -> str:
    if part == "order":
        if theirs["updated_at_ms"] > ours["updated_at_ms"]:
            return "The broker's order is a later version; it arrives by stream or the next read."
        if ours["updated_at_ms"] > theirs["updated_at_ms"]:
            return "The stream has told us a later version than the broker's list shows."
        return "Same version, other facts: fills are still arriving, or the list lags behind."
    mine, other = ours.get("updated_at"), theirs.get("updated_at")
    if mine and other and other > mine:
        return "The broker changed it after our last read; it arrives with the next."
    if mine and other and mine > other:
        return "The stream has told us a later state than the broker's list shows."
    return "Same time, other figures: the broker corrected it, or our copy is wrong; read anew."
