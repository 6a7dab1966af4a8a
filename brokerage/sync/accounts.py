"""Customer, accounts, authorities and trading status."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from django.db import transaction

from brokerage import events, notices
from brokerage.models import Account, AccountAccess, Connection, Customer, TradingStatus
from brokerage.sync import mapping
from brokerage.sync.upsert import Written, upsert

ACCOUNT_KEY = ("environment", "number")


def store_customer(connection: Connection, payload: Any) -> Written:
    """The minimum of the most sensitive payload: identity and names, never the whole object."""
    _, created = Customer.objects.update_or_create(
        connection=connection,
        defaults={
            "external_id": payload.external_id or payload.id,
            "first_name": payload.first_name,
            "last_name": payload.last_name,
            "email": payload.email,
            "has_delayed_quotes": payload.has_delayed_quotes,
        },
    )
    return Written(1, inserted=(connection.customer.pk,) if created else ())


@transaction.atomic
def store_accounts(
    connection: Connection, listing: Iterable[Any], received_at: datetime
) -> Written:
    """All accounts that the login reaches, each with its authority level.

    An account that is no longer listed loses this connection's access, not its rows; people are
    told. An account that another login reaches as well is the same row.
    """
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
        }
        for account in accounts
    ]
    written_access = upsert(AccountAccess, access, key=("connection_id", "account_id"))
    lost = _withdraw(connection, [row["account_id"] for row in access])
    if written.touched or written_access.touched or lost:
        events.publish(events.CONNECTION_UPDATED, connection=connection)
    return written


def _withdraw(connection: Connection, listed: list[int]) -> int:
    gone = AccountAccess.objects.filter(connection=connection).exclude(account__in=listed)
    lost = list(gone.select_related("account"))
    for access in lost:
        notices.post(
            connection,
            f"access-lost:{access.account_id}",
            f"The broker no longer lists account {access.account} for this login; "
            "what was mirrored of it is kept.",
            level="warning",
        )
    gone.delete()
    return len(lost)


def store_trading_status(account: Account, payload: Any, received_at: datetime) -> Written:
    row = mapping.trading_status(payload, account.pk, received_at)
    written = upsert(TradingStatus, [row], key=("account_id",), quiet=("received_at",))
    if written.touched:
        events.publish(events.BALANCE_UPDATED, account=account)
    return written
