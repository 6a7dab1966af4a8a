"""Unknown is resolved by looking: found, or looked for so well that it is certainly not there."""

from __future__ import annotations

import time
import uuid
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.utils import timezone

from brokerage import market
from brokerage.enums import IntentState
from brokerage.execution import reconciliation, sending, services
from brokerage.execution.preview import preview
from brokerage.models import Notice, OrderIntent
from brokerage.sync.orders import store_orders
from brokerage.tastytrade.payloads.orders import Order as Payload

pytestmark = pytest.mark.django_db


@pytest.fixture
def stream(monkeypatch: pytest.MonkeyPatch) -> Any:
    """What the gateway says of the account stream."""
    health = market.FeedHealth(account=market.StreamHealth(state="up"))
    monkeypatch.setattr(market, "health", lambda _connection: health)
    return health


@pytest.fixture
def lost(user, account, connection, order, broker, stream) -> Any:
    """Send an order whose answer is lost; `arrived` says whether the broker has it."""

    def send(*, arrived: bool) -> OrderIntent:
        broker.on_place = broker.take_and_drop if arrived else broker.drop
        ticket = str(uuid.uuid4())
        shown = preview(user, account, connection, order, ticket)
        intent = services.submit(user, shown.preview.pk, shown.content_hash, ticket)
        assert intent.state == IntentState.UNKNOWN
        return intent

    return send


def look(intent: OrderIntent, times: int = 1) -> OrderIntent:
    for _ in range(times):
        reconciliation.reconcile_due()
        intent.refresh_from_db()
        if intent.state != IntentState.UNKNOWN:
            break
        time.sleep(0.06)
    return intent


def test_found_by_its_identifier(lost, broker):
    intent = look(lost(arrived=True))
    assert intent.state == IntentState.ACCEPTED
    assert intent.order.broker_id == broker.ledger[0]["id"]
    assert broker.posts == 1


def test_not_there_only_after_enough_complete_reads_over_the_window(lost, broker, settings):
    settings.RECONCILE_WINDOW_SECONDS = 60.0
    intent = lost(arrived=False)
    start = timezone.now()
    # Three reads and more, but not yet for a minute.
    for seconds in (1, 11, 21, 31, 41, 51):
        with time_machine.travel(start + timedelta(seconds=seconds), tick=False):
            look(intent)
        assert intent.state == IntentState.UNKNOWN
    with time_machine.travel(start + timedelta(seconds=62), tick=False):
        look(intent)
    assert intent.state == IntentState.NOT_FOUND
    reads = [timezone.datetime.fromisoformat(text) for text in intent.reads_without_trace]
    assert len(reads) >= 3
    assert (reads[-1] - reads[0]).total_seconds() >= settings.RECONCILE_WINDOW_SECONDS
    assert broker.posts == 1


def test_a_minute_alone_is_not_enough(lost, broker, settings):
    settings.RECONCILE_WINDOW_SECONDS = 60.0
    intent = lost(arrived=False)
    start = timezone.now()
    for seconds in (1, 120):
        with time_machine.travel(start + timedelta(seconds=seconds), tick=False):
            look(intent)
    assert intent.state == IntentState.UNKNOWN


def test_a_failed_read_starts_the_counting_again(lost, broker):
    intent = look(lost(arrived=False), times=2)
    assert intent.reads_without_trace
    broker.reads_fail = True
    time.sleep(0.06)
    look(intent)
    assert intent.reads_without_trace == []
    assert intent.state == IntentState.UNKNOWN


def test_not_given_up_while_the_stream_is_down(lost, broker, stream):
    stream.account.state = "down"
    intent = look(lost(arrived=False), times=10)
    assert intent.state == IntentState.UNKNOWN
    stream.account.state = "up"
    assert look(intent, times=3).state == IntentState.NOT_FOUND


def test_a_look_alike_without_an_owner_keeps_it_open(lost, broker):
    broker.echo_identifier = False
    intent = look(lost(arrived=True), times=10)
    assert intent.state == IntentState.UNKNOWN
    assert intent.error["look_alikes"] == [broker.ledger[0]["id"]]


def test_an_order_of_another_shape_is_no_look_alike(lost, broker):
    intent = lost(arrived=False)
    body = intent.body | {"price": "1.00", "account-number": intent.account.number}
    body.pop("external-identifier")
    broker.keep(body)
    assert look(intent, times=12).state == IntentState.NOT_FOUND


def test_one_that_appears_late_is_a_red_notice(lost, broker, account):
    intent = look(lost(arrived=False), times=12)
    assert intent.state == IntentState.NOT_FOUND
    broker.keep(intent.body | {"account-number": account.number})
    store_orders(account, [Payload.read(broker.ledger[-1])], timezone.now())
    look(intent)
    assert intent.state == IntentState.ACCEPTED
    assert Notice.objects.get(key=f"late:{intent.pk}").level == "danger"


def test_the_stream_settles_it_without_a_read(lost, broker, account):
    intent = lost(arrived=True)
    store_orders(account, [Payload.read(broker.ledger[-1])], timezone.now())
    calls = len(broker.calls)
    look(intent)
    assert intent.state == IntentState.ACCEPTED
    assert len(broker.calls) == calls


def test_a_process_that_died_before_sending_is_denied(lost, broker):
    intent = lost(arrived=False)
    OrderIntent.objects.filter(pk=intent.pk).update(
        state=IntentState.SENDING,
        sent_at=None,
        created_at=timezone.now() - timedelta(minutes=5),
    )
    look(intent)
    assert intent.state == IntentState.DENIED
    assert intent.reason.startswith("Nothing was sent")


def test_a_process_that_died_while_sending_is_unknown_and_found(lost, broker):
    intent = lost(arrived=True)
    OrderIntent.objects.filter(pk=intent.pk).update(
        state=IntentState.SENDING, sent_at=timezone.now() - timedelta(minutes=1)
    )
    look(intent)
    assert intent.state == IntentState.ACCEPTED


def test_a_process_that_wakes_up_late_does_not_send(
    user, account, connection, order, broker, stream, monkeypatch
):
    """Between the commit and the request reconciliation may have settled the intent."""
    ticket = str(uuid.uuid4())
    shown = preview(user, account, connection, order, ticket)

    real = sending.start

    def settled_meanwhile(intent: OrderIntent) -> bool:
        OrderIntent.objects.filter(pk=intent.pk).update(state=IntentState.DENIED)
        return real(intent)

    monkeypatch.setattr(sending, "start", settled_meanwhile)
    services.submit(user, shown.preview.pk, shown.content_hash, ticket)
    assert broker.posts == 0


def test_reads_cover_live_orders_and_those_since_the_day_before(lost, broker):
    intent = lost(arrived=False)
    broker.calls.clear()
    look(intent)
    paths = [path for method, path, _ in broker.calls if method == "GET"]
    assert f"/accounts/{intent.account.number}/orders/live" in paths
    query = next(query for _, path, query in broker.calls if path.endswith("/orders"))
    assert query["start-date"][0] < intent.sent_at.date().isoformat()
