"""The two commands people give about orders: submit and cancel. Each is sent once or not at all.

An intent is committed, with its audit row, before anything leaves; the request goes out once,
outside the transaction, from this very process; what is known afterwards is written down:
accepted, rejected (by the broker), denied (by us, nothing sent) or unknown. Nothing here retries.
"""

from __future__ import annotations

import logging
import uuid
from typing import Any

from django.conf import settings
from django.db import IntegrityError, transaction
from django.utils import timezone

from brokerage import access, audit
from brokerage.enums import TERMINAL_STATUSES, IntentKind, IntentState
from brokerage.execution import binding, checks, commands, facts, outcomes, sending
from brokerage.models import Connection, Order, OrderIntent, OrderPreview
from brokerage.tastytrade.resources import orders

logger = logging.getLogger(__name__)


class Conflict(Exception):
    """The confirmation does not match what was shown; nothing was sent. HTTP 409."""


class CancelRefused(Exception):
    """This order cannot be cancelled from here; the text says why. Nothing was sent."""


def sending_problem(connection: Connection | None) -> str:
    """Why nothing may be sent over this connection at all; empty when it may (safety catch)."""
    if connection is None:
        return "The login this order was shown for has been removed."
    if connection.environment not in settings.ORDER_ENVIRONMENTS:
        return (
            f"This server does not send orders to the {connection.environment} environment yet; "
            "only the simulator trades."
        )
    return ""


# --- submit ---------------------------------------------------------------------------------


def submit(
    user: Any, preview_id: uuid.UUID | str, content_hash: str, client_order_id: str
) -> OrderIntent:
    """Send what was shown, once.

    The same confirmation (double click, second tab, back, resubmission) returns the same intent.
    Raises Conflict when the preview is stale, used or not what was shown, NotFound when it is
    not this user's.
    """
    shown = access.get_preview(user, preview_id)
    try:
        intent, fresh = _commit(user, shown.pk, content_hash, client_order_id)
    except IntegrityError:
        # Another process committed an intent under this identifier a moment ago.
        intent, fresh = _same_intent(user, shown, content_hash, client_order_id), False
    except Conflict as refusal:
        _note(user, shown, "conflict", reason=str(refusal))
        raise
    if fresh and intent.state == IntentState.SENDING:
        sending.send(intent, lambda client: client.send(_placement(intent)), outcomes.placed)
    return intent


def _placement(intent: OrderIntent) -> Any:
    return orders.place(intent.account.number, intent.body)


@transaction.atomic
def _commit(
    user: Any, preview_id: uuid.UUID, content_hash: str, client_order_id: str
) -> tuple[OrderIntent, bool]:
    """The intent for this confirmation and whether it is new; the preview is spent with it."""
    shown = OrderPreview.objects.select_for_update().get(pk=preview_id)
    if _known(shown, client_order_id) is not None:
        return _same_intent(user, shown, content_hash, client_order_id), False
    _require_alive(shown, content_hash, client_order_id)
    reason = _denial(shown)
    intent = OrderIntent.objects.create(
        user=user,
        connection=shown.connection,
        account=shown.account,
        client_order_id=client_order_id,
        preview=shown,
        body=shown.body | {"external-identifier": client_order_id},
        content_hash=content_hash,
        state=IntentState.DENIED if reason else IntentState.SENDING,
        reason=reason,
        resolved_at=timezone.now() if reason else None,
    )
    OrderPreview.objects.filter(pk=shown.pk).update(used_at=timezone.now())
    _note(user, shown, intent.state, intent=str(intent.pk), hash=content_hash)
    return intent, True


def _known(shown: OrderPreview, client_order_id: str) -> OrderIntent | None:
    return OrderIntent.objects.filter(
        account_id=shown.account_id, client_order_id=client_order_id
    ).first()


def _same_intent(
    user: Any, shown: OrderPreview, content_hash: str, client_order_id: str
) -> OrderIntent:
    """The intent that carries this identifier, if it is this very confirmation."""
    intent = _known(shown, client_order_id)
    if (
        intent is None
        or intent.user_id != user.pk
        or intent.preview_id != shown.pk
        or not binding.matches(intent.content_hash, content_hash)
    ):
        raise Conflict(
            "This ticket has been sent already with other content. Nothing was sent now."
        )
    return intent


def _require_alive(shown: OrderPreview, content_hash: str, client_order_id: str) -> None:
    if shown.used_at is not None:
        raise Conflict("This preview has been used already. Nothing was sent now.")
    if timezone.now() >= shown.expires_at:
        raise Conflict("The preview has expired. Nothing was sent; preview the order again.")
    expected = binding.content_hash(shown, client_order_id)
    if not (
        binding.matches(shown.content_hash, content_hash)
        and binding.matches(expected, content_hash)
    ):
        raise Conflict(
            "The confirmation does not match what was shown, or the desk was restarted since. "
            "Nothing was sent; preview the order again."
        )


def _denial(shown: OrderPreview) -> str:
    """Our own last look, without asking the broker: the reason to send nothing, or empty."""
    if problem := sending_problem(shown.connection):
        return problem
    order = commands.from_body(shown.body)
    known = facts.gather(shown.connection, shown.account, order, ask_broker=False)
    report = checks.run(order, known)
    return " ".join(finding.text for finding in report.findings)


def _note(user: Any, shown: OrderPreview, outcome: str, **details: Any) -> None:
    audit.record(
        "order",
        "submit",
        outcome,
        user=user,
        connection=shown.connection,
        account=shown.account,
        details=details,
    )


# --- cancel ---------------------------------------------------------------------------------


def cancel(user: Any, order: Order) -> OrderIntent:
    """Ask once for the cancellation of an order opened through `access.get_order`.

    A second click while the first is on its way returns the same intent. Raises CancelRefused.
    """
    connection = trading_connection(user, order)
    intent, fresh = _commit_cancel(user, order, connection)
    if fresh:
        call = orders.cancel(order.account.number, order.broker_id)
        sending.send(intent, lambda client: client.send(call), outcomes.cancel_taken)
    return intent


def trading_connection(user: Any, order: Order) -> Connection:
    """The login to send commands about this order over; CancelRefused when there is none."""
    try:
        connection = access.connection_for(user, order.account, trading=True)
    except access.NotFound:
        raise CancelRefused(
            "None of your logins may trade in this account; cancel it at the broker."
        ) from None
    if problem := sending_problem(connection):
        raise CancelRefused(problem)
    return connection


@transaction.atomic
def _commit_cancel(user: Any, order: Order, connection: Connection) -> tuple[OrderIntent, bool]:
    # The row lock makes one command at a time of an order's commands.
    present = Order.objects.select_for_update().get(pk=order.pk)
    under_way = OrderIntent.objects.filter(
        target=present, kind=IntentKind.CANCEL, state__in=(IntentState.SENDING, IntentState.UNKNOWN)
    ).first()
    if under_way is not None:
        return under_way, False
    if reason := cancel_problem(present):
        raise CancelRefused(reason)
    command = commands.CancelOrder(present.account.number, present.broker_id)
    intent = OrderIntent.objects.create(
        user=user,
        connection=connection,
        account=present.account,
        kind=IntentKind.CANCEL,
        target=present,
        client_order_id=f"cancel-{uuid.uuid4()}",
        body=command.body(),
        content_hash="",
    )
    audit.record(
        "cancel",
        "cancel",
        intent.state,
        user=user,
        connection=connection,
        account=present.account,
        details={"intent": str(intent.pk), "order": present.pk},
    )
    return intent, True


def cancel_problem(order: Order) -> str:
    """Why this order cannot be cancelled by its own id; empty when it can be asked for."""
    if order.status in TERMINAL_STATUSES:
        return f"The order is {order.status} already."
    if order.status == "Cancel Requested":
        return "Its cancellation has been asked for already."
    if order.complex_order_id is not None:
        return "It belongs to a group of orders; cancel the group at the broker."
    return ""


def is_protective(order: Order) -> bool:
    """A working stop that closes a position: without it the position is unprotected."""
    legs = list(order.legs.all())
    return (
        order.order_type in ("Stop", "Stop Limit")
        and bool(legs)
        and all(leg.action.endswith("to Close") for leg in legs)
    )
