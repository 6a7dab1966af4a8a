"""Long answers of plain objects, decoded straight into typed rows: several times as fast.

Only for payload classes whose fields are plain values under their own names, and only for answers
written as the broker documents them. Anything else (a number that is "", a time without a zone, a
text that is a number) makes the whole answer go the tolerant way of ``base``. A row here has the
same attributes as the payload, with the same values; it is not an instance of the payload's class.
"""

from __future__ import annotations

import types
import typing
from collections.abc import Callable, Iterable
from datetime import date, datetime
from decimal import Decimal
from functools import cache, lru_cache
from operator import attrgetter
from typing import Annotated, Any, cast

import msgspec

from brokerage.tastytrade import wire
from brokerage.tastytrade.payloads.base import STRICT, Keys, P, Payload, Read, _Field, fields_of

_PLAIN: dict[Any, Any] = {
    str: str,
    int: int | None,
    bool: bool | None,
    # Whole numbers stay integers until they are looked at: a Decimal costs more than the rest.
    Decimal: Decimal | int | None,
    datetime: Annotated[datetime, msgspec.Meta(tz=True)] | None,
    date: date | None,
}
_SPOKEN = Annotated[str, msgspec.Meta(min_length=1)]
# A name that no object of the broker has.
_SOURCE = "(source)"


def many(kind: type[P]) -> Callable[[bytes], tuple[P, ...] | None]:
    """A reader of a whole answer's bytes; it returns None for what it does not read."""

    def read(content: bytes) -> tuple[P, ...] | None:
        decoder = _decoder(kind)
        if decoder is None:
            return None
        try:
            rows = decoder.decode(content).data.items
        except (msgspec.MsgspecError, RecursionError, ValueError):
            return None
        for place, row in enumerate(rows):
            row.source = (content, place)
        return cast("tuple[P, ...]", tuple(rows))

    return read


@lru_cache(maxsize=4)
def _items(content: bytes) -> list[Any]:
    """The rows of an answer as decoded JSON; looked at only where somebody wants the raw object."""
    return wire.items(wire.decode(content))


def _raw(row: Any) -> Any:
    """The object this row was read from, decoded when it is asked for."""
    content, place = row.source
    return _items(content)[place]


def _number(column: str) -> property:
    """A number; what says "not a number" is None, as everywhere."""
    held = attrgetter(column)

    def read(row: Any) -> Decimal | None:
        value: Decimal | int | None = held(row)
        if value.__class__ is Decimal:
            return value if value.is_finite() else None
        return None if value is None else Decimal(value)

    return property(read)


def _signed(column: str, effect: str) -> property:
    """An amount with the sign of the effect beside it."""
    amount, effect_of = _number(column).fget, attrgetter(effect)
    assert amount is not None

    def read(row: Any) -> Decimal | None:
        value: Decimal | None = amount(row)
        return None if value is None else wire.signed(value, effect_of(row))

    return property(read)


@cache
def _decoder(kind: type[Payload]) -> msgspec.json.Decoder[Any] | None:
    """None for a class whose fields are not all plain."""
    hints = typing.get_type_hints(kind, include_extras=True)
    fields = fields_of(kind)
    if not all(_is_plain(field, hints[field.name]) for field in fields):
        return None
    row = _row_type(kind, [(field, _bare(hints[field.name])) for field in fields])
    data = msgspec.defstruct("Data", [("items", list[row])])  # type: ignore[valid-type]
    return msgspec.json.Decoder(msgspec.defstruct("Answer", [("data", data)]))


def _is_plain(field: _Field, hint: Any) -> bool:
    marks = typing.get_args(hint)[1:] if typing.get_origin(hint) is Annotated else ()
    odd = STRICT in marks or any(isinstance(mark, (Keys, Read)) for mark in marks)
    return _bare(hint) in _PLAIN and len(field.keys) == 1 and not odd


def _row_type(kind: type[Payload], fields: Iterable[tuple[_Field, Any]]) -> Any:
    """A struct with the payload's attributes: columns by the wire's names, numbers behind
    properties, and whatever else the payload class defines.
    """
    # In the payload's order, which is nearly the wire's: the decoder looks for the next key first.
    columns: list[Any] = []
    offered: dict[str, Any] = {
        name: value
        for name, value in vars(kind).items()
        if isinstance(value, property) or callable(value)
    }
    offered = {name: value for name, value in offered.items() if not name.startswith("__")}
    for field, plain in fields:
        if plain is Decimal:
            column, effect = f"{field.name}__number", f"{field.name}__effect"
            columns.append((column, _PLAIN[plain], msgspec.field(name=field.keys[0], default=None)))
            offered[field.name] = _number(column)
            if field.effect:
                columns.append((effect, str | None, msgspec.field(name=field.effect, default=None)))
                offered[field.name] = _signed(column, effect)
        elif field.required:
            columns.append((field.name, _SPOKEN, msgspec.field(name=field.keys[0])))
        else:
            default = "" if plain is str else None
            columns.append(
                (field.name, _PLAIN[plain], msgspec.field(name=field.keys[0], default=default))
            )
    columns.append(("source", Any, msgspec.field(name=_SOURCE, default=None)))
    offered |= {"raw": property(_raw), "unreadable": (), "__repr__": kind.__repr__}
    return msgspec.defstruct(
        kind.__name__,
        columns,
        module=kind.__module__,
        namespace=offered,
        kw_only=True,
        gc=False,
    )


def _bare(hint: Any) -> Any:
    """The type itself: without marks, and without None."""
    while True:
        if typing.get_origin(hint) is Annotated:
            hint = typing.get_args(hint)[0]
        elif typing.get_origin(hint) in (typing.Union, types.UnionType):
            inner = [part for part in typing.get_args(hint) if part is not type(None)]
            if len(inner) != 1:
                return None
            hint = inner[0]
        else:
            return hint
