"""Chains from a few booked trades, without a database."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from types import SimpleNamespace
from typing import Any

from portfolio.analytics.chains.build import rebuild
from portfolio.analytics.chains.transactions import Booked, events
from portfolio.trade_chains.histories import AccountHistory

START = datetime(2026, 11, 2, 15, tzinfo=UTC)


def option(right: str, strike: int, day: str = "261218") -> str:
    return f"KO    {day}{right}{strike * 1000:08d}"


def trade(
    key: int, action: str, symbol: str, quantity: int, price: str, *, order: int, day: int = 0,
    **facts: Any,
) -> Booked:  # fmt: skip
    """One booked fill; options count a hundred."""
    points = 100 if " " in symbol else 1
    side = 1 if action.startswith("Sell") else -1
    value = side * quantity * Decimal(price) * points
    values: dict[str, Any] = {
        "at": START + timedelta(days=day, minutes=key),
        "type": "Trade",
        "sub_type": action,
        "instrument_type": "Equity Option" if " " in symbol else "Equity",
        "value": value,
        "net_value": value - 1,
        "order": order,
        "multiplier": Decimal(points),
        **facts,
    }
    return Booked(
        key=key, account="1", action=action, symbol=symbol, underlying="KO",
        quantity=Decimal(quantity), price=Decimal(price), **values,
    )  # fmt: skip


def history(*rows: Booked) -> AccountHistory:
    made = rebuild(events(rows))
    account: Any = SimpleNamespace(pk=1)
    return AccountHistory(account, made, made, booked={str(row.key): row for row in rows})
