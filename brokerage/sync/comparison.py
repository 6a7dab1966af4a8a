"""The book against the broker's, line by line: what is equal, what is not, and why.

A line is a position, a balance, an order with its legs and fills, or a booking. Both sides are
brought to the same field values (the broker's by the mapping that fills the book), so a difference
is one of facts. The comparison changes nothing in the book.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from django.db import transaction
from django.db.models import Model
from django.utils import timezone

from brokerage import clock, events
from brokerage.models import (
    Account,
    Balance,
    Connection,
    Difference,
    Order,
    Position,
    Reconciliation,
    Transaction,
)
from brokerage.sync import mapping
from brokerage.sync.pacing import PacedClient
from brokerage.sync.uncompared import MOVING, NEVER
from brokerage.tastytrade.resources import balances, orders, positions, transactions

Values = dict[str, Any]
Lines = dict[str, Values]

PARTS = ("position", "balance", "order", "transaction")
# How far back orders and bookings are compared on the schedule.
ORDER_DAYS, TRANSACTION_DAYS = 1, 7
_PLACES = Decimal(10) ** -10


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
    since: datetime | None = None,
) -> Outcome:
    """Read the broker's book now and compare. Raises what the client raises.

    ``still``: the broker's clock stands, so that figures that follow the market are compared too.
    ``since``: how far back orders and bookings go; days on the schedule.
    """
    theirs = _theirs(client, connection, account, since)
    ours = _ours(account, theirs)
    found: list[Line] = []
    parts: dict[str, tuple[int, int]] = {}
    for part in PARTS:
        names = sorted({*ours[part], *theirs[part]})
        unequal = [
            line
            for name in names
            if (line := _line(part, name, ours[part].get(name), theirs[part].get(name), still))
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
            Connection.objects.filter(pk=connection.pk).update(synced_at=_without(connection))
        events.publish(events.BALANCE_UPDATED, account=account)
    return kept


def _without(connection: Connection) -> dict[str, str]:
    connection.refresh_from_db(fields=["synced_at"])
    kinds = {"positions", "balances", "orders", "transactions"}
    return {kind: at for kind, at in connection.synced_at.items() if kind not in kinds}


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


# --- The two sides ---------------------------------------------------------------------------


def _theirs(
    client: PacedClient, connection: Connection, account: Account, since: datetime | None
) -> dict[str, Lines]:
    now, number = timezone.now(), account.number
    today = clock.today(connection)
    start = since.date() if since else today - timedelta(days=ORDER_DAYS)
    booked = since.date() if since else today - timedelta(days=TRANSACTION_DAYS)
    # As the sync asks, or marks would be missing on one side.
    call = positions.list_positions(number, include_closed_positions=False, include_marks=True)
    held = client.send(call)
    money = client.send(balances.get_balance(number))
    found = list(client.pages(orders.search(number, start_date=start)))
    rows = list(client.pages(transactions.list_transactions(number, start_date=booked)))
    pk = account.pk
    return {
        "position": {
            f"{row.instrument_type} {row.symbol}": mapping.position(row, pk, now)
            for row in held
            if row.signed_quantity
        },
        "balance": {money.currency or "USD": mapping.balance(money, pk, now)},
        "order": {str(row.id): _order_values(row, pk, now) for row in found},
        "transaction": {str(row.id): mapping.transaction(row, pk, now) for row in rows},
    }


def _order_values(payload: Any, account_id: int, now: datetime) -> Values:
    values = mapping.order(payload, account_id, now)
    for place, leg in enumerate(payload.legs):
        values |= {f"leg {place} {name}": getattr(leg, name) for name in mapping.LEG}
        for fill in leg.fills:
            values[f"leg {place} fill {fill.fill_id}"] = (fill.quantity, fill.fill_price)
    return values


def _ours(account: Account, theirs: dict[str, Lines]) -> dict[str, Lines]:
    held = Position.objects.filter(account=account, closed_at=None)
    money = Balance.objects.filter(account=account, currency__in=list(theirs["balance"]))
    known = Order.objects.filter(account=account, broker_id__in=map(int, theirs["order"]))
    booked = Transaction.objects.filter(
        account=account, broker_id__in=map(int, theirs["transaction"])
    )
    return {
        "position": {f"{row.instrument_type} {row.symbol}": _values(row) for row in held},
        "balance": {row.currency: _values(row) for row in money},
        "order": {
            str(row.broker_id): _stored_order(row) for row in known.prefetch_related("legs__fills")
        },
        "transaction": {str(row.broker_id): _values(row) for row in booked},
    }


def _values(row: Model) -> Values:
    return {field.attname: getattr(row, field.attname) for field in row._meta.concrete_fields}


def _stored_order(row: Order) -> Values:
    values = _values(row)
    for leg in row.legs.all():
        values |= {f"leg {leg.position} {name}": getattr(leg, name) for name in mapping.LEG}
        for fill in leg.fills.all():
            values[f"leg {leg.position} fill {fill.fill_id}"] = (fill.quantity, fill.price)
    return values


# --- One line ----------------------------------------------------------------------------------


def _line(
    part: str, name: str, ours: Values | None, theirs: Values | None, still: bool
) -> Line | None:
    if theirs is None:
        return Line(part, name, (), "The broker does not list it; a second read closes it here.")
    if ours is None:
        return Line(part, name, (), "Not mirrored yet; it arrives with the next read.")
    left_out = NEVER[part] if still else NEVER[part] | MOVING[part]
    unequal = tuple(_unequal(ours, theirs, left_out))
    if not unequal:
        return None
    return Line(part, name, unequal, _explanation(part, ours, theirs))


def _unequal(
    ours: Values, theirs: Values, left_out: frozenset[str]
) -> Iterator[tuple[str, str, str]]:
    for field, value in theirs.items():
        if field in left_out:
            continue
        mine = ours.get(field)
        if _plain(mine) != _plain(value):
            yield field, _shown(mine), _shown(value)


def _plain(value: Any) -> Any:
    """Equal facts become equal values: ten decimals, no blank texts, milliseconds."""
    if isinstance(value, Decimal):
        return value.quantize(_PLACES)
    if isinstance(value, tuple):
        return tuple(_plain(item) for item in value)
    return None if value == "" else value


def _shown(value: Any) -> str:
    if isinstance(value, tuple):
        return " at ".join(_shown(item) for item in value)
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
