"""Where executions came from: the one thing that can be said about routing over this API."""

from __future__ import annotations

from brokerage.models import Account, Fill

# How many of the latest executions are looked at, and how many venues are named.
FILLS, MOST = 50, 3


def lately(account: Account) -> list[str]:
    """Venues of the account's latest executions, most recent first, each once."""
    rows = (
        Fill.objects.filter(leg__order__account=account)
        .exclude(destination_venue="")
        .order_by("-filled_at")
        .values_list("destination_venue", flat=True)[:FILLS]
    )
    return list(dict.fromkeys(rows))[:MOST]
