"""The prices that profit and loss of the year counts from: the marks of 31 December."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date, timedelta
from decimal import Decimal
from functools import reduce
from operator import or_

from django.db.models import Q

from brokerage.models import Account
from portfolio.analytics.books import Book
from portfolio.analytics.facts import ZERO
from portfolio.analytics.lots import Ledger
from portfolio.models import DailyMark

# The year's last trading day is never earlier than this before its end.
LATEST = timedelta(days=5)
Key = tuple[int, str]


def marks(accounts: Iterable[Account], todays: Mapping[int, date]) -> dict[Key, Decimal]:
    """The last marks kept of the year before each account's today, by account id and symbol."""
    spans = {}
    for account in accounts:
        first = date(todays[account.pk].year, 1, 1)
        spans.setdefault(first, []).append(account.pk)
    wanted = [
        Q(account__in=pks, day__lt=first, day__gte=first - LATEST) for first, pks in spans.items()
    ]
    if not wanted:
        return {}
    rows = DailyMark.objects.filter(reduce(or_, wanted), mark__isnull=False).order_by("day")
    return {
        (pk, symbol): mark for pk, symbol, mark in rows.values_list("account_id", "symbol", "mark")
    }


def stored(
    known: Mapping[Key, Decimal], account_pk: int, symbol: str, book: Book | None, first: date
) -> Decimal | None:
    """The mark kept of a symbol, or of what it was called then, in today's units."""
    name, divisor = symbol, Decimal(1)
    for change in reversed(book.renamed if book else ()):
        if change.day >= first:
            name, divisor = change.symbol, divisor * change.divisor
    mark = known.get((account_pk, name))
    return None if mark is None else mark / divisor


def from_broker(basis: Decimal | None, ledger: Ledger, first: date) -> Decimal | None:
    """What the broker's average base of the year says of the lots that were carried into it.

    It is the mean of the year-end price of those and of the opening prices of the others.
    """
    carried = sum((lot.quantity for lot in ledger.lots if lot.day < first), ZERO)
    if basis is None or not carried:
        return None
    fresh = sum((lot.quantity * lot.price for lot in ledger.lots if lot.day >= first), ZERO)
    return (basis * ledger.quantity - fresh) / carried
