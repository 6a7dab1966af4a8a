"""The customer, the accounts, what an account may do."""

from __future__ import annotations

from brokerage.tastytrade.enums import account_group
from brokerage.tastytrade.payloads.base import (
    Count,
    Day,
    Flag,
    Moment,
    Number,
    Payload,
    RequiredText,
)


class Customer(Payload, frozen=True):
    """The broker's record of a person or entity. Most sensitive: keep little, log nothing."""

    id: str = ""
    first_name: str = ""
    first_surname: str = ""
    middle_name: str = ""
    last_name: str = ""
    email: str = ""
    external_id: str = ""
    user_id: str = ""
    identifiable_type: str = ""
    regulatory_domain: str = ""
    has_delayed_quotes: Flag = None
    has_pending_or_approved_application: Flag = None
    is_professional: Flag = None
    is_foreign: Flag = None
    agreed_to_margining: Flag = None
    agreed_to_terms: Flag = None
    created_at: Moment = None

    def __repr__(self) -> str:
        return "Customer()"


class Account(Payload, frozen=True):
    account_number: RequiredText = ""
    nickname: str = ""
    account_type_name: str = ""
    margin_or_cash: str = ""
    external_id: str = ""
    external_fdid: str = ""
    ext_account_id: str = ""
    ext_crm_id: str = ""
    submitting_user_id: str = ""
    regulatory_domain: str = ""
    is_closed: Flag = None
    is_firm_error: Flag = None
    is_firm_proprietary: Flag = None
    is_foreign: Flag = None
    is_futures_approved: Flag = None
    is_test_drive: Flag = None
    day_trader_status: Flag = None
    investment_objective: str = ""
    liquidity_needs: str = ""
    risk_tolerance: str = ""
    investment_time_horizon: str = ""
    futures_account_purpose: str = ""
    suitable_options_level: str = ""
    funding_date: Day = None
    opened_at: Moment = None
    created_at: Moment = None
    closed_at: Moment = None

    @property
    def group(self) -> str:
        """Individual, IRA, Roth IRA or Entity, derived from the type name."""
        return account_group(self.account_type_name)


class CustomerAccount(Payload, frozen=True):
    """An account with the authority of the login over it: owner, trade-only, read-only."""

    account: Account = Account()
    authority_level: str = ""


class TradingStatus(Payload, frozen=True):
    """What the broker lets an account do. An absent flag is None: unknown, never False."""

    account_number: str = ""
    id: Count = None
    day_trade_count: Count = None
    cmta_override: Count = None
    equities_margin_calculation_type: str = ""
    options_level: str = ""
    fee_schedule_name: str = ""
    futures_margin_rate_multiplier: Number = None
    small_notional_futures_margin_rate_multiplier: Number = None
    autotrade_account_type: str = ""
    clearing_account_number: str = ""
    clearing_aggregation_identifier: str = ""
    ext_crm_id: str = ""
    pdt_reset_on: Day = None
    enhanced_fraud_safeguards_enabled_at: Moment = None
    updated_at: Moment = None
    are_deep_itm_carry_options_enabled: Flag = None
    are_far_otm_net_options_restricted: Flag = None
    are_options_values_restricted_to_nlv: Flag = None
    are_single_tick_expiring_hedges_ignored: Flag = None
    has_intraday_equities_margin: Flag = None
    is_aggregated_at_clearing: Flag = None
    is_ascend_event_contracts_enabled: Flag = None
    is_closed: Flag = None
    is_closing_only: Flag = None
    is_cryptocurrency_closing_only: Flag = None
    is_cryptocurrency_enabled: Flag = None
    is_equity_offering_closing_only: Flag = None
    is_equity_offering_enabled: Flag = None
    is_event_contracts_closing_only: Flag = None
    is_frozen: Flag = None
    is_full_equity_margin_required: Flag = None
    is_futures_closing_only: Flag = None
    is_futures_enabled: Flag = None
    is_futures_intra_day_enabled: Flag = None
    is_in_day_trade_equity_maintenance_call: Flag = None
    is_in_margin_call: Flag = None
    is_non_retail: Flag = None
    is_pattern_day_trader: Flag = None
    is_portfolio_margin_enabled: Flag = None
    is_risk_reducing_only: Flag = None
    is_roll_the_day_forward_enabled: Flag = None
    is_small_notional_futures_intra_day_enabled: Flag = None
    short_calls_enabled: Flag = None

    @property
    def is_blocked(self) -> bool | None:
        """Closed or frozen; None when neither flag was sent."""
        return _any(self.is_closed, self.is_frozen)

    @property
    def is_reduce_only(self) -> bool | None:
        return _any(self.is_closing_only, self.is_risk_reducing_only)


def _any(*flags: bool | None) -> bool | None:
    if any(flags):
        return True
    return None if all(flag is None for flag in flags) else False
