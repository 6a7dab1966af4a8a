"""The same order, or the same group of orders, on a new ticket: addresses, nothing is sent."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import urlencode

from django.urls import reverse

from brokerage.execution.commands import OrderLeg
from brokerage.models import ComplexOrder, Order
from portfolio.forms.ticket import account_key
from portfolio.ticket.values import amount_values, closes_value, leg_values, rule_values


def again_url(order: Order) -> str:
    """A ticket filled with everything that this order has: amounts, dates, conditions."""
    account = order.account
    values = {
        "account": account_key(account.environment, account.number),
        "origin": f"order:{order.pk}",
    }
    return _url(values | order_values(order))


def members_of(group: ComplexOrder) -> list[Order]:
    """The group's present orders, the trigger first, then in the broker's order."""
    ids = [number for number in (group.trigger_order_id, *group.order_ids) if number]
    rows = group.account.orders.filter(broker_id__in=ids).select_related("account")
    found = {row.broker_id: row for row in rows.prefetch_related("legs")}
    return [found[number] for number in dict.fromkeys(ids) if number in found]


def group_again_url(group: ComplexOrder, orders: Sequence[Order]) -> str:
    """A ticket filled with a group's orders and, of a pair, its ratio."""
    account = group.account
    values = {
        "account": account_key(account.environment, account.number),
        "group": group.type,
        "orders": str(len(orders)),
    }
    for index, order in enumerate(orders):
        lead = f"o{index}-" if index else ""
        own = order_values(order) | closes_value(_symbols(orders[0]), _symbols(order))
        values |= {f"{lead}{name}": value for name, value in own.items()}
    return _url(values | _ratio_values(group))


def _ratio_values(group: ComplexOrder) -> dict[str, str]:
    if group.ratio_price_threshold is None:
        return {}
    values = {
        "ratio_price_comparator": group.ratio_price_comparator,
        "ratio_price_threshold": f"{group.ratio_price_threshold.normalize():f}",
    }
    if group.ratio_price_is_threshold_based_on_notional:
        values["ratio_price_is_threshold_based_on_notional"] = "on"
    return values


def _symbols(order: Order) -> list[str]:
    return [leg.symbol for leg in order.legs.all()]


def order_values(order: Order) -> dict[str, str]:
    """Form values of one order, under their plain names."""
    amounts = {
        "price": order.price,
        "stop_trigger": order.stop_trigger,
        "value": order.value,
    }
    values = {"order_type": order.order_type, "time_in_force": order.time_in_force}
    values |= amount_values(amounts)
    if order.price is not None and order.price_effect:
        values["price_effect"] = order.price_effect
    if order.gtc_date is not None:
        values["gtc_date"] = order.gtc_date.isoformat()
    return values | leg_values(_legs(order)) | rule_values(rule_of(order))


def _legs(order: Order) -> list[OrderLeg]:
    """A notional order has an amount; the quantity beside it is the broker's."""
    return [
        OrderLeg(
            leg.instrument_type,
            leg.symbol,
            leg.action,
            None if order.value is not None else leg.quantity,
        )
        for leg in order.legs.all()
    ]


def rule_of(order: Order) -> dict[str, Any]:
    """Conditions and times as a request has them; the broker answers under other names."""
    told = order.raw.get("order-rule") or order.raw.get("rules") or {}
    conditions = told.get("order-conditions") or told.get("conditions") or []
    known = {key: told[key] for key in ("route-after", "cancel-at") if told.get(key)}
    if conditions:
        known["conditions"] = [dict(item) for item in conditions if isinstance(item, dict)]
    return known


def _url(values: Mapping[str, str]) -> str:
    return f"{reverse('portfolio:ticket')}?{urlencode(values)}"
