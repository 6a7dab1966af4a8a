"""What belongs to no account: volatility figures, watchlists, quote alerts."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from django.db import transaction

from brokerage.models import Connection, MarketMetric, QuoteAlert, Watchlist
from brokerage.sync import mapping
from brokerage.sync.upsert import Written, upsert

METRIC_KEY = ("environment", "symbol")
WATCHLIST_KEY = ("environment", "connection_id", "name")
ALERT_KEY = ("connection_id", "external_id")


def store_metrics(environment: str, payloads: Iterable[Any], received_at: datetime) -> Written:
    rows = [mapping.metric(payload, environment, received_at) for payload in payloads]
    return upsert(MarketMetric, rows, key=METRIC_KEY, quiet=("received_at",))


@transaction.atomic
def store_watchlists(
    environment: str, owner: Connection | None, payloads: Iterable[Any], received_at: datetime
) -> Written:
    """All lists of an owner (None: the broker's public ones); those no longer listed go."""
    pk = owner.pk if owner else None
    rows = [mapping.watchlist(payload, environment, pk, received_at) for payload in payloads]
    written = upsert(Watchlist, rows, key=WATCHLIST_KEY, quiet=("received_at",))
    mine = Watchlist.objects.filter(environment=environment, connection=owner)
    mine.exclude(name__in=[row["name"] for row in rows]).delete()
    return written


@transaction.atomic
def store_alerts(
    connection: Connection, payloads: Iterable[Any], received_at: datetime, *, complete: bool
) -> Written:
    """Alerts of the login; a complete list marks those it does not name as gone."""
    known = [payload for payload in payloads if payload.alert_external_id]
    rows = [mapping.alert(payload, connection.pk, received_at) for payload in known]
    written = upsert(QuoteAlert, rows, key=ALERT_KEY, quiet=("received_at",))
    if complete:
        left = QuoteAlert.objects.filter(connection=connection, gone_at=None)
        left.exclude(external_id__in=[row["external_id"] for row in rows]).update(
            gone_at=received_at
        )
    return written
