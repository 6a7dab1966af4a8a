"""Option chains: strikes by expiration, one chain per root symbol."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Self

from brokerage.tastytrade.payloads.base import Count, Day, Flag, Moment, Number, Payload
from brokerage.tastytrade.payloads.instruments import TickSize


class Deliverable(Payload, frozen=True):
    id: Count = None
    root_symbol: str = ""
    deliverable_type: str = ""
    description: str = ""
    amount: Number = None
    percent: Number = None
    symbol: str = ""
    instrument_type: str = ""


class Strike(Payload, frozen=True):
    """Deep strikes may come without streamer symbols."""

    strike_price: Number = None
    call: str = ""
    call_streamer_symbol: str = ""
    put: str = ""
    put_streamer_symbol: str = ""


class Expiration(Payload, frozen=True):
    expiration_date: Day = None
    expiration_type: str = ""
    settlement_type: str = ""
    days_to_expiration: Count = None
    strikes: tuple[Strike, ...] = ()


class NestedChain(Payload, frozen=True):
    """One root of an underlying: SPX has SPX and SPXW. Key by root and date, never date alone."""

    underlying_symbol: str = ""
    root_symbol: str = ""
    option_chain_type: str = ""
    shares_per_contract: Number = None
    tick_sizes: tuple[TickSize, ...] = ()
    deliverables: tuple[Deliverable, ...] = ()
    expirations: tuple[Expiration, ...] = ()


class CompactChain(Payload, frozen=True):
    """One expiration group; `symbols` and `streamer_symbols` run in parallel."""

    underlying_symbol: str = ""
    root_symbol: str = ""
    option_chain_type: str = ""
    settlement_type: str = ""
    shares_per_contract: Number = None
    expiration_type: str = ""
    deliverables: tuple[Deliverable, ...] = ()
    symbols: tuple[str, ...] = ()
    streamer_symbols: tuple[str, ...] = ()


class ChainFuture(Payload, frozen=True):
    symbol: str = ""
    root_symbol: str = ""
    streamer_symbol: str = ""
    maturity_date: Day = None
    expiration_date: Day = None
    days_to_expiration: Count = None
    active_month: Flag = None
    next_active_month: Flag = None
    stops_trading_at: Moment = None
    expires_at: Moment = None


class FutureExpiration(Payload, frozen=True):
    """`underlying_symbol` is the contract this expiration delivers; neighbours may differ."""

    underlying_symbol: str = ""
    root_symbol: str = ""
    option_root_symbol: str = ""
    option_contract_symbol: str = ""
    asset: str = ""
    expiration_date: Day = None
    days_to_expiration: Count = None
    expiration_type: str = ""
    settlement_type: str = ""
    notional_value: Number = None
    display_factor: Number = None
    strike_factor: Number = None
    stops_trading_at: Moment = None
    expires_at: Moment = None
    tick_sizes: tuple[TickSize, ...] = ()
    strikes: tuple[Strike, ...] = ()


class FutureChain(Payload, frozen=True):
    underlying_symbol: str = ""
    root_symbol: str = ""
    exercise_style: str = ""
    expirations: tuple[FutureExpiration, ...] = ()


class FutureNestedChain(Payload, frozen=True):
    futures: tuple[ChainFuture, ...] = ()
    option_chains: tuple[FutureChain, ...] = ()

    @classmethod
    def read(cls, source: Any) -> Self:
        # Seen inside a wrapper named after the serializer.
        if isinstance(source, Mapping) and len(source) == 1:
            inner = next(iter(source.values()))
            if isinstance(inner, Mapping) and ("futures" in inner or "option-chains" in inner):
                source = inner
        return super().read(source)
