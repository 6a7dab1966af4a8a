"""Profit and loss of positions by date, from lots: what was booked, and what has just been filled.

`load_ledgers` reads once for all accounts of a page; every figure after that is arithmetic. Where
the bookings do not explain what the broker says is held, an opening lot at the broker's own average
price makes up the difference, and each figure that leans on it says so.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from decimal import Decimal

from django.utils import timezone

from portfolio.analytics import performance
from portfolio.analytics.books import Book
from portfolio.analytics.facts import ZERO, Figure, Note
from portfolio.analytics.lots import Execution, Ledger, Lot, Matcher
from portfolio.analytics.performance import Pnl, Span
from portfolio.facts import AccountFacts, Leg
from portfolio.ledger import rows, year_end
from portfolio.ledger.rows import AccountBooks

Key = tuple[int, str]


@dataclass(frozen=True, slots=True)
class ClosedSymbol:
    """A symbol that is no longer held, with what it made this year."""

    account_pk: int
    symbol: str
    underlying: str
    pnl: Pnl


@dataclass(frozen=True)
class Ledgers:
    """The ledgers of some accounts at one moment. Money is in the account's currency, exact."""

    todays: Mapping[int, date]
    accounts: Mapping[int, AccountBooks]
    fills: Mapping[Key, Sequence[Execution]]
    year_marks: Mapping[Key, Decimal]
    _ready: dict[int, tuple[Ledger, tuple[Note, ...]]] = field(default_factory=dict)

    def pnl(self, leg: Leg, mark: Decimal | None) -> Pnl:
        """Every figure of a position at a mark; what is missing is None and says why."""
        ledger, notes = self.ledger(leg)
        found = performance.present_pnl(
            ledger, mark, leg.holding.multiplier, day=self._day(leg), year=self._year(leg, ledger)
        )
        return _noted(found, notes)

    def ledger(self, leg: Leg) -> tuple[Ledger, tuple[Note, ...]]:
        """Lots and closings of a position, and what is uncertain about them."""
        if leg.pk not in self._ready:
            self._ready[leg.pk] = self._made(leg)
        return self._ready[leg.pk]

    def year_span(self, leg: Leg) -> Span:
        """The year so far of a position, and the mark that it counts from."""
        return self._year(leg, self.ledger(leg)[0])

    def opened(self, leg: Leg) -> date | None:
        """The day of the oldest lot that is open; None when it is not known."""
        days = [lot.day for lot in self.ledger(leg)[0].lots]
        return min(days) if days and min(days) > date.min else None

    def opening_orders(self, legs: Iterable[Leg]) -> dict[int, str]:
        """By position, the order that opened all that is open of it, where it was one."""
        found = {}
        for leg in legs:
            known = self.accounts.get(leg.account_pk, rows.NOTHING).orders
            orders = {known.get(lot.key) for lot in self.ledger(leg)[0].lots}
            order = orders.pop() if len(orders) == 1 else None
            if order is not None:
                found[leg.pk] = str(order)
        return found

    def points(self, account_pk: int, symbol: str) -> Decimal | None:
        """The multiplier of a symbol that may no longer be held."""
        return self.accounts.get(account_pk, rows.NOTHING).points.get(symbol)

    def income(self, account_pk: int, since: date | None = None, symbol: str = "") -> Decimal:
        """Dividends and other cash of positions since a day; of one symbol or of all."""
        own = self.accounts.get(account_pk, rows.NOTHING).books
        chosen = [own[symbol]] if symbol in own else ([] if symbol else own.values())
        return sum(
            (row.amount for book in chosen for row in book.income if not since or row.day >= since),
            ZERO,
        )

    def closed(self, account_pk: int, held: Iterable[Leg]) -> list[ClosedSymbol]:
        """Symbols that made something this year and are not among ``held``: with these the sums
        of an account are whole."""
        today = self.todays[account_pk]
        known = {leg.symbol for leg in held if leg.account_pk == account_pk}
        own = self.accounts.get(account_pk, rows.NOTHING)
        found = []
        for symbol, book in own.books.items():
            ledger = book.ledger
            recent = [c for c in ledger.closings if c.closed.year == today.year]
            if symbol in known or ledger.lots or not recent:
                continue
            pnl = performance.position_pnl(
                ledger,
                None,
                own.points.get(symbol),
                day=Span(today, None),
                year=self._year_span(account_pk, symbol, None),
            )
            found.append(
                ClosedSymbol(account_pk, symbol, book.underlying, _noted(pnl, tuple(book.notes)))
            )
        return found

    # -- how it is made ------------------------------------------------------------------------

    def _made(self, leg: Leg) -> tuple[Ledger, tuple[Note, ...]]:
        key = (leg.account_pk, leg.symbol)
        book = self.accounts.get(leg.account_pk, rows.NOTHING).books.get(leg.symbol) or Book()
        late = self.fills.get(key, ())
        uncertain = tuple(dict.fromkeys(book.notes))
        held = leg.holding.quantity
        booked = book.ledger
        if late and held == booked.quantity:
            # The position is older than its last fills; it comes with the next reading.
            return booked, uncertain
        ledger = _with_fills(booked, late)
        notes = (*uncertain, Note.FEES_PENDING) if late else uncertain
        if held == ledger.quantity:
            return ledger, notes
        if leg.changed_at is not None and book.quantity_at(leg.changed_at) == held:
            return ledger, (*notes, Note.POSITION_BEHIND)
        if leg.holding.open_price is None:
            return ledger, (*notes, Note.NO_OPEN_PRICE)
        opening = Lot(held - ledger.quantity, leg.holding.open_price, date.min, key="opening")
        return _opened_before(opening, ledger), (*notes, Note.OPENING_ASSUMED)

    def _day(self, leg: Leg) -> Span:
        return Span(self.todays[leg.account_pk], leg.close)

    def _year(self, leg: Leg, ledger: Ledger) -> Span:
        span = self._year_span(leg.account_pk, leg.symbol, leg)
        if span.base is None:
            return replace(span, base=year_end.from_broker(leg.year_basis, ledger, span.first))
        return span

    def _year_span(self, account_pk: int, symbol: str, leg: Leg | None) -> Span:
        first = date(self.todays[account_pk].year, 1, 1)
        book = self.accounts.get(account_pk, rows.NOTHING).books.get(symbol)
        base = year_end.stored(self.year_marks, account_pk, symbol, book, first)
        return Span(first, base, Note.NO_YEAR_END)


def _with_fills(ledger: Ledger, fills: Sequence[Execution]) -> Ledger:
    if not fills:
        return ledger
    matcher = Matcher(list(ledger.lots), list(ledger.closings), ledger.since)
    for fill in fills:
        matcher.apply(fill)
    return matcher.ledger()


def _opened_before(opening: Lot, ledger: Ledger) -> Ledger:
    """With a lot that was there before all bookings.

    Bookings that seem to open the other side have closed some of it: they are matched anew.
    """
    matcher = Matcher([opening])
    for lot in ledger.lots:
        instant = datetime.combine(lot.day, datetime.min.time())
        matcher.apply(Execution(instant, lot.day, lot.quantity, lot.price, lot.fees, lot.key))
    return Ledger(tuple(matcher.lots), (*ledger.closings, *matcher.closings), ledger.since)


def _noted(pnl: Pnl, notes: tuple[Note, ...]) -> Pnl:
    """Notes beside every figure; without an opening price there is none to give."""
    if not notes:
        return pnl
    missing = Note.NO_OPEN_PRICE in notes or Note.NO_PRICE in notes
    figures = {
        name: Figure(
            None if missing else figure.value, tuple(dict.fromkeys((*figure.notes, *notes)))
        )
        for name in FIGURES
        if isinstance(figure := getattr(pnl, name), Figure)
    }
    return replace(pnl, **figures)


FIGURES = (
    "open", "day", "day_realized", "realized", "unrealized", "total", "year", "year_realized",
)  # fmt: skip


def load_ledgers(accounts: Sequence[AccountFacts], *, at: datetime | None = None) -> Ledgers:
    """The ledgers of accounts in view; at most six queries, however many rows there are.

    ``at``: as they stood at that past instant.
    """
    listed = [facts.account for facts in accounts]
    todays = {facts.pk: facts.today for facts in accounts}
    known = rows.account_books(listed, at) if listed else {}
    now = max((facts.now for facts in accounts), default=timezone.now())
    return Ledgers(
        todays=todays,
        accounts=known,
        fills=rows.unbooked_fills(listed, known, now, at) if listed else {},
        year_marks=year_end.marks(listed, todays) if listed else {},
    )
