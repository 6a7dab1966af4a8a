"""Why positions are no longer listed: traded away, begun anew at the broker, or without a reason.

Nothing is closed on one answer, and never all at once without a word: a short answer passes with
the next read; a reset of the broker's books (its sandbox has one every midnight) shows in its no
longer knowing our latest booking; what bookings explain needs no notice; the rest is told.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

from django.utils import timezone

from brokerage import events, notices
from brokerage.enums import TERMINAL_STATUSES
from brokerage.models import Account, Connection, Order, Position, Transaction
from brokerage.sync.pacing import PacedClient
from brokerage.tastytrade.errors import NotFound, TastytradeError
from brokerage.tastytrade.resources import transactions

# Bookings of so long ago may still explain what vanished now.
_LOOK_BACK = timedelta(days=4)
_NAMED = 5


def tell_missing(
    connection: Connection, account: Account, missing: Sequence[Position], *, is_all: bool
) -> None:
    """A first read without them: nothing is closed yet; all of them at once is worth a word."""
    key = f"positions-missing:{account.pk}"
    if not missing or not is_all or len(missing) < 2:
        notices.clear(connection, key)
        return
    text = (
        f"{account}: the broker listed none of the {len(missing)} positions that were open. They "
        "stay until a second read agrees."
    )
    notices.post(connection, key, text, level="warning")


def tell_closed(
    client: PacedClient,
    connection: Connection,
    account: Account,
    closed: Sequence[Position],
    *,
    is_all: bool,
) -> None:
    """A second read agreed and they were closed here: say why, as far as it is known."""
    notices.clear(connection, f"positions-missing:{account.pk}")
    if is_all and began_anew(client, account):
        _begin_anew(connection, account)
        return
    unexplained = _without_booking(client, account, closed)
    if unexplained:
        text = (
            f"{account}: the broker no longer lists {_names(unexplained)}, and no booking says "
            "why; closed here after two reads that agreed, last state kept."
        )
        notices.post(connection, f"positions-vanished:{account.pk}", text, level="warning")


def began_anew(client: PacedClient, account: Account) -> bool:
    """Whether the broker no longer knows the latest booking that we mirrored of it."""
    latest = Transaction.objects.filter(account=account, gone_at=None).first()
    if latest is None:
        return False
    try:
        client.send(transactions.get_transaction(account.number, latest.broker_id))
    except NotFound:
        return True
    except TastytradeError:
        return False
    return False


def _begin_anew(connection: Connection, account: Account) -> None:
    """Orders that were working are no more; what was booked stays as history, marked."""
    now = timezone.now()
    orders = Order.objects.filter(account=account, gone_at=None)
    orders.exclude(status__in=TERMINAL_STATUSES).update(gone_at=now)
    Transaction.objects.filter(account=account, gone_at=None).update(gone_at=now)
    text = (
        f"{account}: the broker's books of this account began anew (its sandbox does so every "
        "midnight). Positions and working orders from before are closed here; history stays."
    )
    notices.post(connection, f"books-reset:{account.pk}", text, level="warning")
    events.publish(events.ORDER_UPDATED, account=account, detail={"reset": True})


def _without_booking(
    client: PacedClient, account: Account, closed: Sequence[Position]
) -> list[Position]:
    """Those of which no booking of the last days speaks, here or at the broker."""
    since = timezone.now() - _LOOK_BACK
    known = set(
        Transaction.objects.filter(account=account, received_at__gte=since).values_list(
            "symbol", flat=True
        )
    )
    left = [position for position in closed if position.symbol not in known]
    if not left:
        return []
    try:
        call = transactions.list_transactions(account.number, start_at=since)
        known |= {row.symbol for row in client.send(call)}
    except TastytradeError:
        return left
    return [position for position in left if position.symbol not in known]


def _names(positions: Sequence[Position]) -> str:
    more = f" and {len(positions) - _NAMED} more" if len(positions) > _NAMED else ""
    return ", ".join(position.symbol for position in positions[:_NAMED]) + more
