"""What belongs to a login rather than to one of its accounts, compared with the broker's.

The customer, the list of accounts with the authority over each, watchlists, quote alerts, and the
figures of instruments and underlyings that are held. Meant for a broker whose clock stands: most of
it is read once a day, and no score of an account counts it.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.utils import timezone

from brokerage.models import (
    Account,
    AccountAccess,
    Connection,
    Customer,
    Instrument,
    MarketMetric,
    QuoteAlert,
    Watchlist,
)
from brokerage.sync import comparison, instruments, mapping
from brokerage.sync.books import Lines, Side, values_of
from brokerage.sync.comparison import Outcome
from brokerage.sync.pacing import PacedClient
from brokerage.tastytrade.resources import (
    accounts,
    customers,
    market_metrics,
    quote_alerts,
    watchlists,
)


def compare(client: PacedClient, connection: Connection) -> Outcome:
    """Read now and compare; the broker's clock must stand. Raises what the client raises."""
    return comparison.outcome_of(_ours(connection), _theirs(client, connection), still=True)


def _theirs(client: PacedClient, connection: Connection) -> Side:
    me = mapping.customer(client.send(customers.me()))
    return {
        "customer": {me["external_id"]: me},
        "account": _listed_accounts(client, connection),
        "watchlist": _listed_watchlists(client, connection),
        "quote alert": _listed_alerts(client, connection),
        "instrument": _listed_instruments(client, connection),
        "metric": _listed_metrics(client, connection),
    }


def _listed_accounts(client: PacedClient, connection: Connection) -> Lines:
    now, environment = timezone.now(), connection.environment
    return {
        item.account.account_number: mapping.account(item.account, environment, now)
        | {"authority_level": item.authority_level}
        for item in client.send(accounts.list_accounts())
    }


def _listed_watchlists(client: PacedClient, connection: Connection) -> Lines:
    own, public = client.send(watchlists.list_watchlists()), client.send(watchlists.list_public())
    now, environment = timezone.now(), connection.environment
    owned = {f"own {row.name}": (row, connection.pk) for row in own}
    shared = {f"public {row.name}": (row, None) for row in public}
    return {
        name: mapping.watchlist(row, environment, pk, now)
        for name, (row, pk) in (owned | shared).items()
    }


def _listed_alerts(client: PacedClient, connection: Connection) -> Lines:
    return {
        row.alert_external_id: mapping.alert(row, connection.pk, timezone.now())
        for row in client.send(quote_alerts.list_alerts())
    }


def _listed_instruments(client: PacedClient, connection: Connection) -> Lines:
    wanted = instruments.wanted(_reached(connection))
    rows = instruments.read(client, wanted)
    now, environment = timezone.now(), connection.environment
    return {
        f"{row.instrument_type} {row.symbol}": mapping.instrument(row, environment, now)
        for row in rows
    }


def _listed_metrics(client: PacedClient, connection: Connection) -> Lines:
    symbols = sorted(instruments.underlyings(_reached(connection)))
    if not symbols:
        return {}
    rows = client.send(market_metrics.metrics(symbols))
    now, environment = timezone.now(), connection.environment
    return {row.symbol: mapping.metric(row, environment, now) for row in rows}


def _reached(connection: Connection) -> Iterable[Account]:
    return Account.objects.filter(accesses__connection=connection)


def _ours(connection: Connection) -> Side:
    """All that is mirrored and not marked as gone."""
    environment = connection.environment
    alerts = QuoteAlert.objects.filter(connection=connection, gone_at=None)
    return {
        "customer": {
            row.external_id: values_of(row)
            for row in Customer.objects.filter(connection=connection)
        },
        "account": _stored_accounts(connection),
        "watchlist": _stored_watchlists(connection),
        "quote alert": {row.external_id: values_of(row) for row in alerts},
        "instrument": _stored_instruments(connection),
        "metric": {
            row.symbol: values_of(row)
            for row in MarketMetric.objects.filter(
                environment=environment, symbol__in=instruments.underlyings(_reached(connection))
            )
        },
    }


def _stored_accounts(connection: Connection) -> Lines:
    rows = AccountAccess.objects.filter(connection=connection).select_related("account")
    return {
        row.account.number: values_of(row.account) | {"authority_level": row.authority_level}
        for row in rows
    }


def _stored_watchlists(connection: Connection) -> Lines:
    rows = Watchlist.objects.filter(environment=connection.environment)
    own, public = rows.filter(connection=connection), rows.filter(connection=None)
    return {f"own {row.name}": values_of(row) for row in own} | {
        f"public {row.name}": values_of(row) for row in public
    }


def _stored_instruments(connection: Connection) -> Lines:
    found: dict[str, Any] = {}
    for kind, symbols in instruments.wanted(_reached(connection)).items():
        rows = Instrument.objects.filter(
            environment=connection.environment, instrument_type=kind, symbol__in=symbols
        )
        found |= {f"{kind} {row.symbol}": values_of(row) for row in rows}
    return found
