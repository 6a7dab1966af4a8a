"""Switching trading on and off, limits, the shield and the kill switch, with their audit rows."""

from __future__ import annotations

import uuid
from decimal import Decimal

import pytest
from django.core.exceptions import ValidationError

from brokerage.access import NotFound
from brokerage.enums import IntentState
from brokerage.execution import guard_settings, kill, services
from brokerage.execution.preview import preview
from brokerage.models import Account, AuditEntry, Order
from tests.brokerage.execution.conftest import power

pytestmark = pytest.mark.django_db


@pytest.fixture
def ticket():
    return str(uuid.uuid4())


@pytest.fixture
def shown(user, account, connection, order, broker, ticket):
    outcome = preview(user, account, connection, order, ticket)
    assert outcome.preview is not None, outcome.findings
    return outcome


def confirm(user, shown, ticket, **more):
    return services.submit(user, shown.preview.pk, shown.content_hash, ticket, **more)


# --- the switch -------------------------------------------------------------------------------


@pytest.mark.parametrize("environment", ["production", "sandbox"])
def test_real_accounts_start_switched_off(user, account, connection, environment):
    Account.objects.filter(pk=account.pk).update(environment=environment)
    account.refresh_from_db()
    connection.environment = environment
    assert not guard_settings.trading_is_on(user, account)
    assert "switched off" in services.sending_problem(connection, account)
    guard_settings.turn_on(user, account, proof="password")
    assert services.sending_problem(connection, account) == ""
    guard = guard_settings.guard_for(user, account)
    assert (guard.trading, guard.trading_proof) == (True, "password")
    assert AuditEntry.objects.filter(kind="guard", action="trading", outcome="on").exists()


def test_trading_is_not_switched_on_without_a_proof_or_an_authority(user, stranger, account):
    with pytest.raises(ValueError, match="password"):
        guard_settings.turn_on(user, account, proof="")
    with pytest.raises(NotFound):
        guard_settings.turn_on(stranger, account, proof="password")


def test_what_was_switched_off_since_the_preview_is_not_sent(user, account, broker, shown, ticket):
    guard_settings.turn_off(user, account)
    intent = confirm(user, shown, ticket)
    assert intent.state == IntentState.DENIED
    assert "switched off" in intent.reason
    assert broker.posts == 0


def test_a_switch_of_one_person_is_not_anothers(user, stranger, account):
    guard_settings.turn_off(user, account)
    assert not guard_settings.trading_is_on(user, account)
    assert guard_settings.trading_is_on(stranger, account)


# --- limits -----------------------------------------------------------------------------------


def test_limits_are_kept_audited_and_checked(user, account):
    guard_settings.save_guard(user, account, max_shares=Decimal(5), closing_only=True)
    guard = guard_settings.guard_for(user, account)
    assert (guard.max_shares, guard.closing_only) == (5, True)
    told = AuditEntry.objects.get(kind="guard", action="guards").details["changed"]
    assert told == {"max_shares": [None, "5"], "closing_only": [False, True]}
    with pytest.raises(ValidationError) as refused:
        guard_settings.save_guard(user, account, max_buying_power_percent=Decimal(101))
    assert "max_buying_power_percent" in refused.value.message_dict
    with pytest.raises(ValueError, match="not a guard"):
        guard_settings.save_guard(user, account, trading=True)


def test_a_guard_stops_the_order_before_the_broker_is_asked(
    user, account, connection, order, broker, ticket
):
    guard_settings.save_guard(user, account, max_shares=Decimal(5))
    outcome = preview(user, account, connection, order, ticket)
    assert outcome.preview is None
    assert [finding.field for finding in outcome.findings] == ["leg-0-quantity"]
    assert outcome.report.ok
    assert not outcome.guards.ok
    assert broker.dry_runs == []


def test_a_guard_that_was_tightened_since_the_preview_denies(user, account, broker, shown, ticket):
    guard_settings.save_guard(user, account, max_shares=Decimal(5))
    intent = confirm(user, shown, ticket)
    assert intent.state == IntentState.DENIED
    assert "5 shares" in intent.reason
    assert broker.posts == 0


def test_use_of_buying_power_is_judged_after_the_dry_run(
    user, account, connection, order, broker, ticket
):
    guard_settings.save_guard(user, account, max_buying_power_percent=Decimal(4))
    outcome = preview(user, account, connection, order, ticket)
    assert outcome.preview is None
    assert "buying power" in outcome.findings[0].text
    assert outcome.answer["buying-power-effect"] == power("1147.008")
    guard_settings.save_guard(user, account, max_buying_power_percent=Decimal(5))
    assert preview(user, account, connection, order, ticket).preview is not None


# --- the shield -------------------------------------------------------------------------------


@pytest.fixture
def other(account):
    return Account.objects.exclude(pk=account.pk).get()


def test_an_order_for_another_account_asks_once_more(
    user, account, other, connection, order, broker, ticket
):
    guard_settings.set_default_account(user, other)
    outcome = preview(user, account, connection, order, ticket)
    assert "not for your default account" in outcome.other_account
    with pytest.raises(services.ConfirmAgain):
        confirm(user, outcome, ticket)
    assert broker.posts == 0
    assert confirm(user, outcome, ticket, other_account_confirmed=True).state == "accepted"
    assert broker.posts == 1


@pytest.mark.parametrize("way", ["default", "none", "lowered"])
def test_the_shield_asks_nothing_without_need(user, account, other, shown, ticket, way):
    if way == "default":
        guard_settings.set_default_account(user, account)
    if way == "lowered":
        guard_settings.set_default_account(user, other)
        guard_settings.set_shield(user, on=False)
    assert confirm(user, shown, ticket).state == IntentState.ACCEPTED


# --- the kill switch --------------------------------------------------------------------------


@pytest.fixture
def working(user, shown, ticket):
    confirm(user, shown, ticket)
    return Order.objects.get(external_identifier=ticket)


def test_kill_blocks_sends_and_cancels_what_works(
    user, account, connection, order, broker, working
):
    second = preview(user, account, connection, order, "second")
    asked = kill.block(user, account)
    assert [intent.state for intent in asked] == [IntentState.ACCEPTED]
    assert broker.deletes == [working.broker_id]
    assert "kill switch" in services.sending_problem(connection, account)
    denied = confirm(user, second, "second")
    assert denied.state == IntentState.DENIED
    assert broker.posts == 1
    assert AuditEntry.objects.filter(action="kill switch", outcome="thrown").exists()


def test_kill_holds_back_what_was_committed_but_not_sent(user, account, broker, shown, ticket):
    """Between the commit of the intent and its request somebody throws the switch."""
    from brokerage.execution import sending

    real = sending.start

    def throw_first(intent):
        kill.block(user, account)
        return real(intent)

    sending.start = throw_first
    try:
        intent = confirm(user, shown, ticket)
    finally:
        sending.start = real
    assert intent.state == IntentState.DENIED
    assert broker.posts == 0


def test_kill_may_spare_what_protects(user, account, broker, working):
    Order.objects.filter(pk=working.pk).update(order_type="Stop")
    working.legs.update(action="Sell to Close")
    assert [order.pk for order in kill.protective(account)] == [working.pk]
    assert kill.block(user, account, spare_protective=True) == []
    assert broker.deletes == []


def test_kill_stands_also_when_the_broker_is_away(user, account, broker, working, settings):
    settings.SIMULATOR_URL = "http://127.0.0.1:1"
    (intent,) = kill.block(user, account)
    assert intent.state == IntentState.DENIED
    assert kill.is_blocked(account)


def test_kill_is_released_with_a_proof_alone(user, stranger, account):
    kill.block(user, account)
    with pytest.raises(ValueError, match="password"):
        kill.unblock(user, account, proof="")
    with pytest.raises(services.CommandRefused):
        kill.unblock(stranger, account, proof="password")
    kill.unblock(user, account, proof="second factor")
    assert not kill.is_blocked(account)


def test_a_stranger_cannot_throw_it(stranger, account):
    with pytest.raises(services.CommandRefused):
        kill.block(stranger, account)
    assert not kill.is_blocked(account)


def test_what_cannot_be_cancelled_is_said_and_the_rest_goes_on(
    user, account, connection, order, broker, working
):
    confirm(user, preview(user, account, connection, order, "second"), "second")
    Order.objects.filter(pk=working.pk).update(status="Filled")
    working.refresh_from_db()
    rows = [working, Order.objects.get(external_identifier="second")]
    found = services.cancel_many(user, rows)
    assert [intent.state for intent in found] == [IntentState.DENIED, IntentState.ACCEPTED]
    assert "Filled" in found[0].reason
    assert found[0].sent_at is None


def test_what_is_grouped_with_a_protective_stop_is_spared_with_it(user, account, broker, working):
    """The broker takes a group back as a whole: cancelling the take profit would end the stop."""
    working.legs.update(action="Sell to Close")
    Order.objects.filter(pk=working.pk).update(complex_order_id=77)
    stop = Order.objects.create(
        account=account, broker_id=8801, status="Live", order_type="Stop", complex_order_id=77
    )
    stop.legs.create(
        position=0, instrument_type="Equity", symbol="AAPL", action="Sell to Close", quantity=10
    )
    assert kill.block(user, account, spare_protective=True) == []
    assert broker.deletes == []
    Order.objects.filter(pk=stop.pk).update(status="Cancelled")
    rows = services.unprotective(kill.working(account))
    assert [row.pk for row in rows] == [working.pk], "nothing of the group protects any more"
