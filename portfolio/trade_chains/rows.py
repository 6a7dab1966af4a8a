"""The parts of a chain's page as ready rows: its legs as a tree, its steps, what it holds now."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal

from portfolio import formats
from portfolio.analytics.arithmetic import Input, Unit, Worked, worked
from portfolio.analytics.chains.events import Entry, EventKind
from portfolio.analytics.facts import ZERO
from portfolio.figures.legs import LEG_FIGURES
from portfolio.figures.texts import show
from portfolio.live.cells import Cell
from portfolio.live.valuation import LegValue
from portfolio.trade_chains.explained import BOOKED, DESK, cash_of, fees_of, leg_open
from portfolio.trade_chains.histories import AccountHistory
from portfolio.trade_chains.legs import Leg
from portfolio.trade_chains.steps import Step
from portfolio.trade_chains.summary import Summary

Makers = Mapping[str, Callable[[], Worked]]
_ENDS = {
    EventKind.TRADE: "closed",
    EventKind.ASSIGNMENT: "assigned",
    EventKind.EXERCISE: "exercised",
    EventKind.EXPIRATION: "expired",
    EventKind.CASH_SETTLEMENT: "settled",
    EventKind.DELIVERY: "delivered away",
    EventKind.TRANSFER: "transferred",
}
_SIGNED = (Unit.SIGNED,)


def cell(figure: Worked, css: str = "num", *, toned: bool = True) -> Cell:
    """An element that shows a figure, and under whose id its arithmetic opens."""
    text = show(figure.value, figure.unit)
    tone = formats.tone(figure.value) if toned and figure.unit in _SIGNED else ""
    if figure.value is None:
        tone = "missing"
    return Cell(figure.ref, text, f"{css} {tone}".strip(), figure.note, is_figure=True)


@dataclass(frozen=True, slots=True)
class LegRow:
    """``depth`` as a list, so that a template can indent; ``value`` names it in the editor."""

    label: str
    depth: range
    quantity: str
    opened: str
    ended: str
    cash: Cell
    fees: Cell
    pl: Cell
    value: str
    is_open: bool


def leg_figures(one: Summary, leg: Leg, number: int, now: float) -> Makers:
    """Of one leg of the tree; `number` counts from 1 in the order of opening."""
    title = formats.symbol_label(leg.symbol)
    name, part = f"chain-{one.id}-leg{number}", f"leg{number}"
    return {
        f"{part}-cash": lambda: cash_of(one.one, f"Cash: {title}", leg.entries, f"{name}-cash"),
        f"{part}-fees": lambda: fees_of(one.one, f"Fees: {title}", leg.entries, f"{name}-fees"),
        f"{part}-pl": lambda: _leg_pl(one, leg, now, title, f"{name}-pl"),
    }


def _leg_pl(one: Summary, leg: Leg, now: float, title: str, ref: str) -> Worked:
    """All cash of the leg and what is left of it at its mark, before fees."""
    value: Decimal | None = ZERO
    if leg.is_open:
        held = next((row for row in one.worth.legs if row.leg.symbol == leg.symbol), None)
        value = None if held is None else _value(one, held)
    inputs = (
        Input("C", "Cash of the leg", leg.cash, BOOKED, None, Unit.MONEY),
        Input("V", "Value of what is open at its mark", value, DESK, None, Unit.MONEY),
    )
    amount = None if value is None else leg.cash + value
    return worked(f"P/L: {title}", "C+V", inputs, amount, Unit.SIGNED, ref=ref)


def _value(one: Summary, held: LegValue) -> Decimal | None:
    price = one.worth.prices[held.leg.symbol]
    if price.mark is None or price.multiplier is None:
        return None
    return held.leg.holding.quantity * (price.mark - price.base) * price.multiplier


def leg_row(one: Summary, leg: Leg, figures: Makers, number: int) -> LegRow:
    part = f"leg{number}"
    price = _price(one.one, leg, opening=True)
    return LegRow(
        label=formats.symbol_label(leg.symbol),
        depth=range(leg.depth),
        quantity=formats.quantity(leg.quantity),
        opened=_when(leg.opened, price),
        ended=_ended(one.one, leg),
        cash=cell(figures[f"{part}-cash"](), "num w-pl", toned=False),
        fees=cell(figures[f"{part}-fees"](), "num"),
        pl=cell(figures[f"{part}-pl"](), "num w-pl"),
        value=leg.key,
        is_open=leg.is_open,
    )


def _when(at: datetime, price: str) -> str:
    day = formats.short_date(at.astimezone(formats.NEW_YORK).date(), year=True)
    return f"{day} at {price}" if price else day


def _ended(one: AccountHistory, leg: Leg) -> str:
    if leg.is_open:
        part = leg.held != leg.quantity
        return f"{formats.quantity(leg.held)} open" if part else "open"
    word = _ENDS.get(leg.ended, "ended") if leg.ended is not None else "ended"
    closed = leg.closed
    price = _price(one, leg, opening=False) if leg.ended is EventKind.TRADE else ""
    return f"{word} {_when(closed, price)}" if closed is not None else word


def _price(one: AccountHistory, leg: Leg, *, opening: bool) -> str:
    """Mean price by quantity of one side of a leg; empty where a booking names none."""
    weight = total = ZERO
    for entry in _side(leg, opening):
        row = one.row(entry.event.key)
        if row is None or row.price is None:
            return ""
        weight, total = weight + abs(entry.quantity), total + abs(entry.quantity) * row.price
    return formats.price(formats.rounded(total / weight, 4)) if weight else ""


def _side(leg: Leg, opening: bool) -> Iterator[Entry]:
    yield from (e for e in leg.entries if e.quantity and e.is_opening is opening)


@dataclass(frozen=True, slots=True)
class StepRow:
    """``lines``: label, price and side of each leg; ``order_url`` leads to the order, if it is
    mirrored."""

    when: str
    word: str
    mark: str
    lines: tuple[tuple[str, str, str], ...]
    cash: Cell
    fees: Cell
    credit: Cell
    realized: Cell
    held: str
    order: str
    order_pk: int | None
    source: str
    waits: bool


def step_row(
    step: Step, figures: Makers, number: int, orders: Mapping[int, tuple[int, str]]
) -> StepRow:
    part = f"step{number}"
    known = orders.get(step.order) if step.order is not None else None
    return StepRow(
        when=formats.market_datetime(step.at),
        word=step.word,
        mark=step.mark,
        lines=tuple((line.label, line.price, line.action) for line in step.lines),
        cash=cell(figures[f"{part}-cash"](), "num w-pl", toned=False),
        fees=cell(figures[f"{part}-fees"](), "num"),
        credit=cell(figures[f"{part}-credit"](), "num w-pl", toned=False),
        realized=cell(figures[f"{part}-realized"](), "num w-pl"),
        held=step.held or "nothing",
        order=str(step.order or ""),
        order_pk=known[0] if known else None,
        source=known[1] if known else "",
        waits=step.waits,
    )


@dataclass(frozen=True, slots=True)
class OpenRow:
    """What the chain holds of one position, with its Greeks."""

    label: str
    quantity: str
    dte: str
    cells: tuple[Cell, ...]

    @property
    def labelled(self) -> list[tuple[Cell, str]]:
        """Cells with the words of their columns, for the phone's card."""
        return list(zip(self.cells, OPEN_LABELS, strict=True))


OPEN_COLUMNS = ("mark", "open", "delta", "gamma", "theta", "vega", "iv")
OPEN_LABELS = ("Mark", "P/L open", "Delta", "Gamma", "Theta", "Vega", "IV")


def open_figures(one: Summary, value: LegValue, now: float) -> Makers:
    """Of one position as far as it is the chain's; named by the position's number."""
    name = f"chain-{one.id}-held{value.leg.pk}"
    made: dict[str, Callable[[], Worked]] = {}
    for column in OPEN_COLUMNS:
        made[f"held{value.leg.pk}-{column}"] = _maker(one, value, column, now, name)
    return made


def _maker(
    one: Summary,
    value: LegValue,
    column: str,
    now: float,
    name: str,
) -> Callable[[], Worked]:
    def make() -> Worked:
        if column == "open":
            return leg_open(one, value, now, f"{name}-open")
        return replace(LEG_FIGURES[column](value, now), ref=f"{name}-{column}")

    return make


def open_row(value: LegValue, figures: Makers) -> OpenRow:
    leg = value.leg
    stale = "stale" if value.price_stale else ""
    cells = []
    for column in OPEN_COLUMNS:
        shown = cell(figures[f"held{leg.pk}-{column}"](), "num w-pl" if column == "open" else "num")
        if column == "iv" and not leg.is_option:
            shown = Cell(shown.id, "", "num")
        cells.append(replace(shown, css=f"{shown.css} {stale}".strip()))
    return OpenRow(
        label=leg.label,
        quantity=formats.quantity(leg.holding.quantity),
        dte=formats.dte(leg.days, leg.seconds_left) if leg.is_option else "",
        cells=tuple(cells),
    )
