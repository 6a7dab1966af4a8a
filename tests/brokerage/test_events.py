from __future__ import annotations

import asyncio

import pytest
import redis
from asgiref.sync import sync_to_async
from channels.layers import get_channel_layer
from django.db import transaction

from brokerage import audit, events
from brokerage.models import Account, AuditEntry


@pytest.fixture
def bare_account(transactional_db):
    return Account.objects.create(environment="simulator", number="5WT00009")


async def _heard(account, publish) -> list[dict]:
    """What the group of the account hears while `publish` runs in a thread."""
    layer = get_channel_layer()
    channel = await layer.new_channel()
    await layer.group_add(events.account_group(account.pk), channel)
    await sync_to_async(publish)()
    heard = []
    try:
        while True:
            heard.append(await asyncio.wait_for(layer.receive(channel), 0.3))
    except TimeoutError:
        return heard


async def test_a_fact_is_told_once_it_is_committed(bare_account):
    def publish():
        with transaction.atomic():
            events.publish(events.ORDER_UPDATED, account=bare_account, detail={"order": 7})

    (message,) = await _heard(bare_account, publish)
    assert message["type"] == "desk.event"
    assert message["name"] == "order.updated"
    assert message["detail"] == {"order": 7, "account": bare_account.pk}


async def test_a_fact_that_was_rolled_back_is_not_told(bare_account):
    def publish():
        try:
            with transaction.atomic():
                events.publish(events.ORDER_UPDATED, account=bare_account)
                raise RuntimeError
        except RuntimeError:
            pass

    assert await _heard(bare_account, publish) == []


async def test_other_accounts_hear_nothing(bare_account):
    def publish():
        events.publish(events.ORDER_UPDATED, account=Account(pk=bare_account.pk + 1))

    assert await _heard(bare_account, publish) == []


def test_an_unknown_name_is_a_mistake_of_ours():
    with pytest.raises(ValueError, match="unknown event"):
        events.publish("order.exploded")


class Dying:
    """A channel layer whose server is away, or answers, or is used wrongly."""

    failure: Exception | None = None

    async def group_send(self, *_):
        if self.failure is not None:
            raise self.failure


def test_an_outage_costs_two_log_lines_however_many_events_it_swallows(
    bare_account, monkeypatch, caplog
):
    layer = Dying()
    monkeypatch.setattr(events, "get_channel_layer", lambda: layer)
    for failure in (ConnectionError("gone"), redis.ConnectionError("gone"), None, None):
        layer.failure = failure
        for _ in range(5):
            events.publish(events.ORDER_UPDATED, account=bare_account)
    first, last = caplog.messages
    assert first == "events cannot be told: ConnectionError"
    assert last.startswith("events are told again after") and "10 tries failed" in last
    assert "Traceback" not in caplog.text


def test_a_mistake_of_ours_is_logged_as_one(bare_account, monkeypatch, caplog):
    layer = Dying()
    layer.failure = TypeError("not serialisable")
    monkeypatch.setattr(events, "get_channel_layer", lambda: layer)
    events.publish(events.ORDER_UPDATED, account=bare_account)
    assert "could not be published" in caplog.text and "Traceback" in caplog.text


def test_the_audit_keeps_no_secret(db):
    audit.record(
        "call",
        "POST /oauth/token",
        "200",
        details={
            "refresh_token": "canary",
            "nested": [{"client-secret": "canary", "kept": 1}],
            "long": "x" * 9000,
        },
    )
    entry = AuditEntry.objects.get()
    assert "canary" not in str(entry.details)
    assert entry.details["nested"] == [{"kept": 1}]
    assert len(entry.details["long"]) == 500
