"""From the broker's payloads to the mirror's field values. Pure: no database, no clock, no call.

REST answers and stream messages go through the same functions. Amounts arrive signed where the
broker sends an effect beside them; what the broker left out is None (text: empty), never zero.
The whole object stays in ``raw``.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from decimal import Decimal
from typing import Any

from brokerage.sync import columns

Values = dict[str, Any]

_SIGN = {"Short": -1, "Long": 1}

# Keys of a margin report that have rows or a column of their own.
_ELSEWHERE = frozenset({"groups", "last-state-timestamp"})


class Unmappable(ValueError):
    """A payload that cannot become a row without inventing something; it is kept as a notice."""


def _pick(payload: Any, names: Iterable[str]) -> Values:
    return {name: getattr(payload, name) for name in names}


def account(payload: Any, environment: str, received_at: datetime) -> Values:
    return {
        **_pick(payload, columns.ACCOUNT),
        "environment": environment,
        "number": payload.account_number,
        "type_name": payload.account_type_name,
        "raw": payload.raw,
        "received_at": received_at,
    }


def customer(payload: Any) -> Values:
    """The minimum of the most sensitive payload: identity and names, never the whole object."""
    return {
        "external_id": payload.external_id or payload.id,
        **_pick(payload, ("first_name", "last_name", "email", "has_delayed_quotes")),
    }


def trading_status(payload: Any, account_id: int, received_at: datetime) -> Values:
    return {
        **_pick(payload, columns.TRADING_STATUS),
        "account_id": account_id,
        "updated_at": payload.updated_at,
        "raw": payload.raw,
        "received_at": received_at,
    }


def balance(payload: Any, account_id: int, received_at: datetime) -> Values:
    return {
        **_pick(payload, columns.BALANCE_AMOUNTS),
        "account_id": account_id,
        "currency": payload.currency or "USD",
        "updated_at": payload.updated_at,
        "raw": payload.raw,
        "received_at": received_at,
    }


def snapshot(payload: Any, account_id: int, received_at: datetime) -> Values:
    if payload.snapshot_date is None:
        raise Unmappable("a balance snapshot without its date")
    return {
        **balance(payload, account_id, received_at),
        "snapshot_date": payload.snapshot_date,
        "time_of_day": payload.time_of_day,
    }


def position(payload: Any, account_id: int, received_at: datetime) -> Values:
    """``closed_at`` is set when the broker itself says that nothing is left."""
    quantity = signed_quantity(payload)
    return {
        **_pick(payload, columns.POSITION),
        "account_id": account_id,
        "quantity": quantity,
        "mark_price": payload.mark_price,
        "raw": payload.raw,
        "received_at": received_at,
        "missing_since": None,
        "closed_at": None if quantity else (payload.updated_at or received_at),
    }


def signed_quantity(payload: Any) -> Decimal:
    """Long positive, short negative, zero when closed; Unmappable when the side is unknown."""
    if payload.quantity_direction == "Zero" or payload.quantity == 0:
        return Decimal(0)
    sign = _SIGN.get(payload.quantity_direction)
    if sign is None or payload.quantity is None:
        raise Unmappable(
            f"position {payload.symbol}: direction {payload.quantity_direction!r} "
            "or quantity not understood"
        )
    return sign * abs(payload.quantity)


def order(payload: Any, account_id: int, mirrored_at: datetime) -> Values:
    if payload.id is None:
        raise Unmappable("an order without an id")
    return {
        **_pick(payload, columns.ORDER),
        "account_id": account_id,
        "broker_id": payload.id,
        "updated_at_ms": payload.updated_at_ms or 0,
        "executed_quantity": executed_quantity(payload),
        "mirrored_at": mirrored_at,
        "raw": payload.raw,
    }


def executed_quantity(payload: Any) -> Decimal:
    """Sum over the legs of what the broker no longer counts as remaining."""
    return sum(
        (
            leg.quantity - leg.remaining_quantity
            for leg in payload.legs
            if leg.quantity is not None and leg.remaining_quantity is not None
        ),
        Decimal(0),
    )


def legs(payload: Any, order_id: int) -> list[Values]:
    return [
        {**_pick(leg, columns.LEG), "order_id": order_id, "position": place}
        for place, leg in enumerate(payload.legs)
    ]


def fills(payload: Any, leg_ids: dict[int, int]) -> list[Values]:
    """``leg_ids``: our leg row by its place in the order."""
    return [
        {**fill_values(fill), "leg_id": leg_ids[place]}
        for place, leg in enumerate(payload.legs)
        for fill in leg.fills
        if place in leg_ids and fill.fill_id
    ]


def fill_values(payload: Any) -> Values:
    """One execution, whichever leg it is of."""
    return {**_pick(payload, columns.FILL), "price": payload.fill_price}


def transaction(payload: Any, account_id: int, received_at: datetime) -> Values:
    if payload.id is None:
        raise Unmappable("a transaction without an id")
    return {
        **_pick(payload, columns.TRANSACTION),
        "account_id": account_id,
        "broker_id": payload.id,
        "currency": payload.currency or "USD",
        "raw": payload.raw,
        "received_at": received_at,
    }


def instrument(payload: Any, environment: str, received_at: datetime) -> Values:
    """Any family; what a family does not have stays empty."""
    return {
        **{name: getattr(payload, name, "") for name in columns.INSTRUMENT_TEXTS},
        **{name: getattr(payload, name, None) for name in columns.INSTRUMENT_FACTS},
        "environment": environment,
        "instrument_type": payload.instrument_type,
        "symbol": payload.symbol,
        "description": getattr(payload, "description", ""),
        "multiplier": _multiplier(payload),
        "tick_sizes": _ticks(payload),
        "option_tick_sizes": [_tick(tick) for tick in getattr(payload, "option_tick_sizes", ())],
        "raw": payload.raw,
        "received_at": received_at,
    }


def _multiplier(payload: Any) -> Decimal | None:
    """Money per point of price and unit, by the broker's own figure for the family."""
    for name in ("shares_per_contract", "notional_multiplier", "money_per_point"):
        if hasattr(payload, name):
            return getattr(payload, name)
    # A share and a coin are worth their price.
    return Decimal(1)


def _ticks(payload: Any) -> list[dict[str, str]]:
    listed = [_tick(tick) for tick in getattr(payload, "tick_sizes", ())]
    single = getattr(payload, "tick_size", None)
    return listed or ([{"value": format(single, "f")}] if single is not None else [])


def _tick(tick: Any) -> dict[str, str]:
    facts = {"value": tick.value, "threshold": tick.threshold}
    written = {name: format(value, "f") for name, value in facts.items() if value is not None}
    return {**written, "symbol": tick.symbol} if tick.symbol else written


def complex_order(payload: Any, account_id: int, mirrored_at: datetime) -> Values:
    trigger = payload.trigger_order
    versions = [member.updated_at_ms or 0 for member in _members(payload)]
    return {
        **_pick(payload, columns.COMPLEX_ORDER),
        "account_id": account_id,
        "broker_id": payload.id,
        "trigger_order_id": trigger.id if trigger is not None else None,
        "order_ids": [order.id for order in payload.orders if order.id is not None],
        "updated_at_ms": max(versions, default=0),
        "updated_at_sum": sum(versions),
        "related": [
            {
                "id": related.id,
                "replaces": related.replaces_order_id,
                "replaced_by": related.replacing_order_id,
                "status": related.status,
            }
            for related in payload.related_orders
        ],
        "mirrored_at": mirrored_at,
        "raw": payload.raw,
    }


def _members(payload: Any) -> list[Any]:
    trigger = payload.trigger_order
    return [*payload.orders, *([trigger] if trigger is not None else [])]


def margin(report: Any, account_id: int, received_at: datetime) -> list[Values]:
    """The account's totals under an empty code, then each underlying group."""
    shared = {
        "account_id": account_id,
        "gone_at": None,
        "reported_at": report.last_state_timestamp,
        "received_at": received_at,
    }
    totals = {
        **_pick(report, columns.MARGIN),
        "code": "",
        "underlying_symbol": "",
        "underlying_type": "",
        "buying_power": report.option_buying_power,
        "raw": {key: value for key, value in report.raw.items() if key not in _ELSEWHERE},
        **shared,
    }
    groups = [
        {
            **_pick(group, columns.MARGIN),
            **_pick(group, columns.MARGIN_GROUP),
            "code": group.code or group.underlying_symbol or group.description,
            "raw": group.raw,
            **shared,
        }
        for group in report.groups
    ]
    return [totals, *groups]


def metric(payload: Any, environment: str, received_at: datetime) -> Values:
    return {
        **_pick(payload, columns.METRIC),
        "environment": environment,
        "earnings_date": payload.earnings.expected_report_date if payload.earnings else None,
        "raw": payload.raw,
        "received_at": received_at,
    }


def watchlist(payload: Any, environment: str, connection_id: Any, received_at: datetime) -> Values:
    return {
        **_pick(payload, ("name", "group_name", "order_index")),
        "environment": environment,
        "connection_id": connection_id,
        "entries": [
            {"symbol": entry.symbol, "instrument_type": entry.instrument_type}
            for entry in payload.watchlist_entries
        ],
        "raw": payload.raw,
        "received_at": received_at,
    }


def alert(payload: Any, connection_id: Any, received_at: datetime) -> Values:
    threshold = payload.threshold
    return {
        **_pick(payload, columns.ALERT),
        "connection_id": connection_id,
        "external_id": payload.alert_external_id,
        "threshold": threshold if threshold is not None else payload.threshold_numeric,
        "gone_at": None,
        "raw": payload.raw,
        "received_at": received_at,
    }
