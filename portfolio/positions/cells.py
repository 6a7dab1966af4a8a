"""From rows and columns to what a cell shows: text, class, tip."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from decimal import Decimal
from functools import lru_cache
from typing import Any, NamedTuple

from portfolio import formats
from portfolio.analytics.arithmetic import Unit
from portfolio.analytics.facts import ZERO, Total, total
from portfolio.figures.texts import show
from portfolio.live.cells import classes, leg_age, sum_state
from portfolio.live.valuation import LegValue, Totals, add_up
from portfolio.positions.columns import AGE, COLUMNS, Column, Truth
from portfolio.positions.legs import BLANK, Amount, Blank, LegView, Number
from portfolio.positions.rows import Row

TONED = {Unit.SIGNED, Unit.PERCENT_SIGNED}
# Signed amounts that are no gain or loss.
UNTONED = {"cost", "extrinsic", "intrinsic", "distance"}


class Shown(NamedTuple):
    """One cell. ``is_figure``: its arithmetic can be opened under its id."""

    text: str
    css: str
    tip: str = ""
    is_figure: bool = False


EMPTY = Shown("", "")


def number(row: Row, column: Column) -> tuple[Amount | Total[Any], Unit]:
    """What the column says of the row, and how it is written."""
    if row.kind == "leg" and column.leg is not None:
        return column.leg(row.view), column.unit
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
    found = [column.leg(view) for view in row.views]
    known = [item for item in found if isinstance(item, int | Decimal)]
    return min(known) if known else BLANK


def summed(row: Row, column: Column) -> list[tuple[LegView, Number | None]]:
    """The legs that a sum is over, with their numbers; those that have no such number are not
    among them."""
    assert column.leg is not None
    views = [view for view in row.views if column.with_closed or not view.is_closed]
    found = [(view, column.leg(view)) for view in views]
    return [(view, amount) for view, amount in found if not isinstance(amount, Blank)]


def sum_of(row: Row, column: Column) -> Total[Any]:
    """Over the legs, and over what is no longer held."""
    zero: Number = 0.0 if column.unit is Unit.GREEK else ZERO
    held = [amount for _, amount in summed(row, column)]
    return total([*held, *closed_amounts(row, column)], zero)  # type: ignore[type-var]


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


def leg_cells(row: Row, columns: Sequence[Column]) -> list[Shown]:
    view = row.view
    price, greeks = leg_states(view.value)
    found = []
    for column in columns:
        if column.text is not None:
            found.append(Shown(column.text(view), f"words-cell {column.width}"))
        elif column is AGE:
            found.append(Shown(leg_age(view.value), "num w-age secondary"))
        else:
            amount, unit = number(row, column)
            tip, state = _leg_truth(view, column, price, greeks)
            if isinstance(amount, Total):
                found.append(EMPTY)
                continue
            text = _mark_text(view) if column.key == "mark" and amount is not None else None
            found.append(_shown(amount, unit, column, state, tip, text))
    return found


def leg_states(value: LegValue) -> tuple[str, str]:
    """Classes of what rests on the price, and of what rests on the Greeks."""
    lost = value.offline and not value.leg.closed_today
    price = classes("stale" if value.price_stale else "", "offline" if lost else "")
    lost = value.offline and value.leg.is_option
    return price, classes("stale" if value.greeks_stale else "", "offline" if lost else "")


def _leg_truth(view: LegView, column: Column, price: str, greeks: str) -> tuple[str, str]:
    """Tip and classes of a leg's number."""
    value = view.value
    if column.key == "open":
        return _notes(value.open.notes), price
    if column.key == "day":
        assumed = "assumed" if value.day.notes and value.day.value is not None else ""
        return _notes(value.day.notes), classes(price, assumed)
    if column.key in ("year", "realized", "fees"):
        figure = view.pnl.year if column.key == "year" else view.pnl.realized
        assumed = "assumed" if figure.notes and figure.value is not None else ""
        return _notes(figure.notes), classes(price if column.key == "year" else "", assumed)
    if column.key == "mark" and value.mark is not None:
        delayed = "delayed" if view.leg.delayed else ""
        return f"Mark: {value.mark.source.value}", classes(price, delayed)
    if column.truth is Truth.GREEKS:
        return "", greeks
    return "", "" if column.truth is Truth.FIXED else price


def _notes(notes: Iterable[object]) -> str:
    return "; ".join(note.value for note in notes)  # type: ignore[attr-defined]


def _mark_text(view: LegView) -> str | None:
    """By the tick where the mark is on one, as the exchange writes it."""
    mark = view.value.mark
    if mark is None:
        return None
    return formats.aligned(formats.price(formats.rounded(mark.price, 8), view.value.mark_tick))


def group_cells(row: Row, columns: Sequence[Column], totals: Totals) -> list[Shown]:
    """A row that holds several legs."""
    price, greeks = total_states(totals)
    found = []
    for column in columns:
        if column.text is not None or column is AGE:
            found.append(Shown(_texts(row, column), f"words-cell {column.width}"))
            continue
        amount, unit = number(row, column)
        state = {Truth.GREEKS: greeks, Truth.FIXED: ""}.get(column.truth, price)
        tip = ""
        if isinstance(amount, Total):
            tip, amount = amount.words, amount.value
            state = classes(state, "partial" if tip else "")
            if column.key == "day" and totals.assumed:
                state = classes(state, "assumed")
        elif column.key == "mark" and row.strategy is None:
            state = _spot_state(row)
        elif amount is None and row.strategy is not None and column.strategy is not None:
            tip = row.strategy.why_no_line if row.strategy.line is None else "an input is missing"
        found.append(_shown(amount, unit, column, state, tip))
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


def _shown(
    amount: Amount, unit: Unit, column: Column, state: str, tip: str, text: str | None = None
) -> Shown:
    return _written(column.key, unit is column.unit, amount, state, tip, text)


@lru_cache(maxsize=65_536)
def _written(
    key: str, is_usual: bool, amount: Amount, state: str, tip: str, text: str | None
) -> Shown:
    """Most cells are the same in the next frame, and on the next person's page."""
    column = COLUMNS[key]
    unit = column.unit if is_usual else column.strategy_unit or column.unit
    base = f"num {column.width}"
    if isinstance(amount, Blank):
        return Shown("", base)
    if isinstance(amount, Decimal) and amount.is_infinite():
        return Shown("∞" if amount > 0 else f"{formats.MINUS}∞", base, "without limit")
    if amount is None:
        return Shown(formats.UNKNOWN, f"{base} missing", tip, True)
    words = text or _aligned(show(amount, unit), unit)
    tone = "" if unit not in TONED or key in UNTONED else formats.tone(_cents(amount, unit))
    side = ("long" if amount > 0 else "short") if key == "qty" else ""
    zero = "zero" if words in ("0.00", "0.0%") else ""
    return Shown(words, classes(base, tone, side, zero, state), tip, True)


def _cents(amount: Number, unit: Unit) -> Number:
    """A ratio is toned by what is shown of it: tenths of a per cent."""
    return amount if unit is Unit.SIGNED else formats.rounded(Decimal(str(amount)) * 100, 1)


def _aligned(text: str, unit: Unit) -> str:
    return formats.aligned(text) if unit is Unit.PRICE else text


def totals_of(views: Iterable[LegView]) -> Totals:
    return add_up(view.value for view in views)
