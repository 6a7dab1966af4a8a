"""Accounts and what they may do."""

from __future__ import annotations

from brokerage.tastytrade.calls import Call, get, many, one
from brokerage.tastytrade.payloads.customers import Account, CustomerAccount, TradingStatus


def list_accounts() -> Call[tuple[CustomerAccount, ...]]:
    """All accounts of the login, closed ones included."""
    return get("/customers/me/accounts", parse=many(CustomerAccount))


def get_account(number: str) -> Call[Account]:
    return get("/customers/me/accounts/{}", number, parse=one(Account))


def trading_status(number: str) -> Call[TradingStatus]:
    return get("/accounts/{}/trading-status", number, parse=one(TradingStatus))
