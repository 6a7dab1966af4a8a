"""Tie an intent to the order it became, through the same upserts as every other order message."""

from __future__ import annotations

import logging
from contextlib import nullcontext
from typing import Any

from django.db import DatabaseError, IntegrityError, connection, transaction
from django.utils import timezone

from brokerage.models import Account, Order, OrderIntent
from brokerage.sync.orders import held, store_orders

logger = logging.getLogger(__name__)


def mirror(account: Account, payload: Any) -> Order | None:
    """Store the broker's order. A failure here must not undo what is known of the intent.

    The account stream is often quicker than the answer: what it brought is not written again, and
    its row returned.
    """
    try:
        row = held(account, payload)
        if row is None:
            store_orders(account, [payload], timezone.now())
    except DatabaseError:
        logger.exception("an order could not be mirrored; stream or sync will bring it")
        return None
    return row


def adopt(intent: OrderIntent, payload: Any) -> None:
    """Mirror the broker's order and point the intent at it."""
    row = mirror(intent.account, payload)
    if row is None:
        link(intent, payload.id)
    else:
        _link(intent, row)


def link(intent: OrderIntent, broker_id: int | None) -> None:
    """Point the intent at its order's row, where that is there already."""
    order = Order.objects.filter(account=intent.account, broker_id=broker_id or 0).first()
    if order is not None:
        _link(intent, order)


def _link(intent: OrderIntent, order: Order) -> None:
    if _point(intent, order) or _take_over(intent, order):
        order.account = intent.account
        intent.order = order
    else:
        logger.error("order %s belongs to another intent already", order.pk)


def _point(intent: OrderIntent, order: Order) -> bool:
    """False when another intent points at the order."""
    # One statement needs no transaction of its own; inside one, a savepoint bears the refusal.
    own = transaction.atomic() if connection.in_atomic_block else nullcontext()
    try:
        with own:
            OrderIntent.objects.filter(pk=intent.pk, order=None).update(order=order)
    except IntegrityError:
        return False
    return True


def _take_over(intent: OrderIntent, order: Order) -> bool:
    """A broker that was reset (sandbox, simulator) may give a number a second time."""
    if order.external_identifier != intent.client_order_id:
        return False
    with transaction.atomic():
        OrderIntent.objects.filter(order=order).exclude(pk=intent.pk).update(order=None)
        return _point(intent, order)
