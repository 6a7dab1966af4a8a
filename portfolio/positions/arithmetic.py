"""The arithmetic of every figure of the positions table.

A reference is the DOM id of the cell: the row's key and the column. It is looked up in the table
that the page's address asks for, so that filters and groups count.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from django.http import QueryDict

from portfolio.analytics.arithmetic import Unit, Worked, added, given
from portfolio.analytics.facts import Total
from portfolio.desk import RequestDesk
from portfolio.figures.registry import explains
from portfolio.positions import leg_arithmetic, strategy_arithmetic, underlying_arithmetic
from portfolio.positions.cells import NO_CHAIN, closed_amounts, number, summed, totals_of
from portfolio.positions.chained import amount_of
from portfolio.positions.columns import COLUMNS, Column
from portfolio.positions.legs import Blank
from portfolio.positions.page import scene_of, table_of
from portfolio.positions.rows import Row

MAX_COLUMN = 16


def explain(desk: RequestDesk, reference: str, query: Mapping[str, str]) -> Worked | None:
    """A figure of the table by its id; None where there is no such row or column."""
    key, _, name = reference.rpartition("-")
    column = COLUMNS.get(name)
    if column is None:
        return None
    row = table_of(desk, query).row(key)
    if row is None:
        row = _leg_elsewhere(desk, key)
    return None if row is None else of_row(row, column, desk.now, reference)


def _leg_elsewhere(desk: RequestDesk, key: str) -> Row | None:
    """A leg that this address' table leaves out: other pages show legs too."""
    family, _, number_ = key.partition("-")
    scene = scene_of(desk)
    leg = scene.legs.get(int(number_)) if number_.isdecimal() else None
    if family != "leg" or leg is None:
        return None
    return Row(key, "leg", "", leg.label, (scene.view(leg.pk),))


def of_row(row: Row, column: Column, now: float, reference: str = "") -> Worked | None:
    """The arithmetic behind one cell; None for a cell without a figure."""
    amount, unit = number(row, column)
    if isinstance(amount, Blank):
        return None
    if column.chains is not None and isinstance(amount, Total):
        return _chains(row, column, amount, unit, reference)
    if isinstance(amount, Total):
        return _sum(row, column, amount, unit, now, reference)
    if row.kind == "leg" and column.leg is not None:
        return leg_arithmetic.explain(row.view, column, amount, now, reference)
    if column.key == "dte":
        return leg_arithmetic.nearest(row.label, amount, reference)
    if row.strategy is not None and column.strategy is not None and not _is_spot(row, column):
        return strategy_arithmetic.explain(row.strategy, column, amount, unit, now, reference)
    if row.underlying is not None:
        return underlying_arithmetic.explain(row.underlying, column, amount, now, reference)
    return given(f"{column.label}: {row.label}", amount, unit, "the table", ref=reference)


def _is_spot(row: Row, column: Column) -> bool:
    return row.underlying is not None and column.underlying is not None


def _sum(
    row: Row, column: Column, amount: Total[Any], unit: Unit, now: float, reference: str
) -> Worked:
    terms = [
        leg_arithmetic.explain(view, column, found, now, f"{view.key}-{column.key}")
        for view, found in summed(row, column)
    ]
    for place, closed in enumerate(closed_amounts(row, column)):
        title = f"Closed this year ({place + 1})"
        terms.append(given(title, closed, unit, "lots of the bookings"))
    note = "Deltas of different underlyings are different things." if column.key == "delta" else ""
    words = totals_of(row.views).words
    marks = (words,) if words else ()
    title = f"{column.label}: {row.label}"
    return added(title, terms, amount.value, unit, note=note, ref=reference, marks=marks)


def _chains(row: Row, column: Column, amount: Total[Any], unit: Unit, reference: str) -> Worked:
    """The chains that hold its legs, each with arithmetic of its own."""
    scene = row.views[0].scene
    name = "total" if column.key == "chain" else "credit"
    opens = "net" if name == "total" and scene.after_fees else name
    terms = [
        given(
            f"Chain {held.chain.underlying}, opened {held.chain.entries[0].event.at:%Y-%m-%d}",
            amount_of(row.held, held, name), unit, "the chain's page", ref=f"{held.ref}-{opens}",
        )
        for held in (scene.chained.of(row.held) if scene.chained is not None else ())
    ]  # fmt: skip
    title = f"{column.label}: {row.label}"
    if not terms:
        return given(title, None, unit, NO_CHAIN, ref=reference)
    marks = (amount.words,) if amount.words else ()
    return added(title, terms, amount.value, unit, ref=reference, marks=marks)


def _family(name: str) -> Callable[[RequestDesk, str, QueryDict], Worked | None]:
    def explainer(desk: RequestDesk, rest: str, query: QueryDict) -> Worked | None:
        return explain(desk, f"{name}-{rest}", query.dict())  # type: ignore[arg-type]

    return explainer


for _name in ("leg", "strategy", "symbol", "group", "account", "expiry", "tag", "total"):
    explains(_name)(_family(_name))
