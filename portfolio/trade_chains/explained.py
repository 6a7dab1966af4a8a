"""The arithmetic of a chain's figures, from the same values as its pages.

Names within a chain: `credit`, `fees`, `realized`, `open`, `total`, `net`, `max`, `roc`, `capital`,
`days`, `rolls`, the Greeks, and of its parts `step3-cash`, `leg2-pl` and so on.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from decimal import Decimal

from portfolio import formats
from portfolio.analytics.arithmetic import Input, Unit, Worked, added, given, worked
from portfolio.analytics.chains.events import Entry
from portfolio.analytics.facts import ZERO, Figure
from portfolio.figures.legs import BROKER, greek, mark_input, marks_of, title_of
from portfolio.figures.sums import total_of
from portfolio.live.valuation import LegValue
from portfolio.trade_chains.histories import AccountHistory
from portfolio.trade_chains.steps import Step
from portfolio.trade_chains.summary import Summary
from portfolio.trade_chains.worth import open_cash

BOOKED = "bookings, by the broker"
FILLED = "fills of orders; not booked yet"
DESK = "this desk, from the bookings"
FEES_TO_COME = "Fees of fills that are not booked yet are not known."
GREEKS = ("delta", "gamma", "theta", "vega")


def marks(one: Summary) -> tuple[str, ...]:
    """Words on the truth of what rests on marks or on a whole history."""
    found = [word for leg in one.worth.legs for word in marks_of(leg)]
    if one.is_partial:
        found.append("part of the history is missing")
    if one.waits:
        found.append("fees to come")
    return tuple(dict.fromkeys(found))


def given_entry(one: AccountHistory, entry: Entry, amount: Decimal | None, unit: Unit) -> Worked:
    """A chain's share of one booking."""
    key = entry.event.key
    day = formats.market_datetime(entry.event.at)
    row = one.row(key)
    word = (row.sub_type if row is not None else "") or entry.event.kind.value
    label = formats.symbol_label(entry.event.symbol)
    source = FILLED if key in one.unbooked else f"booking {key}"
    return given(f"{day} {word} {label}".strip(), amount, unit, source)


def cash_of(one: AccountHistory, title: str, entries: Iterable[Entry], ref: str) -> Worked:
    """The cash of some entries, booking by booking, before fees."""
    rows = [entry for entry in entries if entry.cash]
    terms = [given_entry(one, entry, entry.cash, Unit.SIGNED) for entry in rows]
    return (
        added(title, terms, sum((e.cash for e in rows), ZERO), Unit.SIGNED, ref=ref)
        if rows
        else (given(title, ZERO, Unit.SIGNED, BOOKED, ref=ref))
    )


def fees_of(one: AccountHistory, title: str, entries: Iterable[Entry], ref: str) -> Worked:
    """What was paid in commission, clearing, regulatory and index fees; a cost is positive. Those
    of fills that are not booked yet are not known, and not zero."""
    rows = list(entries)
    terms = [
        given_entry(one, entry, None if entry.event.key in one.unbooked else entry.fees, Unit.MONEY)
        for entry in rows
        if entry.fees or entry.event.key in one.unbooked
    ]
    if not terms:
        return given(title, ZERO, Unit.MONEY, BOOKED, ref=ref)
    known = [term.value for term in terms if isinstance(term.value, Decimal)]
    is_whole = len(known) == len(terms)
    return added(
        title, terms, sum(known, ZERO) if known else None, Unit.MONEY, ref=ref,
        note="" if is_whole else FEES_TO_COME, marks=() if is_whole else ("fees to come",),
    )  # fmt: skip


def chain_figures(one: Summary, now: float) -> dict[str, Callable[[], Worked]]:
    """Of the chain as a whole, by name; each is made when it is asked for."""
    name = f"chain-{one.id}"
    entries = one.chain.entries
    return {
        "credit": lambda: cash_of(one.one, "Total credit", entries, f"{name}-credit"),
        "fees": lambda: fees_of(one.one, "Fees", entries, f"{name}-fees"),
        "realized": lambda: _realized(one, f"{name}-realized"),
        "open": lambda: _open(one, now, f"{name}-open"),
        "total": lambda: _total(one, f"{name}-total"),
        "net": lambda: _net(one, f"{name}-net"),
        "max": lambda: _of_max(one, f"{name}-max"),
        "roc": lambda: _roc(one, f"{name}-roc"),
        "best": lambda: _best(one, f"{name}-best"),
        "capital": lambda: given(
            "Capital", one.capital.amount, Unit.MONEY, one.capital.source, ref=f"{name}-capital"
        ),
        "days": lambda: _days(one, f"{name}-days"),
        "rolls": lambda: given(
            "Rolls", one.chain.rolls, Unit.COUNT, "orders that closed and opened",
            ref=f"{name}-rolls",
        ),
        **{greek: _greek_maker(one, greek, now, f"{name}-{greek}") for greek in GREEKS},
    }  # fmt: skip


def _money(name: str, words: str, value: Decimal | None, source: str = DESK) -> Input:
    return Input(name, words, value, source, None, Unit.MONEY)


def _realized(one: Summary, ref: str) -> Worked:
    """Cash less what opened the positions that are still open, and what futures made since."""
    basis = sum((open_cash(one.chain, symbol) for symbol in one.chain.holdings), ZERO)
    inputs = [
        _money("C", "Total credit", one.chain.cash, BOOKED),
        _money("B", "Cash that opened what is still open", basis, BOOKED),
    ]
    expression = "C-B"
    if one.worth.pending:
        expression += "+F"
        inputs.append(_money("F", "Futures closed since the last settlement", one.worth.pending))
    return worked(
        "P/L realised", expression, inputs, one.worth.pnl.realized, Unit.SIGNED, ref=ref,
        marks=("part of the history is missing",) if one.is_partial else (),
    )  # fmt: skip


def _open(one: Summary, now: float, ref: str) -> Worked:
    figure = one.worth.pnl.open
    if not one.chain.is_open:
        return given("P/L open", ZERO, Unit.SIGNED, "nothing is open", ref=ref)
    if figure.value is None:
        return given("P/L open", None, Unit.SIGNED, _why(figure), note=_why(figure), ref=ref)
    terms = [leg_open(one, leg, now) for leg in one.worth.legs]
    return added("P/L open", terms, figure.value, Unit.SIGNED, ref=ref, marks=marks(one))


def leg_open(one: Summary, value: LegValue, now: float, ref: str = "") -> Worked:
    """q · (m − p) · M; of a future p is the base from which its variation is still to be paid."""
    leg, price = value.leg, one.worth.prices[value.leg.symbol]
    is_future = leg.symbol.startswith("/")
    base = price.base if is_future else leg.holding.open_price
    words = "Last settlement, or fill since" if is_future else "What the chain opened it for"
    inputs = (
        Input("q", "Quantity in this chain, signed", leg.holding.quantity, DESK),
        mark_input(value, now),
        Input("p", words, base, DESK, None, Unit.PRICE),
        Input("M", "Multiplier", leg.holding.multiplier, BROKER),
    )
    made = None
    if price.mark is not None and base is not None and price.multiplier is not None:
        made = leg.holding.quantity * (price.mark - base) * price.multiplier
    return worked(
        title_of(value, "P/L open"), "q*(m-p)*M", inputs, made, Unit.SIGNED, ref=ref,
        marks=marks_of(value),
    )  # fmt: skip


def _why(figure: Figure) -> str:
    return "; ".join(note.value for note in figure.notes) or "a mark is missing"


def _total(one: Summary, ref: str) -> Worked:
    pnl = one.worth.pnl
    open_ = pnl.open.value if one.chain.is_open else ZERO
    inputs = (_money("R", "P/L realised", pnl.realized), _money("O", "P/L open", open_))
    return worked(
        "P/L total", "R+O", inputs, pnl.total.value, Unit.SIGNED, ref=ref, marks=marks(one)
    )


def _net(one: Summary, ref: str) -> Worked:
    pnl = one.worth.pnl
    inputs = (
        _money("T", "P/L total", pnl.total.value),
        _money("F", "Fees", pnl.fees, BOOKED),
    )
    return worked(
        "P/L after fees", "T-F", inputs, pnl.net.value, Unit.SIGNED, ref=ref, marks=marks(one)
    )


def _of_max(one: Summary, ref: str) -> Worked:
    best = one.max_profit.best
    inputs = (
        _money("T", "P/L total", one.worth.pnl.total.value),
        _money(
            "X",
            "Most the chain can make, where that is a profit",
            best if best is not None and best > 0 else None,
        ),
    )
    return worked(
        "% of max profit", "T/X", inputs, one.of_max, Unit.PERCENT_SIGNED,
        note=one.max_profit.why, ref=ref, marks=marks(one),
    )  # fmt: skip


def _best(one: Summary, ref: str) -> Worked:
    title = "Most the chain can make"
    if one.max_profit.best is None or not one.chain.is_open:
        source = "payoff at expiration of what the chain began as"
        return given(
            title, one.max_profit.best, Unit.MONEY, source, note=one.max_profit.why, ref=ref
        )
    realized = one.worth.pnl.realized
    inputs = (
        _money("R", "P/L realised", realized),
        _money("X", "Best of what is open, at expiration", one.max_profit.best - realized),
    )
    return worked(title, "R+X", inputs, one.max_profit.best, Unit.MONEY, ref=ref)


def _roc(one: Summary, ref: str) -> Worked:
    inputs = (
        _money("P", "P/L after fees", one.worth.pnl.net.value),
        _money("K", "Capital", one.capital.amount, one.capital.source),
        Input("D", "Days held, one at least", max(1, one.days), DESK, None, Unit.DAYS),
    )
    return worked(
        "ROC, annualised", "P/K*365/D", inputs, one.roc, Unit.PERCENT_SIGNED,
        note="Simple: the return so far, stretched over a year without compounding.", ref=ref,
        marks=marks(one),
    )  # fmt: skip


def _days(one: Summary, ref: str) -> Worked:
    until = (
        "today, by the market's clock" if one.ended is None else formats.market_datetime(one.ended)
    )
    source = f"calendar days from {formats.market_datetime(one.opened)} to {until}"
    return given("Days held", one.days, Unit.DAYS, source, ref=ref)


def _greek_maker(one: Summary, name: str, now: float, ref: str) -> Callable[[], Worked]:
    def make() -> Worked:
        totals = one.worth.totals
        words = totals.greeks.words
        terms = [greek(leg, name, now) for leg in one.worth.legs]
        return added(
            name.capitalize(), terms, total_of(totals, name), Unit.GREEK, ref=ref,
            marks=(words,) if words else (),
        )  # fmt: skip

    return make


def step_figures(one: Summary, step: Step, number: int) -> dict[str, Callable[[], Worked]]:
    """Of one step; `number` counts from 1."""
    name = f"chain-{one.id}-step{number}"
    return {
        f"step{number}-cash": lambda: cash_of(one.one, step.word, step.entries, f"{name}-cash"),
        f"step{number}-fees": lambda: fees_of(
            one.one, f"Fees: {step.word}", step.entries, f"{name}-fees"
        ),
        f"step{number}-credit": lambda: worked(
            "Total credit so far", "A+B",
            (
                _money("A", "Before", step.credit - step.cash, BOOKED),
                _money("B", step.word, step.cash, BOOKED),
            ),
            step.credit, Unit.SIGNED, ref=f"{name}-credit",
        ),
        f"step{number}-realized": lambda: worked(
            "Realised so far", "C-B",
            (
                _money("C", "Total credit so far", step.credit, BOOKED),
                _money("B", "Cash that opened what was open then", step.credit - step.realized,
                       BOOKED),
            ),
            step.realized, Unit.SIGNED, ref=f"{name}-realized",
        ),
    }  # fmt: skip


def made(figures: Mapping[str, Callable[[], Worked]], name: str) -> Worked | None:
    maker = figures.get(name)
    return maker() if maker is not None else None
