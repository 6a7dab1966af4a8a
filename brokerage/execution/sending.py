"""Carry one committed intent to the broker: one request, from this process, never repeated."""

from __future__ import annotations

import logging
from collections.abc import Callable
from time import perf_counter
from typing import Any

from django.db.models import Exists
from django.utils import timezone

from brokerage.credentials import client_for
from brokerage.enums import CANCEL_KINDS, IntentState
from brokerage.execution import failures, outcomes, permits
from brokerage.models import KillSwitch, OrderIntent
from brokerage.tastytrade.errors import TastytradeError

logger = logging.getLogger(__name__)


Prepare = Callable[[Any], str]


def send(intent: OrderIntent, request: Any, accept: Any, *, prepare: Prepare | None = None) -> None:
    """One request, never repeated; every way it can end leaves a state behind.

    `prepare` may read first and names a reason to send nothing. A process that dies in here
    leaves SENDING: reconciliation finds out what became of it.
    """
    try:
        with client_for(intent.connection, user=intent.user) as client:
            # Signing in may fail and may take long: have it behind us before the one request.
            client.access_token()
            if prepare is not None and (problem := prepare(client)):
                outcomes.never_left(intent, problem)
                return
            if not start(intent):
                return
            _request(intent, client, request, accept)
    except TastytradeError as error:
        outcomes.never_left(intent, failures.words(error))
    except Exception:
        if intent.sent_at is not None:
            raise
        logger.exception("an order could not be prepared for sending")
        outcomes.never_left(intent, "the desk could not prepare the request.")


def start(intent: OrderIntent) -> bool:
    """Mark the moment before sending. False when the intent was settled or blocked meanwhile."""
    now, held_back = timezone.now(), intent.kind not in CANCEL_KINDS
    waiting = OrderIntent.objects.filter(pk=intent.pk, state=IntentState.SENDING)
    if held_back:
        # A kill switch thrown since the intent was committed still holds it back; asked in the
        # same statement that marks the moment.
        waiting = waiting.exclude(Exists(KillSwitch.objects.filter(account=intent.account_id)))
    intent.sent_at = now if waiting.update(sent_at=now) else None
    if intent.sent_at is None and held_back and permits.is_blocked(intent.account):
        outcomes.never_left(intent, "the kill switch of this account is on.")
    return intent.sent_at is not None


def _request(intent: OrderIntent, client: Any, request: Any, accept: Any) -> None:
    started = perf_counter()
    try:
        answer = request(client)
    except TastytradeError as error:
        outcomes.failed(intent, error, _since(started))
    except Exception:
        # A fault of ours after the request left proves nothing about the order.
        logger.exception("sending an order ended in an unexpected error")
        outcomes.unknown(intent, "The answer could not be understood.", _since(started))
    else:
        accept(intent, answer, _since(started))


def _since(started: float) -> float:
    return (perf_counter() - started) * 1000
