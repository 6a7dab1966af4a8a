"""The kill switch of an account: nothing new goes out, and what works is taken back."""

from __future__ import annotations

from typing import Any

from django.db import transaction

from brokerage import audit, events, selectors
from brokerage.enums import CANCEL_KINDS, IntentState
from brokerage.execution import cancelling, permits
from brokerage.execution.guard_settings import PROOFS
from brokerage.execution.protective import is_protective, unprotective
from brokerage.models import Account, KillSwitch, Order, OrderIntent

is_blocked = permits.is_blocked


def working(account: Account) -> list[Order]:
    """The account's orders that are not finished, newest first; unknown statuses included."""
    return list(selectors.orders_for([account], "working"))


def protective(account: Account) -> list[Order]:
    """Those of them that guard a position: without them it is unprotected."""
    return [order for order in working(account) if is_protective(order)]


def under_way(account: Account) -> list[OrderIntent]:
    """Sent with no clear outcome yet: an order of these may still appear after the kill."""
    open_states = (IntentState.SENDING, IntentState.UNKNOWN)
    rows = OrderIntent.objects.filter(account=account, state__in=open_states)
    return list(rows.exclude(kind__in=CANCEL_KINDS).select_related("user", "connection"))


def block(user: Any, account: Account, *, spare_protective: bool = False) -> list[OrderIntent]:
    """Send nothing more for the account, then ask once to cancel each working order.

    The block is committed first and holds for everybody; it stands also when the broker cannot
    be reached. Raises CommandRefused when none of the person's logins may trade there.
    """
    permits.trading_connection(user, account)
    with transaction.atomic():
        KillSwitch.objects.get_or_create(account=account, defaults={"blocked_by": user})
        _note(user, account, "thrown", spare_protective=spare_protective)
    return cancelling.cancel_many(user, _to_cancel(account, spare_protective))


def _to_cancel(account: Account, spare_protective: bool) -> list[Order]:
    orders = working(account)
    if not spare_protective:
        return orders
    return unprotective(orders)


def unblock(user: Any, account: Account, *, proof: str) -> None:
    """Release the switch; the caller has checked the password or second factor (PROOFS)."""
    if proof not in PROOFS:
        raise ValueError("the kill switch is released with a password or second factor alone")
    permits.trading_connection(user, account)
    with transaction.atomic():
        KillSwitch.objects.filter(account=account).delete()
        _note(user, account, "released", proof=proof)


def _note(user: Any, account: Account, outcome: str, **details: Any) -> None:
    audit.record("guard", "kill switch", outcome, user=user, account=account, details=details)
    events.publish(events.ORDER_UPDATED, account=account, detail={"kill": outcome})
