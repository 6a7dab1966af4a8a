"""Write down what became of a command; every function may be called for an intent once or late.

A state is written only over one that it may follow, so the sending process and reconciliation
cannot undo each other's knowledge.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.db import transaction
from django.utils import timezone

from brokerage import audit, events, notices
from brokerage.enums import IntentKind, IntentState
from brokerage.execution import adoption, echo, failures
from brokerage.execution.jsonable import plain
from brokerage.models import OrderIntent
from brokerage.tastytrade.errors import TastytradeError

_OPEN = (IntentState.SENDING, IntentState.UNKNOWN)

NEVER_SENT = "Nothing was sent: "
CHECKING = "No clear answer came. The desk is checking with the broker; do not send it again."


def placed(intent: OrderIntent, answer: Any, milliseconds: float) -> None:
    """The broker took the order: accepted, whatever becomes of it later."""
    order = answer.order
    if order is None or order.id is None:
        unknown(intent, "The broker's answer names no order.", milliseconds)
        return
    accepted(intent, order.id, order.raw, found_by="answer", milliseconds=milliseconds)
    adoption.mirror(intent.account, order)
    adoption.link(intent, order.id)


def accepted(
    intent: OrderIntent,
    broker_id: int,
    shown: Mapping[str, Any],
    *,
    found_by: str,
    milliseconds: float | None = None,
) -> bool:
    """Order `broker_id` is this intent's; `shown` is the broker's own object. False when known."""
    given_up = intent.state == IntentState.NOT_FOUND
    found = echo.differences(intent.body, plain(shown))
    moved = _move(
        intent,
        IntentState.ACCEPTED,
        reason="",
        error={"broker_id": broker_id} | ({"echo": found} if found else {}),
        after=(*_OPEN, IntentState.NOT_FOUND),
        milliseconds=milliseconds,
        details={"broker_id": broker_id, "found_by": found_by},
    )
    if moved and found:
        _warn_of_echo(intent, broker_id)
    if moved and given_up:
        _warn_of_late(intent, broker_id)
    return moved


def cancel_taken(intent: OrderIntent, payload: Any, milliseconds: float) -> None:
    """The broker took the request to cancel; the order's own status tells the rest."""
    _move(intent, IntentState.ACCEPTED, reason="", milliseconds=milliseconds)
    adoption.mirror(intent.account, payload)


def never_left(intent: OrderIntent, why: str) -> None:
    """Denied by us or by circumstances before the one request: certainly not at the broker."""
    _move(intent, IntentState.DENIED, reason=NEVER_SENT + why, after=(IntentState.SENDING,))


def failed(intent: OrderIntent, error: TastytradeError, milliseconds: float) -> None:
    """The request ended in an error; the error's class says what that proves."""
    if error.outcome == "not_sent":
        never_left(intent, failures.words(error))
    elif error.outcome == "refused":
        _move(
            intent,
            IntentState.REJECTED,
            reason=failures.words(error),
            error=failures.evidence(error),
            milliseconds=milliseconds,
        )
    else:
        unknown(intent, failures.words(error), milliseconds, failures.evidence(error))


def unknown(
    intent: OrderIntent,
    why: str,
    milliseconds: float | None = None,
    evidence: dict[str, Any] | None = None,
) -> None:
    """It may or may not be at the broker: reconciliation looks, nobody sends again."""
    _move(
        intent,
        IntentState.UNKNOWN,
        reason=CHECKING,
        error=(evidence or {}) | {"why": why},
        after=(IntentState.SENDING,),
        milliseconds=milliseconds,
    )


def too_late(intent: OrderIntent, status: str) -> None:
    """The order had come to its end before it could be cancelled."""
    _move(intent, IntentState.REJECTED, reason=f"The order is {status}.")


def not_found(intent: OrderIntent) -> None:
    """Looked for thoroughly: it is not there. A person may send again, as a new order."""
    if intent.kind == IntentKind.CANCEL:
        words = "The broker shows no cancellation: the order still works. It may be asked again."
    else:
        words = (
            "The order did not reach the broker: repeated complete reads do not show it. "
            "To send it after all, start a new ticket."
        )
    _move(intent, IntentState.NOT_FOUND, reason=words, after=(IntentState.UNKNOWN,))


@transaction.atomic
def _move(
    intent: OrderIntent,
    state: str,
    *,
    reason: str,
    error: dict[str, Any] | None = None,
    after: tuple[str, ...] = _OPEN,
    milliseconds: float | None = None,
    details: dict[str, Any] | None = None,
) -> bool:
    """Change the state if the present one allows it, with its audit row; tell the pages."""
    resolved = None if state == IntentState.UNKNOWN else timezone.now()
    changes = {"state": state, "reason": reason, "resolved_at": resolved, "error": error or {}}
    if not OrderIntent.objects.filter(pk=intent.pk, state__in=after).update(**changes):
        intent.refresh_from_db()
        return False
    for name, value in changes.items():
        setattr(intent, name, value)
    audit.record(
        "cancel" if intent.kind == IntentKind.CANCEL else "order",
        intent.kind,
        state,
        user=intent.user,
        connection=intent.connection,
        account=intent.account,
        milliseconds=milliseconds,
        details={"intent": str(intent.pk), "reason": reason} | (details or {}),
    )
    tell(intent)
    return True


def tell(intent: OrderIntent) -> None:
    """Pages of the account re-read what they show of this intent."""
    events.publish(events.ORDER_UPDATED, account=intent.account, detail={"intent": str(intent.pk)})


def _warn_of_echo(intent: OrderIntent, broker_id: int) -> None:
    notices.post(
        intent.connection,
        f"echo:{intent.pk}",
        f"Order {broker_id} at the broker differs from what was confirmed. "
        "Look at it now; it can be cancelled from its page.",
        level="danger",
    )


def _warn_of_late(intent: OrderIntent, broker_id: int) -> None:
    notices.post(
        intent.connection,
        f"late:{intent.pk}",
        f"Order {broker_id} appeared at the broker after it had been given up as not arrived. "
        "If it was sent again meanwhile, there are two orders now.",
        level="danger",
    )
