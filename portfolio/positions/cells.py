"""From rows and columns to what a cell shows: text, class, tip."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from decimal import Decimal
from typing import Any

from portfolio.analytics.arithmetic import Unit
from portfolio.analytics.facts import ZERO, Note, Total, total
from portfolio.live.cells import classes, leg_age, sum_state
from portfolio.live.valuation import LegValue, Totals, add_up
from portfolio.positions import modelled
from portfolio.positions.columns import AGE, Column, Truth
from portfolio.positions.legs import BLANK, Amount, LegView, Number
from portfolio.positions.rows import Row
from portfolio.positions.shown import EMPTY, Shown, mark_text, written


def number(row: Row, column: Column) -> tuple[Amount | Total[Any], Unit]:
    """What the column says of the row, and how it is written."""
    if column.chains is not None:
        return (column.chains(row.views) if row.held else BLANK), column.unit
    if row.kind == "leg" and column.leg is not None:
        return row.view.amount(column.key, column.leg), column.unit
    if row.strategy is not None and column.strategy is not None:
        found = column.strategy(row.strategy)
        if column.underlying is None or row.underlying is None:
            return found, column.strategy_unit or column.unit
    if row.underlying is not None and column.underlying is not None:
        return column.underlying(row.underlying), column.unit
    if column.is_summed and row.kind != "leg":
        return sum_of(row, column), column.unit
    return near_days(row, column), column.unit


def near_days(row: Row, column: Column) -> Amount:
    """The nearest expiration of what a row holds."""
    if column.key != "dte" or row.kind not in ("strategy", "underlying") or column.leg is None:
        return BLANK
    found = [view.amount(column.key, column.leg) for view in row.views]
    known = [item for item in found if isinstance(item, int | Decimal)]
    return min(known) if known else BLANK


def summed(row: Row, column: Column) -> list[tuple[LegView, Number | None]]:
    """The legs that a sum is over, with their numbers; those that have no such number are not
    among them."""
    assert column.leg is not None
    key, work = column.key, column.leg
    views = row.views if column.with_closed else row.held
    found = [(view, view.amount(key, work)) for view in views]
    return [(view, amount) for view, amount in found if amount is not BLANK]  # type: ignore[misc]


def sum_of(row: Row, column: Column) -> Total[Any]:
    """Over the legs, and over what is no longer held."""
    zero: Number = 0.0 if column.unit is Unit.GREEK else ZERO
    amounts = [amount for _, amount in summed(row, column)]
    if row.closed is not None and column.key == "year":
        amounts += closed_amounts(row, column)
    return total(amounts, zero)  # type: ignore[type-var]


def closed_amounts(row: Row, column: Column) -> Iterable[Decimal | None]:
    """What symbols that are no longer held made this year."""
    if column.key != "year" or row.closed is None:
        return
    accounts, name = row.closed
    scene = row.views[0].scene if row.views else None
    for pk in accounts if scene is not None else ():
        for item in scene.closed(pk) if scene is not None else ():
            if name is None or item.underlying == name:
                fees = item.pnl.fees_year if scene is not None and scene.after_fees else ZERO
                amount = item.pnl.year.value
                yield None if amount is None else amount - fees


# --- Cells ----------------------------------------------------------------------------------------

# Profit and loss of a leg says why it is missing, or what it assumes.
_NOTED = frozenset(("open", "day", "year", "realized", "fees"))
NO_CHAIN = "no trade chain with a known value holds it"
# What the model says of legs that expire on different days.
MODELLED = frozenset(("max", "best", "worst", "pop", "below", "above", "distance"))
_FIXED, _GREEKS = Truth.FIXED, Truth.GREEKS


def leg_cells(row: Row, columns: Sequence[Column]) -> list[Shown]:
    view, found = row.view, []
    price, greeks = leg_states(view.value)
    for column in columns:
        if column.text is not None:
            found.append(Shown(column.text(view), f"words-cell {column.width}"))
        elif column is AGE:
            found.append(Shown(leg_age(view.value), "num w-age secondary"))
        else:
            truth = column.truth
            state = greeks if truth is _GREEKS else "" if truth is _FIXED else price
            found.append(_leg_cell(row, view, column, state, price))
    return found


def _leg_cell(row: Row, view: LegView, column: Column, state: str, price: str) -> Shown:
    if column.chains is not None:
        return _chain_cell(row, column, state)
    if column.leg is None:
        amount, unit = number(row, column)
        return EMPTY if isinstance(amount, Total) else written(amount, unit, column, state, "")
    key = column.key
    amount = view.amount(key, column.leg)
    if key in _NOTED:
        notes, state = _notes_of(view, key, price)
        assumed = notes and key != "open" and amount is not None
        state = classes(state, "assumed") if assumed else state
        return written(amount, column.unit, column, state, _joined(notes))
    if key == "mark" and view.value.mark is not None:
        tip = f"Mark: {view.value.mark.source.value}"
        state = classes(price, "delayed") if view.leg.delayed else price
        return written(amount, column.unit, column, state, tip, mark_text(view))
    return written(amount, column.unit, column, state, "")


def _chain_cell(row: Row, column: Column, state: str) -> Shown:
    amount, unit = number(row, column)
    found = amount.value if isinstance(amount, Total) else amount
    tip = NO_CHAIN if found is None else ""
    return written(found, unit, column, state, tip)


def leg_states(value: LegValue) -> tuple[str, str]:
    """Classes of what rests on the price, and of what rests on the Greeks."""
    lost = value.offline and not value.leg.closed_today
    price = classes("stale" if value.price_stale else "", "offline" if lost else "")
    lost = value.offline and value.leg.is_option
    return price, classes("stale" if value.greeks_stale else "", "offline" if lost else "")


def _notes_of(view: LegView, key: str, price: str) -> tuple[Sequence[Note], str]:
    """Notes of a profit and loss, and the classes of the price it rests on."""
    if key == "open":
        return view.value.open.notes, price
    if key == "day":
        return view.value.day.notes, price
    return (view.pnl.year.notes, price) if key == "year" else (view.pnl.realized.notes, "")


def _joined(notes: Iterable[Note]) -> str:
    return "; ".join(note.value for note in notes)


def group_cells(row: Row, columns: Sequence[Column], totals: Totals) -> list[Shown]:
    """A row that holds several legs."""
    price, greeks = total_states(totals)
    found = []
    for column in columns:
        if column.text is not None or column is AGE:
            found.append(Shown(_texts(row, column), f"words-cell {column.width}"))
            continue
        amount, unit = number(row, column)
        truth = column.truth
        state = greeks if truth is _GREEKS else "" if truth is _FIXED else price
        tip = ""
        if isinstance(amount, Total):
            tip, amount = amount.words, amount.value
            tip = NO_CHAIN if column.chains is not None and amount is None else tip
            state = classes(state, "partial" if tip else "")
            if column.key == "day" and totals.assumed:
                state = classes(state, "assumed")
        elif column.key == "mark" and row.strategy is None:
            state = _spot_state(row)
        elif amount is None and row.strategy is not None and column.strategy is not None:
            tip = row.strategy.why_no_line if row.strategy.line is None else "an input is missing"
        elif column.key in MODELLED and row.strategy is not None and row.strategy.is_modelled:
            tip, state = modelled.SOURCE, classes(state, "model")
        found.append(written(amount, unit, column, state, tip))
    return found


def total_states(totals: Totals) -> tuple[str, str]:
    """Classes of sums that rest on prices, and of sums that rest on Greeks."""
    greeks = classes("stale" if totals.greeks_stale else "", "offline" if totals.offline else "")
    return sum_state(totals), greeks


def _spot_state(row: Row) -> str:
    mark = row.underlying.mark if row.underlying is not None else None
    return "stale" if mark is not None and mark.is_stale else ""


def _texts(row: Row, column: Column) -> str:
    """Words of a strategy are those of its legs, each once; other rows have none."""
    if column.text is None or row.kind != "strategy" or column.key == "itm":
        return ""
    return " · ".join(dict.fromkeys(text for v in row.views if (text := column.text(v))))


def totals_of(views: Iterable[LegView]) -> Totals:
    return add_up(view.value for view in views)
