"""Balances: the latest per account and currency, and the daily snapshots."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from brokerage import events
from brokerage.models import Account, Balance, BalanceSnapshot
from brokerage.sync import mapping
from brokerage.sync.upsert import LATER, Written, upsert


def store_balances(account: Account, payloads: Iterable[Any], received_at: datetime) -> Written:
    """Newer wins by the broker's time. A confirmed figure is young again: its time of receipt is
    written even when no amount changed, since people judge a balance by its age."""
    rows = [mapping.balance(payload, account.pk, received_at) for payload in payloads]
    written = upsert(Balance, rows, key=("account_id", "currency"), newer=LATER)
    if written.touched:
        events.publish(events.BALANCE_UPDATED, account=account)
    return written


def store_snapshots(account: Account, payloads: Iterable[Any], received_at: datetime) -> Written:
    rows = []
    for payload in payloads:
        # Without a date filter the broker adds the current balance, which is no snapshot.
        if payload.snapshot_date is not None and payload.time_of_day:
            rows.append(mapping.snapshot(payload, account.pk, received_at))
    key = ("account_id", "currency", "snapshot_date", "time_of_day")
    return upsert(BalanceSnapshot, rows, key=key, quiet=("received_at",))
