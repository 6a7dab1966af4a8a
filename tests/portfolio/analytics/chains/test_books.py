"""Lots of whole accounts against the simulated broker: what was realized, what is open and what
came in make up the net liq, and every lot is held."""

from __future__ import annotations

import os
from collections import defaultdict
from datetime import date
from decimal import Decimal

import pytest

from portfolio.analytics import performance
from portfolio.analytics.books import Book, build
from portfolio.analytics.chains.transactions import Booked, events
from portfolio.analytics.facts import ZERO
from portfolio.analytics.performance import Span
from simulator.model import Account
from tests.portfolio.analytics.chains.history import History
from tests.portfolio.analytics.chains.test_histories import booked

COUNT = int(os.environ.get("CHAIN_HISTORIES", "18"))
FINE = Decimal("1e-12")
NEVER = Span(date.max, None)


def ledger_rows(history: History) -> list[Booked]:
    """The REST answers, in any order; multipliers of futures as the broker's instruments say."""
    points = history.broker.market.multiplier
    wires = [wire for account in history.broker.accounts for wire in history.broker.wire(account)]
    history.draw.shuffle(wires)
    return [booked(wire, points(wire["symbol"]) if "symbol" in wire else None) for wire in wires]


def money(history: History, symbol: str, book: Book) -> Decimal:
    """All that one symbol made: realized, open, income, less fees."""
    market = history.broker.market
    held = book.ledger.lots
    found = performance.position_pnl(
        book.ledger,
        Decimal(market.mark(symbol)) if held else None,
        market.multiplier(symbol),
        day=NEVER,
        year=NEVER,
    )
    assert found.total.value is not None, (symbol, found.total.notes)
    return found.total.value - found.fees + sum((row.amount for row in book.income), ZERO)


@pytest.mark.parametrize("number", range(COUNT))
def test_lots_make_up_the_account(number: int) -> None:
    history = History(number)
    rows = ledger_rows(history)
    books = build(rows)
    assert not [book.notes for book in books.values() if book.notes]
    for account in history.broker.accounts:
        check(history, account, rows, books)


def check(
    history: History, account: Account, rows: list[Booked], books: dict[tuple[str, str], Book]
) -> None:
    outside = sum(
        (e.cash - e.fees for e in events(rows) if e.account == account.number and not e.symbol),
        ZERO,
    )
    own = {symbol: book for (number, symbol), book in books.items() if number == account.number}
    total = outside + sum((money(history, symbol, book) for symbol, book in own.items()), ZERO)
    assert abs(total - history.worth(account)) < FINE
    held: dict[str, Decimal] = defaultdict(Decimal)
    for symbol, book in own.items():
        held[symbol] += book.ledger.quantity
    open_ones = {symbol: quantity for symbol, quantity in held.items() if quantity}
    assert open_ones == {s: p.quantity for s, p in account.positions.items() if p.quantity}
