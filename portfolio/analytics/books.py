"""Ledgers of every symbol of an account, from the rows that the broker booked.

What a trade, delivery or transfer opens and closes is matched in lots, first in, first out. An
option that is exercised, assigned or expires closes at what was paid for it (nothing, when shares
are delivered at the strike); a cash settlement closes at its amount. In a split, merger or change
of symbol the lots go over with what they cost, and what was closed before is restated in the new
units. A row that reverses another one takes it out of the account, as if neither had been.

Prices are per unit, without the multiplier, from the cash that moved; of futures, whose trades move
none, as booked, and at the end from the last variation.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from decimal import Decimal

from portfolio.analytics.chains.events import Event, EventKind
from portfolio.analytics.chains.transactions import Booked, events
from portfolio.analytics.chains.variation import Track
from portfolio.analytics.facts import ZERO, Note
from portfolio.analytics.lots import (
    Execution,
    Ledger,
    Matcher,
    exchange_closings,
    exchange_lots,
)

Key = tuple[str, str]
FUTURE = "Future"


@dataclass(frozen=True, slots=True)
class Income:
    """Cash of a held position that no trade made: a dividend, cash for a fraction of a share."""

    day: date
    amount: Decimal
    key: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Renamed:
    """From ``day`` on the symbol stands for what was ``symbol``; a price of then divided by
    ``divisor`` is one of now."""

    day: date
    symbol: str
    divisor: Decimal


@dataclass(slots=True)
class Book:
    """One symbol in one account. ``settled`` is the price of a future's last settlement;
    ``trades`` are the executions under this very symbol, in the units of their time."""

    matcher: Matcher = field(default_factory=Matcher)
    income: list[Income] = field(default_factory=list)
    renamed: list[Renamed] = field(default_factory=list)
    notes: list[Note] = field(default_factory=list)
    track: Track = field(default_factory=Track)
    changes: list[tuple[datetime, Decimal]] = field(default_factory=list)
    trades: list[Execution] = field(default_factory=list)
    underlying: str = ""

    @property
    def ledger(self) -> Ledger:
        return self.matcher.ledger()

    def quantity_at(self, at: datetime) -> Decimal:
        """What was held then, by the bookings."""
        return sum((quantity for moment, quantity in self.changes if moment <= at), ZERO)

    @property
    def settled(self) -> Decimal | None:
        return self.track.base


@dataclass(frozen=True, slots=True)
class _Moving:
    """What an exchange has taken out and not put back yet."""

    symbol: str
    matcher: Matcher
    income: list[Income]
    renamed: list[Renamed]
    out: Execution


def build(
    rows: Iterable[Booked],
    *,
    days: Mapping[int, date] | None = None,
    multipliers: Mapping[str, Decimal] | None = None,
) -> dict[Key, Book]:
    """Books by (account, symbol), of any number of accounts.

    ``days``: the broker's trading day by the row's key, where it is not the day of its instant.
    ``multipliers`` by symbol serve where the rows themselves do not tell.
    """
    kept = _without_reversals(rows)
    points = {**(multipliers or {}), **implied_multipliers(kept)}
    builder = _Builder({str(row.key): row for row in kept}, days or {}, points)
    known = (replace(row, multiplier=row.multiplier or points.get(row.symbol)) for row in kept)
    for event in events(known):
        builder.add(event)
    return builder.finish()


def implied_multipliers(rows: Iterable[Booked]) -> dict[str, Decimal]:
    """Money per point and unit by symbol, from trades that moved cash: |value| ÷ (q · price)."""
    found: dict[str, Decimal] = {}
    for row in rows:
        if row.type == "Trade" and row.value and row.quantity and row.price:
            found.setdefault(row.symbol, abs(row.value / (row.quantity * row.price)))
    return found


def _without_reversals(rows: Iterable[Booked]) -> list[Booked]:
    """Rows less those that were reversed in full, and their reversals."""
    listed = list(rows)
    by_key = {(row.account, row.key): row for row in listed}
    gone: set[tuple[str, int]] = set()
    for row in listed:
        if row.reverses is None:
            continue
        old = by_key.get((row.account, row.reverses))
        if old is not None and (old.symbol, old.quantity) == (row.symbol, row.quantity):
            gone |= {(row.account, row.key), (old.account, old.key)}
    return [row for row in listed if (row.account, row.key) not in gone]


class _Builder:
    """Books while events come in, in order."""

    def __init__(
        self,
        rows: Mapping[str, Booked],
        days: Mapping[int, date],
        points: Mapping[str, Decimal],
    ) -> None:
        self.rows, self.days, self.points = rows, days, points
        self.books: dict[Key, Book] = defaultdict(Book)
        self.moving: dict[tuple[str, str], _Moving] = {}

    def add(self, event: Event) -> None:
        if not event.symbol:
            return
        book = self.books[event.account, event.symbol]
        book.underlying = event.underlying or book.underlying
        if event.quantity:
            book.changes.append((event.at, event.quantity))
        if not event.quantity:
            self._cash(book, event)
        elif event.group.startswith("exchange:"):
            self._exchange(book, event)
        else:
            self._trade(book, event)

    def _day(self, event: Event) -> date:
        row = self.rows.get(event.key)
        day = self.days.get(row.key) if row is not None else None
        return day or event.at.date()

    def _cash(self, book: Book, event: Event) -> None:
        """A future's variation is in the prices of its lots already; the rest is income."""
        row = self.rows.get(event.key)
        if row is not None and row.instrument_type == FUTURE:
            book.track.settle(event.cash, event.multiplier or self.points.get(event.symbol))
        elif event.cash - event.fees:
            paid = event.cash - event.fees
            book.income.append(Income(self._day(event), paid, event.key, event.at))

    def _trade(self, book: Book, event: Event) -> None:
        price = self._price(book, event)
        if price is None:
            book.notes.append(Note.NO_PRICE)
            price = self._stand_in(book)
        book.track.trade("", event.quantity, price)
        made = Execution(event.at, self._day(event), event.quantity, price, event.fees, event.key)
        book.trades.append(made)
        book.matcher.apply(made)

    def _price(self, book: Book, event: Event) -> Decimal | None:
        row = self.rows[event.key]
        points = row.multiplier or self.points.get(event.symbol)
        if row.instrument_type == FUTURE:
            if row.price is None and event.kind is EventKind.CASH_SETTLEMENT:
                book.track.settle(event.cash, points)
                return book.track.base
            return row.price
        if points and event.cash:
            return -event.cash / (event.quantity * points)
        return row.price if row.price is not None else (None if event.cash else ZERO)

    def _stand_in(self, book: Book) -> Decimal:
        """Its own opening price: nothing is made up, and a note says that it is not known."""
        lots = book.matcher.lots
        return lots[0].price if lots else ZERO

    # -- splits, mergers, new symbols ----------------------------------------------------------

    def _exchange(self, book: Book, event: Event) -> None:
        """Out with all that the lots hold; where the rows do not tell all of it, each row counts by
        its own money, like a trade."""
        key, leaves = (event.account, event.group), self.rows[event.key].action.endswith("Close")
        change = Execution(event.at, self._day(event), event.quantity, ZERO, event.fees, event.key)
        if leaves and book.matcher.lots and book.matcher.quantity == -event.quantity:
            self.moving[key] = _Moving(
                event.symbol, book.matcher, book.income, book.renamed, change
            )
            book.matcher, book.income, book.renamed = Matcher(), [], []
        elif not leaves and key in self.moving:
            self._arrive(book, self.moving.pop(key), change, event.symbol)
        else:
            book.notes.append(Note.OPENING_ASSUMED)
            self._trade(book, event)

    def _arrive(self, book: Book, moving: _Moving, change: Execution, symbol: str) -> None:
        old, new = self.points.get(moving.symbol), self.points.get(symbol)
        points = new / old if old and new else Decimal(1)
        ratio = change.quantity / -moving.out.quantity
        taken = moving.matcher
        lots = [*book.matcher.lots, *exchange_lots(taken.lots, change.quantity, points)]
        before = exchange_closings(taken.closings, ratio, points)
        book.matcher = Matcher(
            sorted(lots, key=lambda lot: lot.day),
            [*before, *book.matcher.closings],
            taken.since if not book.matcher.lots else 0,
        )
        book.income += moving.income
        book.renamed += [*moving.renamed, Renamed(change.day, moving.symbol, ratio * points)]

    def finish(self) -> dict[Key, Book]:
        """What an exchange took and nothing came for ended there, worth what was paid in cash."""
        for (account, _), moving in self.moving.items():
            book = self.books[account, moving.symbol]
            book.matcher, book.income = moving.matcher, moving.income + book.income
            book.matcher.apply(moving.out)
        return dict(self.books)
