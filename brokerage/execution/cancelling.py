"""Ask the broker to take an order or a group back: each once, from a committed intent."""

from __future__ import annotations

import uuid
from collections.abc import Iterable
from typing import Any

from django.db import transaction
from django.utils import timezone

from brokerage import audit
from brokerage.enums import CANCEL_KINDS, TERMINAL_STATUSES, IntentKind, IntentState
from brokerage.execution import commands, groups, outcomes, permits, sending, targets
from brokerage.execution.refusals import CancelRefused, CommandRefused
from brokerage.models import Account, Connection, Order, OrderIntent
from brokerage.tastytrade.resources import orders


def cancel(user: Any, order: Order) -> OrderIntent:
    """Ask once for the cancellation of an order opened through `access.get_order`.

    A second click while the first is on its way returns the same intent. Raises CancelRefused.
    """
    connection = _connection(user, order.account)
    intent, fresh = _commit(user, order, connection)
    if fresh:
        call = orders.cancel(order.account.number, order.broker_id)
        sending.send(intent, lambda client: client.send(call), outcomes.cancel_taken)
    return intent


def cancel_complex(user: Any, account: Account, complex_id: int) -> OrderIntent:
    """Ask once for the cancellation of a whole group of an account opened through `access`.

    Members cannot be cancelled on their own. A second click returns the same intent. Raises
    CancelRefused.
    """
    connection = _connection(user, account)
    intent, fresh = _commit_group(user, account, complex_id, connection)
    if fresh:
        call = orders.cancel_complex(account.number, complex_id)
        sending.send(intent, lambda client: client.send(call), outcomes.group_cancel_taken)
    return intent


def cancel_many(user: Any, wanted: Iterable[Order]) -> list[OrderIntent]:
    """Ask for each order once, for a group once whatever number of its members are named.

    Nothing raises: what cannot be cancelled comes back as a denied intent with its reason.
    """
    found: list[OrderIntent] = []
    seen: set[tuple[int, int]] = set()
    for order in wanted:
        group = order.complex_order_id
        if group is not None:
            if (order.account_id, group) in seen:
                continue
            seen.add((order.account_id, group))
        found.append(_cancel_or_deny(user, order))
    return found


def _cancel_or_deny(user: Any, order: Order) -> OrderIntent:
    try:
        if order.complex_order_id is not None:
            return cancel_complex(user, order.account, order.complex_order_id)
        return cancel(user, order)
    except CommandRefused as refusal:
        return _denied(user, order, str(refusal))


def _connection(user: Any, account: Account) -> Connection:
    """Taking back is allowed also where sending is switched off or blocked."""
    try:
        connection = permits.trading_connection(user, account)
    except CommandRefused as refusal:
        raise CancelRefused(str(refusal)) from None
    if problem := permits.cancelling_problem(connection):
        raise CancelRefused(problem)
    return connection


@transaction.atomic
def _commit(user: Any, order: Order, connection: Connection) -> tuple[OrderIntent, bool]:
    # The row lock makes one command at a time of an order's commands.
    present = targets.locked(order)
    under_way = OrderIntent.objects.filter(
        target=present,
        kind__in=CANCEL_KINDS,
        state__in=(IntentState.SENDING, IntentState.UNKNOWN),
    ).first()
    if under_way is not None:
        return under_way, False
    if reason := cancel_problem(present) or targets.busy(present, cancelling=True):
        raise CancelRefused(reason)
    command = commands.CancelOrder(present.account.number, present.broker_id)
    return _create(user, present.account, connection, command, target=present), True


@transaction.atomic
def _commit_group(
    user: Any, account: Account, complex_id: int, connection: Connection
) -> tuple[OrderIntent, bool]:
    groups.lock(account)
    under_way = groups.cancel_under_way(account, complex_id)
    if under_way is not None:
        return under_way, False
    if reason := group_problem(account, complex_id):
        raise CancelRefused(reason)
    command = commands.CancelOrder(account.number, complex_id, is_group=True)
    target = groups.working(account, complex_id)[0]
    return _create(user, account, connection, command, target=target), True


def _create(
    user: Any,
    account: Account,
    connection: Connection | None,
    command: commands.CancelOrder,
    *,
    target: Order | None,
    denied: str = "",
) -> OrderIntent:
    kind = IntentKind.CANCEL_COMPLEX if command.is_group else IntentKind.CANCEL
    intent = OrderIntent.objects.create(
        user=user,
        connection=connection,
        account=account,
        kind=kind,
        target=target,
        complex_id=command.broker_id if command.is_group else None,
        client_order_id=f"cancel-{uuid.uuid4()}",
        body=command.body(),
        content_hash="",
        state=IntentState.DENIED if denied else IntentState.SENDING,
        reason=denied,
        resolved_at=timezone.now() if denied else None,
    )
    audit.record(
        "cancel",
        kind,
        intent.state,
        user=user,
        connection=connection,
        account=account,
        details={"intent": str(intent.pk), "order": target.pk if target else None},
    )
    return intent


@transaction.atomic
def _denied(user: Any, order: Order, reason: str) -> OrderIntent:
    group = order.complex_order_id
    command = commands.CancelOrder(
        order.account.number, order.broker_id if group is None else group, group is not None
    )
    return _create(user, order.account, None, command, target=order, denied=reason)


# --- what a page asks before it offers it ------------------------------------------------------


def cancel_problem(order: Order) -> str:
    """Why this order cannot be cancelled by its own id; empty when it can be asked for."""
    if order.status in TERMINAL_STATUSES:
        return f"The order is {order.status} already."
    if order.status == "Cancel Requested":
        return "Its cancellation has been asked for already."
    if order.complex_order_id is not None:
        return "It belongs to a group of orders; cancel the whole group."
    return ""


def group_problem(account: Account, complex_id: int) -> str:
    """Why this group cannot be cancelled; empty when it can be asked for."""
    left = groups.working(account, complex_id)
    if not left:
        return "All orders of this group are finished already."
    if all(order.status == "Cancel Requested" for order in left):
        return "The cancellation of this group has been asked for already."
    return ""
