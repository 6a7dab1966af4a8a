"""Whatever differs between what was shown and what is confirmed: nothing is sent."""

from __future__ import annotations

import copy
import uuid
from datetime import timedelta
from typing import Any

import pytest
from django.db import transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from brokerage.access import NotFound
from brokerage.execution import boot, services
from brokerage.execution.preview import preview
from brokerage.models import Account, Connection, OrderIntent, OrderPreview

pytestmark = pytest.mark.django_db
MANY = settings(
    max_examples=60,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
NOT_SENT = (services.Conflict, NotFound)


@pytest.fixture
def shown(user, account, connection, order, broker):
    """A preview and its ticket."""
    ticket = str(uuid.uuid4())
    return preview(user, account, connection, order, ticket), ticket


def places(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """Where a JSON value has leaves."""
    if isinstance(value, dict):
        return [p for key, item in value.items() for p in places(item, (*path, key))]
    if isinstance(value, list):
        return [p for index, item in enumerate(value) for p in places(item, (*path, index))]
    return [path]


def changed(body: dict[str, Any], path: tuple[Any, ...], new: Any) -> dict[str, Any]:
    found = copy.deepcopy(body)
    holder: Any = found
    for part in path[:-1]:
        holder = holder[part]
    holder[path[-1]] = new
    return found


def refused(user: Any, preview_id: Any, content_hash: str, ticket: str) -> None:
    """The confirmation is refused and leaves nothing behind."""
    with transaction.atomic(), pytest.raises(NOT_SENT):
        services.submit(user, preview_id, content_hash, ticket)
    assert not OrderIntent.objects.exists()


values = st.one_of(
    st.text(alphabet=st.characters(codec="ascii", exclude_characters="\x00"), max_size=12),
    st.integers(-5, 1000),
    st.booleans(),
    st.none(),
)


@MANY
@given(data=st.data())
def test_any_other_body_is_refused(user, shown, broker, data):
    """Legs, quantity, price, type, time in force: any leaf of what would be sent."""
    outcome, ticket = shown
    body = outcome.preview.body
    path = data.draw(st.sampled_from(places(body)))
    new = data.draw(values)
    mutant = changed(body, path, new)
    if mutant == body:
        return
    OrderPreview.objects.filter(pk=outcome.preview.pk).update(body=mutant)
    try:
        refused(user, outcome.preview.pk, outcome.content_hash, ticket)
    finally:
        OrderPreview.objects.filter(pk=outcome.preview.pk).update(body=body)
    assert broker.posts == 0


@MANY
@given(
    content_hash=st.text(max_size=70),
    ticket=st.text(max_size=90),
    which=st.sampled_from(["hash", "ticket", "both"]),
)
def test_any_other_hash_or_ticket_is_refused(user, shown, broker, content_hash, ticket, which):
    outcome, own = shown
    if content_hash == outcome.content_hash or ticket == own:
        return
    refused(
        user,
        outcome.preview.pk,
        content_hash if which != "ticket" else outcome.content_hash,
        ticket if which != "hash" else own,
    )
    assert broker.posts == 0


@MANY
@given(name=st.text(max_size=40))
def test_any_other_preview_is_refused(user, shown, broker, name):
    outcome, ticket = shown
    if name == str(outcome.preview.pk):
        return
    refused(user, name, outcome.content_hash, ticket)
    assert broker.posts == 0


def _other_account(shown: OrderPreview) -> dict[str, Any]:
    return {"account": Account.objects.exclude(pk=shown.account_id).first()}


def _other_login(shown: OrderPreview) -> dict[str, Any]:
    twin = Connection.objects.get(pk=shown.connection_id)
    twin.pk, twin.grant_fingerprint = uuid.uuid4(), "another"
    twin.save(force_insert=True)
    return {"connection": twin}


FIELDS = {
    "account": _other_account,
    "login": _other_login,
    "environment": lambda _shown: {"environment": "production"},
    "kind": lambda _shown: {"kind": "complex"},
    "group": lambda _shown: {"complex_id": 7},
    "later end": lambda shown: {"expires_at": shown.expires_at + timedelta(minutes=5)},
    "its own hash": lambda _shown: {"content_hash": "0" * 64},
}


@pytest.mark.parametrize("what", FIELDS)
def test_any_other_field_of_the_preview_is_refused(user, shown, broker, what):
    outcome, ticket = shown
    row = OrderPreview.objects.filter(pk=outcome.preview.pk)
    row.update(**FIELDS[what](outcome.preview))
    refused(user, outcome.preview.pk, outcome.content_hash, ticket)
    assert broker.posts == 0


def test_another_person_is_refused(user, stranger, shown, broker):
    outcome, ticket = shown
    refused(stranger, outcome.preview.pk, outcome.content_hash, ticket)
    OrderPreview.objects.filter(pk=outcome.preview.pk).update(user=stranger)
    refused(user, outcome.preview.pk, outcome.content_hash, ticket)
    refused(stranger, outcome.preview.pk, outcome.content_hash, ticket)
    assert broker.posts == 0


def test_a_preview_from_before_a_restart_is_refused(user, shown, broker):
    outcome, ticket = shown
    boot.announce_restart()
    refused(user, outcome.preview.pk, outcome.content_hash, ticket)
    assert broker.posts == 0


def test_what_was_shown_and_confirmed_is_sent(user, shown, broker):
    """The counterpart: without a difference it goes out, once."""
    outcome, ticket = shown
    for _ in range(3):
        services.submit(user, outcome.preview.pk, outcome.content_hash, ticket)
    assert broker.posts == 1
