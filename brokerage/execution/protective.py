"""Which orders guard a position: taking one of them back leaves it unprotected."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal

from brokerage.enums import TERMINAL_STATUSES
from brokerage.execution.commands import BUY, SELL
from brokerage.models import Order, OrderLeg, Position

STOPS = ("Stop", "Stop Limit")


def is_protective(order: Order) -> bool:
    """A stop, or an order sent on when a price is reached, that only closes what is held.

    A future is closed by a bare Buy or Sell: then what is held tells (one query).
    """
    legs = list(order.legs.all())
    waits = order.order_type in STOPS or _watches_a_price(order)
    return waits and bool(legs) and all(_closes(order, leg) for leg in legs)


def _watches_a_price(order: Order) -> bool:
    """Whether a condition sends it on; one that only cancels it does not make it a stop."""
    rule = order.raw.get("order-rule") or order.raw.get("rules") or {}
    conditions = rule.get("order-conditions") or rule.get("conditions") or []
    return any(
        isinstance(item, dict) and item.get("action") != "cancel" and item.get("threshold")
        for item in conditions
    )


def _closes(order: Order, leg: OrderLeg) -> bool:
    if leg.action not in (BUY, SELL):
        return leg.action.endswith("to Close")
    held = _held(order, leg)
    return held < 0 if leg.action == BUY else held > 0


def _held(order: Order, leg: OrderLeg) -> Decimal:
    """Signed: long is positive, nothing held is zero."""
    rows = Position.objects.filter(
        account_id=order.account_id,
        symbol=leg.symbol,
        instrument_type=leg.instrument_type,
        closed_at=None,
    )
    return rows.values_list("quantity", flat=True).first() or Decimal(0)


def unprotective(orders: Iterable[Order]) -> list[Order]:
    """Those that may go while what protects stays.

    The broker cancels a group as a whole: what is grouped with a protective order stays with it.
    """
    rows = list(orders)
    kept = {_group(order) for order in _members(rows) if is_protective(order)}
    return [row for row in rows if not is_protective(row) and _group(row) not in kept]


def _group(order: Order) -> tuple[int, int] | None:
    if order.complex_order_id is None:
        return None
    return order.account_id, order.complex_order_id


def _members(orders: Iterable[Order]) -> list[Order]:
    """All orders of the groups that these belong to which have not ended."""
    groups = {group for order in orders if (group := _group(order)) is not None}
    if not groups:
        return []
    rows = Order.objects.filter(
        account__in={account for account, _ in groups},
        complex_order_id__in={number for _, number in groups},
        gone_at=None,
    ).exclude(status__in=TERMINAL_STATUSES)
    return [row for row in rows.prefetch_related("legs") if _group(row) in groups]
