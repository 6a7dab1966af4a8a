"""The table as CSV: the rows and columns that are shown, with the numbers that are shown."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal, InvalidOperation
from typing import Any

from portfolio import formats
from portfolio.positions.table import Table

_LEVELS = {"underlying": "underlying", "leg": "leg", "strategy": "strategy", "total": "total"}


def head(table: Table) -> list[str]:
    return ["level", "position", *(_name(column.label) for column in table.columns.columns)]


def _name(label: str) -> str:
    return label.lower().replace("p/l", "pl").replace("%", "percent").replace(" ", "_")


def lines(table: Table) -> Iterator[list[Any]]:
    """One list a row, in the order of the page, the total last."""
    for row in table.everything():
        cells, _ = table.cells_of(row)
        label = " ".join(part for part in (row.label, row.aside) if part)
        yield [_LEVELS.get(row.kind, row.kind), label, *(plain(cell.text) for cell in cells)]


def plain(text: str) -> Any:
    """A number as a number (`+1,240.50` → 1240.50, `33.3%` → 33.3), anything else as it is."""
    bare = formats.plain(text).replace(formats.FIGURE_SPACE, "").strip()
    if bare in ("", formats.UNKNOWN):
        return None
    try:
        return Decimal(bare.removesuffix("%").replace(",", ""))
    except InvalidOperation:
        return bare
