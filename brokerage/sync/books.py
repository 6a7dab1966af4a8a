"""The two sides of a comparison: the broker's book, read now, and ours, as the same field values.

The broker's objects go through the mapping that fills the mirror, so that a difference is one of
facts. A side is ``part → line → field → value``; of an order the legs and fills are fields too.
Nothing is written.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta
from functools import partial
from typing import Any

from django.db.models import Model, QuerySet
from django.utils import timezone

from brokerage import clock
from brokerage.models import (
    Account,
    Balance,
    BalanceSnapshot,
    ComplexOrder,
    Connection,
    MarginRequirement,
    NetLiqPoint,
    Order,
    Position,
    TradingStatus,
    Transaction,
)
from brokerage.sync import columns, mapping
from brokerage.sync.net_liq import bar_values
from brokerage.sync.pacing import PacedClient
from brokerage.tastytrade import errors
from brokerage.tastytrade.resources import (
    accounts,
    balances,
    margin,
    net_liq,
    orders,
    positions,
    transactions,
)

Values = dict[str, Any]
Lines = dict[str, Values]
Side = dict[str, Lines]

# What an account's book consists of. Figures of the second row follow the market from end to end
# and are compared only while the broker's clock stands.
PARTS = ("position", "balance", "trading status", "order", "complex order", "transaction")
STILL_PARTS = ("margin", "snapshot", "net liq")
# How far back orders and bookings are compared on the schedule.
ORDER_DAYS, TRANSACTION_DAYS = 1, 7
NET_LIQ_SPAN = "1y"
# What a broker may not offer for an account; without it the part is left out.
_NOT_OFFERED = (errors.NotAvailableHere, errors.NotFound, errors.Forbidden)


@dataclass(frozen=True, slots=True)
class Reach:
    """``still``: the broker's clock stands. Days: how far back lists are read."""

    still: bool
    orders: date
    transactions: date

    @classmethod
    def of(cls, connection: Connection, still: bool, since: date | None) -> Reach:
        """``since``: for all lists; None is the schedule's."""
        today = clock.today(connection)
        return cls(
            still,
            since or today - timedelta(days=ORDER_DAYS),
            since or today - timedelta(days=TRANSACTION_DAYS),
        )

    @property
    def parts(self) -> tuple[str, ...]:
        return PARTS + STILL_PARTS if self.still else PARTS


# --- Theirs ----------------------------------------------------------------------------------


def theirs(client: PacedClient, account: Account, reach: Reach) -> Side:
    """Raises what the client raises; a part that the broker does not offer here is left out."""
    found: Side = {}
    for part in reach.parts:
        try:
            found[part] = _READERS[part](client, account, reach)
        except _NOT_OFFERED:
            if part in _ESSENTIAL:
                raise
    return found


def _positions(client: PacedClient, account: Account, _: Reach) -> Lines:
    # As the sync asks, or marks would be missing on one side.
    call = positions.list_positions(
        account.number, include_closed_positions=False, include_marks=True
    )
    now = timezone.now()
    return {
        f"{row.instrument_type} {row.symbol}": mapping.position(row, account.pk, now)
        for row in client.send(call)
        if row.signed_quantity
    }


def _balances(client: PacedClient, account: Account, _: Reach) -> Lines:
    money = client.send(balances.get_balance(account.number))
    return {money.currency or "USD": mapping.balance(money, account.pk, timezone.now())}


def _trading_status(client: PacedClient, account: Account, _: Reach) -> Lines:
    status = client.send(accounts.trading_status(account.number))
    return {account.number: mapping.trading_status(status, account.pk, timezone.now())}


def _orders(client: PacedClient, account: Account, reach: Reach) -> Lines:
    rows = client.pages(orders.search(account.number, start_date=reach.orders))
    return {str(row.id): _order_values(row, account.pk) for row in rows}


def _order_values(payload: Any, account_id: int) -> Values:
    values = mapping.order(payload, account_id, timezone.now())
    for place, leg in enumerate(payload.legs):
        values |= {f"leg {place} {name}": getattr(leg, name) for name in columns.LEG}
        for fill in leg.fills:
            values[f"leg {place} fill {fill.fill_id}"] = tuple(mapping.fill_values(fill).values())
    return values


def _complex_orders(client: PacedClient, account: Account, reach: Reach) -> Lines:
    list_ = orders.list_complex if reach.still else orders.list_complex_live
    return {
        str(row.id): mapping.complex_order(row, account.pk, timezone.now())
        for row in client.pages(list_(account.number))
        if row.id is not None
    }


def _transactions(client: PacedClient, account: Account, reach: Reach) -> Lines:
    call = transactions.list_transactions(account.number, start_date=reach.transactions)
    now = timezone.now()
    return {
        str(row.id): mapping.transaction(row, account.pk, now)
        for row in client.pages(call)
        if row.id is not None
    }


def _margin(client: PacedClient, account: Account, _: Reach) -> Lines:
    report = client.send(margin.requirements(account.number))
    rows = mapping.margin(report, account.pk, timezone.now())
    return {row["code"]: row for row in rows}


def _snapshots(client: PacedClient, account: Account, reach: Reach) -> Lines:
    found = {}
    for time_of_day in ("BOD", "EOD"):
        call = balances.list_snapshots(
            account.number, time_of_day=time_of_day, start_date=reach.transactions
        )
        for row in client.pages(call):
            if row.snapshot_date is not None and row.time_of_day:
                values = mapping.snapshot(row, account.pk, timezone.now())
                found[_snapshot_name(values)] = values
    return found


def _snapshot_name(values: Values) -> str:
    return f"{values['snapshot_date']} {values['time_of_day']} {values['currency']}"


def _net_liq(client: PacedClient, account: Account, _: Reach) -> Lines:
    bars = client.send(net_liq.history(account.number, time_back=NET_LIQ_SPAN))
    rows = (bar_values(account.pk, NET_LIQ_SPAN, bar) for bar in bars if bar.time)
    return {row["at"].isoformat(): row for row in rows}


_READERS: dict[str, Callable[[PacedClient, Account, Reach], Lines]] = {
    "position": _positions,
    "balance": _balances,
    "trading status": _trading_status,
    "order": _orders,
    "complex order": _complex_orders,
    "transaction": _transactions,
    "margin": _margin,
    "snapshot": _snapshots,
    "net liq": _net_liq,
}
# Without these there is no book; a refusal is an error of the comparison.
_ESSENTIAL = frozenset({"position", "balance", "order", "transaction"})


# --- Ours ------------------------------------------------------------------------------------


def ours(account: Account, listed: Side) -> Side:
    """What we hold of the parts that were listed: all that is open, and of lists what is named."""
    return {part: _OURS[part](account, lines) for part, lines in listed.items()}


def values_of(row: Model) -> Values:
    """All columns of a row."""
    return {field.attname: getattr(row, field.attname) for field in row._meta.concrete_fields}


def _stored_positions(account: Account, _: Lines) -> Lines:
    held = Position.objects.filter(account=account, closed_at=None)
    return {f"{row.instrument_type} {row.symbol}": values_of(row) for row in held}


def _stored_balances(account: Account, named: Lines) -> Lines:
    rows = Balance.objects.filter(account=account, currency__in=list(named))
    return {row.currency: values_of(row) for row in rows}


def _stored_status(account: Account, _: Lines) -> Lines:
    rows = TradingStatus.objects.filter(account=account)
    return {row.account.number: values_of(row) for row in rows.select_related("account")}


def _stored_orders(account: Account, named: Lines) -> Lines:
    rows = Order.objects.filter(account=account, broker_id__in=map(int, named))
    return {str(row.broker_id): _stored_order(row) for row in rows.prefetch_related("legs__fills")}


def _stored_order(row: Order) -> Values:
    values = values_of(row)
    for leg in row.legs.all():
        values |= {f"leg {leg.position} {name}": getattr(leg, name) for name in columns.LEG}
        for fill in leg.fills.all():
            facts = tuple(getattr(fill, name) for name in (*columns.FILL, "price"))
            values[f"leg {leg.position} fill {fill.fill_id}"] = facts
    return values


def _by_broker_id(rows: Callable[[], QuerySet[Any]], account: Account, named: Lines) -> Lines:
    found = rows().filter(account=account, broker_id__in=map(int, named))
    return {str(row.broker_id): values_of(row) for row in found}


def _stored_margin(account: Account, _: Lines) -> Lines:
    rows = MarginRequirement.objects.filter(account=account, gone_at=None)
    return {row.code: values_of(row) for row in rows}


def _stored_snapshots(account: Account, named: Lines) -> Lines:
    days = {values["snapshot_date"] for values in named.values()}
    rows = BalanceSnapshot.objects.filter(account=account, snapshot_date__in=days)
    return {_snapshot_name(values): values for values in map(values_of, rows)}


def _stored_net_liq(account: Account, named: Lines) -> Lines:
    times = [values["at"] for values in named.values()]
    rows = NetLiqPoint.objects.filter(account=account, span=NET_LIQ_SPAN, at__in=times)
    return {row.at.isoformat(): values_of(row) for row in rows}


_OURS: dict[str, Callable[[Account, Lines], Lines]] = {
    "position": _stored_positions,
    "balance": _stored_balances,
    "trading status": _stored_status,
    "order": _stored_orders,
    "complex order": partial(_by_broker_id, ComplexOrder.objects.all),
    "transaction": partial(_by_broker_id, Transaction.objects.all),
    "margin": _stored_margin,
    "snapshot": _stored_snapshots,
    "net liq": _stored_net_liq,
}
