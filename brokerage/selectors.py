"""Reads of the mirror. Each takes a user or accounts that were opened through ``access``."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import redis
from django.db.models import Count, Prefetch, Q, QuerySet

from brokerage import clock, market
from brokerage.access import visible_accounts
from brokerage.calendar import NEW_YORK
from brokerage.enums import TERMINAL_STATUSES, StreamState, SyncState
from brokerage.models import (
    Account,
    AccountAccess,
    AuditEntry,
    Balance,
    Connection,
    Instrument,
    MarginRequirement,
    MarketMetric,
    Notice,
    Order,
    OrderLeg,
    Position,
    QuoteAlert,
    SyncRun,
    Transaction,
)

# Columns that a page has no use for.
SECRETS = ("client_secret", "refresh_token", "access_token")


def connections_for(user: Any) -> QuerySet[Connection]:
    """The user's connections, secrets left in the database."""
    return Connection.objects.filter(user_id=user.pk).defer(*SECRETS).select_related("customer")


def accounts_for(user: Any, *, include_closed: bool = False) -> QuerySet[Account]:
    """Visible accounts with ``accesses`` (this user's alone) and ``trading_status`` at hand."""
    own = AccountAccess.objects.filter(connection__user_id=user.pk).select_related("connection")
    rows = visible_accounts(user).select_related("trading_status")
    if not include_closed:
        rows = rows.exclude(is_closed=True)
    return rows.prefetch_related(
        Prefetch("accesses", queryset=own.defer(*(f"connection__{name}" for name in SECRETS)))
    )


def positions_for(
    accounts: Iterable[Account], *, include_closed: bool = False
) -> QuerySet[Position]:
    """Open positions; with ``include_closed`` those that are gone as well, last state kept."""
    rows = Position.objects.filter(account__in=_pks(accounts)).select_related("account")
    return rows if include_closed else rows.filter(closed_at=None)


def balances_for(accounts: Iterable[Account], *, currency: str = "USD") -> dict[int, Balance]:
    """The latest balance per account id; accounts without one are absent."""
    rows = Balance.objects.filter(account__in=_pks(accounts), currency=currency)
    return {balance.account_id: balance for balance in rows}


def orders_for(
    accounts: Iterable[Account], scope: str = "all", *, connection: Connection | None = None
) -> QuerySet[Order]:
    """Orders with legs and fills, newest first.

    ``scope``: "working" (not finished, unknown statuses included), "today" (received or finished
    on the market clock's New York date of ``connection``), "history" (finished) or "all".
    """
    legs = OrderLeg.objects.prefetch_related("fills")
    rows = Order.objects.filter(account__in=_pks(accounts)).select_related("account")
    rows = rows.prefetch_related(Prefetch("legs", queryset=legs))
    if scope == "working":
        return rows.exclude(status__in=TERMINAL_STATUSES).filter(gone_at=None)
    if scope == "history":
        return rows.filter(Q(status__in=TERMINAL_STATUSES) | Q(gone_at__isnull=False))
    if scope == "today":
        start = _start_of_today(connection)
        return rows.filter(Q(received_at__gte=start) | Q(terminal_at__gte=start))
    if scope != "all":
        raise ValueError(f"unknown scope {scope!r}")
    return rows


def count_working(accounts: Iterable[Account]) -> int:
    """How many orders are not finished."""
    return orders_for(accounts, "working").count()


def _start_of_today(connection: Connection | None) -> datetime:
    day = clock.today(connection)
    return datetime(day.year, day.month, day.day, tzinfo=NEW_YORK)


def transactions_for(accounts: Iterable[Account]) -> QuerySet[Transaction]:
    """Booked transactions, newest first."""
    return Transaction.objects.filter(account__in=_pks(accounts)).select_related("account")


def instruments_for(environment: str, symbols: Iterable[str]) -> dict[str, Instrument]:
    """Mirrored facts by tastytrade symbol; what is not mirrored is absent."""
    return {row.symbol: row for row in instrument_rows(environment, symbols)}


def instrument_rows(environment: str, symbols: Iterable[str]) -> QuerySet[Instrument]:
    """Of these symbols, asked for by one array however many there are."""
    return Instrument.objects.filter(environment=environment, symbol__any=list(symbols))


def metrics_for(environment: str, symbols: Iterable[str]) -> QuerySet[MarketMetric]:
    """Volatility figures, betas and dividends of underlyings; what is not mirrored is absent."""
    return MarketMetric.objects.filter(environment=environment, symbol__in=list(symbols))


def margin_for(accounts: Iterable[Account]) -> QuerySet[MarginRequirement]:
    """The broker's margin report as it stands: a row a group, the totals under an empty code."""
    return MarginRequirement.objects.filter(account__in=_pks(accounts), gone_at=None)


def notices_for(user: Any) -> QuerySet[Notice]:
    """What is not dismissed, newest first."""
    rows = Notice.objects.filter(connection__user_id=user.pk, dismissed_at=None)
    return rows.select_related("connection").defer(*(f"connection__{name}" for name in SECRETS))


def quote_alerts_for(connections: Iterable[UUID]) -> QuerySet[QuoteAlert]:
    """The broker's alerts of these logins, ended ones too."""
    return QuoteAlert.objects.filter(connection__in=list(connections)).defer("raw")


def dismissed_notices_for(user: Any) -> QuerySet[Notice]:
    """What somebody has read and put away, the latest put away first."""
    rows = Notice.objects.filter(connection__user_id=user.pk, dismissed_at__isnull=False)
    rows = rows.select_related("connection").order_by("-dismissed_at")
    return rows.defer(*(f"connection__{name}" for name in SECRETS))


def sync_runs_for(connection: Connection) -> QuerySet[SyncRun]:
    return SyncRun.objects.filter(connection=connection).order_by("-started_at")


def running_sync(connection: Connection) -> SyncRun | None:
    """The latest run that is still going on."""
    return sync_runs_for(connection).filter(state=SyncState.RUNNING).first()


def audit_for(user: Any) -> QuerySet[AuditEntry]:
    """What was done by the user or over the user's connections, newest first."""
    rows = AuditEntry.objects.filter(Q(user_id=user.pk) | Q(connection__user_id=user.pk))
    return rows.select_related("user", "account")


def account_counts(user: Any) -> dict[str, int]:
    """Per connection id how many accounts it reaches."""
    rows = Connection.objects.filter(user_id=user.pk).annotate(reached=Count("accesses"))
    return {str(pk): reached for pk, reached in rows.values_list("pk", "reached")}


@dataclass(frozen=True, slots=True)
class Lamp:
    """One stream: up, quiet, connecting, down or off, since when, and why in plain words."""

    state: str
    since: datetime | None
    reason: str

    @property
    def is_up(self) -> bool:
        """A quiet stream is open: it only has nothing to say, or is about to be given up."""
        return self.state in ("up", "quiet")


@dataclass(frozen=True, slots=True)
class StreamHealth:
    """``at``: when the gateway said so; None when no gateway serves the connection."""

    account_stream: Lamp
    quote_stream: Lamp
    at: datetime | None


def stream_health(connection: Connection) -> StreamHealth:
    """What the gateway last said of this connection's streams; silence counts as down."""
    try:
        health = market.health(connection)
    except redis.RedisError:
        lamp = Lamp(StreamState.DOWN, None, "Valkey does not answer")
        return StreamHealth(lamp, lamp, None)
    return StreamHealth(_lamp(health.account), _lamp(health.market), _instant(health.at))


def _lamp(stream: market.StreamHealth) -> Lamp:
    return Lamp(stream.state, _instant(stream.since), stream.reason)


def _instant(seconds: float) -> datetime | None:
    return datetime.fromtimestamp(seconds, tz=UTC) if seconds else None


def _pks(accounts: Iterable[Account]) -> list[int]:
    return [account.pk for account in accounts]
