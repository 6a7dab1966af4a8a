"""Balances of an account."""

from __future__ import annotations

from datetime import date

from brokerage.tastytrade.calls import Call, Page, get, get_pages, many, one
from brokerage.tastytrade.payloads.balances import Balance


def get_balance(number: str, currency: str = "USD") -> Call[Balance]:
    return get("/accounts/{}/balances/{}", number, currency, parse=one(Balance))


def list_balances(number: str) -> Call[tuple[Balance, ...]]:
    """One per currency. The broker answers with a list or with one object; both are read."""
    return get("/accounts/{}/balances", number, parse=many(Balance))


def list_snapshots(
    number: str,
    *,
    time_of_day: str,
    snapshot_date: date | None = None,
    start_date: date | None = None,
    end_date: date | None = None,
    currency: str = "USD",
    per_page: int = 250,
) -> Call[Page[Balance]]:
    """`time_of_day` is BOD, EOD or Intraday; one day or a range, whose ends may be open."""
    if snapshot_date is not None and (start_date or end_date):
        raise ValueError("either one day or a range")
    return get_pages(
        "/accounts/{}/balance-snapshots",
        number,
        of=Balance,
        identity=lambda row: (row.snapshot_date, row.time_of_day, row.currency, row.updated_at),
        query={
            "time-of-day": time_of_day,
            "snapshot-date": snapshot_date,
            "start-date": start_date,
            "end-date": end_date,
            "currency": currency,
            "per-page": per_page,
            "page-offset": 0,
        },
    )
