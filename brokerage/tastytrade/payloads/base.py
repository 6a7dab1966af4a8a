"""What all payloads share: tolerant reading of an object into a frozen struct.

A payload keeps the whole object it was read from in `raw`, and in `unreadable` the keys whose
values made no sense. Missing and unreadable values are None (text: ""), never zero.
"""

from __future__ import annotations

import logging
import types
import typing
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from functools import cache
from typing import Annotated, Any, Self, TypeAlias, TypeVar

import msgspec

from brokerage.tastytrade import wire
from brokerage.tastytrade.errors import MalformedAnswer
from brokerage.tastytrade.secret import Secret

logger = logging.getLogger(__name__)

Reader = Callable[[Any], Any]


@dataclass(frozen=True)
class Keys:
    """The wire keys of a field, best first, where they are not its own name."""

    names: tuple[str, ...]

    def __init__(self, *names: str) -> None:
        object.__setattr__(self, "names", names)


@dataclass(frozen=True)
class Effect:
    """The field is signed by a sibling; `key` where that is not `<field>-effect`."""

    key: str = ""


@dataclass(frozen=True)
class Read:
    """The field is read by a function of its own."""

    reader: Reader


REQUIRED = "required"
# An unreadable value condemns the whole object, where a gap would be dangerous.
STRICT = "strict"

# The annotations that payloads are written in.
Number: TypeAlias = Decimal | None
Signed: TypeAlias = Annotated[Decimal | None, Effect()]
Count: TypeAlias = int | None
Flag: TypeAlias = bool | None
Moment: TypeAlias = datetime | None
Day: TypeAlias = date | None
RequiredText: TypeAlias = Annotated[str, REQUIRED]


def _secret(value: Any) -> Secret:
    return Secret(wire.text(value))


SecretText: TypeAlias = Annotated[str, Read(_secret)]
RequiredSecret: TypeAlias = Annotated[str, REQUIRED, Read(_secret)]

_SCALARS: dict[Any, Reader] = {
    str: wire.text,
    int: wire.integer,
    bool: wire.flag,
    Decimal: wire.number,
    datetime: wire.moment,
    date: wire.day,
    Any: lambda value: value,
}


class Payload(msgspec.Struct, frozen=True):
    """Base of every answer object."""

    raw: dict[str, Any] = msgspec.field(default_factory=dict)
    unreadable: tuple[str, ...] = ()

    @classmethod
    def read(cls, source: Any) -> Self:
        """A payload from a decoded JSON object; raises MalformedAnswer when it has no identity."""
        return _read(cls, source)

    def __repr__(self) -> str:
        # Names, addresses, tokens and account numbers stay out of logs and debug pages.
        known = [
            f"{name}={value!r}"
            for name in ("id", "symbol", "status", "instrument_type")
            if name in self.__struct_fields__ and (value := getattr(self, name))
        ]
        return f"{type(self).__name__}({', '.join(known)})"


P = TypeVar("P", bound=Payload)


@dataclass(frozen=True, slots=True)
class _Field:
    name: str
    keys: tuple[str, ...]
    reader: Reader
    effect: str
    required: bool
    strict: bool


def _of_union(hint: Any) -> Any:
    """`X | None` as `X`."""
    if typing.get_origin(hint) in (typing.Union, types.UnionType):
        inner = [part for part in typing.get_args(hint) if part is not type(None)]
        return inner[0] if len(inner) == 1 else Any
    return hint


def _reader(hint: Any, strict: bool = False) -> Reader:
    hint = _of_union(hint)
    if typing.get_origin(hint) is Annotated:
        return _reader(typing.get_args(hint)[0], strict)
    if typing.get_origin(hint) is tuple:
        return _many(_reader(typing.get_args(hint)[0]), strict)
    if typing.get_origin(hint) is dict:
        return _mapping(_reader(typing.get_args(hint)[1]))
    if isinstance(hint, type) and issubclass(hint, Payload):
        return hint.read
    return _SCALARS[hint]


def _many(reader: Reader, strict: bool) -> Reader:
    """A tuple from a list; one bare object counts as one. Empty rows are skipped, if not strict."""

    def read(value: Any) -> tuple[Any, ...]:
        rows = value if isinstance(value, list) else [value]
        return tuple(reader(row) for row in rows if strict or row not in (None, "", {}))

    return read


def _mapping(reader: Reader) -> Reader:
    def read(value: Any) -> dict[str, Any]:
        if not isinstance(value, Mapping):
            raise ValueError("not an object")
        return {key: reader(item) for key, item in value.items()}

    return read


@cache
def fields_of(cls: type[Payload]) -> tuple[_Field, ...]:
    """How each field of a payload class is read."""
    hints = typing.get_type_hints(cls, include_extras=True)
    own = [name for name in cls.__struct_fields__ if name not in ("raw", "unreadable")]
    return tuple(_field(name, hints[name]) for name in own)


def _field(name: str, hint: Any) -> _Field:
    marks = _marks(hint)
    keys: tuple[str, ...] = (wire.kebab(name),)
    reader, effect = None, ""
    for mark in marks:
        if isinstance(mark, Keys):
            keys = mark.names
        elif isinstance(mark, Read):
            reader = mark.reader
    for mark in marks:
        if isinstance(mark, Effect):
            effect = mark.key or f"{keys[0]}-effect"
    strict = STRICT in marks
    return _Field(name, keys, reader or _reader(hint, strict), effect, REQUIRED in marks, strict)


def _marks(hint: Any) -> tuple[Any, ...]:
    if typing.get_origin(hint) is not Annotated:
        return ()
    inner, *marks = typing.get_args(hint)
    return (*marks, *_marks(inner))


def _read(cls: type[P], source: Any) -> P:
    if not isinstance(source, Mapping):
        raise MalformedAnswer(f"{cls.__name__}: not an object")
    known = {wire.kebab(key): value for key, value in source.items()}
    values: dict[str, Any] = {"raw": source}
    unreadable: list[str] = []
    for field in fields_of(cls):
        try:
            value = _value(field, known)
        except (ValueError, ArithmeticError, TypeError, MalformedAnswer):
            if field.strict:
                raise MalformedAnswer(f"{cls.__name__}: {field.keys[0]} is unreadable") from None
            unreadable.append(field.keys[0])
            value = None
        if value is not None:
            values[field.name] = value
        if field.required and not value:
            raise MalformedAnswer(f"{cls.__name__}: {field.keys[0]} is missing")
    if unreadable:
        # Names alone: a value could be anything.
        logger.warning("%s: unreadable values of %s", cls.__name__, ", ".join(unreadable))
        values["unreadable"] = tuple(unreadable)
    return cls(**values)


def _value(field: _Field, known: Mapping[str, Any]) -> Any:
    found = next((v for key in field.keys if (v := known.get(key)) is not None), None)
    if found is None:
        return None
    value = field.reader(found)
    if field.effect and value is not None:
        return wire.signed(value, known.get(field.effect))
    return value
