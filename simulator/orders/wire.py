"""Orders as the API shows them: absent means null, ids are integers, money is text."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from simulator.http import millis, stamp, text
from simulator.model import Fill, Leg, Order

CANCELLABLE = frozenset({"Received", "Contingent", "Live"})
TIMES = (
    ("in-flight-at", "in_flight_at"),
    ("live-at", "live_at"),
    ("received-at", "received_at"),
    ("cancelled-at", "cancelled_at"),
    ("terminal-at", "terminal_at"),
)


def number(value: Decimal) -> int | float:
    """A quantity as a JSON number: whole where it is whole."""
    return int(value) if value == value.to_integral_value() else float(value)


def order_wire(order: Order, dry_run: bool = False) -> dict[str, Any]:
    """The Order object. A dry run lacks the id, the times and the link to the exchange."""
    open_flag = dry_run or (order.status in CANCELLABLE)
    wire: dict[str, Any] = {} if dry_run else {"id": order.id}
    wire |= {
        "account-number": order.account,
        "cancellable": open_flag,
        "editable": open_flag,
        "edited": order.edited,
    }
    wire |= _money(order)
    wire |= _optional(order)
    if not dry_run:
        wire |= {key: stamp(at) for key, name in TIMES if (at := getattr(order, name))}
        wire["global-request-id"] = order.request_id
        wire |= _exchange(order)
    wire |= {
        "order-type": order.order_type,
        "size": number(order.size),
        "status": order.status,
        "time-in-force": order.time_in_force,
        "underlying-instrument-type": order.underlying_type,
        "underlying-symbol": order.underlying,
        "updated-at": 0 if dry_run else millis(order.updated_at),
        "legs": [leg_wire(leg) for leg in order.legs],
    }
    return wire


def _money(order: Order) -> dict[str, Any]:
    found: dict[str, Any] = {}
    if order.price is not None:
        found |= {"price": text(order.price), "price-effect": order.price_effect}
    if order.value is not None:
        found |= {"value": text(order.value), "value-effect": order.value_effect}
    if order.stop_trigger is not None:
        found["stop-trigger"] = text(order.stop_trigger)
    if order.gtc_date is not None:
        found["gtc-date"] = order.gtc_date.isoformat()
    return found


def _optional(order: Order) -> dict[str, Any]:
    candidates = {
        "contingent-status": order.contingent_status,
        "complex-order-id": order.complex_id,
        "complex-order-tag": order.complex_tag,
        "preflight-id": order.preflight_id,
        "replaces-order-id": order.replaces,
        "replacing-order-id": order.replacing,
        "external-identifier": order.external_identifier,
        "source": order.source,
        "reject-reason": order.reject_reason,
        "cancelled-size": None if order.cancelled_size is None else text(order.cancelled_size),
        "cancel-user-id": order.cancel_user_id,
        "cancel-username": order.cancel_username,
        "order-rule": order.rules,
    }
    return {key: value for key, value in candidates.items() if value is not None}


def _exchange(order: Order) -> dict[str, Any]:
    if order.exchange_number is None:
        return {}
    return {
        "ext-client-order-id": order.client_order_id,
        "ext-exchange-order-number": order.exchange_number,
        "ext-global-order-number": order.global_number,
    }


def leg_wire(leg: Leg) -> dict[str, Any]:
    """A leg; quantities are JSON numbers, fills always a list."""
    wire: dict[str, Any] = {"action": leg.action, "instrument-type": leg.instrument_type}
    if leg.quantity is not None:
        wire |= {"quantity": number(leg.quantity), "remaining-quantity": number(leg.remaining)}
    return wire | {"symbol": leg.symbol, "fills": [fill_wire(fill) for fill in leg.fills]}


def fill_wire(fill: Fill) -> dict[str, Any]:
    """One execution."""
    return {
        "destination-venue": fill.venue,
        "ext-exec-id": fill.exec_id,
        "ext-group-fill-id": fill.group_id,
        "fill-id": fill.fill_id,
        "fill-price": text(fill.price),
        "filled-at": stamp(fill.at),
        "quantity": number(fill.quantity),
    }
