"""Our identifiers at the broker: the order's own, or one for each order of a group."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

KEY = "external-identifier"


def stamped(body: Mapping[str, Any], client_order_id: str) -> dict[str, Any]:
    """The body with our identifiers in it; a group has none of its own, so its orders do."""
    if "orders" not in body:
        return {**body, KEY: client_order_id}
    found = dict(body)
    first = 0
    if "trigger-order" in body:
        found["trigger-order"] = {**body["trigger-order"], KEY: member(client_order_id, 0)}
        first = 1
    found["orders"] = [
        {**order, KEY: member(client_order_id, index)}
        for index, order in enumerate(body["orders"], first)
    ]
    return found


def member(client_order_id: str, index: int) -> str:
    """The identifier of the order at this place of its group, the trigger first."""
    return f"{client_order_id}:{index}"


def members(body: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """The orders of a stamped body, the trigger first; a single order is its own member."""
    if "orders" not in body:
        return [body]
    trigger = body.get("trigger-order")
    return [*([trigger] if trigger else []), *body["orders"]]


def by_identifier(body: Mapping[str, Any]) -> dict[str, Mapping[str, Any]]:
    return {str(order[KEY]): order for order in members(body) if order.get(KEY)}
