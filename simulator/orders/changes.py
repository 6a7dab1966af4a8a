"""What a replacement may change: the rest of the body must be that of the old order."""

from __future__ import annotations

from typing import Any

from simulator.http import ApiError
from simulator.model import Order
from simulator.orders.request import OrderRequest

PRICED, STOPS = ("Limit", "Stop Limit"), ("Stop", "Stop Limit")


def cannot_update(message: str) -> ApiError:
    """The 422 of an order that cannot be cancelled or changed so."""
    return ApiError(422, "cannot_update_order", message)


def merged(order: Order, body: dict[str, Any]) -> dict[str, Any]:
    """The old order's values under the keys that the body leaves out."""
    kind, tif = (body.get(k) for k in ("order-type", "time-in-force"))
    old = {
        "order-type": order.order_type,
        "time-in-force": order.time_in_force,
        "price": _text(order.price),
        "price-effect": order.price_effect,
        "stop-trigger": _text(order.stop_trigger),
        "value": _text(order.value),
        "value-effect": order.value_effect,
        "gtc-date": order.gtc_date.isoformat() if order.gtc_date else None,
        "external-identifier": order.external_identifier,
        "source": order.source,
        "advanced-instructions": {"strict-position-effect-validation": order.strict},
    }
    if (kind or order.order_type) not in PRICED:
        old["price"] = old["price-effect"] = None
    if (kind or order.order_type) not in STOPS:
        old["stop-trigger"] = None
    if (kind or order.order_type) != "Notional Market":
        old["value"] = old["value-effect"] = None
    if (tif or order.time_in_force) != "GTD":
        old["gtc-date"] = None
    return {**{k: v for k, v in old.items() if v is not None}, **body}


def _text(value: Any) -> str | None:
    return None if value is None else str(value)


def unchanged(order: Order, request: OrderRequest, body: dict[str, Any]) -> None:
    """Refuse other legs, another value, other rules; identifiers are the client's own affair."""
    if request.legs:
        sent = {(leg.symbol, leg.action, leg.quantity) for leg in request.legs}
        kept = {(leg.symbol, leg.action, leg.quantity) for leg in order.legs}
        if sent != kept:
            raise cannot_update("the legs of an order cannot be changed")
    if order.value is not None and (request.value, request.value_effect) != (
        order.value, order.value_effect
    ):  # fmt: skip
        raise cannot_update("the value of an order cannot be changed")
    if body.get("rules") is not None and _rule(body["rules"]) != _rule(order.rules or {}):
        raise cannot_update("the rules of an order cannot be changed")


def _rule(rules: dict[str, Any]) -> tuple[Any, ...]:
    """What a rule says, in the request's form or the answer's."""
    conditions = rules.get("conditions") or rules.get("order-conditions") or []
    keys = ("action", "symbol", "indicator", "comparator")
    return (
        rules.get("route-after"),
        rules.get("cancel-at"),
        [(*(c.get(k) for k in keys), str(c.get("threshold"))) for c in conditions],
    )
