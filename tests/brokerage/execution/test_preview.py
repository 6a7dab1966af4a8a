"""The dry run: our checks first, then the broker's, both put at their fields."""

from __future__ import annotations

import uuid
from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest

from brokerage.execution.checks import Finding
from brokerage.execution.commands import OrderLeg
from brokerage.execution.preview import preview
from brokerage.models import AuditEntry, OrderPreview
from tests.brokerage.execution.conftest import power
from tests.brokerage.outer_broker import error

pytestmark = pytest.mark.django_db


@pytest.fixture
def run(user, account, connection):
    def go(order: Any, ticket: str | None = None) -> Any:
        return preview(user, account, connection, order, ticket or str(uuid.uuid4()))

    return go


def refusal(*items: tuple[str, str]) -> Any:
    errors = [{"code": code, "message": message} for code, message in items]
    return 422, {
        "error": {"code": "preflight_check_failure", "message": "failed", "errors": errors}
    }


def test_what_was_shown_is_kept(run, order, broker):
    outcome = run(order)
    assert outcome.findings == ()
    row = OrderPreview.objects.get()
    assert row.body == order.body()
    assert "external-identifier" not in row.body
    assert row.answer["fee-calculation"]["total-fees"] == "0.008"
    assert outcome.answer["buying-power-effect"]["new-buying-power"] == "23852.992"
    assert AuditEntry.objects.filter(kind="preview", outcome="shown").count() == 1


def test_each_dry_run_has_a_hash_of_its_own(run, order):
    ticket = str(uuid.uuid4())
    assert run(order, ticket).content_hash != run(order, ticket).content_hash


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"legs": (OrderLeg("Equity", "AAPL", "Buy to Open", Decimal(0)),)}, "leg-0-quantity"),
        ({"price": Decimal("229.405")}, "price"),
        ({"time_in_force": "GTD"}, "gtc_date"),
    ],
)
def test_our_own_checks_stop_it_before_the_broker_is_asked(run, order, broker, changes, field):
    outcome = run(replace(order, **changes))
    assert outcome.preview is None
    assert [finding.field for finding in outcome.findings] == [field]
    assert broker.dry_runs == []


def test_an_unknown_symbol_is_said_at_its_field(run, order, broker):
    outcome = run(replace(order, legs=(OrderLeg("Equity", "NOPE", "Buy to Open", Decimal(1)),)))
    assert outcome.findings == (Finding("leg-0-symbol", "The broker does not know NOPE."),)
    assert broker.dry_runs == []


def test_read_only_logins_are_told_so(run, order, connection, broker):
    connection.accesses.update(authority_level="read-only")
    outcome = run(order)
    assert [finding.field for finding in outcome.findings] == ["account"]
    assert broker.dry_runs == []


def test_insufficient_buying_power_has_both_figures_and_words(run, order, broker):
    words = "Account does not have sufficient buying power available for this order."
    status, body = refusal(("margin_check_failed", words))
    data = {"buying-power-effect": power("30000.0", "5000.0", "Debit")}
    broker.on_dry_run = lambda _: (status, body | {"data": data})
    outcome = run(order)
    assert outcome.preview is None
    assert outcome.findings == (Finding("", words),)
    assert outcome.answer["buying-power-effect"]["new-buying-power-effect"] == "Debit"


@pytest.mark.parametrize(
    ("code", "message", "field"),
    [
        ("tif_no_after_hours_opening_market_orders", "Opening market orders …", "order_type"),
        ("gtc_market_orders_not_supported", "GTC/GTD Market orders …", "time_in_force"),
        ("cant_buy_for_credit", "You cannot buy for a credit.", "price_effect"),
        ("instrument_validation_failed", "Trading of AAPL is not supported", "leg-0-symbol"),
        ("something_new", "A rule of tomorrow.", ""),
    ],
)
def test_the_brokers_findings_stand_at_their_fields(run, order, broker, code, message, field):
    broker.on_dry_run = lambda _: refusal((code, message))
    assert run(order).findings == (Finding(field, message),)


def test_two_findings_are_both_shown(run, order, broker):
    broker.on_dry_run = lambda _: refusal(
        ("margin_check_failed", "a"), ("cant_buy_for_credit", "b")
    )
    assert [finding.text for finding in run(order).findings] == ["a", "b"]


def test_validation_errors_name_the_field(run, order, broker):
    broker.on_dry_run = lambda _: (
        400,
        {
            "error": {
                "code": "validation_error",
                "message": "Request validation failed",
                "errors": [{"domain": "legs[0].quantity", "reason": "must be greater than 0"}],
            }
        },
    )
    assert run(order).findings == (Finding("leg-0-quantity", "must be greater than 0"),)


def test_errors_beside_a_success_block_it(run, order, broker):
    def with_errors(body: dict[str, Any]) -> Any:
        status, answer = broker.check(body)
        answer["data"]["errors"] = [{"code": "closing_only", "message": "Closing only."}]
        return status, answer

    broker.on_dry_run = with_errors
    outcome = run(order)
    assert outcome.preview is None
    assert outcome.findings == (Finding("", "Closing only."),)


def test_an_answer_without_fees_or_buying_power_is_shown_as_such(run, order, broker):
    broker.on_dry_run = lambda body: (201, {"data": {"order": body, "warnings": []}})
    outcome = run(order)
    assert outcome.preview is not None
    assert "fee-calculation" not in outcome.answer


def test_a_broker_in_trouble_is_a_clear_message(run, order, broker):
    broker.on_dry_run = lambda _: error(422, "odd", "Something odd.")
    assert run(order).findings == (Finding("", "Something odd."),)


def test_an_environment_that_is_no_longer_offered_is_said(run, order, settings, broker):
    settings.SIMULATOR_URL = ""
    outcome = run(order)
    assert outcome.preview is None
    assert "was not asked" in outcome.findings[0].text
