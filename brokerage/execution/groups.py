"""Groups of orders (OTO, OCO, OTOCO, PAIRS) as the mirror and the broker's answers show them."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from brokerage.enums import CANCEL_KINDS, TERMINAL_STATUSES, IntentState
from brokerage.execution.commands import OrderLeg, SubmitComplexOrder, SubmitOrder
from brokerage.models import Account, Order, OrderIntent
from brokerage.tastytrade.payloads import orders as payloads


def members(group: payloads.ComplexOrder) -> list[payloads.Order]:
    """The current orders of a group that have an id, the trigger first."""
    first = [group.trigger_order] if group.trigger_order is not None else []
    return [order for order in (*first, *group.orders) if order.id is not None]


def working(account: Account, complex_id: int) -> list[Order]:
    """The group's orders in the mirror that are not finished."""
    rows = Order.objects.filter(account=account, complex_order_id=complex_id)
    return list(rows.exclude(status__in=TERMINAL_STATUSES))


def lock(account: Account) -> None:
    """Hold the account until the transaction ends: one group command at a time."""
    Account.objects.select_for_update().get(pk=account.pk)


def busy(account: Account, complex_id: int) -> str:
    """Why no further command may be given about the group now; empty when one may."""
    rows = OrderIntent.objects.filter(
        account=account,
        complex_id=complex_id,
        state__in=(IntentState.SENDING, IntentState.UNKNOWN),
    )
    if not rows.exists():
        return ""
    return "A command about this group is on its way; wait for its outcome."


def cancel_under_way(account: Account, complex_id: int) -> OrderIntent | None:
    return OrderIntent.objects.filter(
        account=account,
        complex_id=complex_id,
        kind__in=CANCEL_KINDS,
        state__in=(IntentState.SENDING, IntentState.UNKNOWN),
    ).first()


def command_of(group: payloads.ComplexOrder) -> SubmitComplexOrder:
    """The group as a command, so that the same checks can look at it."""
    return SubmitComplexOrder(
        kind=group.type,
        members=tuple(_order(order) for order in group.orders),
        trigger_order=_order(group.trigger_order) if group.trigger_order else None,
        ratio_comparator=group.ratio_price_comparator,
        ratio_threshold=group.ratio_price_threshold,
        ratio_is_notional=bool(group.ratio_price_is_threshold_based_on_notional),
    )


def _order(order: payloads.Order) -> SubmitOrder:
    return SubmitOrder(
        order_type=order.order_type,
        time_in_force=order.time_in_force,
        legs=_legs(order.legs),
        price=order.price,
        price_effect=order.price_effect if order.price is not None else "",
        stop_trigger=order.stop_trigger,
        value=order.value,
        value_effect=order.value_effect if order.value is not None else "",
        gtc_date=order.gtc_date,
    )


def _legs(legs: Iterable[Any]) -> tuple[OrderLeg, ...]:
    return tuple(
        OrderLeg(leg.instrument_type, leg.symbol, leg.action, leg.quantity) for leg in legs
    )
