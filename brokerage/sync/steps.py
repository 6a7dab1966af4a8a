"""One step of a sync: read one kind over REST, then store it (no transaction while reading)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from itertools import islice
from typing import Any

from django.utils import timezone

from brokerage import clock
from brokerage.calendar import Session
from brokerage.enums import SyncKind
from brokerage.models import Account, BalanceSnapshot, Connection, Order, Transaction
from brokerage.sync import accounts as account_store
from brokerage.sync import corporate, unknown, vanished
from brokerage.sync import instruments as instrument_store
from brokerage.sync.balances import store_balances, store_snapshots
from brokerage.sync.complex_orders import store_complex_orders
from brokerage.sync.instruments import underlyings
from brokerage.sync.margin import store_margin
from brokerage.sync.net_liq import store_bars
from brokerage.sync.orders import store_orders
from brokerage.sync.pacing import PacedClient
from brokerage.sync.positions import store_complete_read
from brokerage.sync.reference import store_alerts, store_metrics, store_watchlists
from brokerage.sync.transactions import store_transactions
from brokerage.sync.upsert import Written
from brokerage.tastytrade.calls import Call
from brokerage.tastytrade.payloads.balances import Balance
from brokerage.tastytrade.payloads.base import Payload
from brokerage.tastytrade.payloads.customers import CustomerAccount, TradingStatus
from brokerage.tastytrade.payloads.margin import MarginRequirements
from brokerage.tastytrade.payloads.market_data import MarketMetrics
from brokerage.tastytrade.payloads.orders import ComplexOrder
from brokerage.tastytrade.payloads.orders import Order as OrderPayload
from brokerage.tastytrade.payloads.positions import Position
from brokerage.tastytrade.payloads.transactions import Transaction as TransactionPayload
from brokerage.tastytrade.payloads.watchlists import QuoteAlert
from brokerage.tastytrade.resources import (
    accounts,
    balances,
    customers,
    margin,
    market_metrics,
    market_time,
    net_liq,
    orders,
    positions,
    quote_alerts,
    transactions,
    watchlists,
)

# How far a first read goes back, and how far a later one overlaps with what is known.
FIRST_ORDER_DAYS, FIRST_TRANSACTION_DAYS, FIRST_SNAPSHOT_DAYS = 30, 400, 90
TRANSACTION_OVERLAP_DAYS, SNAPSHOT_OVERLAP_DAYS = 7, 3
SESSION_DAYS_BACK, SESSION_DAYS_AHEAD = 7, 21
METRIC_BATCH = 50
# Rows of a list that are held at once.
BATCH = 250
NET_LIQ_SPANS = ("1d", "1y")


@dataclass(frozen=True, slots=True)
class Reader:
    """What a step works with."""

    client: PacedClient
    connection: Connection

    @property
    def today(self) -> date:
        """The broker's New York date."""
        return clock.today(self.connection)


Store = Callable[[Account, list[Any], datetime], Written]


def _stored(
    reader: Reader, account: Account, call: Call[Any], kind: type[Payload], store: Store
) -> Written:
    """A list read and stored a batch at a time, so that a long one takes no more memory."""
    written, rows = Written(), reader.client.pages(call)
    while batch := list(islice(rows, BATCH)):
        unknown.note(reader.connection, kind, batch)
        written += store(account, batch, timezone.now())
    return written


def sync_customer(reader: Reader) -> Written:
    return account_store.store_customer(reader.connection, reader.client.send(customers.me()))


def sync_accounts(reader: Reader) -> Written:
    listing = reader.client.send(accounts.list_accounts())
    unknown.note(reader.connection, CustomerAccount, listing)
    return account_store.store_accounts(reader.connection, listing, timezone.now())


def sync_sessions(reader: Reader) -> Written:
    """The broker's equity sessions around today, for the market clock."""
    today = reader.today
    call = market_time.sessions(
        today + timedelta(days=SESSION_DAYS_AHEAD),
        from_date=today - timedelta(days=SESSION_DAYS_BACK),
    )
    sessions = [
        Session(row.start_at, row.open_at, row.close_at, row.close_at_ext)
        for row in reader.client.send(call)
        if row.open_at and row.close_at
    ]
    clock.store_sessions(reader.connection.environment, sessions)
    return Written(len(sessions))


def sync_instruments(reader: Reader) -> Written:
    reached = Account.objects.filter(accesses__connection=reader.connection)
    environment = reader.connection.environment
    needed = instrument_store.missing(environment, instrument_store.wanted(reached), timezone.now())
    found = list(instrument_store.read(reader.client, needed))
    return instrument_store.store_instruments(environment, found, timezone.now())


def sync_trading_status(reader: Reader, account: Account) -> Written:
    status = reader.client.send(accounts.trading_status(account.number))
    unknown.note(reader.connection, TradingStatus, [status])
    return account_store.store_trading_status(account, status, timezone.now())


def sync_balances(reader: Reader, account: Account) -> Written:
    balance = reader.client.send(balances.get_balance(account.number))
    unknown.note(reader.connection, Balance, [balance])
    return store_balances(account, [balance], timezone.now())


def sync_positions(reader: Reader, account: Account) -> Written:
    requested_at = timezone.now()
    call = positions.list_positions(
        account.number, include_closed_positions=True, include_marks=True
    )
    listed = reader.client.send(call)
    unknown.note(reader.connection, Position, listed)
    read = store_complete_read(account, listed, requested_at, timezone.now())
    is_all = not read.listed
    if read.closed:
        vanished.tell_closed(reader.client, reader.connection, account, read.closed, is_all=is_all)
    else:
        vanished.tell_missing(reader.connection, account, read.missing, is_all=is_all)
    return read.written


def sync_orders_live(reader: Reader, account: Account) -> Written:
    call = orders.list_live(account.number)
    return _stored(reader, account, call, OrderPayload, store_orders)


def sync_orders(reader: Reader, account: Account) -> Written:
    """Since yesterday; the first time since a month."""
    known = Order.objects.filter(account=account).exists()
    days = 1 if known and SyncKind.ORDERS in account.synced_at else FIRST_ORDER_DAYS
    call = orders.search(account.number, start_date=reader.today - timedelta(days=days))
    return _stored(reader, account, call, OrderPayload, store_orders)


def sync_complex_orders(reader: Reader, account: Account) -> Written:
    """Those with a member of today; the first time all that the broker still lists."""
    first = SyncKind.COMPLEX_ORDERS not in account.synced_at
    call = (orders.list_complex if first else orders.list_complex_live)(account.number)
    return _stored(reader, account, call, ComplexOrder, store_complex_orders)


def sync_margin(reader: Reader, account: Account) -> Written:
    report = reader.client.send(margin.requirements(account.number))
    unknown.note(reader.connection, MarginRequirements, [report])
    return store_margin(account, report, timezone.now())


def sync_transactions(reader: Reader, account: Account) -> Written:
    latest = (
        Transaction.objects.filter(account=account)
        .order_by("-transaction_date")
        .values_list("transaction_date", flat=True)
        .first()
    )
    start = reader.today - timedelta(days=FIRST_TRANSACTION_DAYS)
    known = latest is not None and SyncKind.TRANSACTIONS in account.synced_at
    if latest is not None and known:
        start = latest - timedelta(days=TRANSACTION_OVERLAP_DAYS)
    call = transactions.list_transactions(account.number, start_date=start)
    written = _stored(reader, account, call, TransactionPayload, store_transactions)
    if known:
        # What a first read brings happened long before.
        corporate.tell(account, written.inserted)
    return written


def sync_snapshots(reader: Reader, account: Account) -> Written:
    latest = (
        BalanceSnapshot.objects.filter(account=account)
        .order_by("-snapshot_date")
        .values_list("snapshot_date", flat=True)
        .first()
    )
    start = reader.today - timedelta(days=FIRST_SNAPSHOT_DAYS)
    if latest is not None:
        start = latest - timedelta(days=SNAPSHOT_OVERLAP_DAYS)
    written = Written()
    for time_of_day in ("BOD", "EOD"):
        call = balances.list_snapshots(account.number, time_of_day=time_of_day, start_date=start)
        found = list(reader.client.pages(call))
        written += store_snapshots(account, found, timezone.now())
    return written


def sync_net_liq(reader: Reader, account: Account) -> Written:
    written = Written()
    for span in NET_LIQ_SPANS:
        bars = reader.client.send(net_liq.history(account.number, time_back=span))
        written += store_bars(account, span, bars)
    return written


def sync_metrics(reader: Reader) -> Written:
    """Figures of every underlying that is held or has a working order."""
    symbols = sorted(underlyings(Account.objects.filter(accesses__connection=reader.connection)))
    found: list[Any] = []
    for start in range(0, len(symbols), METRIC_BATCH):
        found += reader.client.send(market_metrics.metrics(symbols[start : start + METRIC_BATCH]))
    unknown.note(reader.connection, MarketMetrics, found)
    return store_metrics(reader.connection.environment, found, timezone.now())


def sync_watchlists(reader: Reader) -> Written:
    """The login's own lists and the broker's public ones."""
    connection, now = reader.connection, timezone.now()
    own = reader.client.send(watchlists.list_watchlists())
    written = store_watchlists(connection.environment, connection, own, now)
    public = reader.client.send(watchlists.list_public())
    return written + store_watchlists(connection.environment, None, public, now)


def sync_quote_alerts(reader: Reader) -> Written:
    found = reader.client.send(quote_alerts.list_alerts())
    unknown.note(reader.connection, QuoteAlert, found)
    return store_alerts(reader.connection, found, timezone.now(), complete=True)


CONNECTION_STEPS: dict[SyncKind, Callable[[Reader], Written]] = {
    SyncKind.CUSTOMER: sync_customer,
    SyncKind.ACCOUNTS: sync_accounts,
    SyncKind.SESSIONS: sync_sessions,
    SyncKind.INSTRUMENTS: sync_instruments,
    SyncKind.METRICS: sync_metrics,
    SyncKind.WATCHLISTS: sync_watchlists,
    SyncKind.QUOTE_ALERTS: sync_quote_alerts,
}
ACCOUNT_STEPS: dict[SyncKind, Callable[[Reader, Account], Written]] = {
    SyncKind.TRADING_STATUS: sync_trading_status,
    SyncKind.BALANCES: sync_balances,
    SyncKind.POSITIONS: sync_positions,
    SyncKind.ORDERS_LIVE: sync_orders_live,
    SyncKind.ORDERS: sync_orders,
    SyncKind.COMPLEX_ORDERS: sync_complex_orders,
    SyncKind.MARGIN: sync_margin,
    SyncKind.TRANSACTIONS: sync_transactions,
    SyncKind.SNAPSHOTS: sync_snapshots,
    SyncKind.NET_LIQ: sync_net_liq,
}
