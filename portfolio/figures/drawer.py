"""The drawer of one figure: formula, inputs with their source and age, a line to copy."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import datetime

from portfolio import formats
from portfolio.analytics import arithmetic
from portfolio.analytics.arithmetic import BadFormula, Input, Number, Unit, Worked
from portfolio.figures.texts import show

MAX_TERMS = 600


@dataclass(frozen=True, slots=True)
class InputRow:
    """One input as it is shown; ``exact`` is its full value, for the eye and for a test."""

    name: str
    words: str
    text: str
    exact: str
    source: str
    at: str


@dataclass(frozen=True, slots=True)
class TermRow:
    """One part of a sum."""

    title: str
    text: str
    exact: str
    ref: str
    line: str


@dataclass(frozen=True, slots=True)
class Drawer:
    """What the template prints."""

    ref: str
    title: str
    text: str
    exact: str
    unit: str
    tick: str
    unit_words: str
    formula: str
    expression: str
    line: str
    inputs: tuple[InputRow, ...]
    terms: tuple[TermRow, ...]
    more: int
    missing: tuple[str, ...]
    marks: tuple[str, ...]
    note: str
    moved_from: str
    differs: str
    as_of: str
    snapshot: str

    @property
    def copied(self) -> str:
        """The text that the copy button takes."""
        return f"{self.title}: {self.line}"


def drawer_of(ref: str, figure: Worked, now: float, *, at: datetime, shown: str = "") -> Drawer:
    """The drawer of a figure worked out at ``now``, which the broker's clock calls ``at``.

    ``shown`` is what the page showed when it was opened, so that the drawer can say that prices
    have moved since."""
    text = show(figure.value, figure.unit, figure.tick)
    rows = tuple(_input(item, now) for item in figure.inputs)
    terms = tuple(_term(term) for term in figure.terms[:MAX_TERMS])
    return Drawer(
        ref=ref,
        title=figure.title,
        text=text,
        exact=exact(figure.value),
        unit=figure.unit.name,
        tick=exact(figure.tick),
        unit_words=figure.unit.value,
        formula=_formula(figure),
        expression=figure.expression,
        line=line_of(figure),
        inputs=rows,
        terms=terms,
        more=max(0, len(figure.terms) - MAX_TERMS),
        missing=figure.missing,
        marks=figure.marks,
        note=figure.note,
        moved_from=shown if shown and _bare(shown) != _bare(text) else "",
        differs=_difference(figure, text),
        as_of=formats.market_time(at),
        snapshot=snapshot_id(now),
    )


def snapshot_id(now: float) -> str:
    """A short name of the instant at which everything on a page was valued."""
    return hashlib.blake2s(f"{now:.6f}".encode(), digest_size=4).hexdigest()


def exact(value: Number | None) -> str:
    return "" if value is None else str(value)


def line_of(figure: Worked) -> str:
    """`−2 × (0.80 − 1.20) × 100 = +80.00`; of a statement just its value."""
    text = show(figure.value, figure.unit, figure.tick)
    if figure.expression:
        texts = {item.name: plain(item) for item in figure.inputs}
        return f"{arithmetic.substituted(figure.expression, texts)} = {text}"
    if figure.terms:
        known = [show(term.value, term.unit) for term in figure.terms if term.value is not None]
        shown = " + ".join(f"({part})" if part[:1] in "−" else part.lstrip("+") for part in known)
        return f"{shown or formats.UNKNOWN} = {text}"
    return text


def plain(item: Input) -> str:
    """An input within a formula: every digit that counts, no unit, no thousands."""
    if item.value is None:
        return formats.UNKNOWN
    if isinstance(item.value, float):
        return f"{item.value:.10g}".replace("-", formats.MINUS)
    return formats.quantity(item.value, sign=False).replace(",", "")


def _input(item: Input, now: float) -> InputRow:
    return InputRow(
        name=item.name,
        words=item.words,
        text=plain(item) if item.unit in (Unit.NUMBER, Unit.PRICE) else show(item.value, item.unit),
        exact=exact(item.value),
        source=item.source,
        at=f"{formats.age(max(0.0, now - item.at))} ago" if item.at else "",
    )


def _term(term: Worked) -> TermRow:
    line = line_of(term) if term.expression else ""
    return TermRow(
        term.title, show(term.value, term.unit, term.tick), exact(term.value), term.ref, line
    )


def _formula(figure: Worked) -> str:
    if figure.expression:
        return arithmetic.written(figure.expression)
    return "the sum of these" if figure.terms else ""


def _difference(figure: Worked, text: str) -> str:
    """What the formula comes to where that is not the figure: a mistake of ours, said openly."""
    try:
        again = figure.again()
    except (BadFormula, ArithmeticError, ValueError) as problem:
        return str(problem)
    mine = show(again, figure.unit, figure.tick)
    return "" if mine == text or _near(again, figure.value) else mine


def _near(one: Number | None, other: Number | None) -> bool:
    """Whether only the last bits of floats differ, so that the rounded texts fell apart."""
    if one is None or other is None:
        return one is other
    return abs(float(one) - float(other)) <= 1e-9 * max(1.0, abs(float(other)))


def _bare(text: str) -> str:
    return "".join(text.replace(formats.FIGURE_SPACE, "").split())
