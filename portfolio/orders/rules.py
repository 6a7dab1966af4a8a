"""Orders that wait: their part in a group, the conditions they are tied to, in words."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from brokerage.models import Order
from portfolio import formats


def role_words(order: Order) -> str:
    """Its part in a group of orders: entry, take profit, stop; empty for a single order."""
    if order.complex_order_id is None:
        return ""
    # Tags are written as OTOCO::trigger-order.
    kind, _, tag = order.complex_order_tag.partition("::")
    if tag == "trigger-order":
        return "entry"
    if kind in ("OCO", "OTOCO"):
        return "stop" if order.order_type in ("Stop", "Stop Limit") else "take profit"
    return "member"


_INDICATORS = {"last": "last price", "nat": "natural price"}
_COMPARATORS = {"gte": "at or above", "lte": "at or below"}


def rule_words(order: Order) -> list[str]:
    """Conditions and times of an order in sentences; the broker has two spellings of the key."""
    rule = order.raw.get("order-rule") or order.raw.get("rules") or {}
    words = [
        f"{verb} {formats.market_datetime(_instant(rule[key]))}"
        for key, verb in (("route-after", "Sent on after"), ("cancel-at", "Cancelled at"))
        if rule.get(key)
    ]
    conditions = rule.get("order-conditions") or rule.get("conditions") or []
    return words + [_condition(item) for item in conditions if isinstance(item, dict)]


def _condition(item: dict[str, Any]) -> str:
    verb = "Cancelled" if item.get("action") == "cancel" else "Sent on"
    what = _INDICATORS.get(item.get("indicator", ""), item.get("indicator") or "price")
    how = _COMPARATORS.get(item.get("comparator", ""), item.get("comparator") or "reaches")
    done = ", met" if item.get("triggered-at") else ""
    threshold = formats.price(item.get("threshold"))
    return f"{verb} when the {what} of {item.get('symbol', '?')} is {how} {threshold}{done}"


def _instant(text: object) -> datetime | None:
    try:
        return datetime.fromisoformat(str(text))
    except ValueError:
        return None
