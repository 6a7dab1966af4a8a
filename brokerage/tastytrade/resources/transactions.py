"""Transactions of an account."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime

from brokerage.tastytrade.calls import Call, Page, get, get_pages, one
from brokerage.tastytrade.payloads.transactions import TotalFees, Transaction


def list_transactions(
    number: str,
    *,
    start_date: date | None = None,
    end_date: date | None = None,
    start_at: datetime | None = None,
    end_at: datetime | None = None,
    types: Sequence[str] = (),
    sub_types: Sequence[str] = (),
    symbol: str | None = None,
    underlying_symbol: str | None = None,
    futures_symbol: str | None = None,
    instrument_type: str | None = None,
    action: str | None = None,
    currency: str | None = None,
    partition_key: str | None = None,
    sort: str | None = None,
    per_page: int = 250,
) -> Call[Page[Transaction]]:
    """Newest first. Times override dates."""
    return get_pages(
        "/accounts/{}/transactions",
        number,
        of=Transaction,
        identity=lambda row: row.id,
        query={
            "start-date": start_date,
            "end-date": end_date,
            "start-at": start_at,
            "end-at": end_at,
            "types[]": types,
            "sub-type[]": sub_types,
            "symbol": symbol,
            "underlying-symbol": underlying_symbol,
            "futures-symbol": futures_symbol,
            "instrument-type": instrument_type,
            "action": action,
            "currency": currency,
            "partition-key": partition_key,
            "sort": sort,
            "per-page": per_page,
            "page-offset": 0,
        },
    )


def get_transaction(number: str, transaction_id: int) -> Call[Transaction]:
    return get("/accounts/{}/transactions/{}", number, transaction_id, parse=one(Transaction))


def total_fees(number: str, day: date | None = None) -> Call[TotalFees]:
    """All fees of a New York day, today's without one."""
    return get(
        "/accounts/{}/transactions/total-fees",
        number,
        parse=one(TotalFees),
        query={"date": day},
    )
