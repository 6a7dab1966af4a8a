"""FEED_DATA to events: by the names the server announced, in both formats.

COMPACT data is one flat list per type. It is taken apart by stride, a column per field, and each
column is cleaned as a whole: the usual case costs no Python per value.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from itertools import groupby, repeat
from math import isfinite
from typing import Any

import msgspec

from brokerage.tastytrade.streaming.dxlink.events import (
    EVENT_TYPES,
    Event,
    column_kinds,
    wire_fields,
)

Column = list[Any]


class MalformedData(Exception):
    """Data that does not fit the announced fields; nothing of the frame was used."""


class UnknownType(Exception):
    """An event type that is not decoded."""


def _double(value: Any) -> float | None:
    try:
        number = float(value)
    except (TypeError, ValueError):
        return None
    return number if isfinite(number) else None


def doubles(column: Column) -> Column:
    """Floats; None for NaN, infinities, null and words."""
    try:
        numbers = list(map(float, column))
    except (TypeError, ValueError):
        return [_double(value) for value in column]
    # The sum is finite only if every number is: one check in C for the usual case.
    return numbers if isfinite(sum(numbers)) else [_double(number) for number in numbers]


def _integer(value: Any) -> int | None:
    if isinstance(value, bool):
        return None
    if isinstance(value, int):
        return value
    number = _double(value)
    return int(number) if number is not None and number.is_integer() else None


def integers(column: Column) -> Column:
    """Integers of any size; None for what is none."""
    return column if set(map(type, column)) == {int} else [_integer(value) for value in column]


def wholes(column: Column) -> Column:
    """Integers; 0 for what is none (flags and indexes)."""
    return column if set(map(type, column)) == {int} else [_integer(each) or 0 for each in column]


def _text(value: Any) -> str | None:
    return value if isinstance(value, str) and value not in _EMPTY else None


_EMPTY = frozenset({"\u0000", "UNDEFINED", ""})


def texts(column: Column) -> Column:
    """Texts, characters and words of a list; None for the empty ones."""
    if set(map(type, column)) == {str} and _EMPTY.isdisjoint(column):
        return column
    return [_text(value) for value in column]


def booleans(column: Column) -> Column:
    return [value if isinstance(value, bool) else None for value in column]


_CLEANERS: dict[str, Callable[[Column], Column]] = {
    "double": doubles,
    "integer": integers,
    "whole": wholes,
    "text": texts,
    "boolean": booleans,
}


class RowDecoder:
    """Decodes flat values of one event type whose fields come in the order ``names``.

    Unknown names are skipped; known ones that were not announced keep the struct's default.
    """

    def __init__(self, kind: type[Event], names: Sequence[str]) -> None:
        known = wire_fields(kind)
        if known[0] not in names:
            raise MalformedData(f"{kind.type_name} is announced without a symbol")
        self.width = len(names)
        self._build: Callable[..., Event] = kind
        self._type_at = names.index("eventType") if "eventType" in names else None
        self._type_name = kind.type_name
        self._plan = self._columns(kind, known, list(names))

    @staticmethod
    def _columns(
        kind: type[Event], known: tuple[str, ...], names: list[str]
    ) -> list[tuple[int | None, Any]]:
        """Per field of the struct: (place in the row, cleaner), or (None, default)."""
        kinds, fields = column_kinds(kind), msgspec.structs.fields(kind)
        last = max(place for place, name in enumerate(known) if name in names)
        plan: list[tuple[int | None, Any]] = []
        for place, name in enumerate(known[: last + 1]):
            if name in names:
                plan.append((names.index(name), _CLEANERS[kinds[place]]))
            else:
                plan.append((None, fields[place].default))
        return plan

    def decode(self, values: Column) -> list[Event]:
        """Events in the wire's order; MalformedData when the count does not divide."""
        width = self.width
        if len(values) % width:
            raise MalformedData(f"{self._type_name}: {len(values)} values for {width} fields")
        if self._type_at is not None and set(values[self._type_at :: width]) - {self._type_name}:
            raise MalformedData(f"{self._type_name}: rows of another type")
        symbols = values[self._plan[0][0] :: width]
        if set(map(type, symbols)) - {str}:
            raise MalformedData(f"{self._type_name}: a symbol that is no text")
        columns: list[Iterable[Any]] = [symbols]
        for place, clean in self._plan[1:]:
            columns.append(repeat(clean) if place is None else clean(values[place::width]))
        return list(map(self._build, *columns))


def decode_objects(data: Sequence[Any]) -> tuple[list[Event], set[str]]:
    """Events of a FULL frame in order, and the names of types that are not decoded."""
    events: list[Event] = []
    unknown: set[str] = set()
    if not all(isinstance(each, dict) for each in data):
        raise MalformedData("FULL data that is no list of objects")
    for name, group in groupby(data, key=lambda each: each.get("eventType")):
        kind = EVENT_TYPES.get(str(name))
        if kind is None:
            unknown.add(str(name))
            continue
        events.extend(_decode_group(kind, list(group)))
    return events, unknown


def _decode_group(kind: type[Event], objects: list[dict[str, Any]]) -> list[Event]:
    names = [name for name in wire_fields(kind) if any(name in each for each in objects)]
    decoder = RowDecoder(kind, names)
    # A missing integer is the wire's 0 for flags and index, a missing anything else is no value.
    empty = {"eventFlags": 0, "index": 0}
    values = [each.get(name, empty.get(name)) for each in objects for name in names]
    return decoder.decode(values)
