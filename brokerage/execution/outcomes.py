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
from brokerage.enums import CANCEL_KINDS, IntentKind, IntentState
from brokerage.execution import adoption, echo, failures, groups, replacement
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
    adoption.adopt(intent, order)


def group_placed(intent: OrderIntent, answer: Any, milliseconds: float) -> None:
    """The broker took the group: accepted, each of its orders compared with what was sent."""
    group = answer.complex_order
    if group is None or group.id is None:
        unknown(intent, "The broker's answer names no group of orders.", milliseconds)
        return
    group_accepted(intent, group.id, groups.members(group), "answer", milliseconds)


def group_accepted(
    intent: OrderIntent,
    complex_id: int,
    members: list[Any],
    found_by: str,
    milliseconds: float | None = None,
) -> None:
    """Group `complex_id` is this intent's; `members` are its orders, the trigger first."""
    found = echo.group_differences(intent.body, [plain(order.raw) for order in members])
    OrderIntent.objects.filter(pk=intent.pk).update(complex_id=complex_id)
    intent.complex_id = complex_id
    _accept(intent, complex_id, found, found_by, milliseconds)
    for order in members:
        adoption.mirror(intent.account, order)
    if members:
        adoption.link(intent, members[0].id)


def replaced(
    intent: OrderIntent, order: Any, milliseconds: float | None, *, found_by: str = "answer"
) -> None:
    """The broker took the change and made a new order; what becomes of the two races is theirs."""
    target = intent.target
    expected = replacement.expected(target, intent.body) if target is not None else intent.body
    found = echo.differences(expected, plain(order.raw))
    _accept(intent, order.id, found, found_by, milliseconds)
    adoption.adopt(intent, order)


def pair_edited(intent: OrderIntent, answer: Any, milliseconds: float | None) -> None:
    """The broker took the new ratio of a pair."""
    group = getattr(answer, "complex_order", None)
    found = echo.ratio_differences(intent.body, plain(group.raw)) if group is not None else []
    _accept(intent, intent.complex_id or 0, found, "answer", milliseconds)


def accepted(
    intent: OrderIntent,
    broker_id: int,
    shown: Mapping[str, Any],
    *,
    found_by: str,
    milliseconds: float | None = None,
) -> bool:
    """Order `broker_id` is this intent's; `shown` is the broker's own object. False when known."""
    found = echo.differences(intent.body, plain(shown))
    return _accept(intent, broker_id, found, found_by, milliseconds)


def _accept(
    intent: OrderIntent,
    broker_id: int,
    found: list[dict[str, str]],
    found_by: str,
    milliseconds: float | None,
) -> bool:
    given_up = intent.state == IntentState.NOT_FOUND
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


def group_cancel_taken(intent: OrderIntent, group: Any, milliseconds: float) -> None:
    """The broker took the request to cancel a group; its orders' statuses tell the rest."""
    _move(intent, IntentState.ACCEPTED, reason="", milliseconds=milliseconds)
    for order in groups.members(group):
        adoption.mirror(intent.account, order)


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
    """The order had come to its end before it could be cancelled or changed."""
    _move(intent, IntentState.REJECTED, reason=f"The order is {status}.")


def not_found(intent: OrderIntent) -> None:
    """Looked for thoroughly: it is not there. A person may send again, as a new order."""
    if intent.kind in CANCEL_KINDS:
        words = "The broker shows no cancellation: the order still works. It may be asked again."
    elif intent.kind in (IntentKind.REPLACE, IntentKind.EDIT_COMPLEX):
        words = (
            "The change did not reach the broker: repeated complete reads show the order as it "
            "was. It may be changed again."
        )
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
        "cancel" if intent.kind in CANCEL_KINDS else "order",
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
