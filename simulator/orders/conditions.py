"""Rules of conditional orders: prices and times that route or cancel an order."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Any

from simulator.http import parse_time, stamp, text
from simulator.model import ZERO, Order

if TYPE_CHECKING:
    from simulator.world import World


def look(world: World, order: Order) -> str | None:
    """Compare the untriggered conditions with the market; `route` or `cancel` when it is time."""
    rules = order.rules
    if not rules or order.terminal or order.waits:
        return None
    changed = False
    for condition in rules.get("order-conditions", []):
        if not condition.get("triggered-at"):
            changed = _trigger(world, condition) or changed
    if changed:
        world.touch(order)
    if any(c["action"] == "cancel" and c.get("triggered-at") for c in rules["order-conditions"]):
        return "cancel"
    if order.contingent_status == "Pending Condition" and ready(world, order):
        return "route"
    return None


def ready(world: World, order: Order) -> bool:
    """Every routing condition has been seen and the earliest time has come."""
    rules = order.rules or {}
    after = rules.get("route-after")
    if after and world.clock.now() < parse_time(after):
        return False
    routing = [c for c in rules.get("order-conditions", []) if c["action"] == "route"]
    if not routing and not after:
        return True
    return all(c.get("triggered-at") for c in routing)


def mark_routed(world: World, order: Order) -> None:
    """Note when the rule let the order go."""
    if order.rules is not None:
        order.rules["routed-at"] = stamp(world.clock.now())


def _trigger(world: World, condition: dict[str, Any]) -> bool:
    value = _value(world, condition)
    if value is None:
        return False
    threshold = Decimal(condition["threshold"])
    hit = value >= threshold if condition["comparator"] == "gte" else value <= threshold
    if hit:
        condition["triggered-at"] = stamp(world.clock.now())
        condition["triggered-value"] = text(value)
    return hit


def _value(world: World, condition: dict[str, Any]) -> Decimal | None:
    parts = condition.get("price-components") or [
        {"symbol": condition["symbol"], "quantity": 1, "quantity-direction": "Long"}
    ]
    total = ZERO
    for part in parts:
        quote = world.market.quote(part["symbol"])
        if quote is None:
            return None
        long = part.get("quantity-direction", "Long") == "Long"
        price = quote.last
        if condition["indicator"] == "nat":
            price = quote.ask if long else quote.bid
        if price is None:
            return None
        total += Decimal(price) * Decimal(str(part.get("quantity", 1))) * (1 if long else -1)
    return total
