"""One chain's page: its figures, its steps, its legs, what it holds, what its owner wrote."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from typing import Any

from brokerage.models import Account, Order
from portfolio import formats
from portfolio.analytics.arithmetic import Worked
from portfolio.charts.frame import Chart, Line, Table, Value, number
from portfolio.live.cells import Cell
from portfolio.models import ChainEdit, EditKind
from portfolio.trade_chains import rows
from portfolio.trade_chains.cells import FEES_TO_COME, state_of
from portfolio.trade_chains.explained import GREEKS, chain_figures, step_figures
from portfolio.trade_chains.histories import AccountHistory, slug
from portfolio.trade_chains.legs import Leg, legs, tree
from portfolio.trade_chains.listing import TONES, badges, chain_url
from portfolio.trade_chains.rows import LegRow, OpenRow, StepRow, cell
from portfolio.trade_chains.steps import Step, steps
from portfolio.trade_chains.summary import Summary

# Name, label; the first is the one that matters.
KEY_FIGURES = (
    ("net", "P/L after fees"),
    ("total", "P/L total"),
    ("realized", "P/L realised"),
    ("open", "P/L open"),
    ("credit", "Total credit"),
    ("fees", "Fees"),
    ("max", "% of max profit"),
    ("best", "Most it can make"),
    ("roc", "ROC, annualised"),
    ("capital", "Capital"),
    ("days", "Days held"),
    ("rolls", "Rolls"),
)


@dataclass(frozen=True, slots=True)
class Other:
    """Another chain that this one can be joined with, or a leg be moved to."""

    key: str
    label: str
    url: str


@dataclass(frozen=True, slots=True)
class Correction:
    """One act of the log; ``problem`` says why it does not hold any more."""

    pk: int
    when: str
    words: str
    undone: str
    problem: str


@dataclass(frozen=True, slots=True)
class Parts:
    """A chain taken apart once: its legs and steps, and every figure that its page shows."""

    one: Summary
    legs: tuple[Leg, ...]
    steps: tuple[Step, ...]
    figures: dict[str, Callable[[], Worked]]


def take_apart(one: Summary, now: float) -> Parts:
    found, told = legs(one.chain), steps(one.one, one.chain)
    figures = dict(chain_figures(one, now))
    for place, step in enumerate(told, 1):
        figures |= step_figures(one, step, place)
    for place, leg in enumerate(found, 1):
        figures |= rows.leg_figures(one, leg, place, now)
    for value in one.worth.legs:
        figures |= rows.open_figures(one, value, now)
    return Parts(one, tuple(found), tuple(told), figures)


@dataclass(frozen=True, slots=True)
class Page:
    """Everything the template prints."""

    one: Summary
    slug: str
    title: str
    status: str
    tone: str
    opened: str
    ended: str
    badges: tuple[tuple[str, str], ...]
    keys: tuple[tuple[str, Cell], ...]
    chart: Chart | None
    steps: tuple[StepRow, ...]
    legs: tuple[LegRow, ...]
    open: tuple[OpenRow, ...]
    greeks: tuple[tuple[Cell, str], ...]
    rolls: int
    others: tuple[Other, ...]
    corrections: tuple[Correction, ...]
    locked: str


def page(one: Summary, now: float) -> Page:
    """Two queries beside what was read for the chain: its orders."""
    parts = take_apart(one, now)
    orders = _orders(one.one.account, parts.steps)
    numbers = {id(leg): place for place, leg in enumerate(parts.legs, 1)}
    return Page(
        one=one,
        slug=slug(one.chain.key),
        title=f"{one.chain.underlying} · {one.now or one.at_open}",
        status=one.status.value,
        tone=TONES.get(one.status, "terminal"),
        opened=formats.market_datetime(one.opened),
        ended=formats.market_datetime(one.ended) if one.ended else "",
        badges=tuple(badges(one)),
        keys=tuple((label, key_cell(one, parts, name)) for name, label in KEY_FIGURES),
        chart=chart(one, parts.steps),
        steps=tuple(
            rows.step_row(step, parts.figures, place, orders)
            for place, step in enumerate(parts.steps, 1)
        ),
        legs=tuple(
            rows.leg_row(one, leg, parts.figures, numbers[id(leg)]) for leg in tree([*parts.legs])
        ),
        open=tuple(rows.open_row(value, parts.figures) for value in one.worth.legs),
        greeks=tuple((cell(parts.figures[name]()), name.capitalize()) for name in GREEKS),
        rolls=sum(step.is_roll for step in parts.steps),
        others=tuple(_others(one)),
        corrections=tuple(corrections(one.one, one)),
        locked=_locked(one),
    )


# Figures that rest on marks.
_MARKED = ("net", "total", "open", "max", "roc")


def key_cell(one: Summary, parts: Parts, name: str) -> Cell:
    """One of KEY_FIGURES; the total credit is neither gain nor loss."""
    found = cell(parts.figures[name](), "", toned=name != "credit")
    state = state_of(one) if name in _MARKED and found.text != formats.UNKNOWN else ""
    waits = "assumed" if name == "net" and one.waits and found.text != formats.UNKNOWN else ""
    why = {
        "max": one.max_profit.why,
        "best": one.max_profit.why,
        "roc": one.capital.source,
        "capital": one.capital.source,
        "net": FEES_TO_COME if waits else "",
    }.get(name, "")
    css = " ".join(word for word in (found.css, state, waits) if word)
    return replace(found, css=css, tip=found.tip or why)


def _orders(account: Account, told: Iterable[Step]) -> dict[int, tuple[int, str]]:
    """Number of the row and source by the broker's number of the order."""
    numbers = {step.order for step in told if step.order is not None}
    found = Order.objects.filter(account=account, broker_id__in=numbers)
    columns = found.values_list("broker_id", "pk", "source")
    return {broker_id: (pk, source) for broker_id, pk, source in columns}


def _others(one: Summary) -> Iterable[Other]:
    """Chains of the same account and underlying, the latest first."""
    account, own = one.one.account, one.chain
    for chain in reversed(one.one.history.chains):
        if chain.underlying != own.underlying or chain.key == own.key:
            continue
        began = formats.short_date(
            chain.entries[0].event.at.astimezone(formats.NEW_YORK).date(), year=True
        )
        symbols = ", ".join(
            dict.fromkeys(formats.symbol_label(entry.event.symbol) for entry in chain.entries)
        )
        state = "open" if chain.is_open else "closed"
        label = f"{began} · {symbols[:70]} · {state}"
        yield Other(slug(chain.key), label, chain_url(account.pk, chain.key))


def _locked(one: Summary) -> str:
    return "Part of it is not booked yet; it can be corrected once it is." if one.waits else ""


_WORDS = {
    EditKind.SPLIT: "Legs taken out into a chain of their own",
    EditKind.MERGE: "Chains joined",
    EditKind.MOVE: "Legs moved to another chain",
}


def corrections(history: AccountHistory, one: Summary | None = None) -> Iterable[Correction]:
    """The log of corrections of a chain (or of the whole account), the latest first."""
    for row in reversed(history.edits):
        if one is None or _touches(row, one):
            yield Correction(
                pk=row.pk,
                when=formats.market_datetime(row.made_at),
                words=f"{_WORDS[EditKind(row.kind)]} ({_about(row)})",
                undone=formats.market_datetime(row.undone_at) if row.undone_at else "",
                problem=history.problems.get(row.pk, ""),
            )


def _about(row: ChainEdit) -> str:
    count = len(row.events) or len(row.others) + 1
    noun = "booking" if row.events else "chain"
    return f"{count} {noun}{'' if count == 1 else 's'}"


def _touches(row: ChainEdit, one: Summary) -> bool:
    held = {entry.event.key for entry in one.chain.entries} | {one.chain.key}
    named = {row.chain, *row.events, *row.others}
    return bool(named & held)


def chart(one: Summary, told: Iterable[Step]) -> Chart | None:
    """The credit staircase with its events; None for a chain of one step."""
    found = list(told)
    if len(found) < 2:
        return None
    times = _times(found)
    data: dict[str, Any] = {
        "name": "Total credit",
        "steps": [[at, number(step.credit)] for at, step in zip(times, found, strict=True)],
        "events": [
            {"at": at, "kind": step.mark, "text": step.word}
            for at, step in zip(times, found, strict=True)
        ],
        "lines": [
            {
                "name": "Realised",
                "role": "end",
                "points": [
                    [at, number(step.realized)] for at, step in zip(times, found, strict=True)
                ],
            }
        ],
    }
    lines = [
        Line(
            f"{formats.market_datetime(step.at)} {step.word}",
            (
                Value(
                    formats.signed_money(step.credit), "num", f"chain-{one.id}-step{place}-credit"
                ),
                Value(
                    formats.signed_money(step.realized),
                    "num",
                    f"chain-{one.id}-step{place}-realized",
                ),
            ),
        )
        for place, step in enumerate(found, 1)
    ]
    return Chart(
        kind="chain-timeline",
        id=f"chain-chart-{one.id}",
        label=f"Total credit and realised P/L of the {one.chain.underlying} chain, step by step",
        data=data,
        table=Table(("Step", "Total credit", "Realised"), tuple(lines)),
        is_low=True,
    )


def _times(found: list[Step]) -> list[int]:
    """Epoch seconds, each later than the one before."""
    times: list[int] = []
    for step in found:
        at = int(step.at.timestamp())
        times.append(max(at, times[-1] + 1) if times else at)
    return times
