"""A chain as a story: what happened, in order, what it cost and what was held afterwards."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal

from portfolio import formats
from portfolio.analytics.chains import figures
from portfolio.analytics.chains.events import Chain, Entry, EventKind
from portfolio.analytics.facts import ZERO
from portfolio.trade_chains import structure
from portfolio.trade_chains.histories import AccountHistory

# Kind of happening → word, and the mark of the chart; the strongest first.
_WORDS = (
    (EventKind.ASSIGNMENT, "Assigned", "assign"),
    (EventKind.EXERCISE, "Exercised", "assign"),
    (EventKind.CASH_SETTLEMENT, "Settled in cash", "expire"),
    (EventKind.EXPIRATION, "Expired", "expire"),
    (EventKind.SPLIT, "Split", "adjust"),
    (EventKind.SYMBOL_CHANGE, "New symbol", "adjust"),
    (EventKind.TRANSFER, "Transferred", "adjust"),
    (EventKind.DELIVERY, "Delivered", "adjust"),
)


@dataclass(frozen=True, slots=True)
class Line:
    """One leg of a step: signed quantity and symbol as people write them, price, money."""

    label: str
    price: str
    cash: Decimal
    fees: Decimal
    action: str


@dataclass(frozen=True, slots=True)
class Step:
    """``credit``, ``paid`` and ``realized`` are of the chain up to and with this step: all cash
    before fees, all fees, and the part of the cash that is no open position's."""

    at: datetime
    word: str
    mark: str
    order: int | None
    lines: tuple[Line, ...]
    cash: Decimal
    fees: Decimal
    credit: Decimal
    paid: Decimal
    realized: Decimal
    held: str
    waits: bool
    entries: tuple[Entry, ...]
    before: tuple[Entry, ...]

    @property
    def is_roll(self) -> bool:
        return self.word == "Rolled"


def happenings(chain: Chain) -> list[list[Entry]]:
    """Entries that belong together: of one order, or of one moment that is no trade's."""
    groups: dict[tuple[str, str], list[Entry]] = {}
    for entry in chain.entries:
        event = entry.event
        if event.kind is EventKind.TRADE:
            key = ("order", event.group or event.key)
        elif event.kind is EventKind.INCOME:
            key = ("income", event.at.isoformat())
        else:
            key = ("moment", event.at.isoformat())
        groups.setdefault(key, []).append(entry)
    return list(groups.values())


def steps(one: AccountHistory, chain: Chain) -> list[Step]:
    """Oldest first."""
    told: list[Step] = []
    before: list[Entry] = []
    for entries in happenings(chain):
        after = [*before, *entries]
        told.append(_step(one, chain, entries, before, after, is_first=not told))
        before = after
    return told


def _step(
    one: AccountHistory,
    chain: Chain,
    entries: list[Entry],
    before: list[Entry],
    after: list[Entry],
    *,
    is_first: bool,
) -> Step:
    so_far = replace(chain, entries=tuple(after))
    word, mark = _word(one, entries, is_first=is_first, is_flat=not so_far.is_open)
    row = one.row(entries[0].event.key)
    return Step(
        at=entries[0].event.at,
        word=word,
        mark=mark,
        order=row.order if row is not None else None,
        lines=tuple(_lines(one, entries)),
        cash=_sum(entry.cash for entry in entries),
        fees=_sum(entry.fees for entry in entries),
        credit=so_far.cash,
        paid=so_far.fees,
        realized=so_far.cash - figures.open_cash(so_far),
        held=structure.names(structure.from_entries(one, after)),
        waits=any(entry.event.key in one.unbooked for entry in entries),
        entries=tuple(entries),
        before=tuple(before),
    )


def _sum(amounts: Iterable[Decimal]) -> Decimal:
    return sum(amounts, ZERO)


def _word(
    one: AccountHistory, entries: list[Entry], *, is_first: bool, is_flat: bool
) -> tuple[str, str]:
    kinds = {entry.event.kind for entry in entries}
    for kind, word, mark in _WORDS:
        if kind in kinds:
            return word, mark
    if EventKind.TRADE not in kinds:
        row = one.row(entries[0].event.key)
        return (row.sub_type if row is not None else "Income"), "adjust"
    if any(entry.event.group.startswith("reversal:") for entry in entries):
        return "Taken back", "adjust"
    sides = {entry.is_opening for entry in entries if entry.quantity}
    if sides == {True, False}:
        return "Rolled", "roll"
    if is_flat:
        return "Closed", "close"
    if sides == {True}:
        return ("Opened", "open") if is_first else ("Added", "open")
    return "Reduced", "close"


def _lines(one: AccountHistory, entries: list[Entry]) -> Iterator[Line]:
    """One line a symbol and side, at the mean of its prices."""
    groups: dict[tuple[str, bool, str], list[Entry]] = {}
    for entry in entries:
        side = entry.event.kind.value
        groups.setdefault((entry.event.symbol, entry.is_opening, side), []).append(entry)
    for (symbol, is_opening, _), rows in groups.items():
        quantity = _sum(entry.quantity for entry in rows)
        label = formats.leg_label(quantity, symbol) if quantity else formats.symbol_label(symbol)
        yield Line(
            label=label,
            price=_price(one, rows),
            cash=_sum(entry.cash for entry in rows),
            fees=_sum(entry.fees for entry in rows),
            action=("to open" if is_opening else "to close") if quantity else "",
        )


def _price(one: AccountHistory, rows: list[Entry]) -> str:
    """Mean by quantity; empty where the bookings name no price."""
    weight, total = ZERO, ZERO
    for entry in rows:
        row = one.row(entry.event.key)
        if row is None or row.price is None or not entry.quantity:
            return ""
        weight += abs(entry.quantity)
        total += abs(entry.quantity) * row.price
    return formats.price(formats.rounded(total / weight, 4)) if weight else ""
