"""The figures of a chain as elements that the socket patches: one function for page and socket."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from decimal import Decimal

from portfolio import formats
from portfolio.analytics.facts import ZERO, Figure, Total, total
from portfolio.live.cells import Cell, number_cell, pl_cell, sum_state
from portfolio.trade_chains.summary import Status, Summary

# Name, head, what it means; in the order of the columns.
MONEY = (
    ("credit", "Credit", "All cash before fees: received +, paid −"),
    (
        "realized",
        "P/L realised",
        "Cash that is no open position's, before fees; of futures all that is settled",
    ),
    ("open", "P/L open", "What is open at its mark, less what it was opened for"),
    ("total", "P/L total", "All cash plus what is open at its mark, before fees"),
    ("net", "After fees", "P/L total less all fees"),
)
RATIOS = (
    ("max", "% of max", "P/L total ÷ the most that the chain can make"),
    ("roc", "ROC p.a.", "P/L after fees ÷ capital, × 365 ÷ days held; simple, not compounded"),
)
PARTIAL = "The bookings of this chain do not make up the position: part of its history is missing"
FEES_TO_COME = "Part of it is not booked yet: its fees are not in it"


def chain_cells(one: Summary) -> Iterator[Cell]:
    """In the order of MONEY and RATIOS."""
    pnl, name = one.worth.pnl, f"chain-{one.id}"
    state = state_of(one)
    part = "partial" if one.is_partial else ""
    yield flow_cell(f"{name}-credit", pnl.credit, part)
    yield money_cell(f"{name}-realized", Figure(pnl.realized), part)
    yield money_cell(f"{name}-open", pnl.open if one.chain.is_open else Figure(ZERO), state)
    yield money_cell(f"{name}-total", pnl.total, state)
    waits = "assumed" if one.waits and pnl.net.value is not None else ""
    yield money_cell(
        f"{name}-net", pnl.net, f"{state} {waits}".strip(), FEES_TO_COME if waits else ""
    )
    yield ratio_cell(f"{name}-max", one.of_max, state, one.max_profit.why)
    yield ratio_cell(f"{name}-roc", one.roc, state, one.capital.source)


def state_of(one: Summary) -> str:
    """The classes that say how old and how whole what rests on marks is."""
    age = sum_state(one.worth.totals) if one.chain.is_open else ""
    return f"{age} partial".strip() if one.is_partial else age


def money_cell(id: str, figure: Figure, state: str = "", tip: str = "") -> Cell:
    words = "; ".join(note.value for note in figure.notes) or tip
    return pl_cell(id, figure.value, "num w-pl", state, words)


def flow_cell(id: str, value: Decimal | None, state: str = "", tip: str = "") -> Cell:
    """Cash that came or went: signed, but neither gain nor loss."""
    return number_cell(id, formats.signed_money(value), "num w-pl", state, tip)


def ratio_cell(id: str, value: Decimal | None, state: str, why: str) -> Cell:
    """Signed, in per cent; the reason where there is none."""
    return number_cell(id, formats.signed_percent(value), "num", state, why)


def total_cells(rows: Iterable[Summary]) -> Iterator[Cell]:
    """Sums over the rows shown, in the order of MONEY; partial where a figure is missing."""
    shown = list(rows)
    for name, _, _ in MONEY:
        sum_ = total([value_of(one, name) for one in shown], ZERO)
        id, state, words = f"chains-total-{name}", _partial(sum_), _words(sum_)
        if name == "credit":
            yield flow_cell(id, sum_.value, state, words)
        else:
            yield pl_cell(id, sum_.value, "num w-pl", state, words)


def value_of(one: Summary, name: str) -> Decimal | None:
    """A money column of a chain; nothing open is worth nothing."""
    if name == "open" and one.status is not Status.OPEN:
        return ZERO
    found = getattr(one.worth.pnl, name)
    return found.value if isinstance(found, Figure) else found


def _partial(sum_: Total[Decimal]) -> str:
    return "partial" if sum_.is_partial else ""


def _words(sum_: Total[Decimal]) -> str:
    return f"{sum_.present} of {sum_.expected} chains" if sum_.is_partial else ""
