"""What can be held or traded, family by family."""

from __future__ import annotations

from decimal import Decimal
from typing import Annotated, Any

from brokerage.tastytrade.payloads.base import (
    Count,
    Day,
    Flag,
    Keys,
    Moment,
    Number,
    Payload,
    RequiredText,
)


class TickSize(Payload, frozen=True):
    """Holds for prices below `threshold`; without one for all the rest.

    `symbol` is a spread's other leg.
    """

    value: Number = None
    threshold: Number = None
    symbol: str = ""


class Equity(Payload, frozen=True):
    """Stocks, ETFs and indices. An index is `active` False and cannot be held."""

    symbol: RequiredText = ""
    id: Count = None
    instrument_type: str = "Equity"
    instrument_sub_type: str = ""
    cusip: str = ""
    short_description: str = ""
    description: str = ""
    is_index: Flag = None
    is_etf: Flag = None
    listed_market: str = ""
    lendability: str = ""
    borrow_rate: Number = None
    market_time_instrument_collection: str = ""
    is_closing_only: Flag = None
    is_options_closing_only: Flag = None
    active: Flag = None
    is_fractional_quantity_eligible: Flag = None
    is_illiquid: Flag = None
    is_fraud_risk: Flag = None
    bypass_manual_review: Flag = None
    overnight_trading_permitted: Flag = None
    streamer_symbol: str = ""
    tick_sizes: tuple[TickSize, ...] = ()
    option_tick_sizes: tuple[TickSize, ...] = ()
    halted_at: Moment = None
    stops_trading_at: Moment = None
    country_of_incorporation: str = ""
    country_of_taxation: str = ""
    underlying_product_type: str = ""


class EquityOption(Payload, frozen=True):
    """`root_symbol` is not always the underlying. `active` False: listed, not tradable here."""

    symbol: RequiredText = ""
    instrument_type: str = "Equity Option"
    active: Flag = None
    strike_price: Number = None
    root_symbol: str = ""
    underlying_symbol: str = ""
    expiration_date: Day = None
    exercise_style: str = ""
    shares_per_contract: Number = None
    option_type: str = ""
    option_chain_type: str = ""
    expiration_type: str = ""
    settlement_type: str = ""
    stops_trading_at: Moment = None
    expires_at: Moment = None
    days_to_expiration: Count = None
    market_time_instrument_collection: str = ""
    is_closing_only: Flag = None
    streamer_symbol: str = ""
    listed_market: str = ""
    halted_at: Moment = None
    old_security_number: str = ""


class CutoffTime(Payload, frozen=True):
    offset_seconds: Count = None
    timezone: str = ""
    timing: str = ""


class Roll(Payload, frozen=True):
    name: str = ""
    active_count: Count = None
    cash_settled: Flag = None
    business_days_offset: Count = None
    first_notice: Flag = None


class FutureOptionProduct(Payload, frozen=True):
    root_symbol: RequiredText = ""
    code: str = ""
    cash_settled: Flag = None
    exchange: str = ""
    product_type: str = ""
    product_subtype: str = ""
    expiration_type: str = ""
    is_am_settled: Flag = None
    is_rollover: Flag = None
    settlement_delay_days: Count = None
    display_factor: Number = None
    clearing_code: str = ""
    clearing_exchange_code: str = ""
    clearing_price_multiplier: Number = None
    clearport_code: str = ""
    legacy_code: str = ""
    itm_rule: str = ""
    market_sector: str = ""
    supported: Flag = None
    futures_trading_cutoff_times: tuple[CutoffTime, ...] = ()
    # The product of the future, where sent; its own options are left in `raw`.
    future_product: dict[str, Any] = {}


class FutureProduct(Payload, frozen=True):
    """`streamer_exchange_code` cannot be derived from `exchange`."""

    root_symbol: RequiredText = ""
    code: str = ""
    description: str = ""
    exchange: str = ""
    product_type: str = ""
    product_subtype: str = ""
    listed_months: tuple[str, ...] = ()
    active_months: tuple[str, ...] = ()
    notional_multiplier: Number = None
    tick_size: Number = None
    display_factor: Number = None
    base_tick: Number = None
    sub_tick: Number = None
    price_format: str = ""
    streamer_exchange_code: str = ""
    small_notional: Flag = None
    back_month_first_calendar_symbol: Flag = None
    first_notice: Flag = None
    cash_settled: Flag = None
    contract_limit: Count = None
    market_sector: str = ""
    clearing_code: str = ""
    clearing_exchange_code: str = ""
    clearport_code: str = ""
    legacy_code: str = ""
    legacy_exchange_code: str = ""
    security_group: str = ""
    true_underlying_code: str = ""
    underlying_description: str = ""
    underlying_identifier: str = ""
    supported: Flag = None
    futures_trading_cutoff_times: tuple[CutoffTime, ...] = ()
    roll: Roll | None = None
    option_products: tuple[FutureOptionProduct, ...] = ()


class FutureEtfEquivalent(Payload, frozen=True):
    symbol: str = ""
    share_quantity: Number = None


class Future(Payload, frozen=True):
    """`notional_multiplier` is money per point. The wire names no instrument type: it is set."""

    symbol: RequiredText = ""
    instrument_type: str = "Future"
    product_code: str = ""
    contract_size: Number = None
    tick_size: Number = None
    notional_multiplier: Number = None
    main_fraction: Number = None
    sub_fraction: Number = None
    display_factor: Number = None
    last_trade_date: Day = None
    expiration_date: Day = None
    closing_only_date: Day = None
    first_notice_date: Day = None
    active: Flag = None
    active_month: Flag = None
    next_active_month: Flag = None
    is_closing_only: Flag = None
    is_tradeable: Flag = None
    stops_trading_at: Moment = None
    expires_at: Moment = None
    product_group: str = ""
    exchange: str = ""
    exchange_symbol: str = ""
    security_id: str = ""
    roll_target_symbol: str = ""
    true_underlying_symbol: str = ""
    streamer_exchange_code: str = ""
    streamer_symbol: str = ""
    back_month_first_calendar_symbol: Flag = None
    future_etf_equivalent: FutureEtfEquivalent | None = None
    future_product: FutureProduct | None = None
    tick_sizes: tuple[TickSize, ...] = ()
    option_tick_sizes: tuple[TickSize, ...] = ()
    spread_tick_sizes: tuple[TickSize, ...] = ()


class FutureOption(Payload, frozen=True):
    """Its `underlying_symbol` is a future contract, and another than the chain's may be."""

    symbol: RequiredText = ""
    instrument_type: str = "Future Option"
    underlying_symbol: str = ""
    product_code: str = ""
    expiration_date: Day = None
    root_symbol: str = ""
    option_root_symbol: str = ""
    strike_price: Number = None
    exchange: str = ""
    exchange_symbol: str = ""
    streamer_symbol: str = ""
    option_type: str = ""
    exercise_style: str = ""
    is_vanilla: Flag = None
    is_primary_deliverable: Flag = None
    future_price_ratio: Number = None
    multiplier: Number = None
    underlying_count: Number = None
    is_confirmed: Flag = None
    notional_value: Number = None
    display_factor: Number = None
    security_exchange: str = ""
    sx_id: str = ""
    settlement_type: str = ""
    strike_factor: Number = None
    maturity_date: Day = None
    is_exercisable_weekly: Flag = None
    last_trade_time: Moment = None
    days_to_expiration: Count = None
    is_closing_only: Flag = None
    active: Flag = None
    stops_trading_at: Moment = None
    expires_at: Moment = None
    future_option_product: FutureOptionProduct | None = None

    @property
    def money_per_point(self) -> Decimal | None:
        """Notional value over display factor (50 for /ES); `multiplier` is not it."""
        if self.notional_value is None or not self.display_factor:
            return None
        return self.notional_value / self.display_factor


class VenueSymbol(Payload, frozen=True):
    id: Count = None
    symbol: str = ""
    destination_venue: str = ""
    max_quantity_precision: Count = None
    max_price_precision: Count = None
    routable: Flag = None


class Cryptocurrency(Payload, frozen=True):
    symbol: RequiredText = ""
    id: Count = None
    instrument_type: str = "Cryptocurrency"
    short_description: str = ""
    description: str = ""
    is_closing_only: Flag = None
    active: Flag = None
    tick_size: Number = None
    streamer_symbol: str = ""
    destination_venue_symbols: tuple[VenueSymbol, ...] = ()


class Warrant(Payload, frozen=True):
    symbol: RequiredText = ""
    instrument_type: str = "Warrant"
    listed_market: str = ""
    description: str = ""
    cusip: str = ""
    is_closing_only: Flag = None
    active: Flag = None


class CurrencyPair(Payload, frozen=True):
    symbol: RequiredText = ""
    id: Count = None
    instrument_type: str = "Currency Pair"
    streamer_symbol: Annotated[str, Keys("dx-symbol", "streamer-symbol")] = ""
    description: str = ""


class QuantityPrecision(Payload, frozen=True):
    """Decimals stored (`value`) and tradable, for a symbol or, without one, for the type."""

    instrument_type: str = ""
    symbol: str = ""
    value: Count = None
    minimum_increment_precision: Count = None


class InstrumentMatch(Payload, frozen=True):
    """One finding of the instrument search."""

    symbol: RequiredText = ""
    description: str = ""
    instrument_type: str = ""
    exchange: str = ""
    category: str = ""
    sub_category: str = ""
    stops_trading_at: Moment = None
    underlying_product: str = ""
    underlying_product_type: str = ""
    underlying_streamer_symbol: str = ""
    external_id: str = ""
    event_product_external_id: str = ""
