"""Groups of orders: OTO, OCO, OTOCO, PAIRS. Their members are stored like any other order."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from django.db import transaction

from brokerage.models import Account, ComplexOrder
from brokerage.sync import mapping
from brokerage.sync.orders import store_orders
from brokerage.sync.upsert import Written, upsert

KEY = ("account_id", "broker_id")
# A group that has ended stays ended, and one whose members were seen later on stays as it was: an
# overtaken message takes nothing back.
NEWER = (
    "(excluded.terminal_at IS NOT NULL, excluded.updated_at_ms, excluded.updated_at_sum) >= "
    "(stored.terminal_at IS NOT NULL, stored.updated_at_ms, stored.updated_at_sum)"
)


@transaction.atomic
def store_complex_orders(
    account: Account, payloads: Iterable[Any], received_at: datetime
) -> Written:
    """The groups and every member that the broker has given an id."""
    groups = [payload for payload in payloads if payload.id is not None]
    rows = [mapping.complex_order(group, account.pk, received_at) for group in groups]
    written = upsert(ComplexOrder, rows, key=KEY, newer=NEWER, quiet=("mirrored_at",))
    return written + store_orders(account, members(groups), received_at)


def members(groups: Iterable[Any]) -> list[Any]:
    """The orders of the groups, trigger first; those without an id are not placed yet."""
    found = []
    for group in groups:
        found += [group.trigger_order] if group.trigger_order else []
        found += group.orders
    return [order for order in found if order.id is not None]
