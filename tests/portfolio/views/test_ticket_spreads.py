"""Brackets of spreads and conditions within groups, from the form to the simulator's own book."""

from __future__ import annotations

import uuid
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.test import Client

from brokerage.enums import IntentState
from brokerage.models import OrderIntent
from portfolio.ticket import values as ticket_values
from tests.contract.browser_form import read_form
from tests.portfolio.views.order_fixtures import error_of, hidden, html
from tests.portfolio.views.simulated import *  # noqa: F403
from tests.portfolio.views.simulated import SHARES, Elsewhere

pytestmark = pytest.mark.django_db


@pytest.fixture
def puts(elsewhere: Elsewhere) -> tuple[str, str]:
    """A put below the market and one five strikes further down, in two to twelve weeks."""
    today = date.fromisoformat(elsewhere.control("clock")["now"][:10])
    answer = elsewhere.client.get(f"/option-chains/{SHARES}/nested").json()
    days = answer["data"]["items"][0]["expirations"]
    near, far = today + timedelta(weeks=2), today + timedelta(weeks=12)
    rows = next(
        row["strikes"] for row in days if near <= date.fromisoformat(row["expiration-date"]) <= far
    )
    below = [row for row in rows if float(row["strike-price"]) < elsewhere.mark(SHARES)]
    return below[-3]["put"], below[-8]["put"]


@pytest.fixture
def spread(account: Any, puts: tuple[str, str]) -> dict[str, str]:
    """What the ticket posts for a put credit spread that never fills, as a bracket."""
    short, long = puts
    return {
        "ticket": str(uuid.uuid4()),
        "account": f"simulator:{account.number}",
        "group": "OTOCO",
        "instrument_type": "Equity Option",
        "symbol": SHARES,
        "legs": "2",
        "order_type": "Limit",
        "time_in_force": "Day",
        "price": "40.00",
        "price_effect": "Credit",
        "leg-0-action": "Buy to Open",
        "leg-0-quantity": "1",
        "leg-0-contract": long,
        "leg-1-action": "Sell to Open",
        "leg-1-quantity": "1",
        "leg-1-contract": short,
    }


def drawn(desk: Client, values: dict[str, str], **more: str) -> Any:
    """The ticket as it is drawn with these values."""
    return read_form(html(desk.post("/trade/", values | more)), "ticket-form")


def filled(desk: Client, values: dict[str, str], **more: str) -> dict[str, str]:
    form = dict(drawn(desk, values).values) | more
    return {name: value for name, value in form.items() if name != "csrfmiddlewaretoken"}


def test_the_exits_of_a_spread_close_all_of_it_and_its_short_leg(desk, spread):
    form = drawn(desk, spread)
    # The entry brings money in, so the take profit costs some.
    assert form.values["o1-price_effect"] == "Debit"
    assert form.choices["o2-closes"] == ["0", "1"] and form.values["o2-closes"] == "1"
    assert "o1-closes" not in form.values and "o2-price_effect" not in form.values
    assert form.choices["order_type"] == ["Limit"]
    text = html(desk.post("/trade/", spread))
    assert "exactly one leg at the broker" in text
    assert "Sell to Close 1" in text and text.count("Buy to Close 1") == 2


def test_a_typed_side_of_an_exit_stays(desk, spread):
    values = filled(desk, spread, **{"o1-price": "0.40", "o1-price_effect": "Credit"})
    assert drawn(desk, values).values["o1-price_effect"] == "Credit"


def test_a_spread_is_bracketed_at_the_broker(desk, spread, puts, elsewhere):
    short, long = puts
    values = filled(desk, spread, **{"o1-price": "0.40", "o2-stop_trigger": "30.00"})
    shown = desk.post("/trade/preview/", values)
    assert shown.status_code == 200, html(shown)
    assert "bracket, sell 1" in html(shown) and "close 1" in html(shown)
    desk.post("/trade/submit/", hidden(shown))
    intent = OrderIntent.objects.get(kind="complex")
    assert intent.state == IntentState.ACCEPTED and "echo" not in intent.error
    path = f"/accounts/{elsewhere.number}/complex-orders/{intent.complex_id}"
    target, stop = elsewhere.client.get(path).json()["data"]["orders"]
    closing = {leg["symbol"]: leg["action"] for leg in target["legs"]}
    assert closing == {short: "Buy to Close", long: "Sell to Close"}
    assert [(leg["symbol"], leg["action"]) for leg in stop["legs"]] == [(short, "Buy to Close")]
    assert (target["price-effect"], stop["stop-trigger"]) == ("Debit", "30.0")
    # The same again: the stop is still for the short leg.
    again = ticket_values.values_of(intent.account, intent.body)
    assert again["o2-closes"] == "1" and "o1-closes" not in again
    elsewhere.client.delete(path)


def test_the_leg_that_a_stop_closes_is_the_persons_choice(desk, spread, puts):
    values = filled(desk, spread, **{"o1-price": "0.40", "o2-stop_trigger": "30.00"})
    other = drawn(desk, values, **{"o2-closes": "0"}).values
    # A trigger typed for one leg is not one for another.
    assert (other["o2-closes"], other["o2-stop_trigger"]) == ("0", "")
    assert other["o1-price"] == "0.40"


def test_another_entry_takes_the_exits_prices_away(desk, spread):
    values = filled(desk, spread, **{"o1-price": "0.40", "o2-stop_trigger": "30.00"})
    changed = drawn(desk, values, **{"leg-1-quantity": "2"}).values
    assert changed["o1-price"] == "" and changed["o2-stop_trigger"] == ""


# --- conditions within a group ------------------------------------------------------------------


def shares(account: Any, **more: str) -> dict[str, str]:
    return {
        "ticket": str(uuid.uuid4()),
        "account": f"simulator:{account.number}",
        "instrument_type": "Equity",
        "symbol": SHARES,
        "legs": "1",
        "order_type": "Limit",
        "time_in_force": "Day",
        "price": "20.10",
        "leg-0-action": "Buy to Open",
        "leg-0-quantity": "3",
        **more,
    }


def test_each_order_of_a_group_waits_for_its_own_prices(desk, account, elsewhere):
    values = shares(account, group="OTOCO", conditional="on")
    values |= {"do": "add-condition"}
    values = filled(desk, values, **{"o2-conditional": "on"})
    values = filled(desk, values | {"do": "add-condition@o2"})
    assert {"cond-0-watched", "o2-cond-0-watched", "o2-cancel_at"} <= values.keys()
    assert "o1-cond-0-watched" not in values
    values |= {
        "cond-0-watched": SHARES,
        "cond-0-comparator": "lte",
        "cond-0-threshold": "15.00",
        "o1-price": "990.00",
        "o2-stop_trigger": "10.00",
        "o2-cond-0-watched": "SPY",
        "o2-cond-0-comparator": "lte",
        "o2-cond-0-threshold": "",
    }
    wrong = desk.post("/trade/preview/", values)
    assert "Enter a price" in error_of(wrong, "o2-cond-0-threshold")
    shown = desk.post("/trade/preview/", values | {"o2-cond-0-threshold": "400.00"})
    text = html(shown)
    assert f"Sent once the last price of {SHARES} is at or below 15.00." in text
    assert "Sent once the last price of SPY is at or below 400.00." in text
    assert "once its conditions are met" in text
    desk.post("/trade/submit/", hidden(shown))
    intent = OrderIntent.objects.get(kind="complex")
    path = f"/accounts/{elsewhere.number}/complex-orders/{intent.complex_id}"
    told = elsewhere.client.get(path).json()["data"]
    assert told["trigger-order"]["order-rule"]["order-conditions"][0]["symbol"] == SHARES
    target, stop = told["orders"]
    assert "order-rule" not in target
    assert Decimal(stop["order-rule"]["order-conditions"][0]["threshold"]) == 400
    again = ticket_values.values_of(intent.account, intent.body)
    assert again["o2-cond-0-watched"] == "SPY" and again["cond-0-threshold"] == "15.00"
    elsewhere.client.delete(path)


def test_a_mistake_in_a_members_times_stands_there(desk, account):
    values = filled(
        desk,
        shares(account, group="OTOCO", **{"o1-conditional": "on"}),
        **{"o1-price": "990.00", "o2-stop_trigger": "10.00", "o1-cancel_at": "2020-01-02T10:00"},
    )
    text = html(desk.post("/trade/preview/", values))
    assert "has passed already" in text[text.index('id="o1-rules"') :]


def test_a_pair_has_its_ratio_and_no_other_conditions(desk, account):
    assert "conditional" not in drawn(desk, shares(account, group="PAIRS")).choices
    assert 'id="id_conditional"' not in html(desk.post("/trade/", shares(account, group="PAIRS")))
