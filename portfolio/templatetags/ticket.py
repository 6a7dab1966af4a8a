"""Small helpers of the ticket's templates."""

from __future__ import annotations

from collections.abc import Mapping

from django import template

from portfolio import formats
from portfolio.live.cells import Cell

register = template.Library()


@register.filter
def cell(cells: Mapping[str, Cell], name: str) -> Cell:
    """The live cell of this name; an unknown figure where there is none yet."""
    return cells.get(name) or Cell(name, formats.UNKNOWN, "missing")
