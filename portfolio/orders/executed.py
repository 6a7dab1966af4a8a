"""What came of an order, in amounts: its average price, its fees, its effect on buying power."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from brokerage.models import Order, OrderIntent, Transaction
from portfolio import formats
from portfolio.orders import words

FEES = ("commission", "clearing_fees", "regulatory_fees", "proprietary_index_option_fees")


def average_of(order: Order) -> Decimal | None:
    """Net price per lot, received positive, once every leg and execution is here."""
    filled = words.progress_of(order).filled
    if not order.size or filled != order.size or words.arriving(order):
        return None
    return net_of_fills(order) / order.size


def net_of_fills(order: Order) -> Decimal:
    """Signed sum of quantity × price over the executions: received is positive."""
    return sum(
        (
            (fill.quantity or 0) * (fill.price or 0) * (-1 if leg.action.startswith("Buy") else 1)
            for leg in order.legs.all()
            for fill in leg.fills.all()
        ),
        Decimal(0),
    )


def fees_booked(order: Order) -> Decimal | None:
    """The sum of what its transactions were charged; None until they are booked."""
    rows = Transaction.objects.filter(account=order.account, order_id=order.broker_id)
    amounts = [getattr(row, name) for row in rows for name in FEES]
    known = [amount for amount in amounts if amount is not None]
    return sum(known, Decimal(0)) if known else None


def signed(values: Mapping[str, Any], key: str) -> Decimal | None:
    """An amount of a dry run's answer by its effect: a debit takes. None where it is not stated."""
    amount = formats.decimal(values.get(key))
    if amount is None:
        return None
    return -abs(amount) if values.get(f"{key}-effect") == "Debit" else amount


def power_of(intent: OrderIntent | None) -> Decimal | None:
    """The change of buying power that the dry run before sending stated."""
    if intent is None or intent.preview is None:
        return None
    effect = (intent.preview.answer or {}).get("buying-power-effect") or {}
    return signed(effect, "change-in-buying-power")
