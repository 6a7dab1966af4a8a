"""Tickets of several orders, conditions, stock and options together; search, drawer, block."""

from __future__ import annotations

import re
from decimal import Decimal
from typing import Any

import pytest
from django.utils import timezone

from brokerage.execution import guard_settings
from brokerage.execution.commands import OrderLeg
from brokerage.models import Account, Position
from portfolio.ticket import values as ticket_values
from tests.brokerage.outer_broker import error
from tests.contract.browser_form import read_form
from tests.portfolio.views.order_fixtures import *  # noqa: F403
from tests.portfolio.views.order_fixtures import CALL, PUT, error_of, html

pytestmark = pytest.mark.django_db


def posted(desk: Any, values: dict[str, str], **more: str) -> dict[str, str]:
    """What the browser sends after the form was redrawn with these values."""
    text = html(desk.post("/trade/", values | more))
    form = read_form(text, "ticket-form").values
    form.pop("csrfmiddlewaretoken", None)
    return form


def alerts(text: str) -> str:
    return " ".join(re.findall(r'role="alert".*?</div></div>', text, re.DOTALL))


# --- groups -------------------------------------------------------------------------------------


def test_a_bracket_asks_for_what_an_exit_needs_and_nothing_else(desk, values):
    form = posted(desk, values, group="OTOCO")
    assert form["o1-order_type"] == "Limit" and form["o1-time_in_force"] == "GTC"
    assert form["o2-order_type"] == "Stop"
    assert "o1-price" in form and "o2-stop_trigger" in form
    assert not [name for name in form if re.match("o[12]-(leg-|symbol|instrument)", name)]
    text = html(desk.post("/trade/", form))
    assert "Sell to Close 10 AAPL" in text


def test_market_orders_do_not_lead_a_group_and_entries_only_open(desk, values):
    text = html(desk.post("/trade/", values | {"group": "OTOCO"}))
    reader = read_form(text, "ticket-form")
    assert reader.choices["order_type"] == ["Limit", "Stop", "Stop Limit"]
    assert reader.choices["leg-0-action"] == ["Buy to Open", "Sell to Open"]
    reader = read_form(html(desk.post("/trade/", values | {"group": "OCO"})), "ticket-form")
    assert reader.choices["leg-0-action"] == ["Sell to Close", "Buy to Close"]
    assert reader.choices["o1-order_type"] == ["Stop", "Stop Limit"]


def test_orders_are_added_and_taken_away(desk, values):
    form = posted(desk, values, group="OTO", do="add-order")
    assert "o2-order_type" in form and "o3-order_type" not in form
    form = form | {"o1-symbol": "ONE", "o2-symbol": "TWO", "do": "remove-order-1"}
    left = posted(desk, form)
    assert left["o1-symbol"] == "TWO" and "o2-symbol" not in left


def test_a_mistake_in_an_exit_is_shown_at_the_exit(desk, values, broker):
    form = posted(desk, values, group="OTOCO") | {"o1-price": "", "o2-stop_trigger": "200.005"}
    response = desk.post("/trade/preview/", form)
    assert "Enter a limit price" in error_of(response, "o1-price")
    form |= {"o1-price": "240.00"}
    response = desk.post("/trade/preview/", form)
    assert "moves in steps" in error_of(response, "o2-stop_trigger")
    assert broker.dry_runs == []


def test_the_brokers_word_about_a_member_is_shown_at_that_member(desk, values, broker):
    words = "You cannot buy for a credit."
    item = {"code": "order_must_omit_price", "message": words, "preflight-id": 1}
    refused = error(422, "preflight_check_failure", "failed")
    refused[1]["error"]["errors"] = [item]
    real = broker.answer

    def answer(method: str, path: str, body: Any, bearer: str) -> Any:
        if path.endswith("complex-orders/dry-run"):
            return refused
        return real(method, path, body, bearer)

    broker.answer = answer
    form = posted(desk, values, group="OTOCO") | {"o1-price": "240", "o2-stop_trigger": "200"}
    response = desk.post("/trade/preview/", form)
    assert words in error_of(response, "o1-price")


def test_stock_and_option_become_a_group_stock_first(desk, account, options, quotes):
    legs = [
        OrderLeg("Equity Option", CALL, "Sell to Open", Decimal(1)),
        OrderLeg("Equity", "AAPL", "Buy to Open", Decimal(100)),
    ]
    text = html(desk.get(ticket_values.order_url(account, legs, price=Decimal(224))))
    assert "separate orders" in text
    form = read_form(text, "ticket-form").values
    assert (form["group"], form["instrument_type"], form["symbol"]) == ("OTO", "Equity", "AAPL")
    assert (form["o1-instrument_type"], form["o1-leg-0-contract"]) == ("Equity Option", CALL)
    assert form["price"] == "229.40" and form["o1-price"] == "5.00"
    assert "Covered call" in text and "+2,560.00" in text


def test_what_closes_stock_goes_last(desk, account, options):
    for symbol, kind, amount in (("AAPL", "Equity", 100), (CALL, "Equity Option", -1)):
        Position.objects.create(
            account=account,
            symbol=symbol,
            instrument_type=kind,
            quantity=amount,
            quantity_direction="Long" if amount > 0 else "Short",
            multiplier=1,
            received_at=timezone.now(),
        )
    legs = [
        OrderLeg("Equity", "AAPL", "Sell to Close", Decimal(100)),
        OrderLeg("Equity Option", CALL, "Buy to Close", Decimal(1)),
    ]
    form = read_form(html(desk.get(ticket_values.order_url(account, legs))), "ticket-form").values
    assert form["instrument_type"] == "Equity Option"
    assert form["o1-instrument_type"] == "Equity"


def test_the_result_of_a_group_shows_each_of_its_orders(desk, values, broker):
    def group(body: Any, **more: Any) -> Any:
        members = [broker.keep(row | {"account-number": "5WT00001"}, **more) for row in body]
        for row in members:
            row |= {"complex-order-id": 77, "complex-order-tag": "OTOCO::oco-1-order"}
        return members

    def answer(method: str, path: str, body: Any, bearer: str) -> Any:
        if "complex-orders" not in path or method == "GET":
            return real(method, path, body, bearer)
        if path.endswith("dry-run"):
            told = body | {"trigger-order": body["trigger-order"] | {"status": "Contingent"}}
            return 201, {"data": {"complex-order": told, "warnings": []}, "context": path}
        first, *rest = group([body["trigger-order"], *body["orders"]], status="Contingent")
        first["complex-order-tag"] = "OTOCO::trigger-order"
        kept = {"id": 77, "type": "OTOCO", "account-number": "5WT00001"}
        data = kept | {"trigger-order": first, "orders": rest}
        return 201, {"data": {"complex-order": data, "warnings": []}, "context": path}

    real, broker.answer = broker.answer, answer
    form = posted(desk, values, group="OTOCO") | {"o1-price": "240", "o2-stop_trigger": "200"}
    shown = html(desk.post("/trade/preview/", form))
    sent = desk.post("/trade/submit/", read_form(shown, "confirm-form").values)
    text = html(desk.get(sent["Location"]))
    assert text.count(">Contingent</a>") == 3
    for words in ("Entry", "Take profit", "240.00 cr", "stop 200.00", "Cancel the group"):
        assert words in text


# --- conditions ---------------------------------------------------------------------------------


def test_conditions_appear_when_asked_for(desk, values):
    assert "route_after" not in posted(desk, values)
    form = posted(desk, values, conditional="on", do="add-condition")
    assert "route_after" in form and "cond-0-watched" in form
    assert "cond-0-watched" not in posted(desk, form, do="remove-condition-0")


@pytest.mark.parametrize(
    ("change", "field", "words"),
    [
        ({"cond-0-watched": ""}, "cond-0-watched", "A symbol such as KO"),
        ({"cond-0-watched": "KO PEP"}, "cond-0-watched", "or a sum"),
        ({"cond-0-threshold": ""}, "cond-0-threshold", "Enter a price"),
        ({"route_after": "soon"}, "route_after", "Enter a date and a time"),
        (
            {"route_after": "2030-01-02T10:00", "cancel_at": "2030-01-02T09:00"},
            "cancel_at",
            "cancelled before",
        ),
    ],
)
def test_mistakes_in_conditions_are_shown_there(desk, values, broker, change, field, words):
    form = posted(desk, values, conditional="on", do="add-condition")
    form |= {"cond-0-watched": "AAPL", "cond-0-threshold": "230"} | change
    response = desk.post("/trade/preview/", form)
    assert response.status_code == 422
    assert words in error_of(response, field)
    assert broker.dry_runs == []


def test_an_empty_rule_is_said(desk, values, broker):
    form = posted(desk, values, conditional="on")
    shown = desk.post("/trade/preview/", form)
    # Nothing asked for is no rule: the order is a plain one.
    assert shown.status_code == 200 and "rules" not in broker.dry_runs[-1]


# --- search, structure, drawer ------------------------------------------------------------------


def test_symbols_are_found_by_what_is_typed(desk, values, broker):
    broker.set(
        "/symbols/search/AA",
        [
            {"symbol": "AAPL", "description": "Apple <Inc>", "instrument-type": "Equity"},
            {"symbol": "AAX", "description": "An index", "instrument-type": "Index"},
        ],
    )
    text = html(desk.post("/trade/symbols/", values | {"symbol": "aa"}))
    assert 'value="symbol:AAPL:Equity"' in text and "Apple" in text and "AAX" not in text
    assert "<Inc>" not in desk.post("/trade/symbols/", values | {"symbol": "aa"}).content.decode()
    page = html(desk.post("/trade/", values | {"symbol": "aa", "do": "find"}))
    assert 'value="symbol:AAPL:Equity"' in page
    assert posted(desk, values, do="symbol:MSFT:Equity")["symbol"] == "MSFT"
    option = values | {"instrument_type": "Equity Option"}
    text = html(desk.post("/trade/symbols/", option | {"symbol": "aa"}))
    assert 'value="symbol:AAX:Index"' in text
    chosen = posted(desk, option, do="symbol:AAX:Index")
    assert (chosen["instrument_type"], chosen["symbol"]) == ("Equity Option", "AAX")


def test_nothing_found_and_no_search(desk, values, broker):
    broker.set("/symbols/search/ZZ", [])
    text = html(desk.post("/trade/symbols/", values | {"symbol": "zz"}))
    assert "No symbol begins with ZZ" in text
    text = html(desk.post("/trade/symbols/", values | {"symbol": "yy"}))
    assert "cannot be searched now" in text or "No symbol" in text


def test_the_structure_follows_the_typed_price(desk, account, options, quotes):
    values = {
        "account": f"simulator:{account.number}",
        "instrument_type": "Equity Option",
        "symbol": "AAPL",
        "legs": "2",
        "order_type": "Limit",
        "price": "9.00",
        "price_effect": "Credit",
        "leg-0-action": "Sell to Open",
        "leg-0-contract": CALL,
        "leg-0-quantity": "2",
        "leg-1-action": "Sell to Open",
        "leg-1-contract": PUT,
        "leg-1-quantity": "2",
    }
    text = html(desk.post("/trade/structure/", values))
    assert "Short strangle" in text
    assert "+1,800.00" in text and "without limit" in text
    assert "201.00 and 259.00" in text
    # Both deltas nearly offset: −2 × 100 × (0.30 − 0.25).
    assert "−10.00" in text
    assert "+1,600.00" in html(desk.post("/trade/structure/", values | {"price": "8.00"}))
    # Half of the credit is likelier to be seen some day than all of it on the last.
    chances = [re.search(rf">{name}</dt><dd>(\d+)%", text) for name in ("Probability.*", "P50")]
    assert all(chances), text
    assert "seed 50" in text
    naked = values | {"legs": "1", "leg-0-action": "Buy to Open"}
    assert re.search(r"P50</dt><dd>—", html(desk.post("/trade/structure/", naked)))


def test_the_bar_says_where_the_limit_stands(desk, values, quotes):
    text = html(desk.post("/trade/", values | {"price": "229.40"}))
    assert "at mid" in text and 'class="limit-bar__limit at-10" id="ticket-bar"' in text
    assert "may fill at once" in html(desk.post("/trade/", values | {"price": "229.42"}))
    moved = html(desk.post("/trade/structure/", values | {"price": "229.38"}))
    assert "it waits" in moved and 'at-0" id="ticket-bar"' in moved
    assert '"limits": {"": "-229.38"}' in moved
    assert "No limit yet" in html(desk.post("/trade/", values | {"price": "x"}))


def test_the_drawer_gets_a_fragment_at_every_step(desk, values):
    head = {"HX-Request": "true", "HX-Target": "drawer"}
    text = html(desk.get("/trade/?symbol=AAPL", headers=head))
    assert "<html" not in text and "data-drawer-close" in text and "data-live-also" in text
    shown = desk.post("/trade/preview/", values | {"drawer": "1"}, headers=head)
    text = html(shown)
    assert "<html" not in text and 'hx-target="#drawer"' in text
    sent = desk.post("/trade/submit/", read_form(text, "confirm-form").values, headers=head)
    result = html(sent)
    assert "HX-Replace-Url" not in sent
    assert "<html" not in result and "ticket-result" in result
    wrong = desk.post("/trade/preview/", values | {"price": ""}, headers=head)
    assert wrong.status_code == 422 and "<html" not in html(wrong)


# --- guards and the shield ----------------------------------------------------------------------


def test_a_guard_that_fails_is_said_on_the_ticket(desk, values, user, account, broker):
    guard = guard_settings.guard_for(user, account)
    guard.max_shares = 5
    guard.save()
    response = desk.post("/trade/preview/", values)
    assert response.status_code == 422
    assert "guard" in error_of(response, "leg-0-quantity").lower()
    assert broker.dry_runs == []


def test_the_shield_asks_once_more(desk, values, user, broker, connection):
    other = Account.objects.get(number="5WT00002")
    guard_settings.set_default_account(user, other)
    shown = html(desk.post("/trade/preview/", values))
    assert "not for your default account" in shown
    confirm = read_form(shown, "confirm-form").values
    assert desk.post("/trade/submit/", confirm).status_code == 409
    assert broker.posts == 0
    sent = desk.post("/trade/submit/", confirm | {"other_account": "yes"})
    assert sent.status_code == 302 and broker.posts == 1
