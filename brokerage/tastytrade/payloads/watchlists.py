"""Watchlists and quote alerts, which belong to the user rather than to an account."""

from __future__ import annotations

from brokerage.tastytrade.payloads.base import (
    Count,
    Moment,
    Number,
    Payload,
    RequiredText,
)


class WatchlistEntry(Payload, frozen=True):
    symbol: RequiredText = ""
    instrument_type: str = ""


class Watchlist(Payload, frozen=True):
    """`watchlist_entry_count` comes in the counts-only form, without entries."""

    name: RequiredText = ""
    id: Count = None
    watchlist_entries: tuple[WatchlistEntry, ...] = ()
    watchlist_entry_count: Count = None
    group_name: str = ""
    order_index: Count = None
    cms_id: str = ""
    user_id: Count = None
    created_at: Moment = None
    updated_at: Moment = None


class PairsEquation(Payload, frozen=True):
    left_action: str = ""
    left_symbol: str = ""
    left_quantity: Number = None
    right_action: str = ""
    right_symbol: str = ""
    right_quantity: Number = None


class PairsWatchlist(Payload, frozen=True):
    name: RequiredText = ""
    pairs_equations: tuple[PairsEquation, ...] = ()
    order_index: Count = None


class QuoteAlert(Payload, frozen=True):
    """`field` is Last, Bid, Ask or IV; `operator` is > or <."""

    alert_external_id: str = ""
    user_external_id: str = ""
    symbol: str = ""
    dx_symbol: str = ""
    instrument_type: str = ""
    field: str = ""
    operator: str = ""
    threshold: Number = None
    threshold_numeric: Number = None
    provider: str = ""
    created_at: Moment = None
    triggered_at: Moment = None
    completed_at: Moment = None
    dismissed_at: Moment = None
    expired_at: Moment = None
    expires_at: Moment = None
