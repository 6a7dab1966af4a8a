"""The doors: a row by its public name, for one user. Foreign looks exactly like missing.

Every view, fragment, socket and command opens rows through these functions alone. ``NotFound``
is an Http404, so a view needs no handling of its own; a socket or a task catches it.
"""

from __future__ import annotations

from typing import Any, TypeVar
from uuid import UUID

from django.core.exceptions import ValidationError
from django.db.models import Model, Prefetch, QuerySet, prefetch_related_objects
from django.http import Http404

from brokerage.enums import ConnectionState
from brokerage.models import (
    Account,
    AccountAccess,
    Connection,
    Fill,
    Notice,
    Order,
    OrderIntent,
    OrderLeg,
    OrderPreview,
    Position,
    SyncRun,
    Transaction,
)

# Authority levels that may send orders; an unknown one may only look.
TRADING_AUTHORITIES = frozenset({"owner", "trade-only"})

Row = TypeVar("Row", bound=Model)


class NotFound(Http404):
    """There is no such row for this user; never says whether there is one for somebody else."""

    def __init__(self) -> None:
        super().__init__("not found")


def _one(rows: QuerySet[Row], **lookup: Any) -> Row:
    if any("\x00" in str(value) for value in lookup.values()):
        # PostgreSQL has no such text, and says so with an error.
        raise NotFound
    try:
        return rows.get(**lookup)
    except (rows.model.DoesNotExist, ValueError, TypeError, OverflowError, ValidationError):
        # A malformed id ("abc" for a number) is as missing as an unused one.
        raise NotFound from None


def visible_accounts(user: Any) -> QuerySet[Account]:
    """The accounts that one of the user's connections reaches."""
    reached = AccountAccess.objects.filter(connection__user_id=user.pk).values("account_id")
    return Account.objects.filter(pk__in=reached)


def get_connection(user: Any, connection_id: UUID | str) -> Connection:
    return _one(Connection.objects.filter(user_id=user.pk), pk=connection_id)


def get_account(user: Any, environment: str, number: str) -> Account:
    return _one(visible_accounts(user), environment=environment, number=number)


def get_account_by_pk(user: Any, pk: int | str) -> Account:
    return _one(visible_accounts(user), pk=pk)


def get_order(user: Any, pk: int | str) -> Order:
    rows = Order.objects.select_related("account").prefetch_related("legs__fills")
    return _one(rows.filter(account__in=visible_accounts(user)), pk=pk)


def get_position(user: Any, pk: int | str) -> Position:
    rows = Position.objects.select_related("account")
    return _one(rows.filter(account__in=visible_accounts(user)), pk=pk)


def get_transaction(user: Any, pk: int | str) -> Transaction:
    rows = Transaction.objects.select_related("account")
    return _one(rows.filter(account__in=visible_accounts(user)), pk=pk)


def get_preview(user: Any, preview_id: UUID | str) -> OrderPreview:
    rows = OrderPreview.objects.select_related("account", "connection")
    return _one(rows.filter(user_id=user.pk), pk=preview_id)


def lock_preview(user: Any, preview_id: UUID | str) -> OrderPreview:
    """The same, its row locked until the caller's transaction ends."""
    # With what the last look needs of the account: who confirms is waiting.
    rows = OrderPreview.objects.select_related("account__trading_status", "connection")
    return _one(rows.filter(user_id=user.pk).select_for_update(of=("self",)), pk=preview_id)


def get_intent(user: Any, intent_id: UUID | str) -> OrderIntent:
    rows = OrderIntent.objects.select_related("account", "connection", "order__account")
    rows = rows.prefetch_related("order__legs__fills")
    return _one(rows.filter(user_id=user.pk), pk=intent_id)


def with_executions(intent: OrderIntent) -> OrderIntent:
    """The same intent, legs and executions of its order at hand."""
    legs = OrderLeg.objects.order_by("position")
    fills = Fill.objects.order_by("filled_at", "fill_id")
    prefetch_related_objects(
        [intent], Prefetch("order__legs", legs), Prefetch("order__legs__fills", fills)
    )
    return intent


def get_sync_run(user: Any, pk: int | str) -> SyncRun:
    rows = SyncRun.objects.select_related("connection")
    return _one(rows.filter(connection__user_id=user.pk), pk=pk)


def get_notice(user: Any, pk: int | str) -> Notice:
    return _one(Notice.objects.filter(connection__user_id=user.pk), pk=pk)


def connection_for(user: Any, account: Account, *, trading: bool = False) -> Connection:
    """The user's best connection to the account: active before degraded, oldest first.

    With ``trading`` only connections whose authority over the account allows orders count.
    A connection that must be reconnected is never returned; NotFound when none is left.
    """
    accesses = AccountAccess.objects.select_related("connection").filter(
        account=account, connection__user_id=user.pk
    )
    usable = [
        access.connection
        for access in accesses.order_by("connection__created_at")
        if access.connection.state != ConnectionState.RECONNECT
        and (not trading or access.authority_level in TRADING_AUTHORITIES)
    ]
    if not usable:
        raise NotFound
    return min(usable, key=lambda connection: connection.state != ConnectionState.ACTIVE)


def may_trade(user: Any, account: Account) -> bool:
    """Whether one of the user's logins has an authority over the account that allows orders."""
    return AccountAccess.objects.filter(
        account=account, connection__user_id=user.pk, authority_level__in=TRADING_AUTHORITIES
    ).exists()
