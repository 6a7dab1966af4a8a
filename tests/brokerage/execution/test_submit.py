"""Submitting: one intent, one request, whatever happens to either."""

from __future__ import annotations

import threading
import uuid
from datetime import timedelta
from typing import Any

import pytest
from django.db import connections as databases
from django.utils import timezone

from brokerage.access import NotFound
from brokerage.enums import IntentState
from brokerage.execution import boot, services
from brokerage.execution.commands import SubmitOrder
from brokerage.execution.preview import PreviewOutcome, preview
from brokerage.models import (
    Account,
    AuditEntry,
    Connection,
    Notice,
    Order,
    OrderIntent,
    OrderPreview,
)
from brokerage.sync.orders import store_orders
from brokerage.tastytrade.payloads.orders import Order as Payload
from tests.brokerage.execution.conftest import OrderBroker, ledger_of
from tests.brokerage.outer_broker import error

pytestmark = pytest.mark.django_db


@pytest.fixture
def ticket() -> str:
    return str(uuid.uuid4())


@pytest.fixture
def shown(
    user: Any, account: Account, connection: Connection, order: SubmitOrder, ticket: str
) -> PreviewOutcome:
    outcome = preview(user, account, connection, order, ticket)
    assert outcome.preview is not None, outcome.findings
    return outcome


def confirm(user: Any, shown: PreviewOutcome, ticket: str, **changes: str) -> OrderIntent:
    assert shown.preview is not None
    values = {"content_hash": shown.content_hash, "client_order_id": ticket} | changes
    return services.submit(user, shown.preview.pk, **values)


def test_accepted(user, account, broker: OrderBroker, shown, ticket):
    intent = confirm(user, shown, ticket)
    assert intent.state == IntentState.ACCEPTED
    assert broker.posts == 1
    assert ledger_of(broker, account) == [ticket]
    intent.refresh_from_db()
    assert intent.order is not None
    assert intent.order.external_identifier == ticket
    assert intent.sent_at is not None and intent.resolved_at is not None


def test_what_was_confirmed_is_what_is_sent(user, broker: OrderBroker, shown, ticket):
    confirm(user, shown, ticket)
    sent = broker.ledger[0]
    assert (sent["price"], sent["price-effect"]) == ("229.40", "Debit")
    assert sent["legs"][0]["quantity"] == 10
    assert sent["external-identifier"] == ticket


@pytest.mark.django_db(transaction=True)
def test_intent_and_audit_are_written_before_anything_leaves(user, broker, shown, ticket):
    seen: list[tuple[str, list[str]]] = []

    def look(body: dict[str, Any]) -> Any:
        # The broker's thread has its own database connection: it sees what is committed.
        try:
            intent = OrderIntent.objects.get(client_order_id=ticket)
            entries = AuditEntry.objects.filter(kind="order", details__intent=str(intent.pk))
            seen.append((intent.state, [entry.outcome for entry in entries]))
        finally:
            databases.close_all()
        return broker.take(body)

    broker.on_place = look
    confirm(user, shown, ticket)
    assert seen == [("sending", ["sending"])]


def test_the_same_confirmation_again_is_the_same_intent(user, broker, shown, ticket):
    first = confirm(user, shown, ticket)
    second = confirm(user, shown, ticket)
    assert first.pk == second.pk
    assert broker.posts == 1


@pytest.mark.django_db(transaction=True)
def test_two_presses_at_once_send_one_order(user, account, broker: OrderBroker, shown, ticket):
    gate = threading.Barrier(4)
    intents: list[uuid.UUID] = []

    def press() -> None:
        try:
            gate.wait(5)
            intents.append(confirm(user, shown, ticket).pk)
        finally:
            databases.close_all()

    threads = [threading.Thread(target=press) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(20)
    assert len(intents) == 4 and len(set(intents)) == 1
    assert broker.posts == 1
    assert ledger_of(broker, account) == [ticket]


@pytest.mark.parametrize(
    "change",
    [
        {"content_hash": "0" * 64},
        {"content_hash": ""},
        {"client_order_id": str(uuid.uuid4())},
    ],
)
def test_a_confirmation_that_does_not_match_sends_nothing(user, broker, shown, ticket, change):
    with pytest.raises(services.Conflict):
        confirm(user, shown, ticket, **change)
    assert broker.posts == 0
    assert not OrderIntent.objects.exists()
    assert AuditEntry.objects.filter(kind="order", outcome="conflict").exists()


@pytest.mark.parametrize("key", ["order-type", "price", "price-effect", "time-in-force", "legs"])
def test_a_stored_preview_that_was_changed_is_refused(user, broker, shown, ticket, key):
    body = dict(shown.preview.body)
    body[key] = "other"
    OrderPreview.objects.filter(pk=shown.preview.pk).update(body=body)
    with pytest.raises(services.Conflict):
        confirm(user, shown, ticket)
    assert broker.posts == 0


def test_a_preview_of_another_account_is_refused(user, broker, shown, ticket):
    other = Account.objects.get(number="5WT00002")
    OrderPreview.objects.filter(pk=shown.preview.pk).update(account=other)
    with pytest.raises(services.Conflict):
        confirm(user, shown, ticket)
    assert broker.posts == 0


def test_a_preview_dies_after_its_time(user, broker, shown, ticket):
    OrderPreview.objects.filter(pk=shown.preview.pk).update(
        expires_at=timezone.now() - timedelta(seconds=1)
    )
    with pytest.raises(services.Conflict, match="expired"):
        confirm(user, shown, ticket)
    assert broker.posts == 0


def test_a_preview_dies_with_a_restart(user, broker, shown, ticket):
    boot.announce_restart()
    with pytest.raises(services.Conflict, match="restarted"):
        confirm(user, shown, ticket)
    assert broker.posts == 0


def test_a_restart_does_not_hide_what_was_sent(user, broker, shown, ticket):
    first = confirm(user, shown, ticket)
    boot.announce_restart()
    assert confirm(user, shown, ticket).pk == first.pk
    assert broker.posts == 1


def test_other_content_under_a_used_identifier_is_refused(
    user, account, connection, order, broker, shown, ticket
):
    second = preview(user, account, connection, order, ticket)
    confirm(user, shown, ticket)
    with pytest.raises(services.Conflict, match="other content"):
        confirm(user, second, ticket)
    assert broker.posts == 1
    assert OrderIntent.objects.count() == 1
    assert AuditEntry.objects.filter(kind="order", outcome="conflict").count() == 1


def test_a_ticket_that_was_sent_is_not_previewed_again(
    user, account, connection, order, broker, shown, ticket
):
    intent = confirm(user, shown, ticket)
    outcome = preview(user, account, connection, order, ticket)
    assert outcome.preview is None
    assert outcome.already_sent == intent
    assert len(broker.dry_runs) == 1


def test_a_foreign_preview_looks_missing(stranger, broker, shown, ticket):
    with pytest.raises(NotFound):
        confirm(stranger, shown, ticket)
    assert broker.posts == 0


def test_rejected_in_the_brokers_words(user, account, broker, shown, ticket):
    words = "Account does not have sufficient buying power available for this order."
    broker.on_place = lambda _: (
        422,
        {
            "error": {
                "code": "preflight_check_failure",
                "message": "One or more preflight checks failed",
                "errors": [{"code": "margin_check_failed", "message": words}],
            }
        },
    )
    intent = confirm(user, shown, ticket)
    assert (intent.state, intent.reason) == (IntentState.REJECTED, words)
    assert broker.posts == 1


def test_too_many_requests_is_refused_and_not_repeated(user, broker, shown, ticket):
    broker.on_place = lambda _: error(429, "too_many_requests", "Slow down")
    assert confirm(user, shown, ticket).state == IntentState.REJECTED
    assert broker.posts == 1


@pytest.mark.parametrize("behaviour", ["take_and_drop", "drop"])
def test_a_lost_answer_is_unknown_and_never_sent_again(user, broker, shown, ticket, behaviour):
    broker.on_place = getattr(broker, behaviour)
    intent = confirm(user, shown, ticket)
    assert intent.state == IntentState.UNKNOWN
    assert "do not send it again" in intent.reason
    assert broker.posts == 1


@pytest.mark.parametrize("status", [500, 502, 503, 504])
def test_a_failing_broker_is_unknown(user, broker, shown, ticket, status):
    broker.on_place = lambda _: error(status, "bad_gateway")
    assert confirm(user, shown, ticket).state == IntentState.UNKNOWN
    assert broker.posts == 1


def test_an_answer_without_an_order_is_unknown(user, broker, shown, ticket):
    broker.on_place = lambda _: (201, {"data": {"warnings": []}})
    assert confirm(user, shown, ticket).state == IntentState.UNKNOWN
    assert broker.posts == 1


def test_a_slow_broker_is_unknown_after_the_time_out(user, broker, shown, ticket, settings):
    settings.BROKER_TIMEOUT_SECONDS = 0.3
    done = threading.Event()

    def slow(body: dict[str, Any]) -> Any:
        done.wait(2)
        return broker.take(body)

    broker.on_place = slow
    assert confirm(user, shown, ticket).state == IntentState.UNKNOWN
    done.set()
    assert broker.posts == 1


def test_a_broker_out_of_reach_means_nothing_was_sent(user, broker, shown, ticket, settings):
    settings.SIMULATOR_URL = "http://127.0.0.1:1"
    intent = confirm(user, shown, ticket)
    assert intent.state == IntentState.DENIED
    assert intent.reason.startswith("Nothing was sent")


def test_an_expired_token_is_renewed_before_the_one_request(
    user, connection, broker, shown, ticket
):
    Connection.objects.filter(pk=connection.pk).update(access_token_expires_at=timezone.now())
    before = broker.refreshes
    assert confirm(user, shown, ticket).state == IntentState.ACCEPTED
    assert broker.refreshes == before + 1
    assert broker.posts == 1


def test_a_dead_grant_denies_the_order(user, connection, broker, shown, ticket):
    Connection.objects.filter(pk=connection.pk).update(access_token_expires_at=timezone.now())
    broker.token_answer = (
        400,
        {"error_code": "invalid_grant", "error_description": "Grant revoked"},
    )
    intent = confirm(user, shown, ticket)
    assert intent.state == IntentState.DENIED
    assert broker.posts == 0


def test_the_safety_catch_denies_other_environments(user, broker, shown, ticket, settings):
    settings.ORDER_ENVIRONMENTS = ()
    intent = confirm(user, shown, ticket)
    assert intent.state == IntentState.DENIED
    assert "does not send orders" in intent.reason
    assert broker.posts == 0


def test_authority_lost_since_the_preview_denies(user, connection, account, broker, shown, ticket):
    connection.accesses.filter(account=account).update(authority_level="read-only")
    intent = confirm(user, shown, ticket)
    assert intent.state == IntentState.DENIED
    assert "not trade" in intent.reason
    assert broker.posts == 0


def test_an_echo_that_differs_is_a_red_notice(user, broker, shown, ticket):
    def relabel(body: dict[str, Any]) -> Any:
        legs = [body["legs"][0] | {"action": "Sell to Open"}]
        return broker.take(body | {"legs": legs})

    broker.on_place = relabel
    intent = confirm(user, shown, ticket)
    assert intent.state == IntentState.ACCEPTED
    assert intent.error["echo"] == [
        {"what": "action of AAPL", "sent": "Buy to Open", "shown": "Sell to Open"}
    ]
    assert Notice.objects.filter(level="danger", key=f"echo:{intent.pk}").exists()


@pytest.mark.django_db(transaction=True)
def test_a_notification_that_overtakes_the_answer(user, account, broker, shown, ticket):
    def notify_first(body: dict[str, Any]) -> Any:
        answer = broker.take(body)
        newer = broker.ledger[-1] | {"status": "Filled", "updated-at": 1 << 42}
        try:
            store_orders(account, [Payload.read(newer)], timezone.now())
        finally:
            databases.close_all()
        return answer

    broker.on_place = notify_first
    intent = confirm(user, shown, ticket)
    assert intent.state == IntentState.ACCEPTED
    stored = Order.objects.get(external_identifier=ticket)
    assert stored.status == "Filled"
    intent.refresh_from_db()
    assert intent.order == stored


def test_an_order_refused_for_its_token_is_not_sent_a_second_time(user, broker, shown, ticket):
    broker.on_place = lambda _: error(401, "unauthorized", "Unauthorized")
    intent = confirm(user, shown, ticket)
    assert intent.state == IntentState.UNKNOWN
    assert broker.posts == 1
