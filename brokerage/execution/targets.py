"""The order or group that a command is about: one operation at a time, opened under a lock."""

from __future__ import annotations

from typing import Any

from brokerage.credentials import client_for
from brokerage.credentials.fields import UndecryptableSecret
from brokerage.enums import CANCEL_KINDS, IntentState
from brokerage.environments import UnknownEnvironment
from brokerage.execution.refusals import CommandRefused
from brokerage.models import Connection, Order, OrderIntent

_OPEN = (IntentState.SENDING, IntentState.UNKNOWN)


def locked(order: Order | None) -> Order:
    """The order's row, held until the transaction ends: one command at a time looks at it."""
    if order is None:
        raise CommandRefused("The order this was about is no longer known here.")
    return Order.objects.select_for_update().get(pk=order.pk)


def busy(order: Order, *, cancelling: bool = False) -> str:
    """Why no further command may be given about the order now; empty when one may.

    A cancellation may follow a replacement whose outcome is unknown: taking back is safe.
    """
    rows = OrderIntent.objects.filter(target=order)
    if cancelling:
        rows = rows.filter(state=IntentState.SENDING).exclude(kind__in=CANCEL_KINDS)
    else:
        rows = rows.filter(state__in=_OPEN)
    other = rows.first()
    if other is None:
        return ""
    word = "cancellation" if other.kind in CANCEL_KINDS else "change"
    return f"A {word} of this order is on its way; wait for its outcome."


def client(connection: Connection, user: Any) -> Any:
    """A client for reads about an order; CommandRefused when the login cannot be used."""
    try:
        return client_for(connection, user=user)
    except (UnknownEnvironment, UndecryptableSecret) as problem:
        raise CommandRefused(f"The broker was not asked: {problem}.") from None
