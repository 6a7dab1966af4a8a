"""The time line of what moved cash or positions: filters, rows, running cash, marks."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any

from django.db.models import QuerySet
from django.http import QueryDict

from brokerage import upkeep
from brokerage.models import Account, Transaction
from portfolio import formats, narrowing
from portfolio.account_pages import TransactionRow, transaction_row
from portfolio.figures.marked import Marked
from portfolio.narrowing import Chip

# What the broker calls a booking, and how the chip names the group.
GROUPS = (
    ("trades", "Trades", ("Trade",)),
    ("movements", "Cash", ("Money Movement",)),
    ("deliveries", "Deliveries", ("Receive Deliver",)),
    ("administrative", "Transfers", ("ACAT", "Administrative Transfer")),
)
HEAD = (
    "time", "date", "account", "type", "sub_type", "description", "symbol", "instrument_type",
    "action", "quantity", "price", "value", "commission", "clearing_fees", "regulatory_fees",
    "proprietary_index_option_fees", "other_charge", "net_value", "currency", "order_id",
    "reverses_id", "id",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Filters:
    """What a person narrowed the list to; what makes no sense is ignored and said."""

    group: str = ""
    symbol: str = ""
    since: date | None = None
    until: date | None = None
    problem: str = ""

    @property
    def query(self) -> str:
        """The filters as an address has them."""
        return narrowing.address(
            {"group": self.group, "symbol": self.symbol, "since": self.since, "until": self.until}
        )


@dataclass(frozen=True, slots=True)
class ActivityRow:
    """One booking with the cash after it and what is special about it."""

    line: TransactionRow
    account: str
    cash: str
    marks: tuple[tuple[str, str], ...]


def read_filters(given: QueryDict) -> Filters:
    groups = {name for name, _, _ in GROUPS} | {"other"}
    group = given.get("group", "")
    days = narrowing.days_of(given)
    return Filters(
        group if group in groups else "",
        narrowing.word_of(given.get("symbol", "")).upper(),
        days.since,
        days.until,
        days.problem,
    )


def chips(filters: Filters) -> list[Chip]:
    named = [("", "All"), *((name, label) for name, label, _ in GROUPS), ("other", "Other")]
    return [
        Chip(
            label,
            Filters(name, filters.symbol, filters.since, filters.until).query,
            name == filters.group,
        )
        for name, label in named
    ]


def narrowed(rows: QuerySet[Transaction], filters: Filters) -> QuerySet[Transaction]:
    known = {name: kinds for name, _, kinds in GROUPS}
    if filters.group == "other":
        rows = rows.exclude(
            transaction_type__in=[kind for kinds in known.values() for kind in kinds]
        )
    elif filters.group:
        rows = rows.filter(transaction_type__in=known[filters.group])
    if filters.symbol:
        rows = rows.filter(symbol=filters.symbol) | rows.filter(underlying_symbol=filters.symbol)
    if filters.since:
        rows = rows.filter(executed_at__gte=_midnight(filters.since))
    if filters.until:
        rows = rows.filter(executed_at__lt=_midnight(filters.until + timedelta(days=1)))
    return rows


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time(), formats.NEW_YORK)


def activity_rows(accounts: Sequence[Account], rows: Iterable[Transaction]) -> list[ActivityRow]:
    """Ready rows of one page; three queries however many rows there are."""
    shown = list(rows)
    cash = upkeep.running_cash(accounts, [row.pk for row in shown])
    corrected = upkeep.corrected([row.pk for row in shown])
    taken_back = upkeep.reversed_ids(accounts, [row.broker_id for row in shown])
    return [
        ActivityRow(
            transaction_row(row),
            f"…{row.account.number[-4:]}",
            Marked((formats.money(cash.get(row.pk)), f"booked-{row.pk}-cash")),
            tuple(_marks(row, row.pk in corrected, row.broker_id in taken_back)),
        )
        for row in shown
    ]


def _marks(row: Transaction, corrected: bool, taken_back: bool) -> Iterator[tuple[str, str]]:
    if corrected:
        yield "corrected", "The broker sent this booking again with other figures"
    if taken_back:
        yield "reversed", "A later booking takes this one back"
    if row.reverses_id:
        yield "reversal", f"Takes booking {row.reverses_id} back"
    if row.gone_at:
        yield "before reset", "The broker's books began anew after this booking"


def exported(rows: Iterable[Transaction]) -> Iterator[tuple[Any, ...]]:
    """The rows in full, for a file; column names in HEAD."""
    for row in rows:
        yield (
            row.executed_at.isoformat() if row.executed_at else None,
            row.transaction_date,
            f"…{row.account.number[-4:]}",
            row.transaction_type,
            row.transaction_sub_type,
            row.description,
            row.symbol,
            row.instrument_type,
            row.action,
            *(_exact(getattr(row, name)) for name in HEAD[9:18]),
            row.currency,
            row.order_id,
            row.reverses_id,
            row.broker_id,
        )


def _exact(value: Any) -> Any:
    return None if value is None else f"{value.normalize():f}"
