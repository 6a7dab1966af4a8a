"""A dry run that a person looks at before confirming; what was shown is bound by a hash."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from brokerage import access, audit
from brokerage.credentials import client_for
from brokerage.credentials.fields import UndecryptableSecret
from brokerage.enums import IntentKind
from brokerage.environments import UnknownEnvironment
from brokerage.execution import binding, facts, failures, group_checks, guard_settings, quotes
from brokerage.execution.check_facts import CheckFacts, CheckReport, Finding
from brokerage.execution.commands import Submission, SubmitOrder
from brokerage.execution.guard_facts import Key, QuoteFact
from brokerage.execution.jsonable import plain
from brokerage.models import Account, AccountGuard, Connection, Order, OrderIntent, OrderPreview
from brokerage.tastytrade.calls import Call
from brokerage.tastytrade.errors import TastytradeError
from brokerage.tastytrade.payloads.orders import OrderResponse
from brokerage.tastytrade.resources import orders


@dataclass(frozen=True, slots=True)
class PreviewOutcome:
    """What a dry run told.

    `preview` is None when something forbids to go on; then `findings` say what and where.
    `answer` is the broker's own data with amounts as text: fees, buying-power effect, warnings;
    empty when our checks stopped the order before it was shown to the broker. `guards` is what
    the person's guards said; `other_account` what the shield wants confirmed once more.
    """

    report: CheckReport
    findings: tuple[Finding, ...] = ()
    answer: dict[str, Any] = field(default_factory=dict)
    preview: OrderPreview | None = None
    content_hash: str = ""
    already_sent: OrderIntent | None = None
    guards: CheckReport = field(default_factory=CheckReport)
    other_account: str = ""


@dataclass(frozen=True, slots=True)
class Asked:
    """What a person wants to see: `command` is judged, `body` would be sent, `call` is asked."""

    user: Any
    account: Account
    connection: Connection
    command: Submission
    body: dict[str, Any]
    call: Call[OrderResponse]
    kind: IntentKind
    target: Order | None = None
    complex_id: int | None = None


@dataclass(frozen=True, slots=True)
class Judged:
    """What is known on our side before the broker is asked."""

    report: CheckReport
    guards: CheckReport
    known: CheckFacts
    guard: AccountGuard
    quotes: Mapping[Key, QuoteFact]


def preview(
    user: Any,
    account: Account,
    connection: Connection,
    order: Submission,
    client_order_id: str,
) -> PreviewOutcome:
    """Check, ask the broker without placing, and keep what was shown for `PREVIEW_SECONDS`.

    `client_order_id` belongs to the ticket: one that was sent already is not previewed again.
    The caller has opened account and connection through `brokerage.access`.
    """
    body = order.body()
    if isinstance(order, SubmitOrder):
        kind, call = IntentKind.SUBMIT, orders.dry_run(account.number, body)
    else:
        kind, call = IntentKind.COMPLEX, orders.dry_run_complex(account.number, body)
    return show(Asked(user, account, connection, order, body, call, kind), client_order_id)


def show(asked: Asked, client_order_id: str) -> PreviewOutcome:
    """Our checks and guards, then the dry run; kept and bound when nothing forbids it."""
    sent = sent_intent(asked.account, client_order_id)
    if sent is not None:
        return _already_sent(asked.user, sent)
    judged = _judge(asked)
    found = judged.report.findings + judged.guards.findings
    if found:
        return PreviewOutcome(judged.report, found, guards=judged.guards)
    return _dry_run(asked, judged, client_order_id)


def sent_intent(account: Account, client_order_id: str) -> OrderIntent | None:
    return OrderIntent.objects.filter(account=account, client_order_id=client_order_id).first()


def _already_sent(user: Any, intent: OrderIntent) -> PreviewOutcome:
    """The ticket has done its work; a colleague's intent is not shown, only the fact."""
    words = "This ticket has been sent already. Start a new ticket to send another order."
    mine = intent if intent.user_id == user.pk else None
    return PreviewOutcome(CheckReport(), (Finding("", words),), already_sent=mine)


def _judge(asked: Asked) -> Judged:
    known = facts.gather(asked.connection, asked.account, asked.command)
    report = group_checks.run(asked.command, known)
    guard = guard_settings.guard_for(asked.user, asked.account)
    found: dict[Key, QuoteFact] = {}
    if report.ok and quotes.needed(asked.command, facts.rules_of(guard)):
        found = quotes.gather(asked.connection, asked.command, known.instruments, ask_broker=True)
    if not report.ok:
        # An order that is not well formed has no size and no price to be judged.
        return Judged(report, CheckReport(), known, guard, found)
    guards = group_checks.judge(asked.command, facts.guard_facts(guard, known, found))
    return Judged(report, guards, known, guard, found)


def _dry_run(asked: Asked, judged: Judged, client_order_id: str) -> PreviewOutcome:
    try:
        with client_for(asked.connection, user=asked.user) as client:
            # Somebody is waiting: no long back-off, and no second question after a time-out.
            answer = client.send(asked.call, attempts=2)
    except TastytradeError as error:
        _note(asked, "refused")
        found = tuple(failures.findings(error, asked.command))
        told = failures.answer_of(error)
        return PreviewOutcome(judged.report, found, told, guards=judged.guards)
    except (UnknownEnvironment, UndecryptableSecret) as problem:
        _note(asked, "not sent")
        found = (Finding("", f"The broker was not asked: {problem}."),)
        return PreviewOutcome(judged.report, found, guards=judged.guards)
    return _shown(asked, judged, plain(answer.raw), client_order_id)


def _shown(
    asked: Asked, judged: Judged, data: dict[str, Any], client_order_id: str
) -> PreviewOutcome:
    """The guards' last word, now that the buying-power effect is known."""
    seen = facts.guard_facts(judged.guard, judged.known, judged.quotes, data)
    guards = group_checks.judge(asked.command, seen)
    found = (*failures.blocking(data, asked.command), *guards.findings)
    if found:
        _note(asked, "refused")
        return PreviewOutcome(judged.report, found, data, guards=guards)
    kept, content_hash = _keep(asked, judged, data, client_order_id)
    words = guard_settings.other_account_words(asked.user, asked.account)
    return PreviewOutcome(
        judged.report, (), data, kept, content_hash, guards=guards, other_account=words
    )


def _keep(
    asked: Asked, judged: Judged, data: dict[str, Any], client_order_id: str
) -> tuple[OrderPreview, str]:
    now = timezone.now()
    shown = OrderPreview(
        id=uuid.uuid4(),
        user=asked.user,
        connection=asked.connection,
        account=asked.account,
        environment=asked.connection.environment,
        kind=asked.kind,
        target=asked.target,
        complex_id=asked.complex_id,
        body=asked.body,
        quotes=quotes.kept(judged.quotes),
        answer=data,
        expires_at=now + timedelta(seconds=settings.PREVIEW_SECONDS),
    )
    shown.content_hash = binding.content_hash(shown, client_order_id)
    with transaction.atomic():
        shown.save(force_insert=True)
        _note(asked, "shown", preview=str(shown.pk))
    return shown, shown.content_hash


def _note(asked: Asked, outcome: str, **details: Any) -> None:
    audit.record(
        "preview",
        f"dry run of {asked.kind}",
        outcome,
        user=asked.user,
        connection=asked.connection,
        account=asked.account,
        details=details,
    )


def open_preview(user: Any, preview_id: uuid.UUID | str) -> OrderPreview:
    """A preview of this user; NotFound for a foreign or missing one."""
    return access.get_preview(user, preview_id)
