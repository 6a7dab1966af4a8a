"""Quotes over REST, volatility figures, dividends and earnings, symbol search."""

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


class MarketInstrument(Payload, frozen=True):
    symbol: str = ""
    instrument_type: str = ""
    instrument_key: dict[str, Any] = {}
    underlying_instrument: Any = None
    root_symbol: str = ""
    exchange: str = ""


class MarketData(Payload, frozen=True):
    """One instrument's quote, by tastytrade symbol. Any price may be missing."""

    symbol: RequiredText = ""
    instrument_type: str = ""
    updated_at: Moment = None
    bid: Number = None
    bid_size: Number = None
    ask: Number = None
    ask_size: Number = None
    mid: Number = None
    mark: Number = None
    last: Number = None
    last_ext: Number = None
    last_mkt: Number = None
    open: Annotated[Decimal | None, Keys("open", "day-open")] = None
    day_high: Annotated[Decimal | None, Keys("day-high-price", "day-high")] = None
    day_low: Annotated[Decimal | None, Keys("day-low-price", "day-low")] = None
    close: Annotated[Decimal | None, Keys("close", "day-close")] = None
    close_price_type: str = ""
    prev_close: Annotated[Decimal | None, Keys("prev-close", "prev-day-close")] = None
    prev_close_price_type: str = ""
    summary_date: Day = None
    prev_close_date: Day = None
    year_high: Annotated[Decimal | None, Keys("year-high-price", "year-high")] = None
    year_low: Annotated[Decimal | None, Keys("year-low-price", "year-low")] = None
    low_limit_price: Number = None
    high_limit_price: Number = None
    volume: Number = None
    open_interest: Number = None
    beta: Number = None
    dividend_amount: Number = None
    dividend_frequency: Number = None
    is_trading_halted: Annotated[bool | None, Keys("is-trading-halted", "trading-halted")] = None
    trading_halted_reason: str = ""
    halt_start_time: Moment = None
    halt_end_time: Moment = None
    last_trade_time: Moment = None
    instrument: MarketInstrument | None = None

    @property
    def best_price(self) -> Decimal | None:
        """The mark, else the mid, else the last, else the previous close."""
        for price in (self.mark, self.mid, self.last, self.prev_close):
            if price is not None:
                return price
        return None


class LiquidityState(Payload, frozen=True):
    sum: Number = None
    count: Count = None
    started_at: Moment = None
    updated_at: Moment = None


class ExpirationVolatility(Payload, frozen=True):
    expiration_date: Day = None
    option_chain_type: str = ""
    settlement_type: str = ""
    implied_volatility: Number = None


class Earnings(Payload, frozen=True):
    visible: Flag = None
    expected_report_date: Day = None
    estimated: Flag = None
    late_flag: Count = None
    quarter_end_date: Day = None
    actual_eps: Number = None
    consensus_estimate: Number = None
    time_of_day: str = ""
    updated_at: Moment = None


class MarketMetrics(Payload, frozen=True):
    """Ranks, percentiles and the index are fractions; the `*_day` volatilities are percent."""

    symbol: RequiredText = ""
    implied_volatility_index: Number = None
    implied_volatility_index_5_day_change: Number = None
    implied_volatility_index_rank: Annotated[
        Decimal | None, Keys("implied-volatility-index-rank", "implied-volatility-rank")
    ] = None
    tos_implied_volatility_index_rank: Number = None
    tos_implied_volatility_index_rank_updated_at: Moment = None
    tw_implied_volatility_index_rank: Number = None
    implied_volatility_index_rank_source: str = ""
    implied_volatility_percentile: Number = None
    implied_volatility_updated_at: Moment = None
    liquidity_value: Annotated[Decimal | None, Keys("liquidity-value", "liquidity")] = None
    liquidity_rank: Number = None
    liquidity_rating: Count = None
    liquidity_running_state: LiquidityState | None = None
    option_expiration_implied_volatilities: tuple[ExpirationVolatility, ...] = ()
    beta: Number = None
    beta_updated_at: Moment = None
    corr_spy_3month: Number = None
    dividend_rate_per_share: Number = None
    annual_dividend_per_share: Number = None
    dividend_yield: Number = None
    dividend_ex_date: Day = None
    dividend_next_date: Day = None
    dividend_pay_date: Day = None
    dividend_updated_at: Moment = None
    earnings: Earnings | None = None
    listed_market: str = ""
    lendability: str = ""
    borrow_rate: Number = None
    market_cap: Number = None
    implied_volatility_30_day: Number = None
    historical_volatility_30_day: Number = None
    historical_volatility_60_day: Number = None
    historical_volatility_90_day: Number = None
    iv_hv_30_day_difference: Number = None
    price_earnings_ratio: Number = None
    earnings_per_share: Number = None
    created_at: Moment = None
    updated_at: Moment = None


class Dividend(Payload, frozen=True):
    occurred_date: Day = None
    amount: Number = None


class EarningsReport(Payload, frozen=True):
    occurred_date: Day = None
    eps: Number = None


class SymbolMatch(Payload, frozen=True):
    """One finding of the symbol search."""

    symbol: RequiredText = ""
    description: str = ""
    instrument_type: str = ""
    listed_market: str = ""
    price_increments: str = ""
    trading_hours: str = ""
    options: Flag = None
