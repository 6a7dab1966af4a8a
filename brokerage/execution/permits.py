"""May anything be sent at all, and over which login: environment, trading switch, kill switch."""

from __future__ import annotations

from typing import Any

from django.conf import settings

from brokerage import access
from brokerage.enums import ConnectionState
from brokerage.execution.guard_settings import guard_for, lets_out
from brokerage.execution.refusals import CommandRefused
from brokerage.models import Account, AccountGuard, Connection, KillSwitch

REMOVED = "The login this order was shown for has been removed."


def sending_problem(
    connection: Connection | None,
    account: Account | None = None,
    guard: AccountGuard | None = None,
) -> str:
    """Why no order may be sent over this connection for this account; empty when it may.

    Without an account only the environment is judged. `guard`: the person's guards for the
    account where the caller has read them. Cancellations ask `cancelling_problem`.
    """
    if problem := cancelling_problem(connection):
        return problem
    if account is None or connection is None:
        return ""
    if connection.state == ConnectionState.PAUSED:
        return "This login is paused: resume it under Sync before you trade."
    if is_blocked(account):
        return "The kill switch of this account is on: nothing is sent until it is released."
    if not lets_out(guard or guard_for(connection.user, account), account):
        return (
            "Trading in this account is switched off. Switch it on under Guards, "
            "with your password or second factor."
        )
    return ""


def cancelling_problem(connection: Connection | None) -> str:
    """Why not even a cancellation may be sent: the server's settings forbid the environment."""
    if connection is None:
        return REMOVED
    if connection.environment not in settings.ORDER_ENVIRONMENTS:
        return (
            f"This server does not send orders to the {connection.environment} environment: "
            "its settings (ORDER_ENVIRONMENTS) leave it out."
        )
    return ""


def is_blocked(account: Account) -> bool:
    """Whether somebody has thrown the account's kill switch."""
    return KillSwitch.objects.filter(account=account).exists()


def trading_connection(user: Any, account: Account) -> Connection:
    """The login to send commands for this account over; CommandRefused when there is none."""
    try:
        return access.connection_for(user, account, trading=True)
    except access.NotFound:
        raise CommandRefused(
            "None of your logins may trade in this account; go to the broker."
        ) from None
