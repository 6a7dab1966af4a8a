"""Booked transactions, keyed by the broker's id."""

from __future__ import annotations

import logging
from collections.abc import Iterable
from datetime import datetime
from typing import Any

from brokerage.models import Account, Transaction
from brokerage.sync import mapping
from brokerage.sync.upsert import Written, upsert

logger = logging.getLogger(__name__)


def store_transactions(account: Account, payloads: Iterable[Any], received_at: datetime) -> Written:
    """Each row once; a corrected one replaces what was known of it."""
    rows = []
    for payload in payloads:
        try:
            rows.append(mapping.transaction(payload, account.pk, received_at))
        except mapping.Unmappable as problem:
            logger.warning("%s", problem)
    return upsert(Transaction, rows, key=("account_id", "broker_id"), quiet=("received_at",))
