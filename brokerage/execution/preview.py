"""A dry run that a person looks at before confirming; what was shown is bound by a hash."""

from __future__ import annotations

import uuid
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from brokerage import access, audit
from brokerage.credentials import client_for
from brokerage.credentials.fields import UndecryptableSecret
from brokerage.environments import UnknownEnvironment
from brokerage.execution import binding, checks, facts, failures
from brokerage.execution.checks import CheckReport, Finding
from brokerage.execution.commands import SubmitOrder
from brokerage.execution.jsonable import plain
from brokerage.models import Account, Connection, OrderIntent, OrderPreview
from brokerage.tastytrade.errors import TastytradeError
from brokerage.tastytrade.resources import orders


@dataclass(frozen=True, slots=True)
class PreviewOutcome:
    """What a dry run told.

    `preview` is None when something forbids to go on; then `findings` say what and where.
    `answer` is the broker's own data with amounts as text: fees, buying-power effect, warnings;
    empty when our checks stopped the order before it was shown to the broker.
    """

    report: CheckReport
    findings: tuple[Finding, ...] = ()
    answer: dict[str, Any] = field(default_factory=dict)
    preview: OrderPreview | None = None
    content_hash: str = ""
    already_sent: OrderIntent | None = None


def preview(
    user: Any,
    account: Account,
    connection: Connection,
    order: SubmitOrder,
    client_order_id: str,
) -> PreviewOutcome:
    """Check, ask the broker without placing, and keep what was shown for `PREVIEW_SECONDS`.

    `client_order_id` belongs to the ticket: one that was sent already is not previewed again.
    The caller has opened account and connection through `brokerage.access`.
    """
    sent = sent_intent(account, client_order_id)
    if sent is not None:
        return _already_sent(user, sent)
    known = facts.gather(connection, account, order)
    report = checks.run(order, known)
    if not report.ok:
        return PreviewOutcome(report=report, findings=report.findings)
    return _dry_run(user, account, connection, order, client_order_id, report)


def sent_intent(account: Account, client_order_id: str) -> OrderIntent | None:
    return OrderIntent.objects.filter(account=account, client_order_id=client_order_id).first()


def _already_sent(user: Any, intent: OrderIntent) -> PreviewOutcome:
    """The ticket has done its work; a colleague's intent is not shown, only the fact."""
    words = "This ticket has been sent already. Start a new ticket to send another order."
    mine = intent if intent.user_id == user.pk else None
    return PreviewOutcome(CheckReport(), (Finding("", words),), already_sent=mine)


def _dry_run(
    user: Any,
    account: Account,
    connection: Connection,
    order: SubmitOrder,
    client_order_id: str,
    report: CheckReport,
) -> PreviewOutcome:
    body = order.body()
    try:
        with client_for(connection, user=user) as client:
            # Somebody is waiting: one more try, not a long back-off.
            answer = client.send(orders.dry_run(account.number, body), attempts=2)
    except TastytradeError as error:
        _note(user, account, connection, "refused")
        found = tuple(failures.findings(error, order))
        return PreviewOutcome(report, found, failures.answer_of(error))
    except (UnknownEnvironment, UndecryptableSecret) as problem:
        _note(user, account, connection, "not sent")
        return PreviewOutcome(report, (Finding("", f"The broker was not asked: {problem}."),))
    data = plain(answer.raw)
    found = tuple(failures.blocking(data, order))
    if found:
        _note(user, account, connection, "refused")
        return PreviewOutcome(report, found, data)
    shown, content_hash = _keep(user, account, connection, body, data, client_order_id)
    return PreviewOutcome(report, (), data, shown, content_hash)


def _keep(
    user: Any,
    account: Account,
    connection: Connection,
    body: dict[str, Any],
    data: dict[str, Any],
    client_order_id: str,
) -> tuple[OrderPreview, str]:
    now = timezone.now()
    shown = OrderPreview(
        id=uuid.uuid4(),
        user=user,
        connection=connection,
        account=account,
        environment=connection.environment,
        body=body,
        answer=data,
        expires_at=now + timedelta(seconds=settings.PREVIEW_SECONDS),
    )
    shown.content_hash = binding.content_hash(shown, client_order_id)
    with transaction.atomic():
        shown.save(force_insert=True)
        _note(user, account, connection, "shown", preview=str(shown.pk))
    return shown, shown.content_hash


def _note(
    user: Any, account: Account, connection: Connection, outcome: str, **details: Any
) -> None:
    audit.record(
        "preview",
        "dry run",
        outcome,
        user=user,
        connection=connection,
        account=account,
        details=details,
    )


def open_preview(user: Any, preview_id: uuid.UUID | str) -> OrderPreview:
    """A preview of this user; NotFound for a foreign or missing one."""
    return access.get_preview(user, preview_id)
