"""Balances, now and at the begin or end of a day, and the history of net liquidating value."""

from __future__ import annotations

from decimal import Decimal
from typing import Annotated

from brokerage.tastytrade.payloads.base import (
    Day,
    Effect,
    Keys,
    Moment,
    Number,
    Payload,
    RequiredText,
    Signed,
)


class Balance(Payload, frozen=True):
    """All figures in `currency`. `short_*_value` are magnitudes to be subtracted.

    Which figures come depends on the account's permissions: what is missing is None.
    """

    account_number: RequiredText = ""
    currency: str = "USD"
    snapshot_date: Day = None
    time_of_day: str = ""
    updated_at: Moment = None
    # cash
    cash_balance: Number = None
    cash_settle_balance: Number = None
    margin_settle_balance: Number = None
    total_settle_balance: Number = None
    pending_cash: Signed = None
    cash_available_to_withdraw: Number = None
    closed_loop_available_balance: Number = None
    available_trading_funds: Number = None
    pending_margin_interest: Number = None
    total_pending_liquidity_pool_rebate: Number = None
    # intraday cash; the broker drops "-amount" before "-effect"
    intraday_equities_cash_amount: Annotated[
        Decimal | None, Effect("intraday-equities-cash-effect")
    ] = None
    intraday_equities_cash_effective_date: Day = None
    intraday_futures_cash_amount: Annotated[
        Decimal | None, Effect("intraday-futures-cash-effect")
    ] = None
    intraday_futures_cash_effective_date: Day = None
    previous_day_cryptocurrency_fiat_amount: Annotated[
        Decimal | None, Effect("previous-day-cryptocurrency-fiat-effect")
    ] = None
    previous_day_cryptocurrency_fiat_effective_date: Annotated[
        Day,
        Keys(
            "previous-date-cryptocurrency-fiat-effective-date",
            "previous-day-cryptocurrency-fiat-effective-date",
        ),
    ] = None
    unsettled_cryptocurrency_fiat_amount: Annotated[
        Decimal | None, Effect("unsettled-cryptocurrency-fiat-effect")
    ] = None
    # values
    long_equity_value: Number = None
    short_equity_value: Number = None
    long_derivative_value: Number = None
    short_derivative_value: Number = None
    long_futures_value: Number = None
    short_futures_value: Number = None
    long_futures_derivative_value: Number = None
    short_futures_derivative_value: Number = None
    long_cryptocurrency_value: Number = None
    short_cryptocurrency_value: Number = None
    long_margineable_value: Number = None
    short_margineable_value: Number = None
    long_index_derivative_value: Number = None
    short_index_derivative_value: Number = None
    long_bond_value: Number = None
    long_fixed_income_security_value: Number = None
    # totals
    net_liquidating_value: Number = None
    margin_equity: Number = None
    apex_starting_day_margin_equity: Number = None
    # buying power
    equity_buying_power: Number = None
    derivative_buying_power: Number = None
    day_trading_buying_power: Number = None
    effective_cryptocurrency_buying_power: Number = None
    used_derivative_buying_power: Number = None
    buying_power_adjustment: Signed = None
    sma_equity_option_buying_power: Number = None
    special_memorandum_account_value: Number = None
    special_memorandum_account_apex_adjustment: Number = None
    # requirements
    maintenance_requirement: Number = None
    maintenance_excess: Number = None
    reg_t_margin_requirement: Number = None
    futures_margin_requirement: Number = None
    futures_overnight_margin_requirement: Number = None
    futures_intraday_margin_requirement: Number = None
    bond_margin_requirement: Number = None
    cryptocurrency_margin_requirement: Number = None
    equity_offering_margin_requirement: Number = None
    fixed_income_security_margin_requirement: Number = None
    # calls
    maintenance_call_value: Number = None
    reg_t_call_value: Number = None
    day_trading_call_value: Number = None
    day_equity_call_value: Number = None
    day_trade_excess: Number = None


class NetLiqBar(Payload, frozen=True):
    """One bar of net liquidating value; `total_*` include pending cash."""

    time: Moment = None
    open: Number = None
    high: Number = None
    low: Number = None
    close: Number = None
    pending_cash_open: Number = None
    pending_cash_high: Number = None
    pending_cash_low: Number = None
    pending_cash_close: Number = None
    total_open: Number = None
    total_high: Number = None
    total_low: Number = None
    total_close: Number = None
