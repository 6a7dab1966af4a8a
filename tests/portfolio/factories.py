"""A small book of positions in two or more accounts, as the mirror would hold it."""

from __future__ import annotations

import asyncio
import time
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

from django.utils import timezone
from model_bakery import baker

from brokerage import market
from brokerage.models import (
    Account,
    AccountAccess,
    Balance,
    Connection,
    Instrument,
    Order,
    OrderLeg,
    Position,
    TradingStatus,
    Transaction,
)
from portfolio.formats import NEW_YORK

TODAY_FACTS = {"quantity_direction": "Long", "closed_at": None}


def make_connection(user: Any, environment: str = "simulator", **facts: Any) -> Connection:
    number = Connection.objects.count() + 1
    values = {
        "label": f"Login {number}",
        "client_secret": "secret",
        "refresh_token": "token",
        "grant_fingerprint": f"print-{number}",
        "scopes": "read trade",
        "access_token_expires_at": timezone.now() + timedelta(minutes=12, seconds=30),
        "last_refresh_at": timezone.now() - timedelta(minutes=2),
        "last_sync_at": timezone.now() - timedelta(seconds=20),
        "quotes_delayed": False,
        **facts,
    }
    return Connection.objects.create(user=user, environment=environment, **values)


def make_account(connection: Connection, number: str = "5WT00001", **facts: Any) -> Account:
    values = {"type_name": "Individual", "margin_or_cash": "Margin", **facts}
    account, _ = Account.objects.get_or_create(
        environment=connection.environment, number=number, defaults=values
    )
    AccountAccess.objects.create(connection=connection, account=account, authority_level="owner")
    return account


def make_balance(account: Account, **facts: Any) -> Balance:
    values = {
        "cash_balance": "18250.40",
        "net_liquidating_value": "50000.00",
        "margin_equity": "41230.10",
        "equity_buying_power": "36000.00",
        "derivative_buying_power": "18000.00",
        "day_trading_buying_power": "72000.00",
        "used_derivative_buying_power": "32000.00",
        "maintenance_requirement": "21480.00",
        "maintenance_excess": "19750.10",
        "cash_available_to_withdraw": "9120.00",
        "long_equity_value": "22810.00",
        "received_at": timezone.now(),
        **facts,
    }
    return Balance.objects.create(account=account, **values)


def make_position(account: Account, symbol: str, quantity: str, **facts: Any) -> Position:
    """A position; `open`, `close`, `mark` are prices, `kind` the instrument type."""
    amount = Decimal(quantity)
    kind = facts.pop("kind", "Equity")
    values = {
        "instrument_type": kind,
        "underlying_symbol": symbol,
        "streamer_symbol": symbol,
        "quantity_direction": "Long" if amount > 0 else "Short" if amount < 0 else "Zero",
        "average_open_price": facts.pop("open", None),
        "average_daily_market_close_price": facts.pop("close", None),
        "mark_price": facts.pop("mark", None),
        "multiplier": 1,
        "received_at": timezone.now(),
        **facts,
    }
    return Position.objects.create(account=account, symbol=symbol, quantity=amount, **values)


def make_option(
    account: Account, root: str, days: int, right: str, strike: str, quantity: str, **facts: Any
) -> Position:
    """An equity option `days` from today, with its instrument."""
    day = (timezone.now().astimezone(NEW_YORK) + timedelta(days=days)).date()
    symbol = f"{root:<6}{day:%y%m%d}{right}{int(Decimal(strike) * 1000):08d}"
    streamer = f".{root}{day:%y%m%d}{right}{Decimal(strike).normalize():f}"
    Instrument.objects.get_or_create(
        environment=account.environment,
        instrument_type="Equity Option",
        symbol=symbol,
        defaults={
            "streamer_symbol": streamer,
            "underlying_symbol": root,
            "strike_price": strike,
            "option_type": right,
            "expiration_date": day,
            "expires_at": datetime(day.year, day.month, day.day, 20, tzinfo=UTC),
            "multiplier": 100,
            "tick_sizes": [{"value": "0.01", "threshold": "3.0"}, {"value": "0.05"}],
        },
    )
    values = {"streamer_symbol": streamer, "underlying_symbol": root, "multiplier": 100, **facts}
    return make_position(account, symbol, quantity, kind="Equity Option", **values)


def make_order(account: Account, **facts: Any) -> Order:
    number = Order.objects.count() + 1000
    values = {
        "broker_id": number,
        "status": "Live",
        "order_type": "Limit",
        "time_in_force": "Day",
        "size": 1,
        "price": "1.35",
        "price_effect": "Credit",
        "underlying_symbol": "SPY",
        "received_at": timezone.now(),
        "mirrored_at": timezone.now(),
        **facts,
    }
    order = Order.objects.create(account=account, **values)
    OrderLeg.objects.create(
        order=order,
        position=0,
        instrument_type="Equity",
        symbol=order.underlying_symbol,
        action="Sell to Open",
        quantity=3,
        remaining_quantity=2,
    )
    return order


def make_transaction(account: Account, **facts: Any) -> Transaction:
    values = {
        "broker_id": Transaction.objects.count() + 1,
        "transaction_type": "Trade",
        "transaction_sub_type": "Sell to Open",
        "symbol": "SPY",
        "instrument_type": "Equity",
        "quantity": 2,
        "price": "6.85",
        "value": "1370.00",
        "net_value": "1367.72",
        "commission": "-2.00",
        "clearing_fees": "-0.20",
        "regulatory_fees": "-0.08",
        "executed_at": timezone.now(),
        "transaction_date": timezone.now().astimezone(NEW_YORK).date(),
        **facts,
    }
    return Transaction.objects.create(account=account, **values)


def make_status(account: Account, **facts: Any) -> TradingStatus:
    return baker.make(TradingStatus, account=account, raw={}, received_at=timezone.now(), **facts)


def publish(connection: Connection, cells: dict[str, market.Cells], *, state: str = "up") -> None:
    """What the gateway would have published: the book, and streams in the given state."""
    now = time.time()
    stream = market.StreamHealth(state=state, since=now, last_frame_at=now)
    health = market.FeedHealth(at=now, gateway="test", market=stream, account=stream)
    frame = market.Frame(sent_at=now, cells=cells, health=health)

    async def tell() -> None:
        server = market.async_valkey()
        try:
            await market.publish(server, market.feed_key(connection), frame)
        finally:
            await server.aclose()

    asyncio.run(tell())


def quote(bid: float, ask: float, *, age: float = 0.0) -> market.Quote:
    return market.Quote(time.time() - age, bid, ask, 10.0, 12.0)


def greeks(delta: float, *, age: float = 0.0, **facts: float) -> market.Greeks:
    values = {"gamma": 0.01, "theta": -0.05, "vega": 0.12, "volatility": 0.234, **facts}
    return market.Greeks(time.time() - age, delta, **values)


def small_book(user: Any) -> tuple[Connection, Account]:
    """One account: shares, a covered call, a put spread; quotes and Greeks for all."""
    connection = make_connection(user)
    account = make_account(connection)
    make_balance(account)
    make_status(account, options_level="No Restrictions", is_frozen=False)
    make_position(account, "KO", "100", open="50.00", close="51.50", mark="52.00")
    call = make_option(account, "KO", 30, "C", "55", "-1", open="1.10", close="0.90", mark="0.80")
    put = make_option(account, "SPY", 45, "P", "590", "-2", open="1.20", close="0.95", mark="0.80")
    publish(
        connection,
        {
            "KO": market.Cells(quote=quote(51.99, 52.01)),
            "SPY": market.Cells(quote=quote(601.10, 601.12)),
            call.streamer_symbol: market.Cells(quote=quote(0.79, 0.81), greeks=greeks(0.30)),
            put.streamer_symbol: market.Cells(quote=quote(0.79, 0.81), greeks=greeks(-0.25)),
        },
    )
    return connection, account
