"""Rows of the mirror that ledgers are made of, in a constant number of queries.

The bookings of an account seldom change and may be many: their books are kept in the process by
what tells that they are the same (how many there are, and when the last of them came or changed).
"""

from __future__ import annotations

import threading
from collections import OrderedDict, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

from django.db.models import Count, Max, Q

from brokerage import history, selectors
from brokerage.models import Account, Fill, Instrument, Position
from portfolio.analytics import books
from portfolio.analytics.books import Book
from portfolio.analytics.chains.transactions import Booked
from portfolio.analytics.facts import ZERO
from portfolio.analytics.lots import Execution
from portfolio.formats import NEW_YORK

# Accounts whose books are kept at a time.
KEPT = 256
# Fills older than this are booked, or will never be.
WINDOW = timedelta(days=7)
_COLUMNS = (
    "account_id", "broker_id", "executed_at", "transaction_date", "transaction_type",
    "transaction_sub_type", "action", "symbol", "instrument_type", "underlying_symbol",
    "quantity", "price", "value", "net_value", "order_id", "reverses_id",
)  # fmt: skip
Mark = tuple[Any, ...]


@dataclass(frozen=True, slots=True)
class AccountBooks:
    """What the bookings of one account say. ``books`` and ``points`` (multipliers) by symbol;
    ``orders`` by key of a booking; ``booked``: how much of an order (id, symbol) is booked."""

    books: Mapping[str, Book] = field(default_factory=dict)
    orders: Mapping[str, int] = field(default_factory=dict)
    booked: Mapping[tuple[int, str], Decimal] = field(default_factory=dict)
    points: Mapping[str, Decimal] = field(default_factory=dict)


NOTHING = AccountBooks()


class _Shelf:
    """Books by account, the least used going first; safe among threads."""

    def __init__(self) -> None:
        self._kept: OrderedDict[int, tuple[Mark, AccountBooks]] = OrderedDict()
        self._lock = threading.Lock()

    def get(self, pk: int, mark: Mark) -> AccountBooks | None:
        with self._lock:
            found = self._kept.get(pk)
            if found is None or found[0] != mark:
                return None
            self._kept.move_to_end(pk)
            return found[1]

    def put(self, pk: int, mark: Mark, made: AccountBooks) -> None:
        with self._lock:
            self._kept[pk] = (mark, made)
            self._kept.move_to_end(pk)
            while len(self._kept) > KEPT:
                self._kept.popitem(last=False)

    def clear(self) -> None:
        with self._lock:
            self._kept.clear()


shelf = _Shelf()


def account_books(accounts: Sequence[Account], at: datetime | None) -> dict[int, AccountBooks]:
    """Books by account id; three queries at most. ``at``: of what was booked by then."""
    rows = selectors.transactions_for(accounts)
    if at is not None:
        return _made(accounts, history.transactions_at(accounts, at))
    marks = _marks(rows)
    found = {pk: shelf.get(pk, mark) for pk, mark in marks.items()}
    old = [account for account in accounts if account.pk in marks and not found[account.pk]]
    if old:
        made = _made(old, rows.filter(account__in=old))
        for pk, one in made.items():
            shelf.put(pk, marks[pk], one)
        found |= made
    return {account.pk: found.get(account.pk) or NOTHING for account in accounts}


def _marks(rows: Any) -> dict[int, Mark]:
    """What is the same as long as the bookings of an account are."""
    counted = (
        rows.order_by()
        .values("account_id")
        .annotate(n=Count("pk"), last=Max("received_at"), top=Max("pk"), gone=Count("gone_at"))
    )
    return {row["account_id"]: tuple(sorted(row.items())) for row in counted}


def _made(accounts: Sequence[Account], rows: Any) -> dict[int, AccountBooks]:
    by_account: dict[int, list[Booked]] = defaultdict(list)
    days: dict[int, dict[int, date]] = defaultdict(dict)
    kept = rows.filter(gone_at=None, executed_at__isnull=False).order_by()
    for values in kept.values_list(*_COLUMNS):
        row = booked(values)
        pk, day = values[0], values[3]
        by_account[pk].append(row)
        days[pk][row.key] = day or row.at.astimezone(NEW_YORK).date()
    points = _multipliers(accounts, by_account)
    return {
        account.pk: _books(by_account[account.pk], days[account.pk], points.get(account.pk, {}))
        for account in accounts
    }


def booked(values: Sequence[Any]) -> Booked:
    """A row by ``_COLUMNS``."""
    return Booked(
        key=values[1], at=values[2], account=str(values[0]), type=values[4], sub_type=values[5],
        action=values[6], symbol=values[7], instrument_type=values[8], underlying=values[9],
        quantity=values[10], price=values[11], value=values[12], net_value=values[13],
        order=values[14], reverses=values[15],
    )  # fmt: skip


def _books(
    rows: list[Booked], days: Mapping[int, date], points: Mapping[str, Decimal]
) -> AccountBooks:
    made = books.build(rows, days=days, multipliers=points)
    done: dict[tuple[int, str], Decimal] = defaultdict(Decimal)
    for row in rows:
        if row.type == "Trade" and row.order is not None and row.quantity:
            done[row.order, row.symbol] += row.quantity
    return AccountBooks(
        {symbol: book for (_, symbol), book in made.items()},
        {str(row.key): row.order for row in rows if row.order is not None},
        dict(done),
        {**points, **books.implied_multipliers(rows)},
    )


def _multipliers(
    accounts: Sequence[Account], rows: Mapping[int, list[Booked]]
) -> dict[int, dict[str, Decimal]]:
    """By account and symbol, as positions and instruments have them; two queries."""
    symbols = {row.symbol for listed in rows.values() for row in listed if row.symbol}
    environments = {account.environment for account in accounts}
    known: dict[tuple[str, str], Decimal] = {
        (environment, symbol): multiplier
        for environment, symbol, multiplier in Instrument.objects.filter(
            environment__in=environments, symbol__in=symbols, multiplier__isnull=False
        ).values_list("environment", "symbol", "multiplier")
    }
    found = {
        account.pk: {
            symbol: multiplier
            for (environment, symbol), multiplier in known.items()
            if environment == account.environment
        }
        for account in accounts
    }
    held = Position.objects.filter(account__in=accounts, multiplier__isnull=False)
    for pk, symbol, multiplier in held.values_list("account_id", "symbol", "multiplier"):
        found[pk][symbol] = multiplier
    return found


def unbooked_fills(
    accounts: Iterable[Account],
    known: Mapping[int, AccountBooks],
    now: datetime,
    at: datetime | None,
) -> dict[tuple[int, str], list[Execution]]:
    """Fills of late whose bookings have not come yet, by account id and symbol; one query.

    Of an order that is booked in part, the last fills are the ones that are missing.
    """
    until = at or now
    rows = Fill.objects.filter(
        Q(leg__order__terminal_at=None) | Q(leg__order__terminal_at__gte=until - WINDOW),
        leg__order__account__in=list(accounts),
        leg__order__gone_at=None,
        filled_at__gte=until - WINDOW,
        price__isnull=False,
        quantity__isnull=False,
    ).order_by("filled_at", "fill_id")
    if at is not None:
        rows = rows.filter(filled_at__lte=at)
    left: dict[tuple[int, int, str], Decimal] = {}
    found: dict[tuple[int, str], list[Execution]] = defaultdict(list)
    columns = (
        "leg__order__account_id", "leg__order__broker_id", "leg__symbol", "leg__action",
        "fill_id", "filled_at", "quantity", "price",
    )  # fmt: skip
    for pk, order, symbol, action, key, filled_at, quantity, price in rows.values_list(*columns):
        place = (pk, order, symbol)
        if place not in left:
            left[place] = known.get(pk, NOTHING).booked.get((order, symbol), ZERO)
        done = min(left[place], quantity)
        left[place] -= done
        if quantity > done:
            sign = 1 if action.startswith("Buy") else -1
            day = filled_at.astimezone(NEW_YORK).date()
            found[pk, symbol].append(
                Execution(filled_at, day, sign * (quantity - done), price, key=f"fill:{key}")
            )
    return dict(found)
