"""Customer, accounts, authorities and trading status."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from django.db import transaction

from brokerage import events, notices
from brokerage.models import Account, AccountAccess, Connection, Customer, TradingStatus
from brokerage.sync import mapping
from brokerage.sync.upsert import LATER, Written, upsert

ACCOUNT_KEY = ("environment", "number")


def store_customer(connection: Connection, payload: Any) -> Written:
    """Identity and names alone are kept of a customer."""
    _, created = Customer.objects.update_or_create(
        connection=connection, defaults=mapping.customer(payload)
    )
    return Written(1, inserted=(connection.customer.pk,) if created else ())


@transaction.atomic
def store_accounts(
    connection: Connection, listing: Iterable[Any], received_at: datetime
) -> Written:
    """All accounts that the login reaches, each with its authority level.

    An account that two listings lack loses this connection's access, not its rows. People are
    told of accounts that appear, close, go, or are reached with another authority. An account
    that another login reaches as well is the same row.
    """
    before = _reached(connection)
    authorities = {item.account.account_number: item.authority_level for item in listing}
    rows = [mapping.account(item.account, connection.environment, received_at) for item in listing]
    written = upsert(Account, rows, key=ACCOUNT_KEY, quiet=("received_at",))
    accounts = Account.objects.filter(
        environment=connection.environment, number__in=list(authorities)
    )
    access = [
        {
            "connection_id": connection.pk,
            "account_id": account.pk,
            "authority_level": authorities[account.number],
            "missing_since": None,
        }
        for account in accounts
    ]
    written_access = upsert(AccountAccess, access, key=("connection_id", "account_id"))
    lost = _withdraw(connection, [row["account_id"] for row in access], received_at)
    _tell_changes(connection, before, _reached(connection))
    if written.touched or written_access.touched or lost:
        events.publish(events.CONNECTION_UPDATED, connection=connection)
    return written


def _reached(connection: Connection) -> dict[int, AccountAccess]:
    rows = AccountAccess.objects.filter(connection=connection).select_related("account")
    return {access.account_id: access for access in rows}


def _withdraw(connection: Connection, listed: list[int], now: datetime) -> int:
    """The first listing without an account marks it, a second one takes the access away."""
    unlisted = AccountAccess.objects.filter(connection=connection).exclude(account__in=listed)
    gone = unlisted.filter(missing_since__lt=now)
    lost = list(gone.select_related("account"))
    for access in lost:
        text = (
            f"The broker no longer lists account {access.account} for this login; "
            "what was mirrored of it is kept."
        )
        _tell(connection, f"access-lost:{access.account_id}", text, "warning")
    gone.delete()
    unlisted.filter(missing_since=None).update(missing_since=now)
    return len(lost)


def _tell_changes(
    connection: Connection, before: dict[int, AccountAccess], after: dict[int, AccountAccess]
) -> None:
    for pk, access in after.items():
        known = before.get(pk)
        if known is None:
            notices.clear(connection, f"access-lost:{pk}")
            if before:
                _tell(connection, f"account-new:{pk}", f"A new account: {access.account}.", "info")
            continue
        if access.account.is_closed and not known.account.is_closed:
            text = f"The broker has closed account {access.account}. Its last state is kept here."
            _tell(connection, f"account-closed:{pk}", text, "warning")
        if known.authority_level != access.authority_level:
            text = (
                f"This login's authority over {access.account} is now "
                f"{access.authority_level or 'not stated'}; it was {known.authority_level}."
            )
            _tell(connection, f"authority:{pk}", text, "warning")


def _tell(connection: Connection, key: str, text: str, level: str) -> None:
    notices.post(connection, key, text, level=level)


# What stops an account's orders, and how people are told. The broker's other flags are shown on
# the account's page.
_STOPS = (
    ("is_frozen", "The broker has frozen account {}: no orders until it is released."),
    ("is_closing_only", "Account {} may only close positions."),
    ("is_in_margin_call", "Account {} is in a margin call."),
)


def store_trading_status(account: Account, payload: Any, received_at: datetime) -> Written:
    """Newer wins by the broker's time. Every login that reaches the account is told when the
    broker stops, or again allows, orders, whichever way the news came.
    """
    row = mapping.trading_status(payload, account.pk, received_at)
    key = ("account_id",)
    written = upsert(TradingStatus, [row], key=key, newer=LATER, quiet=("received_at",))
    if written.touched:
        events.publish(events.BALANCE_UPDATED, account=account)
        _tell_stops(account, row)
    return written


def _tell_stops(account: Account, row: dict[str, Any]) -> None:
    for connection in Connection.objects.filter(accesses__account=account):
        for name, words in _STOPS:
            key = f"{name.replace('_', '-')}:{account.pk}"
            if row[name]:
                _tell(connection, key, words.format(account), "warning")
            else:
                notices.clear(connection, key)
