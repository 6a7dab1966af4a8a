"""What can be done with positions: the page, where each action leads, the list of rolls."""

from __future__ import annotations

import re
from datetime import timedelta
from decimal import Decimal
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from django.test import Client

from brokerage import clock
from brokerage.access import NotFound
from portfolio.live.chain_roll import RollLive
from portfolio.live.patches import live_view
from tests.portfolio import factories
from tests.portfolio.chain_fixtures import _no_reads, occ, serve_chain, streamer  # noqa: F401
from tests.portfolio.views.order_fixtures import *  # noqa: F403
from tests.portfolio.views.order_fixtures import html
from tests.portfolio.views.test_pages import assert_sound

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("_no_reads")]

ACTIONS = "/positions/actions/"


@pytest.fixture
def hold(account: Any, connection: Any, broker: Any) -> Any:
    """Holds options of 17 days: (right, strike, quantity) → the position."""
    today = clock.today(connection)
    serve_chain(broker, today)
    day = today + timedelta(days=17)

    def one(right: str, strike: int, quantity: str) -> Any:
        at = Decimal(strike)
        return factories.make_position(
            account,
            occ("SPY", day, right, at),
            quantity,
            kind="Equity Option",
            underlying_symbol="SPY",
            streamer_symbol=streamer("SPY", day, right, at),
            multiplier=100,
        )

    return one


def query(url: str) -> dict[str, str]:
    return {name: values[0] for name, values in parse_qs(urlsplit(url).query).items()}


def test_each_row_leads_to_its_actions(desk, hold):
    put = hold("P", 590, "-2")
    hold("C", 610, "-1")
    text = html(desk.get("/positions/"))
    assert f'href="{ACTIONS}?leg={put.pk}"' in text
    assert re.search(rf'href="{ACTIONS}\?group=\d+-{b"SPY".hex()}"', text)


def test_the_page_offers_the_siblings(desk, hold):
    put, call = hold("P", 590, "-2"), hold("C", 610, "-2")
    text = html(desk.get(f"{ACTIONS}?leg={put.pk}"))
    assert_sound(text)
    assert f'value="{put.pk}" checked' in text
    assert f'value="{call.pk}">' in text
    group = html(desk.get(f"{ACTIONS}?group={put.account_id}-{b'SPY'.hex()}"))
    assert f'value="{call.pk}" checked' in group


@pytest.mark.parametrize(
    ("do", "action", "quantity", "group"),
    [
        ("close", "Buy to Close", "2", ""),
        ("half", "Buy to Close", "1", ""),
        ("duplicate", "Sell to Open", "2", ""),
        ("reverse", "Buy to Close", "2", "OTO"),
        ("bracket", "Buy to Close", "2", "OCO"),
    ],
)
def test_actions_lead_to_a_filled_ticket(desk, hold, do, action, quantity, group):
    put = hold("P", 590, "-2")
    answer = desk.get(f"{ACTIONS}?leg={put.pk}&do={do}")
    assert answer.status_code == 302
    values = query(answer.url)
    assert (values["leg-0-action"], values["leg-0-quantity"]) == (action, quantity)
    assert values.get("group", "") == group
    ticket = desk.get(answer.url)
    assert ticket.status_code == 200
    assert_sound(html(ticket))


def test_add_a_leg_opens_the_chain_there(desk, hold):
    put = hold("P", 590, "-2")
    answer = desk.get(f"{ACTIONS}?leg={put.pk}&do=add")
    text = html(desk.get(answer.url))
    assert re.search(r'value="expiration:SPY:[^"]*" id="day-1" aria-current="true"', text)


def test_what_cannot_be_done_is_said_on_the_page(desk, hold):
    put, call = hold("P", 590, "-1"), hold("C", 610, "-1")
    half = desk.get(f"{ACTIONS}?leg={put.pk}&do=half")
    assert half.status_code == 422 and "cannot be halved" in html(half)
    both = desk.get(f"{ACTIONS}?leg={put.pk}&leg={call.pk}&do=bracket")
    assert both.status_code == 302 and "group=OCO" in both.url and "legs=2" in both.url
    assert desk.get(f"{ACTIONS}?leg={put.pk}&do=explode").status_code == 422


def test_a_position_that_is_gone(desk, hold):
    put = hold("P", 590, "-1")
    put.quantity = Decimal(0)
    put.save()
    text = html(desk.get(f"{ACTIONS}?leg={put.pk}"))
    assert "not held any more" in text
    assert_sound(text)
    assert desk.get(f"/positions/roll/?leg={put.pk}").status_code == 422


def test_a_roll_lists_later_expirations_with_their_price(desk, hold):
    put, wing = hold("P", 590, "-2"), hold("P", 580, "2")
    text = html(desk.get(f"/positions/roll/?leg={put.pk}&leg={wing.pk}"))
    assert_sound(text)
    assert text.count("580 P / 590 P") == 4  # two rows, each once as words and once for readers
    assert 'id="roll-0-mid"' in text
    url = re.search(r'href="(/trade/\?[^"]*)" data-key="Enter"', text)[1]
    values = query(url)
    assert [values[f"leg-{n}-action"] for n in range(4)] == [
        "Sell to Close",
        "Buy to Close",
        "Buy to Open",
        "Sell to Open",
    ]
    assert desk.get(url).status_code == 200


def test_a_condor_is_rolled_by_sides(desk, hold):
    legs = [hold("P", 580, "1"), hold("P", 590, "-1"), hold("C", 610, "-1"), hold("C", 620, "1")]
    pks = "&".join(f"leg={leg.pk}" for leg in legs)
    assert desk.get(f"{ACTIONS}?{pks}&do=roll").url == f"/positions/roll/?{pks}"
    text = html(desk.get(f"/positions/roll/?{pks}"))
    assert "580 P / 590 P" in text and "610 C" not in text.split("roll-table")[1]
    calls = html(desk.get(f"/positions/roll/?{pks}&side=calls&shift=1"))
    assert "615 C / 625 C" in calls and "1 strike up" in calls
    assert_sound(calls)


@pytest.mark.parametrize("extra", ["&shift=x", "&side=x", "&by=x", "&shift=999", "&by=delta"])
def test_odd_addresses_do_no_harm(desk, hold, extra):
    put = hold("P", 590, "-2")
    answer = desk.get(f"/positions/roll/?leg={put.pk}{extra}")
    assert answer.status_code == 200
    assert_sound(html(answer))


def test_shares_are_not_rolled(desk, account, broker):
    shares = factories.make_position(account, "AAPL", "100")
    assert "Only options are rolled" in html(desk.get(f"/positions/roll/?leg={shares.pk}"))


def test_foreign_positions_look_missing(stranger, hold):
    put = hold("P", 590, "-2")
    client = Client()
    client.force_login(stranger)
    group = f"{put.account_id}-{b'SPY'.hex()}"
    for url in (
        f"{ACTIONS}?leg={put.pk}",
        f"{ACTIONS}?leg={put.pk}&do=close",
        f"{ACTIONS}?group={group}",
        f"/positions/roll/?leg={put.pk}",
        f"{ACTIONS}?group={put.account_id}-zz",
        f"{ACTIONS}?leg=junk",
    ):
        assert client.get(url).status_code == 404, url


def test_the_live_view_of_a_roll(user, stranger, connection):
    assert live_view("roll") is RollLive
    nets = [[{"s": ".SPY1", "r": "1", "t": ""}, {"s": ".SPY2", "r": "-1", "t": ""}]]
    args = {"connection": str(connection.pk), "nets": nets}
    pairs = {pair for pairs in RollLive(user, args).feeds_and_symbols().values() for pair in pairs}
    assert ("Quote", ".SPY2") in pairs
    with pytest.raises(NotFound):
        RollLive(stranger, args)
