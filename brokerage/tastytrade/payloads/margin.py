"""Margin: the report, the dry run, the rates and limits. Amounts are signed by their effects."""

from __future__ import annotations

from decimal import Decimal
from typing import Annotated, Any

from brokerage.tastytrade.payloads.base import (
    Count,
    Day,
    Effect,
    Flag,
    Moment,
    Number,
    Payload,
    Signed,
)


class PositionEntry(Payload, frozen=True):
    """`quantity` is signed here, alone among the broker's answers."""

    instrument_symbol: str = ""
    instrument_type: str = ""
    quantity: Number = None
    average_open_price: Number = None
    close_price: Number = None
    fixing_price: Number = None
    strike_price: Number = None
    option_type: str = ""
    deliverable_quantity: Number = None
    expiration_date: Day = None


class StrategyGroup(Payload, frozen=True):
    """One recognised strategy; `description` such as LONG_UNDERLYING is an open set."""

    description: str = ""
    margin_requirement: Signed = None
    initial_requirement: Signed = None
    maintenance_requirement: Signed = None
    buying_power: Signed = None
    includes_working_order: Flag = None
    position_entries: tuple[PositionEntry, ...] = ()


class UnderlyingGroup(Payload, frozen=True):
    description: str = ""
    code: str = ""
    underlying_symbol: str = ""
    underlying_type: str = ""
    margin_calculation_type: str = ""
    expected_price_range_up_percent: Number = None
    expected_price_range_down_percent: Number = None
    point_of_no_return_percent: Number = None
    price_increase_percent: Number = None
    price_decrease_percent: Number = None
    margin_requirement: Signed = None
    initial_requirement: Signed = None
    maintenance_requirement: Signed = None
    buying_power: Signed = None
    groups: tuple[StrategyGroup, ...] = ()


class MarginRequirements(Payload, frozen=True):
    """The report: totals and one group per underlying."""

    account_number: str = ""
    description: str = ""
    margin_calculation_type: str = ""
    option_level: str = ""
    margin_requirement: Signed = None
    initial_requirement: Signed = None
    maintenance_requirement: Signed = None
    margin_equity: Signed = None
    option_buying_power: Signed = None
    reg_t_margin_requirement: Signed = None
    reg_t_option_buying_power: Signed = None
    maintenance_excess: Signed = None
    groups: tuple[UnderlyingGroup, ...] = ()
    last_state_timestamp: Moment = None


class MarginOrderLeg(Payload, frozen=True):
    symbol: str = ""
    instrument_type: str = ""
    quantity: Number = None
    remaining_quantity: Number = None
    action: str = ""


class MarginOrder(Payload, frozen=True):
    id: str = ""
    account_number: str = ""
    time_in_force: str = ""
    order_type: str = ""
    size: Number = None
    price: Number = None
    price_effect: str = ""
    value: Number = None
    value_effect: str = ""
    cancellable: Flag = None
    editable: Flag = None
    underlying_symbol: str = ""
    legs: tuple[MarginOrderLeg, ...] = ()


class MarginImpact(Payload, frozen=True):
    """The margin of one underlying, before or after an order. `marks` are prices per symbol."""

    code: str = ""
    description: str = ""
    entity_count: Count = None
    underlying_symbol: str = ""
    underlying_type: str = ""
    underlying_price: Number = None
    margin_calculation_type: str = ""
    margin_requirement: Signed = None
    maintenance_requirement: Signed = None
    buying_power_impact: Signed = None
    base_margin_requirement: Signed = None
    cash_adjustment: Signed = None
    working_margin: Signed = None
    position_margin: Signed = None
    position_equity_adjustment: Signed = None
    cash_settlement_value: Signed = None
    long_equity_value: Signed = None
    short_equity_value: Signed = None
    long_derivative_value: Signed = None
    short_derivative_value: Signed = None
    long_cryptocurrency_value: Signed = None
    short_cryptocurrency_value: Signed = None
    # Strategy by strategy, in shapes that are not documented.
    group_results: tuple[dict[str, Any], ...] = ()
    order_ids: tuple[str, ...] = ()
    calculated_at: Moment = None
    marks: dict[str, Decimal] = {}


class MarginDryRun(Payload, frozen=True):
    orders: tuple[MarginOrder, ...] = ()
    last_results: MarginImpact | None = None
    base_results: MarginImpact | None = None
    new_order_results: MarginImpact | None = None
    change_in_margin_requirement: Signed = None
    change_in_buying_power: Signed = None
    current_buying_power: Signed = None
    new_buying_power: Signed = None
    isolated_order_margin_requirement: Signed = None
    # The broker's name for it ends in "effect" already.
    isolated_order_buying_power_effect: Annotated[
        Decimal | None, Effect("isolated-order-buying-power-effect-effect")
    ] = None
    is_spread: Flag = None
    order_ids: tuple[str, ...] = ()


class EffectiveRequirement(Payload, frozen=True):
    """Rates of one underlying as fractions; the floor is dollars per contract."""

    underlying_symbol: str = ""
    long_equity_initial: Number = None
    short_equity_initial: Number = None
    long_equity_maintenance: Number = None
    short_equity_maintenance: Number = None
    naked_option_standard: Number = None
    naked_option_minimum: Number = None
    naked_option_floor: Number = None
    clearing_identifier: str = ""
    is_deleted: Flag = None


class PositionLimit(Payload, frozen=True):
    """Ceilings in contracts or shares."""

    id: Count = None
    account_number: str = ""
    equity_order_size: Count = None
    equity_position_size: Count = None
    equity_option_order_size: Count = None
    equity_option_position_size: Count = None
    future_order_size: Count = None
    future_position_size: Count = None
    future_option_order_size: Count = None
    future_option_position_size: Count = None
    underlying_opening_order_limit: Count = None
    event_contract_notional_order_limit: Number = None
    event_contract_total_notional_position_value: Number = None


class PublicConfiguration(Payload, frozen=True):
    risk_free_rate: Number = None


class SpanRow(Payload, frozen=True):
    """A line of a SPAN file, as text."""

    file_date: Day = None
    row_index: Count = None
    exchange: str = ""
    row_data: str = ""
