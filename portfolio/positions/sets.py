"""A person's own columns: what a form asks for, and keeping it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from portfolio.models import ColumnSet
from portfolio.positions.columns import COLUMNS, DEFAULT, Column

SETS_LIMIT, COLUMNS_LIMIT, NAME_LENGTH = 12, 24, 40


class BadSet(ValueError):
    """A set of columns that cannot be kept: the text says why."""


@dataclass(frozen=True, slots=True)
class Line:
    """One column in the form: its place, empty where it is not shown."""

    column: Column
    place: str


def chosen(given: Mapping[str, str]) -> list[str]:
    """Columns with a place, in order of their places; equal places keep the list's order."""
    places: list[tuple[float, str]] = []
    for key in COLUMNS:
        text = str(given.get(f"place-{key}", "")).strip()
        if not text:
            continue
        if not text.isdecimal() or len(text) > 3:
            raise BadSet(f"The place of {COLUMNS[key].label} is a whole number, or empty.")
        places.append((int(text), key))
    return [key for _, key in sorted(places, key=lambda pair: pair[0])]


def moved(keys: Sequence[str], key: str, step: int) -> list[str]:
    """The same columns with one of them a place further up or down."""
    found = list(keys)
    if key not in found:
        return [*found, key] if key in COLUMNS else found
    at = found.index(key)
    found.insert(max(0, at + step), found.pop(at))
    return found


def lines(keys: Sequence[str]) -> list[Line]:
    """Shown columns first, in order; then the others."""
    shown = [Line(COLUMNS[key], str(place)) for place, key in enumerate(keys, 1) if key in COLUMNS]
    return shown + [Line(column, "") for key, column in COLUMNS.items() if key not in keys]


def keep(user: Any, pk: int | None, name: str, keys: Sequence[str]) -> ColumnSet:
    """Make a set, or replace one of this person's. BadSet."""
    name = " ".join(name.replace("\x00", "").split())
    if not name or len(name) > NAME_LENGTH:
        raise BadSet(f"A name has 1 to {NAME_LENGTH} characters.")
    if not keys:
        raise BadSet("Give at least one column a place.")
    if len(keys) > COLUMNS_LIMIT:
        raise BadSet(f"At most {COLUMNS_LIMIT} columns fit.")
    own = ColumnSet.objects.filter(user_id=user.pk)
    if own.filter(name=name).exclude(pk=pk).exists():
        raise BadSet("There is a set of that name already.")
    row = own.filter(pk=pk).first() if pk is not None else None
    if row is None:
        if own.count() >= SETS_LIMIT:
            raise BadSet(f"At most {SETS_LIMIT} sets.")
        row = ColumnSet(user_id=user.pk)
    row.name, row.columns = name, list(keys)
    row.save()
    return row


def of(user: Any, pk: str) -> ColumnSet | None:
    """One of this person's sets."""
    if not pk.isdecimal() or len(pk) > 18:
        return None
    return ColumnSet.objects.filter(user_id=user.pk, pk=int(pk)).first()


def start(row: ColumnSet | None) -> list[str]:
    return list(row.columns) if row is not None else list(DEFAULT.keys)
