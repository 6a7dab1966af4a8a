"""The rows of before and after, each number with its arithmetic: family `whatif` of figures.

A reference is `whatif-<row>-<column>`; the page's query names the preview. Page and drawer take a
figure from the same table.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal

from django.http import QueryDict

from brokerage import access
from portfolio import formats
from portfolio.analytics import exposure
from portfolio.analytics.arithmetic import Input, Number, Unit, Worked, added, given, worked
from portfolio.analytics.scenarios import STRESSES, Stress, stress
from portfolio.charts.frame import Value
from portfolio.desk import RequestDesk
from portfolio.expirations import arithmetic as expiring
from portfolio.figures import show
from portfolio.figures.registry import explains
from portfolio.risk import changes, tables
from portfolio.risk.book import RiskBook
from portfolio.ticket.whatif import Ends, WhatIf

COLUMNS = ("before", "after", "change")
DRY_RUN = "dry run, by the broker"
# Names as on the risk page, in the order in which a trader asks.
GREEKS = ("ddelta", "beta", "theta", "vega", "dgamma")


@dataclass(frozen=True, slots=True)
class Row:
    """One measure; ``figures`` in the order of COLUMNS, None where there is none by nature."""

    key: str
    name: str
    figures: tuple[Worked | None, Worked | None, Worked | None]
    words: str = ""
    is_gain: bool = False

    @property
    def values(self) -> list[Value]:
        """Ready cells."""
        return [
            _cell(figure, f"whatif-{self.key}-{column}", column, is_gain=self.is_gain)
            for column, figure in zip(COLUMNS, self.figures, strict=True)
        ]


def _cell(figure: Worked | None, ref: str, column: str, *, is_gain: bool) -> Value:
    label = column.capitalize()
    if figure is None:
        return Value("", "num", "", label)
    tone = formats.tone(figure.value) if is_gain else ""
    state = "missing" if figure.value is None else "partial" if figure.missing else ""
    css = " ".join(word for word in ("num", tone, state) if word)
    return Value(show(figure.value, figure.unit), css, ref, label)


def rows_of(scene: WhatIf) -> list[Row]:
    """Every row that can be said something of."""
    return [*_broker(scene), *_model(scene), *_concentration(scene), *_expiration(scene)]


@explains("whatif")
def explain(desk: RequestDesk, rest: str, query: QueryDict) -> Worked | None:
    """`<row>-<column>` of the preview that the query names; None for a foreign preview."""
    key, _, column = rest.rpartition("-")
    if column not in COLUMNS:
        return None
    try:
        shown = access.get_preview(desk.user, query.get("preview", ""))
    except access.NotFound:
        return None
    for row in rows_of(WhatIf(desk, shown)):
        if row.key == key:
            return row.figures[COLUMNS.index(column)]
    return None


def _pair(
    key: str, name: str, before: Worked, after: Worked, words: str = "", *, is_gain: bool = False
) -> Row:
    """Before, after, and what the order changes."""
    unit = _DIFFERENCE.get(after.unit, after.unit)
    inputs = (
        Input("a", f"{name} after", after.value, "this table", None, after.unit),
        Input("b", f"{name} before", before.value, "this table", None, before.unit),
    )
    change = worked(f"Change: {name}", "a-b", inputs, _less(after.value, before.value), unit)
    return Row(key, name, (before, after, change), words, is_gain)


_DIFFERENCE = {Unit.MONEY: Unit.SIGNED, Unit.PERCENT_FINE: Unit.PERCENT_SIGNED}


def _less(after: Number | None, before: Number | None) -> Number | None:
    if after is None or before is None:
        return None
    if isinstance(after, float) or isinstance(before, float):
        return float(after) - float(before)
    return after - before


# --- What the broker answered -------------------------------------------------------------------


def _broker(scene: WhatIf) -> Iterator[Row]:
    now, left, change = (
        _told(scene, name, "buying-power-effect", key, unit)
        for name, key, unit in (
            ("Buying power now", "current-buying-power", Unit.MONEY),
            ("Buying power left", "new-buying-power", Unit.MONEY),
            ("Buying power effect", "change-in-buying-power", Unit.SIGNED),
        )
    )
    if now.value is not None or left.value is not None or change.value is not None:
        yield Row("power", "Buying power", (now, left, change))
    fees = _told(scene, "Fees", "fee-calculation", "total-fees", Unit.SIGNED)
    if fees.value is not None:
        yield Row("fees", "Fees", (None, None, fees))


def _told(scene: WhatIf, name: str, part: str, key: str, unit: Unit) -> Worked:
    return given(name, scene.amount(part, key), unit, DRY_RUN, scene.answered_at)


# --- What the model says ------------------------------------------------------------------------


def _model(scene: WhatIf) -> Iterator[Row]:
    for name in GREEKS:
        title = changes.GREEKS[name][0]
        before, after = (_greek(book, name) for book in (scene.before, scene.after))
        words = f"against {scene.after.benchmark}" if name == "beta" else ""
        yield _pair(name, title, before, after, words)
    yield from _extremes(scene)


def _greek(book: RiskBook, name: str) -> Worked:
    price = book.benchmark_price
    value = changes.amount_of(exposure.expose(book.exposed, price), name)
    terms = changes.greek_terms(book.legs, name, price)
    return _summed(changes.GREEKS[name][0], terms, value, Unit.GREEK)


def _extremes(scene: WhatIf) -> Iterator[Row]:
    """The worst and the best of the risk page's stresses; which one it is may change."""
    books = (scene.before, scene.after)
    results = [stress(book.arrays(by_beta=True), STRESSES) for book in books]
    for key, name, choose in (("worst", "Worst stress", min), ("best", "Best stress", max)):
        found = [choose(rows, key=lambda row: row[1] or 0.0) for rows in results]
        before, after = (
            _stressed(book, *one, name) for book, one in zip(books, found, strict=True)
        )
        old, new = (item.name for item, _ in found)
        words = new if old == new or not scene.before.legs else f"{new}; before: {old}"
        yield _pair(key, name, before, after, words, is_gain=True)


def _stressed(book: RiskBook, item: Stress, amount: float | None, name: str) -> Worked:
    shock = (item.move, item.days, item.factor)
    terms = changes.change_terms(book, shock, by_beta=True)
    note = f"{item.name}, each underlying by its beta to {book.benchmark}"
    return _summed(name, terms, amount, Unit.SIGNED, note)


# --- Concentration ------------------------------------------------------------------------------


def _concentration(scene: WhatIf) -> Iterator[Row]:
    for underlying in scene.underlyings:
        before, after = (_share(book, underlying) for book in (scene.before, scene.after))
        key = f"part-{tables.code_of(underlying)}"
        yield _pair(key, f"Share of {underlying}", before, after, "of all absolute dollar deltas")


def _share(book: RiskBook, underlying: str) -> Worked:
    """None where its delta is not known, and in a book without any delta."""
    found = tables.concentration_of(book)
    amounts = {part.key: part.amount for part in found.parts}
    mine = None if underlying in found.missing else amounts.get(underlying, Decimal(0))
    whole = sum((abs(amount) for amount in amounts.values()), Decimal(0)) or None
    share = None if mine is None or whole is None else abs(mine) / whole
    inputs = (
        Input("d", f"Dollar delta of {underlying}", mine, "sum over its legs"),
        Input("w", "Sum of all absolute dollar deltas", whole, "this account"),
    )
    return worked(f"Share of {underlying}", "abs(d)/w", inputs, share, Unit.PERCENT_FINE)


# --- Expiration ---------------------------------------------------------------------------------


def _expiration(scene: WhatIf) -> Iterator[Row]:
    ends = [scene.ends(book) for book in (scene.before, scene.after)]
    if scene.day is None or ends[0] is None or ends[1] is None:
        return
    day = formats.short_date(scene.day)
    words = f"all that expires until {day}, at the prices of now"
    before, after = (_cash(one) for one in ends if one)
    yield _pair("cash", f"Cash at {day}", before, after, words, is_gain=True)
    for underlying in scene.underlyings:
        before, after = (_held(one, underlying) for one in ends if one)
        key = f"held-{tables.code_of(underlying)}"
        yield _pair(key, f"{underlying} held after {day}", before, after)


def _cash(ends: Ends) -> Worked:
    terms = [
        _open(expiring.cash(ends, outcome), view.is_complete or outcome.in_the_money is not None)
        for view in ends.views
        for outcome in view.outcomes
    ]
    return _summed("Cash by expirations", terms, _known(terms), Unit.SIGNED)


def _held(ends: Ends, underlying: str) -> Worked:
    """Units of the underlying itself: what is held, and what options deliver until the day."""
    held = [
        given(f"Held: {item.leg.label}", item.expiring.quantity, Unit.QUANTITY, expiring.BROKER)
        for item in ends.legs
        if not item.leg.is_option and item.expiring.underlying == underlying
    ]
    terms = [
        _open(expiring.shares(ends, outcome), outcome.in_the_money is not None)
        for view in ends.views
        if view.underlying == underlying
        for outcome in view.outcomes
    ]
    terms = [*held, *terms]
    return _summed(f"{underlying} held", terms, _known(terms), Unit.QUANTITY)


def _open(term: Worked, is_known: bool) -> Worked:
    """Without a price of the underlying the end of a leg is open, not 0."""
    if is_known:
        return term
    return replace(given(term.title, None, term.unit, "no price of the underlying"), ref=term.ref)


def _known(terms: Sequence[Worked]) -> Decimal | None:
    """The sum of what is known; None where nothing is."""
    known = [Decimal(term.value) for term in terms if term.value is not None]
    return sum(known, Decimal(0)) if known else None


def _summed(
    title: str, terms: Sequence[Worked], value: Number | None, unit: Unit, note: str = ""
) -> Worked:
    """0 where there is nothing to add."""
    if not terms:
        return given(title, Decimal(0), unit, "nothing is held", note=note)
    return added(title, list(terms), value, unit, note=note)
