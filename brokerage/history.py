"""The book as of a past instant, from the versions that the database keeps of each row.

The instant is the mirror's: what this desk knew then, committed at or before it. Rows come back as
unsaved model objects with the identity of the row they are a version of; the broker's raw object
is not part of a version. Nothing is invented for times before the first version.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any, TypeVar

from django.db.models import Min, Model, OuterRef, Q, QuerySet, Subquery

from brokerage.models import (
    Account,
    Balance,
    ComplexOrder,
    MarginRequirement,
    Order,
    OrderLeg,
    Position,
    TradingStatus,
    Transaction,
)
from brokerage.models.history import versions_of

Row = TypeVar("Row", bound=Model)

_OF_ACCOUNTS: tuple[type[Model], ...] = (
    Position,
    Balance,
    TradingStatus,
    MarginRequirement,
    Order,
    ComplexOrder,
    Transaction,
)
# When the mirror learned of a figure: within a version it is the version's own instant.
_RECEIPTS: dict[type[Model], str] = {Order: "mirrored_at"}


def positions_at(
    accounts: Iterable[Account], at: datetime, *, include_closed: bool = False
) -> list[Position]:
    """Positions that were open then; with ``include_closed`` those that were gone as well."""
    rows = as_of(Position.objects.filter(account__in=_pks(accounts)), at)
    held = rows if include_closed else [row for row in rows if row.closed_at is None]
    return sorted(held, key=lambda row: (row.account_id, row.underlying_symbol, row.symbol))


def balances_at(
    accounts: Iterable[Account], at: datetime, *, currency: str = "USD"
) -> dict[int, Balance]:
    """The balance per account id as it stood then; accounts without one are absent."""
    rows = Balance.objects.filter(account__in=_pks(accounts), currency=currency)
    return {row.account_id: row for row in as_of(rows, at)}


def trading_status_at(account: Account, at: datetime) -> TradingStatus | None:
    return next(iter(as_of(TradingStatus.objects.filter(account=account), at)), None)


def margin_at(account: Account, at: datetime) -> list[MarginRequirement]:
    """Margin groups that the report listed then."""
    rows = as_of(MarginRequirement.objects.filter(account=account), at)
    return [row for row in rows if row.gone_at is None]


def orders_at(accounts: Iterable[Account], at: datetime) -> list[Order]:
    """Orders as they stood then, newest first, with their legs; fills are what filled by then."""
    orders = as_of(Order.objects.filter(account__in=_pks(accounts)), at)
    legs: dict[int, list[OrderLeg]] = {}
    for leg in as_of(OrderLeg.objects.filter(order__in=[order.pk for order in orders]), at):
        legs.setdefault(leg.order_id, []).append(leg)
    for order in orders:
        held = sorted(legs.get(order.pk, []), key=lambda leg: leg.position)
        order._prefetched_objects_cache = {"legs": held}
    return sorted(orders, key=lambda order: -order.broker_id)


def transactions_at(accounts: Iterable[Account], at: datetime) -> QuerySet[Transaction]:
    """What had been booked by then in the broker's books, newest first, as known today."""
    rows = Transaction.objects.filter(account__in=_pks(accounts), executed_at__lte=at)
    return rows.select_related("account")


def as_of(rows: QuerySet[Row], at: datetime) -> list[Row]:
    """The latest version of each of the rows that was written at or before the instant."""
    model = rows.model
    versions = versions_of(model)
    before = versions.objects.filter(pgh_obj=OuterRef("pk"), pgh_created_at__lte=at)
    latest = before.order_by("-pgh_created_at", "-pgh_id").values("pgh_id")[:1]
    chosen = rows.order_by().annotate(version=Subquery(latest)).values_list("version", flat=True)
    return [_row(model, version) for version in versions.objects.filter(pgh_id__in=chosen)]


def versions(row: Model) -> list[dict[str, Any]]:
    """Every version of one row, oldest first: its columns, and ``at``."""
    found = versions_of(type(row)).objects.filter(pgh_obj=row.pk).order_by("pgh_created_at")
    names = [name for name in _shared(type(row)) if name != "id"]
    return [
        {"at": version.pgh_created_at, **{name: getattr(version, name) for name in names}}
        for version in found
    ]


def begins(accounts: Iterable[Account]) -> datetime | None:
    """When the history of these accounts begins; None when nothing is kept."""
    return (
        versions_of(Account)
        .objects.filter(pgh_obj__in=_pks(accounts))
        .aggregate(first=Min("pgh_created_at"))["first"]
    )


def forget(accounts: Iterable[Account]) -> int:
    """Delete the history of these accounts, for good; how many versions went.

    To be called while the rows are still there.
    """
    pks = _pks(accounts)
    gone = 0
    for model in _OF_ACCOUNTS:
        gone += versions_of(model).objects.filter(account__in=pks).delete()[0]
    orders = Order.objects.filter(account__in=pks).values("pk")
    gone += versions_of(OrderLeg).objects.filter(order__in=orders).delete()[0]
    gone += versions_of(Account).objects.filter(Q(pgh_obj__in=pks)).delete()[0]
    return gone


def _shared(model: type[Model]) -> list[str]:
    kept = {field.attname for field in versions_of(model)._meta.concrete_fields}
    return [field.attname for field in model._meta.concrete_fields if field.attname in kept]


def _row(model: type[Row], version: Any) -> Row:
    row = model(**{name: getattr(version, name) for name in _shared(model)})
    receipt = _RECEIPTS.get(model, "received_at")
    if hasattr(row, receipt):
        setattr(row, receipt, version.pgh_created_at)
    return row


def _pks(accounts: Iterable[Account]) -> list[int]:
    return [account.pk for account in accounts]
