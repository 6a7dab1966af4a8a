"""Move the ratio of a PAIRS order: the one thing about a group that may be changed."""

from __future__ import annotations

import uuid
from typing import Any

from brokerage.enums import IntentKind, IntentState
from brokerage.execution import (
    confirming,
    groups,
    outcomes,
    permits,
    sending,
    submitting,
    targets,
)
from brokerage.execution.check_facts import CheckReport, Finding
from brokerage.execution.commands import PAIRS, EditPairs
from brokerage.execution.preview import Asked, PreviewOutcome, show
from brokerage.execution.refusals import CommandRefused
from brokerage.models import Account, OrderIntent, OrderPreview
from brokerage.tastytrade.errors import TastytradeError
from brokerage.tastytrade.payloads.orders import ComplexOrder
from brokerage.tastytrade.resources import orders


def preview_edit_pairs(
    user: Any, account: Account, complex_id: int, changes: EditPairs, client_order_id: str
) -> PreviewOutcome:
    """What another ratio would do. CommandRefused when the group is no working pair."""
    if found := _findings(changes):
        return PreviewOutcome(CheckReport(), found)
    connection = permits.trading_connection(user, account)
    group = _read(user, connection, account, complex_id)
    if problem := groups.busy(account, complex_id):
        raise CommandRefused(problem)
    body = changes.body()
    asked = Asked(
        user=user,
        account=account,
        connection=connection,
        command=groups.command_of(group),
        body=body,
        call=orders.edit_complex_dry_run(account.number, complex_id, body),
        kind=IntentKind.EDIT_COMPLEX,
        complex_id=complex_id,
    )
    return show(asked, client_order_id)


def _findings(changes: EditPairs) -> tuple[Finding, ...]:
    if changes.threshold <= 0:
        return (Finding("ratio_threshold", "Enter a ratio above 0."),)
    if changes.comparator not in ("gte", "lte"):
        return (Finding("ratio_comparator", "Say whether the ratio must rise or fall to it."),)
    return ()


def _read(user: Any, connection: Any, account: Account, complex_id: int) -> ComplexOrder:
    try:
        with targets.client(connection, user) as client:
            group = client.send(orders.get_complex(account.number, complex_id), attempts=2)
    except TastytradeError as error:
        raise CommandRefused(f"The pair could not be read: {error.message or error}.") from None
    if problem := pair_problem(group):
        raise CommandRefused(problem)
    return group


def pair_problem(group: ComplexOrder) -> str:
    """Why the ratio of this group cannot be moved; empty when it can be asked for."""
    if group.type != PAIRS:
        return "Only the ratio of a pair can be changed."
    if group.terminal_at is not None or all(order.is_terminal for order in group.orders):
        return "The pair is finished already."
    return ""


def edit_pairs(
    user: Any,
    preview_id: uuid.UUID | str,
    content_hash: str,
    client_order_id: str,
    *,
    other_account_confirmed: bool = False,
) -> OrderIntent:
    """Send the new ratio that was shown, once. Raises as `submit` does, and CommandRefused."""
    given = confirming.Confirmation(user, preview_id, content_hash, client_order_id)

    def judge(shown: OrderPreview) -> str:
        submitting.shield(user, shown, confirmed=other_account_confirmed)
        groups.lock(shown.account)
        if problem := groups.busy(shown.account, shown.complex_id or 0):
            raise CommandRefused(problem)
        return permits.sending_problem(shown.connection, shown.account)

    intent, fresh = confirming.confirm(given, (IntentKind.EDIT_COMPLEX,), judge)
    if fresh and intent.state == IntentState.SENDING:
        _send(intent)
    return intent


def _send(intent: OrderIntent) -> None:
    number, complex_id = intent.account.number, intent.complex_id or 0
    call = orders.edit_complex(number, complex_id, intent.body)
    reading = orders.get_complex(number, complex_id)
    sending.send(
        intent,
        lambda client: client.send(call),
        outcomes.pair_edited,
        prepare=lambda client: pair_problem(client.send(reading, attempts=1)),
    )
