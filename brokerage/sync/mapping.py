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

Values = dict[str, Any]

_SIGN = {"Short": -1, "Long": 1}

ACCOUNT = (
    "nickname",
    "margin_or_cash",
    "is_closed",
    "is_futures_approved",
    "day_trader_status",
    "suitable_options_level",
    "opened_at",
)
TRADING_STATUS = (
    "options_level",
    "equities_margin_calculation_type",
    "is_closed",
    "is_frozen",
    "is_closing_only",
    "is_risk_reducing_only",
    "is_in_margin_call",
    "is_futures_enabled",
    "is_futures_closing_only",
    "is_cryptocurrency_enabled",
    "is_cryptocurrency_closing_only",
    "is_pattern_day_trader",
    "day_trade_count",
)
BALANCE_AMOUNTS = (
    "cash_balance",
    "pending_cash",
    "net_liquidating_value",
    "margin_equity",
    "equity_buying_power",
    "derivative_buying_power",
    "day_trading_buying_power",
    "used_derivative_buying_power",
    "maintenance_requirement",
    "maintenance_excess",
    "reg_t_margin_requirement",
    "futures_margin_requirement",
    "cash_available_to_withdraw",
    "long_equity_value",
    "short_equity_value",
    "long_derivative_value",
    "short_derivative_value",
    "long_futures_derivative_value",
    "short_futures_derivative_value",
    "long_cryptocurrency_value",
    "intraday_equities_cash_amount",
    "intraday_futures_cash_amount",
    "maintenance_call_value",
    "reg_t_call_value",
    "day_trading_call_value",
    "day_equity_call_value",
)
POSITION = (
    "instrument_type",
    "symbol",
    "underlying_symbol",
    "streamer_symbol",
    "quantity_direction",
    "average_open_price",
    "close_price",
    "average_daily_market_close_price",
    "average_yearly_market_close_price",
    "multiplier",
    "realized_day_gain",
    "realized_day_gain_date",
    "realized_today",
    "realized_today_date",
    "is_suppressed",
    "is_frozen",
    "restricted_quantity",
    "expires_at",
    "created_at",
    "updated_at",
)
ORDER = (
    "status",
    "contingent_status",
    "order_type",
    "time_in_force",
    "gtc_date",
    "size",
    "price",
    "price_effect",
    "stop_trigger",
    "value",
    "value_effect",
    "underlying_symbol",
    "underlying_instrument_type",
    "cancellable",
    "editable",
    "edited",
    "reject_reason",
    "external_identifier",
    "source",
    "complex_order_id",
    "complex_order_tag",
    "replaces_order_id",
    "replacing_order_id",
    "received_at",
    "in_flight_at",
    "live_at",
    "cancelled_at",
    "terminal_at",
)
LEG = ("instrument_type", "symbol", "action", "quantity", "remaining_quantity")
FILL = (
    "fill_id",
    "quantity",
    "filled_at",
    "destination_venue",
    "ext_exec_id",
    "ext_group_fill_id",
)
TRANSACTION = (
    "transaction_type",
    "transaction_sub_type",
    "description",
    "action",
    "symbol",
    "instrument_type",
    "underlying_symbol",
    "quantity",
    "price",
    "value",
    "net_value",
    "commission",
    "clearing_fees",
    "regulatory_fees",
    "proprietary_index_option_fees",
    "other_charge",
    "is_estimated_fee",
    "order_id",
    "leg_count",
    "destination_venue",
    "reverses_id",
    "executed_at",
    "transaction_date",
)


COMPLEX_ORDER = (
    "type",
    "terminal_at",
    "ratio_price_threshold",
    "ratio_price_comparator",
    "ratio_price_is_threshold_based_on_notional",
)
MARGIN = (
    "description",
    "margin_calculation_type",
    "margin_requirement",
    "initial_requirement",
    "maintenance_requirement",
)
MARGIN_GROUP = ("underlying_symbol", "underlying_type", "buying_power")
METRIC = (
    "symbol",
    "implied_volatility_index",
    "implied_volatility_index_5_day_change",
    "implied_volatility_index_rank",
    "implied_volatility_percentile",
    "liquidity_rating",
    "beta",
    "dividend_ex_date",
    "dividend_rate_per_share",
    "updated_at",
)
ALERT = (
    "symbol",
    "instrument_type",
    "field",
    "operator",
    "created_at",
    "triggered_at",
    "completed_at",
    "expired_at",
    "expires_at",
)


class Unmappable(ValueError):
    """A payload that cannot become a row without inventing something; it is kept as a notice."""


def _pick(payload: Any, names: Iterable[str]) -> Values:
    return {name: getattr(payload, name) for name in names}


def account(payload: Any, environment: str, received_at: datetime) -> Values:
    return {
        **_pick(payload, ACCOUNT),
        "environment": environment,
        "number": payload.account_number,
        "type_name": payload.account_type_name,
        "raw": payload.raw,
        "received_at": received_at,
    }


def trading_status(payload: Any, account_id: int, received_at: datetime) -> Values:
    return {
        **_pick(payload, TRADING_STATUS),
        "account_id": account_id,
        "raw": payload.raw,
        "received_at": received_at,
    }


def balance(payload: Any, account_id: int, received_at: datetime) -> Values:
    return {
        **_pick(payload, BALANCE_AMOUNTS),
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
        **_pick(payload, POSITION),
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
        **_pick(payload, ORDER),
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
        {**_pick(leg, LEG), "order_id": order_id, "position": place}
        for place, leg in enumerate(payload.legs)
    ]


def fills(payload: Any, leg_ids: dict[int, int]) -> list[Values]:
    """``leg_ids``: our leg row by its place in the order."""
    return [
        {**_pick(fill, FILL), "price": fill.fill_price, "leg_id": leg_ids[place]}
        for place, leg in enumerate(payload.legs)
        for fill in leg.fills
        if place in leg_ids and fill.fill_id
    ]


def transaction(payload: Any, account_id: int, received_at: datetime) -> Values:
    if payload.id is None:
        raise Unmappable("a transaction without an id")
    return {
        **_pick(payload, TRANSACTION),
        "account_id": account_id,
        "broker_id": payload.id,
        "currency": payload.currency or "USD",
        "raw": payload.raw,
        "received_at": received_at,
    }


INSTRUMENT_TEXTS = (
    "streamer_symbol",
    "underlying_symbol",
    "root_symbol",
    "option_type",
    "exercise_style",
    "settlement_type",
    "option_chain_type",
)
INSTRUMENT_FACTS = (
    "strike_price",
    "expiration_date",
    "expires_at",
    "is_etf",
    "is_index",
    "is_closing_only",
    "active",
)


def instrument(payload: Any, environment: str, received_at: datetime) -> Values:
    """Any family; what a family does not have stays empty."""
    return {
        **{name: getattr(payload, name, "") for name in INSTRUMENT_TEXTS},
        **{name: getattr(payload, name, None) for name in INSTRUMENT_FACTS},
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
    return {
        **_pick(payload, COMPLEX_ORDER),
        "account_id": account_id,
        "broker_id": payload.id,
        "trigger_order_id": trigger.id if trigger is not None else None,
        "order_ids": [order.id for order in payload.orders if order.id is not None],
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


def margin(report: Any, account_id: int, received_at: datetime) -> list[Values]:
    """The account's totals under an empty code, then each underlying group."""
    shared = {
        "account_id": account_id,
        "gone_at": None,
        "reported_at": report.last_state_timestamp,
        "received_at": received_at,
    }
    totals = {
        **_pick(report, MARGIN),
        "code": "",
        "underlying_symbol": "",
        "underlying_type": "",
        "buying_power": report.option_buying_power,
        "raw": {key: value for key, value in report.raw.items() if key != "groups"},
        **shared,
    }
    groups = [
        {
            **_pick(group, MARGIN),
            **_pick(group, MARGIN_GROUP),
            "code": group.code or group.underlying_symbol or group.description,
            "raw": group.raw,
            **shared,
        }
        for group in report.groups
    ]
    return [totals, *groups]


def metric(payload: Any, environment: str, received_at: datetime) -> Values:
    return {
        **_pick(payload, METRIC),
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
        **_pick(payload, ALERT),
        "connection_id": connection_id,
        "external_id": payload.alert_external_id,
        "threshold": threshold if threshold is not None else payload.threshold_numeric,
        "gone_at": None,
        "raw": payload.raw,
        "received_at": received_at,
    }
