"""How one number of the table is written: text, class, tip."""

from __future__ import annotations

from decimal import Decimal
from functools import lru_cache
from typing import NamedTuple

from portfolio import formats
from portfolio.analytics.arithmetic import Unit
from portfolio.figures.texts import show
from portfolio.live.cells import classes
from portfolio.positions.columns import COLUMNS, Column
from portfolio.positions.legs import Amount, Blank, LegView

TONED = {Unit.SIGNED, Unit.PERCENT_SIGNED}
# Signed amounts that are no gain or loss.
UNTONED = {"cost", "credit", "extrinsic", "intrinsic", "distance"}


class Shown(NamedTuple):
    """One cell. ``is_figure``: its arithmetic can be opened under its id."""

    text: str
    css: str
    tip: str = ""
    is_figure: bool = False


EMPTY = Shown("", "")


def written(
    amount: Amount, unit: Unit, column: Column, state: str, tip: str, text: str | None = None
) -> Shown:
    """``text``: in place of the number as its unit writes it."""
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
    tone = "" if unit not in TONED or key in UNTONED else _tone(words)
    side = ("long" if amount > 0 else "short") if key == "qty" else ""
    zero = "zero" if words in ("0.00", "0.0%") else ""
    return Shown(words, classes(base, tone, side, zero, state), tip, True)


def _tone(words: str) -> str:
    """By what is shown: an amount that is rounded to zero is neither gain nor loss."""
    return "gain" if words[0] == "+" else "loss" if words[0] == formats.MINUS else ""


def _aligned(text: str, unit: Unit) -> str:
    return formats.aligned(text) if unit is Unit.PRICE else text


def mark_text(view: LegView) -> str | None:
    """By the tick where the mark is on one, as the exchange writes it."""
    mark = view.value.mark
    return None if mark is None else _on_tick(mark.price, view.leg.tick)


@lru_cache(maxsize=16_384)
def _on_tick(price: Decimal, tick: Decimal | None) -> str:
    exact = tick if tick and not price % tick else None
    return formats.aligned(formats.price(formats.rounded(price, 8), exact))
