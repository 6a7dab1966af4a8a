"""The broker's margin report: the account's totals and one row per underlying."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.db import transaction

from brokerage.models import Account, MarginRequirement
from brokerage.sync import mapping
from brokerage.sync.upsert import Written, upsert

KEY = ("account_id", "code")


@transaction.atomic
def store_margin(account: Account, report: Any, received_at: datetime) -> Written:
    """A whole report: groups that it no longer lists are marked as gone, last figures kept."""
    rows = mapping.margin(report, account.pk, received_at)
    written = upsert(MarginRequirement, rows, key=KEY, quiet=("received_at", "reported_at"))
    listed = [row["code"] for row in rows]
    gone = MarginRequirement.objects.filter(account=account, gone_at=None)
    gone.exclude(code__in=listed).update(gone_at=received_at)
    return written
