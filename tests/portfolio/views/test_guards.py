"""Guards and the kill switch as pages: what they show, what they ask, what they change."""

from __future__ import annotations

import re
from typing import Any

import pytest
from django.core.cache import cache
from django.test import Client

from brokerage.enums import IntentState
from brokerage.execution import guard_settings, kill
from brokerage.models import AccountGuard, AuditEntry, KillSwitch, Order, OrderIntent
from tests.portfolio.views.order_fixtures import *  # noqa: F403
from tests.portfolio.views.order_fixtures import error_of, html, send
from tests.portfolio.views.test_order_list import store

pytestmark = pytest.mark.django_db
PASSWORD = "a long enough pass phrase"


@pytest.fixture(autouse=True)
def _no_tries_counted() -> None:
    cache.clear()


@pytest.fixture
def person(user: Any, desk: Client) -> Client:
    """The same person with a password to prove it."""
    user.set_password(PASSWORD)
    user.save()
    desk.force_login(user)
    return desk


def path(account: Any, rest: str = "") -> str:
    return f"/guards/simulator/{account.number}/{rest}"


def release(account: Any) -> str:
    return f"/kill/simulator/{account.number}/release/"


# --- trading on and off -----------------------------------------------------


def test_trading_goes_off_at_once_and_on_with_a_proof(person, account, user, values, broker):
    person.post(path(account, "trading/"), {"trading": "off"})
    assert not guard_settings.trading_is_on(user, account)
    shown = html(person.post("/trade/preview/", values))
    assert "switched off" in shown

    refused = person.post(path(account, "trading/"), {"trading": "on", "password": "wrong"})
    assert refused.status_code == 422
    assert error_of(refused, "password")
    assert not guard_settings.trading_is_on(user, account)

    person.post(path(account, "trading/"), {"trading": "on", "password": PASSWORD})
    assert guard_settings.trading_is_on(user, account)
    assert AccountGuard.objects.get().trading_proof == "password"
    assert "by password" in html(person.get("/guards/"))
    send(person, values)
    assert broker.posts == 1


def test_many_wrong_tries_are_held_off(person, account, user):
    guard_settings.turn_off(user, account)
    for _ in range(12):
        answer = person.post(path(account, "trading/"), {"trading": "on", "password": "wrong"})
    assert "Too many tries" in html(answer)
    late = person.post(path(account, "trading/"), {"trading": "on", "password": PASSWORD})
    assert late.status_code == 422
    assert not guard_settings.trading_is_on(user, account)


# --- limits, shield -----------------------------------------------------


def test_limits_are_kept_shown_and_bind(person, account, values, broker):
    page = html(person.get(path(account)))
    given = dict.fromkeys(re.findall(r'name="(max_\w+|limit_\w+)"', page), "")
    person.post(path(account), given | {"max_shares": "5", "wide_percent": "12.5"})
    text = html(person.get("/guards/"))
    assert "5 shares" in text and "wide above 12.5%" in text
    refused = person.post("/trade/preview/", values)
    assert refused.status_code == 422 and "5" in error_of(refused, "leg-0-quantity")
    assert broker.dry_runs == []


@pytest.mark.parametrize(
    ("field", "value"),
    [("max_shares", "-1"), ("max_shares", "many"), ("wide_percent", ""),
     ("max_buying_power_percent", "120")],
)  # fmt: skip
def test_a_limit_that_makes_no_sense_stands_at_its_field(person, account, field, value):
    given = {"wide_percent": "20", field: value}
    answer = person.post(path(account), given)
    assert answer.status_code == 422
    assert error_of(answer, field)
    assert not AccountGuard.objects.filter(max_shares__isnull=False).exists()


def test_the_shield_names_the_default_account(person, account, user):
    person.post("/guards/shield/", {"default_account": str(account.pk), "shield": "on"})
    assert guard_settings.trader_guard(user).default_account == account
    assert f'value="{account.pk}" selected' in html(person.get("/guards/"))
    person.post("/guards/shield/", {"default_account": ""})
    guard = guard_settings.trader_guard(user)
    assert guard.default_account is None and not guard.shield


# --- the kill switch -----------------------------------------------------


def test_the_kill_switch_lists_blocks_and_cancels(person, account, values, broker):
    send(person, values)
    row = Order.objects.get()
    stop = store(account, 402, **{"order-type": "Stop"}, status="Live")
    stop.legs.update(action="Sell to Close")
    page = html(person.get("/kill/"))
    assert "+10 AAPL" in page and page.count(">protects<") == 1
    assert "1 of these orders protects a position." in page, "named before anything is pressed"

    person.post("/kill/", {"account": f"simulator/{account.number}", "spare": "yes"})
    assert kill.is_blocked(account)
    assert broker.deletes == [row.broker_id]
    assert "Blocked" in html(person.get("/kill/"))
    assert "The kill switch of" in html(person.get("/orders/"))
    values["ticket"] = "6f0f4bd4-0000-4000-8000-000000000002"
    assert "kill switch" in html(person.post("/trade/preview/", values))
    assert broker.posts == 1


def test_it_is_released_with_a_proof_alone(person, account, user):
    kill.block(user, account)
    name = f"release-{account.pk}-password"
    for given in ({}, {name: "wrong"}):
        assert person.post(release(account), given).status_code == 422
    assert kill.is_blocked(account)
    person.post(release(account), {name: PASSWORD})
    assert not kill.is_blocked(account)
    outcomes = AuditEntry.objects.filter(action="kill switch").values_list("outcome", flat=True)
    assert set(outcomes) == {"thrown", "released"}


def test_nothing_is_thrown_without_an_account(person):
    answer = person.post("/kill/", {}, follow=True)
    assert "Choose at least one account" in html(answer)
    assert not KillSwitch.objects.exists()


def test_a_broker_that_is_away_does_not_stop_the_block(person, account, values, broker):
    def drop(_order: Any) -> Any:
        from tests.brokerage.execution.conftest import DropAnswer

        raise DropAnswer

    send(person, values)
    broker.on_delete = drop
    answer = person.post("/kill/", {"account": f"simulator/{account.number}"}, follow=True)
    assert kill.is_blocked(account)
    assert "Look at those that were not taken back" in html(answer)
    assert OrderIntent.objects.get(kind="cancel").state == IntentState.UNKNOWN


# --- foreign looks like missing -----------------------------------------------------


def test_foreign_accounts_look_missing(account, stranger, user):
    kill.block(user, account)
    other = Client()
    other.force_login(stranger)
    assert other.get(path(account)).status_code == 404
    for address, given in (
        (path(account), {"wide_percent": "20"}),
        (path(account, "trading/"), {"trading": "off"}),
        ("/kill/", {"account": f"simulator/{account.number}"}),
        (release(account), {}),
        ("/guards/shield/", {"default_account": str(account.pk)}),
    ):
        assert other.post(address, given).status_code == 404, address
    assert account.number[-4:] not in html(other.get("/kill/"))
    assert kill.is_blocked(account)
