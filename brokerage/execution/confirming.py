"""From what was shown to a committed intent: once, across processes, or not at all."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Collection
from dataclasses import dataclass
from typing import Any

from django.db import IntegrityError, transaction
from django.utils import timezone

from brokerage import access, audit
from brokerage.enums import IntentKind, IntentState
from brokerage.execution import binding, identifiers
from brokerage.execution.refusals import CommandRefused, Conflict
from brokerage.models import OrderIntent, OrderPreview

# The orders of a group add two characters.
LONGEST = 78

# Why nothing may be sent for this preview now; empty when it may. May raise Conflict.
Judge = Callable[[OrderPreview], str]


@dataclass(frozen=True, slots=True)
class Confirmation:
    """What came back from the page."""

    user: Any
    preview_id: uuid.UUID | str
    content_hash: str
    client_order_id: str


def confirm(
    given: Confirmation, kinds: Collection[IntentKind], judge: Judge
) -> tuple[OrderIntent, bool]:
    """The intent of this confirmation and whether it is new; only a new one may be sent.

    The same confirmation (double click, second tab, back, resubmission) returns the same intent.
    Raises Conflict when the preview is stale, used or not what was shown, NotFound when it is
    not this user's.
    """
    try:
        return _committed(given, kinds, judge)
    except (Conflict, CommandRefused) as refusal:
        shown = access.get_preview(given.user, given.preview_id)
        _note(given.user, shown, "conflict", reason=str(refusal))
        raise


def _committed(
    given: Confirmation, kinds: Collection[IntentKind], judge: Judge
) -> tuple[OrderIntent, bool]:
    try:
        return _commit(given, kinds, judge)
    except IntegrityError:
        # An intent stands under this identifier: of another preview, or of another process.
        return _same_intent(given, access.get_preview(given.user, given.preview_id)), False


@transaction.atomic
def _commit(
    given: Confirmation, kinds: Collection[IntentKind], judge: Judge
) -> tuple[OrderIntent, bool]:
    """Intent and audit row in one transaction; the preview is spent with it."""
    shown = access.lock_preview(given.user, given.preview_id)
    if shown.kind not in kinds:
        raise access.NotFound
    _require_readable(given)
    # Whether a preview that is not spent meets an intent of its identifier, the insert finds out.
    if shown.used_at is not None and _known(shown, given.client_order_id) is not None:
        return _same_intent(given, shown), False
    require_alive(shown, given.content_hash, given.client_order_id)
    reason = judge(shown)
    intent = OrderIntent.objects.create(
        user=given.user,
        connection=shown.connection,
        account=shown.account,
        kind=shown.kind,
        target=shown.target,
        complex_id=shown.complex_id,
        client_order_id=given.client_order_id,
        preview=shown,
        body=_body(shown, given.client_order_id),
        content_hash=given.content_hash,
        state=IntentState.DENIED if reason else IntentState.SENDING,
        reason=reason,
        resolved_at=timezone.now() if reason else None,
    )
    OrderPreview.objects.filter(pk=shown.pk).update(used_at=timezone.now())
    _note(given.user, shown, intent.state, intent=str(intent.pk), hash=given.content_hash)
    return intent, True


def _require_readable(given: Confirmation) -> None:
    if not given.client_order_id or len(given.client_order_id) > LONGEST:
        raise Conflict("The confirmation names no ticket. Nothing was sent.")
    if "\x00" in given.client_order_id + given.content_hash:
        raise Conflict("The confirmation cannot be read. Nothing was sent.")


def _body(shown: OrderPreview, client_order_id: str) -> dict[str, Any]:
    """A replacement keeps the old order's identifier: everything but its price must stay."""
    if shown.kind in (IntentKind.REPLACE, IntentKind.EDIT_COMPLEX):
        return dict(shown.body)
    return identifiers.stamped(shown.body, client_order_id)


def _known(shown: OrderPreview, client_order_id: str) -> OrderIntent | None:
    return OrderIntent.objects.filter(
        account_id=shown.account_id, client_order_id=client_order_id
    ).first()


def _same_intent(given: Confirmation, shown: OrderPreview) -> OrderIntent:
    """The intent that carries this identifier, if it is this very confirmation."""
    intent = _known(shown, given.client_order_id)
    if (
        intent is None
        or intent.user_id != given.user.pk
        or intent.preview_id != shown.pk
        or not binding.matches(intent.content_hash, given.content_hash)
    ):
        raise Conflict(
            "This ticket has been sent already with other content. Nothing was sent now."
        )
    return intent


def require_alive(shown: OrderPreview, content_hash: str, client_order_id: str) -> None:
    """Conflict unless this preview, unchanged, unused and in time, is what is confirmed."""
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


def _note(user: Any, shown: OrderPreview, outcome: str, **details: Any) -> None:
    audit.record(
        "order",
        shown.kind,
        outcome,
        user=user,
        connection=shown.connection,
        account=shown.account,
        details=details,
    )
