"""Submit what was shown: a single order or a group, sent once or not at all."""

from __future__ import annotations

import uuid
from typing import Any

from brokerage.enums import PLACING_KINDS, IntentKind, IntentState
from brokerage.execution import (
    commands,
    confirming,
    facts,
    group_checks,
    guard_settings,
    outcomes,
    permits,
    quotes,
    sending,
)
from brokerage.execution.commands import Submission
from brokerage.execution.refusals import ConfirmAgain
from brokerage.models import OrderIntent, OrderPreview
from brokerage.tastytrade.resources import orders


def submit(
    user: Any,
    preview_id: uuid.UUID | str,
    content_hash: str,
    client_order_id: str,
    *,
    other_account_confirmed: bool = False,
) -> OrderIntent:
    """Send what was shown, once.

    The same confirmation (double click, second tab, back, resubmission) returns the same intent.
    Raises Conflict when the preview is stale, used or not what was shown, ConfirmAgain when the
    shield wants the account confirmed (the preview stays alive), NotFound when it is not this
    user's.
    """
    given = confirming.Confirmation(user, preview_id, content_hash, client_order_id)

    def judge(shown: OrderPreview) -> str:
        shield(user, shown, confirmed=other_account_confirmed)
        return denial(user, shown, commands.submission_from(shown.body))

    intent, fresh = confirming.confirm(given, PLACING_KINDS, judge)
    if fresh and intent.state == IntentState.SENDING:
        _send(intent)
    return intent


def _send(intent: OrderIntent) -> None:
    number, body = intent.account.number, intent.body
    if intent.kind == IntentKind.COMPLEX:
        group = orders.place_complex(number, body)
        sending.send(intent, lambda client: client.send(group), outcomes.group_placed)
        return
    single = orders.place(number, body)
    sending.send(intent, lambda client: client.send(single), outcomes.placed)


def shield(user: Any, shown: OrderPreview, *, confirmed: bool) -> None:
    """ConfirmAgain for another account than the default one, unless the person has said so."""
    words = "" if confirmed else guard_settings.other_account_words(user, shown.account)
    if words:
        raise ConfirmAgain(words)


def denial(user: Any, shown: OrderPreview, command: Submission) -> str:
    """Our own last look, without asking the broker: the reason to send nothing, or empty."""
    guard = guard_settings.guard_for(user, shown.account)
    if problem := permits.sending_problem(shown.connection, shown.account, guard):
        return problem
    known = facts.gather(shown.connection, shown.account, command, ask_broker=False)
    report = group_checks.run(command, known)
    seen = quotes.of_preview(shown.quotes)
    if quotes.needed(command, facts.rules_of(guard)):
        seen |= quotes.gather(shown.connection, command, known.instruments, ask_broker=False)
    guards = group_checks.judge(command, facts.guard_facts(guard, known, seen, shown.answer))
    found = report.findings + guards.findings
    return " ".join(dict.fromkeys(finding.text for finding in found))
