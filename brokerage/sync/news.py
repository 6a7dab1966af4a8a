"""What of a change to orders people are told: fills, part fills, refusals and ends; each once."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from datetime import datetime, timedelta
from decimal import Decimal

from django.db.models import Q

from brokerage import clock
from brokerage.enums import TERMINAL_STATUSES, NewsKind
from brokerage.models import Account, Connection, Order, OrderNews

# An order that was not mirrored before is news when it is no older than this (broker's clock):
# what a first sync brings of the past is not.
RECENT = timedelta(minutes=15)

_ENDS = {
    "Filled": NewsKind.FILLED,
    "Rejected": NewsKind.REJECTED,
    "Cancelled": NewsKind.CANCELLED,
    "Canceled": NewsKind.CANCELLED,
    "Expired": NewsKind.EXPIRED,
    "Removed": NewsKind.REMOVED,
    "Partially Removed": NewsKind.REMOVED,
}


def unfinished(account: Account, broker_ids: Iterable[int]) -> set[int]:
    """Ids of the orders among these that the mirror holds and that had not ended, or are called
    filled while fills are still to arrive: those are told when they are whole.
    """
    rows = Order.objects.filter(account=account, broker_id__in=list(broker_ids))
    arriving = Q(status="Filled", legs__remaining_quantity__gt=0)
    return set(
        rows.filter(arriving | ~Q(status__in=TERMINAL_STATUSES)).values_list("pk", flat=True)
    )


def record(account: Account, changed: Collection[int], awaited: Collection[int]) -> int:
    """Write down what is new of the `changed` orders; how many events that are.

    `awaited`: those of them that had not ended before. Call it in the transaction that changed
    them, so that nothing is told that did not happen.
    """
    if not changed:
        return 0
    orders = Order.objects.filter(Q(pk__in=awaited) | _recent(account), pk__in=changed)
    rows = [
        OrderNews(order=order, kind=kind, executed=executed)
        for order in orders.prefetch_related("legs")
        if (told := _event(order)) is not None
        for kind, executed in [told]
    ]
    OrderNews.objects.bulk_create(rows, ignore_conflicts=True)
    return len(rows)


def _recent(account: Account) -> Q:
    since = _now(account) - RECENT
    return Q(received_at__gte=since) | Q(terminal_at__gte=since)


def _now(account: Account) -> datetime:
    connection = Connection.objects.filter(accesses__account=account).first()
    return clock.market_now(connection)


def _event(order: Order) -> tuple[str, Decimal] | None:
    """The kind and the executed lots; None while there is nothing to tell.

    Filled is told once every leg is in: until then its price is not known.
    """
    executed = executed_lots(order)
    kind = _ENDS.get(order.status)
    if kind == NewsKind.FILLED:
        return None if executed != order.size else (kind, executed)
    if kind is not None:
        return kind, executed or Decimal(0)
    if executed and order.size and executed < order.size:
        return NewsKind.PARTIAL, executed
    return None


def executed_lots(order: Order) -> Decimal | None:
    """Lots of which every leg is executed; None where a leg does not say."""
    shares = []
    for leg in order.legs.all():
        if not leg.quantity or leg.remaining_quantity is None:
            return None
        shares.append((leg.quantity - leg.remaining_quantity) / leg.quantity)
    if not shares or order.size is None:
        return None
    return (min(shares) * order.size).quantize(Decimal("1E-8"))
