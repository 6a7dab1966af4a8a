"""The ticket: what it offers, where mistakes are shown, what is confirmed, what becomes of it."""

from __future__ import annotations

import re
import uuid
from typing import Any

import pytest
from django.test import Client

from brokerage import market
from brokerage.enums import IntentState
from brokerage.execution import boot
from brokerage.models import Order, OrderIntent, OrderPreview
from tests.brokerage.execution.conftest import OrderBroker, power
from tests.brokerage.outer_broker import error
from tests.portfolio import factories
from tests.portfolio.views.order_fixtures import *  # noqa: F403
from tests.portfolio.views.order_fixtures import error_of, hidden, html, send

pytestmark = pytest.mark.django_db


# --- the form ---------------------------------------------------------------------------------


def test_an_empty_ticket(desk):
    text = html(desk.get("/trade/"))
    assert "Order ticket" in text
    assert 'name="symbol"' in text
    assert "A preview sends nothing." in text


def test_query_values_fill_it_in(desk):
    text = html(desk.get("/trade/?symbol=aapl&leg-0-quantity=7&price=200"))
    assert 'value="AAPL"' in text
    assert 'value="7"' in text
    assert 'value="200"' in text


@pytest.mark.parametrize(
    ("instrument", "offered", "missing"),
    [
        ("Equity", ["Notional Market", "GTC Ext"], []),
        ("Equity Option", ["Limit", "Stop Limit"], ["Notional Market", "Ext Overnight"]),
        ("Future", ["Limit"], ["Notional Market", "GTC Ext"]),
        ("Cryptocurrency", ["Notional Market"], ["Stop Limit", "GTC Ext"]),
    ],
)
def test_only_what_the_contract_allows_is_offered(desk, instrument, offered, missing):
    text = html(desk.get("/trade/", {"instrument_type": instrument}))
    for word in offered:
        assert f'<option value="{word}"' in text
    for word in missing:
        assert f'<option value="{word}"' not in text


def test_the_fields_follow_the_order_type(desk, values):
    text = html(desk.post("/trade/", values | {"order_type": "Stop Limit"}))
    assert 'name="stop_trigger"' in text and 'name="price"' in text
    text = html(desk.post("/trade/", values | {"order_type": "Market"}))
    assert 'name="stop_trigger"' not in text and 'name="price"' not in text
    text = html(desk.post("/trade/", values | {"order_type": "Notional Market"}))
    assert 'name="value"' in text and 'name="leg-0-quantity"' not in text


def test_a_draft_is_not_judged(desk, values, broker: OrderBroker):
    text = html(desk.post("/trade/", values | {"leg-0-quantity": "0", "price": ""}))
    assert "field__error" not in text
    assert broker.dry_runs == []


def test_htmx_gets_the_form_and_the_panel_alone(desk, values):
    response = desk.post("/trade/", values, headers={"HX-Request": "true", "HX-Target": "ticket"})
    text = html(response)
    assert "<html" not in text
    assert 'id="ticket"' in text
    assert 'hx-swap-oob="true"' in text


def test_legs_are_added_and_taken_away_without_a_script(desk, values):
    option = values | {"instrument_type": "Equity Option", "leg-0-contract": "X"}
    text = html(desk.post("/trade/", option | {"do": "add-leg"}))
    assert 'name="leg-1-action"' in text
    two = option | {"legs": "2", "leg-1-quantity": "33", "do": "remove-leg-0"}
    text = html(desk.post("/trade/", two))
    assert 'name="leg-1-action"' not in text
    assert 'value="33"' in text


def test_steppers_work_without_a_script(desk, values):
    assert 'value="229.41"' in html(desk.post("/trade/", values | {"do": "up"}))
    assert 'value="229.39"' in html(desk.post("/trade/", values | {"do": "down"}))


def test_a_price_does_not_follow_to_another_symbol(desk, values):
    first = html(desk.post("/trade/", values))
    mark = re.search(r'name="priced_for" value="([^"]*)"', first)[1]
    text = html(desk.post("/trade/", values | {"priced_for": mark, "symbol": "MSFT"}))
    assert 'value="229.40"' not in text


def test_the_shell_says_which_environment(desk, values):
    assert "env--simulator" in html(desk.post("/trade/", values))


def test_without_an_account_it_says_what_to_do(stranger):
    client = Client()
    client.force_login(stranger)
    response = client.post("/trade/preview/", {"symbol": "AAPL"})
    assert response.status_code == 422
    assert "Connect a brokerage login first" in html(response)


# --- mistakes at their place ------------------------------------------------------------------


@pytest.mark.parametrize(
    ("change", "field", "words"),
    [
        ({"leg-0-quantity": "0"}, "leg-0-quantity", "more than 0"),
        ({"leg-0-quantity": ""}, "leg-0-quantity", "Enter a quantity"),
        ({"symbol": "NOPE"}, "symbol", "does not know NOPE"),
        ({"symbol": "not a ticker"}, "symbol", "not a symbol"),
        ({"price": "229.405"}, "price", "229.40 or 229.41"),
        ({"price": ""}, "price", "Enter a limit price"),
        ({"time_in_force": "Forever"}, "time_in_force", "cannot be combined"),
        ({"order_type": "Market", "time_in_force": "GTC"}, "time_in_force", "cannot be combined"),
        ({"order_type": "Stop"}, "stop_trigger", "Enter a stop trigger"),
    ],
)
def test_mistakes_are_shown_at_their_field(desk, values, broker, change, field, words):
    response = desk.post("/trade/preview/", values | change)
    assert response.status_code == 422
    assert words in error_of(response, field)
    assert 'aria-invalid="true"' in html(response)
    assert broker.dry_runs == [] and broker.posts == 0


def test_what_was_typed_is_kept(desk, values):
    text = html(desk.post("/trade/preview/", values | {"leg-0-quantity": "0"}))
    assert 'value="229.40"' in text and 'value="AAPL"' in text
    assert values["ticket"] in text


def test_the_brokers_refusal_is_shown_with_its_buying_power(desk, values, broker):
    words = "Account does not have sufficient buying power available for this order."
    broker.on_dry_run = lambda _: (
        422,
        {
            "data": {"buying-power-effect": power("30000.0", "5000.0", "Debit")},
            "error": {
                "code": "preflight_check_failure",
                "message": "failed",
                "errors": [{"code": "margin_check_failed", "message": words}],
            },
        },
    )
    response = desk.post("/trade/preview/", values)
    text = html(response)
    assert response.status_code == 422
    assert words in text
    assert "−30,000.00" in text
    assert "Buying power left (short)" in text and "−5,000.00" in text


def test_market_closed_is_said_at_the_order_type(desk, values, broker, connection):
    factories.publish(connection, {"AAPL": market.Cells(quote=factories.quote(229.38, 229.40))})
    words = "Opening market orders not allowed when market closed."
    broker.on_dry_run = lambda _: (
        422,
        {
            "error": {
                "code": "preflight_check_failure",
                "message": "failed",
                "errors": [{"code": "tif_no_after_hours_opening_market_orders", "message": words}],
            }
        },
    )
    response = desk.post("/trade/preview/", values | {"order_type": "Market"})
    assert error_of(response, "order_type") == words


def test_a_read_only_login_is_told_so(desk, values, connection, broker):
    connection.accesses.update(authority_level="read-only")
    response = desk.post("/trade/preview/", values)
    assert "not trade in it" in error_of(response, "account")
    assert broker.dry_runs == []


# --- the confirmation -------------------------------------------------------------------------


def test_the_confirmation_says_what_happens(desk, values):
    text = html(desk.post("/trade/preview/", values))
    assert "Send: buy 10 AAPL for 229.40 db to …0001" in text
    assert "you pay at most $2,294.00" in text
    assert "−0.008" in text
    assert "−1,147.01" in text and "23,852.99" in text
    assert "good for" in text and "60 s" in text
    assert "Not checked: Exchange acceptance" in text


def test_warnings_are_the_brokers_words(desk, values, broker):
    words = "Your order will begin working during next valid session."

    def warn(body: dict[str, Any]) -> Any:
        status, answer = broker.check(body)
        answer["data"]["warnings"] = [{"code": "tif.next_valid_session", "message": words}]
        return status, answer

    broker.on_dry_run = warn
    assert words in html(desk.post("/trade/preview/", values))


def test_sending_leads_to_the_result(desk, values, broker):
    response = send(desk, values)
    intent = OrderIntent.objects.get()
    assert response.status_code == 302
    assert response["Location"] == f"/trade/{intent.pk}/"
    assert broker.posts == 1
    text = html(desk.get(response["Location"]))
    assert "Routed" in text and "0/10" in text


IN_PLACE = {"HX-Request": "true", "HX-Target": "ticket-page"}


def test_a_scripts_click_is_answered_with_the_result_itself(desk, values, broker):
    shown = desk.post("/trade/preview/", values)
    sent = desk.post("/trade/submit/", hidden(shown), headers=IN_PLACE)
    intent, text = OrderIntent.objects.get(), html(sent)
    assert (sent.status_code, broker.posts) == (200, 1)
    # The confirmation's address is taken over, so that going back leads past what is spent.
    assert sent["HX-Replace-Url"] == f"/trade/{intent.pk}/"
    assert "<html" not in text and 'id="ticket-page"' in text and "<title>Accepted" in text
    assert "Routed" in text and "0/10" in text
    # What happened while the answer was on its way is read once more.
    assert "load delay" in text
    assert "load delay" not in html(desk.get(sent["HX-Replace-Url"]))


def test_the_same_click_again_shows_the_same_order_in_place(desk, values, broker):
    shown = desk.post("/trade/preview/", values)
    first, second = (desk.post("/trade/submit/", hidden(shown), headers=IN_PLACE) for _ in range(2))
    assert first["HX-Replace-Url"] == second["HX-Replace-Url"]
    assert "Routed" in html(second)
    assert broker.posts == 1


def test_a_refused_confirmation_is_said_in_place(desk, values, broker):
    shown = desk.post("/trade/preview/", values)
    changed = hidden(shown) | {"content_hash": "f" * 64}
    answer = desk.post("/trade/submit/", changed, headers=IN_PLACE)
    text = html(answer)
    assert answer.status_code == 409 and answer["Ticket-Answer"] == "1"
    assert "<html" not in text and 'id="ticket-page"' in text and "Nothing was sent" in text
    assert "HX-Replace-Url" not in answer
    assert broker.posts == 0


def test_only_the_tickets_own_answers_are_marked_as_such(desk, values):
    """A script may put nothing else into the page after a click that sends."""
    shown = desk.post("/trade/preview/", values)
    desk.logout()
    answer = desk.post("/trade/submit/", hidden(shown), headers=IN_PLACE)
    assert answer.status_code == 302 and "Ticket-Answer" not in answer


def test_the_click_asks_the_database_little(desk, values, broker, django_assert_max_num_queries):
    shown = desk.post("/trade/preview/", values)
    # A third of them mirrors the order, which the account stream has usually brought by then.
    with django_assert_max_num_queries(51):
        desk.post("/trade/submit/", hidden(shown), headers=IN_PLACE)


def test_back_and_sent_again_is_the_same_order(desk, values, broker):
    shown = desk.post("/trade/preview/", values)
    first = desk.post("/trade/submit/", hidden(shown))
    second = desk.post("/trade/submit/", hidden(shown))
    assert first["Location"] == second["Location"]
    assert broker.posts == 1


def test_an_edited_ticket_that_was_sent_is_not_sent_again(desk, values, broker):
    send(desk, values)
    response = desk.post("/trade/preview/", values | {"price": "230.00"})
    text = html(response)
    assert response.status_code == 422
    assert "has been sent already" in text
    assert f"/trade/{OrderIntent.objects.get().pk}/" in text
    assert len(broker.dry_runs) == 1


@pytest.mark.parametrize(
    "change",
    [
        {"content_hash": "f" * 64},
        {"content_hash": ""},
        {"client_order_id": str(uuid.uuid4())},
        {"client_order_id": ""},
    ],
)
def test_a_confirmation_that_does_not_match_is_409_and_sends_nothing(desk, values, broker, change):
    shown = desk.post("/trade/preview/", values)
    response = desk.post("/trade/submit/", hidden(shown) | change)
    assert response.status_code == 409
    assert "Nothing was sent" in html(response)
    assert broker.posts == 0


def test_a_preview_from_before_a_restart_is_409(desk, values, broker):
    shown = desk.post("/trade/preview/", values)
    boot.announce_restart()
    assert desk.post("/trade/submit/", hidden(shown)).status_code == 409
    assert broker.posts == 0


def test_a_foreign_preview_is_404(desk, values, stranger, broker):
    shown = desk.post("/trade/preview/", values)
    other = Client()
    other.force_login(stranger)
    assert other.post("/trade/submit/", hidden(shown)).status_code == 404
    assert other.post("/trade/submit/", {"preview": "junk"}).status_code == 404
    assert broker.posts == 0


def test_a_foreign_account_is_404(desk, values, stranger, broker):
    other = Client()
    other.force_login(stranger)
    assert other.post("/trade/preview/", values).status_code == 404
    missing = values | {"account": "simulator:5WT99999"}
    assert desk.post("/trade/preview/", missing).status_code == 404
    assert broker.dry_runs == []


def test_a_foreign_result_is_404(desk, values, stranger):
    location = send(desk, values)["Location"]
    other = Client()
    other.force_login(stranger)
    assert other.get(location).status_code == 404
    assert desk.get(f"/trade/{uuid.uuid4()}/").status_code == 404


def test_only_a_post_with_a_token_sends(desk, user, values, broker):
    shown = desk.post("/trade/preview/", values)
    strict = Client(enforce_csrf_checks=True)
    strict.force_login(user)
    assert strict.post("/trade/submit/", hidden(shown)).status_code == 403
    assert desk.get("/trade/submit/", hidden(shown)).status_code == 405
    assert broker.posts == 0


def test_the_safety_catch_shows_no_button(desk, values, broker, settings):
    settings.ORDER_ENVIRONMENTS = ()
    shown = desk.post("/trade/preview/", values)
    text = html(shown)
    assert "does not send orders to the simulator environment" in text
    assert "ticket-send" not in text
    row = OrderPreview.objects.get()
    forced = {
        "preview": str(row.pk),
        "content_hash": row.content_hash,
        "client_order_id": values["ticket"],
    }
    location = desk.post("/trade/submit/", forced)["Location"]
    assert "does not send orders" in html(desk.get(location))
    assert broker.posts == 0


# --- the result -------------------------------------------------------------------------------


def test_unknown_says_sent_checking_and_never_failed(desk, values, broker):
    broker.on_place = broker.take_and_drop
    text = html(desk.get(send(desk, values)["Location"]))
    assert "Sent, checking" in text
    assert "Do not send it again" in text
    assert "failed" not in text.lower()
    assert "New ticket with these values" not in text
    assert "every 2s" in text


def test_rejected_says_the_brokers_reason_and_offers_a_new_ticket(desk, values, broker):
    broker.on_place = lambda _: error(422, "odd", "The broker's own reason.")
    text = html(desk.get(send(desk, values)["Location"]))
    assert "The broker's own reason." in text
    again = re.search(r'href="(/trade/\?[^"]+)">New ticket', text)[1]
    fresh = html(desk.get(again))
    assert 'value="229.40"' in fresh and 'value="AAPL"' in fresh
    assert values["ticket"] not in fresh


def test_fills_name_their_venue(desk, values, account):
    location = send(desk, values)["Location"]
    order = Order.objects.get()
    leg = order.legs.get()
    leg.fills.create(fill_id="1", quantity=10, price="229.38", destination_venue="CITADEL_A")
    order.legs.update(remaining_quantity=0)
    Order.objects.update(status="Filled")
    text = html(desk.get(location, headers={"HX-Target": "ticket-result"}))
    assert "<html" not in text
    assert "Filled" in text and "10/10" in text
    assert "CITADEL_A" in text and "229.38" in text


def test_a_differing_echo_is_red_and_can_be_cancelled(desk, values, broker):
    def relabel(body: dict[str, Any]) -> Any:
        return broker.take(body | {"price": "999.00"})

    broker.on_place = relabel
    text = html(desk.get(send(desk, values)["Location"]))
    assert "another order than the one confirmed" in text
    assert "price: sent 229.40, at the broker 999.00" in text
    assert "Cancel the order" in text
    assert OrderIntent.objects.get().state == IntentState.ACCEPTED


# --- the account before and after ---------------------------------------------------------------


def test_the_confirmation_asks_for_before_and_after_once_it_stands(desk, values):
    shown = desk.post("/trade/preview/", values)
    address = re.search(r'hx-get="(/trade/whatif/[^"]+)"', html(shown))[1]
    table = desk.get(address)
    assert table.status_code == 200
    assert "Worst stress" in html(table) and 'data-figure="whatif-power-after"' in html(table)
