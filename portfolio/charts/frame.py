"""What every chart has: a kind, a name for readers, its JSON, and a table of the same values."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True)
class Value:
    """One cell of a table: ready text, its class, where its arithmetic is found, and the word that
    stands over it where a table becomes cards."""

    text: str
    css: str = "num"
    ref: str = ""
    label: str = ""


@dataclass(frozen=True, slots=True)
class Line:
    """One row of the table: its name (a price, a day) and its values."""

    name: str
    values: tuple[Value, ...]


@dataclass(frozen=True, slots=True)
class Table:
    """The values of a chart for those who read them; `heads` begin with that of the names."""

    heads: tuple[str, ...]
    lines: tuple[Line, ...]


@dataclass(frozen=True, slots=True)
class Chart:
    """`id` is unique on its page; `label` says in words what the picture shows."""

    kind: str
    id: str
    label: str
    data: Mapping[str, Any]
    table: Table
    is_low: bool = False
    words: Sequence[str] = field(default_factory=tuple)

    @property
    def source(self) -> str:
        return f"{self.id}-data"


def number(value: Any, places: int = 2) -> float | None:
    """A figure for the JSON of a chart, rounded to what a screen can show; None stays unknown."""
    if value is None:
        return None
    rounded = round(float(value), places)
    return rounded if rounded == rounded and abs(rounded) != float("inf") else None
