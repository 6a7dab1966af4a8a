"""The chain page: what it shows, what a click makes of it, for whom, what it says in trouble."""

from __future__ import annotations

import re
from datetime import timedelta
from decimal import Decimal
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from django.test import Client

from brokerage import clock
from brokerage.models import Order, OrderLeg
from tests.brokerage.outer_broker import error
from tests.portfolio import factories
from tests.portfolio.chain_fixtures import SPY_DAYS, _no_reads, occ, serve_chain  # noqa: F401
from tests.portfolio.views.order_fixtures import *  # noqa: F403
from tests.portfolio.views.order_fixtures import html
from tests.portfolio.views.test_pages import assert_sound

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("_no_reads")]


@pytest.fixture
def today(connection: Any) -> Any:
    return clock.today(connection)


@pytest.fixture
def chain(desk: Client, broker: Any, today: Any) -> Client:
    serve_chain(broker, today)
    return desk


@pytest.fixture
def put(today: Any) -> Any:
    """Order symbol of a put in the 45 days' expiration."""
    return lambda strike: occ("SPY", today + timedelta(days=45), "P", Decimal(strike))


def legs_of(text: str) -> list[str]:
    return re.findall(r'name="leg" value="([^"]*)"', text)


def ticket_query(text: str) -> dict[str, list[str]]:
    found = re.search(r'id="chain-ticket" data-key="n" href="([^"]*)"', text)
    return parse_qs(urlsplit(found[1]).query) if found else {}


def test_it_shows_the_chain_nearest_to_45_days(chain):
    text = html(chain.get("/chain/?symbol=spy"))
    assert_sound(text)
    assert 'id="x600-k"' in text
    assert text.count('class="chain-day"') == len(SPY_DAYS)
    assert re.search(r'value="expiration:SPY:[^"]*" id="day-2" aria-current="true"', text)
    assert "45d" in text and "20.0%" in text
    assert "SPDR" in text


def test_strikes_stand_around_the_spot_price(chain):
    text = html(chain.get("/chain/?symbol=SPY&count=10"))
    strikes = re.findall(r'data-strike="(\d+)"', text)
    assert len(strikes) == 10 and strikes[5] == "600"
    assert 'class="strike itm-c in-move at-spot"' in text


def test_the_filter_leaves_out_what_is_far(chain):
    wide = re.findall(r"data-strike", html(chain.get("/chain/?symbol=SPY&count=40")))
    near = re.findall(r"data-strike", html(chain.get("/chain/?symbol=SPY&count=40&min_delta=25")))
    assert 0 < len(near) < len(wide)


def test_another_expiration_by_its_button(chain, today):
    key = f"SPY:{today + timedelta(days=17)}"
    text = html(chain.get("/chain/", {"symbol": "SPY", "do": f"expiration:{key}"}))
    assert f'name="expiration" value="{key}"' in text


def test_a_click_on_bid_and_ask_builds_the_ticket(chain, put):
    text = html(chain.get("/chain/", {"symbol": "SPY", "do": f"sell:{put(595)}"}))
    assert legs_of(text) == [f"-1:{put(595)}"]
    again = {"symbol": "SPY", "leg": legs_of(text), "lots": "2", "do": f"buy:{put(590)}"}
    text = html(chain.get("/chain/", again))
    assert legs_of(text) == [f"-1:{put(595)}", f"1:{put(590)}"]
    assert 'data-picked="-1"' in text
    query = ticket_query(text)
    assert query["leg-0-contract"] == [put(595)] and query["leg-0-action"] == ["Sell to Open"]
    assert query["leg-1-action"] == ["Buy to Open"] and query["leg-1-quantity"] == ["2"]
    assert query["origin"] == ["chain"]


def test_a_script_gets_the_basket_alone_and_the_address(chain, put):
    wish = {"symbol": "SPY", "do": f"sell:{put(595)}"}
    answer = chain.get("/chain/", wish, headers={"HX-Request": "true"})
    text = html(answer)
    assert answer["HX-Retarget"] == "#chain-basket"
    assert 'id="chain-basket"' in text and "chain-table" not in text
    assert f"leg=-1%3A{put(595).replace(' ', '+')}" in answer["HX-Replace-Url"]
    whole = chain.get("/chain/", {"symbol": "SPY"}, headers={"HX-Request": "true"})
    assert whole["HX-Retarget"] == "#chain" and "<html" not in html(whole)


@pytest.mark.parametrize("name", ["iron-condor", "put-calendar", "jade-lizard", "covered-call"])
def test_templates(chain, name):
    wish = {"symbol": "SPY", "do": "template", "template": name, "delta": "30", "width": "10"}
    text = html(chain.get("/chain/", wish))
    assert_sound(text)
    assert len(legs_of(text)) == {"iron-condor": 4, "jade-lizard": 3}.get(name, 2)


def test_a_move_takes_the_page_along(chain, put, today):
    wish = {"symbol": "SPY", "leg": [f"-1:{put(595)}"], "do": "move:out"}
    answer = chain.get("/chain/", wish, headers={"HX-Request": "true"})
    assert answer["HX-Retarget"] == "#chain"
    assert f'name="expiration" value="SPY:{today + timedelta(days=80)}"' in html(answer)


def test_what_cannot_be_done_is_said_in_the_basket(chain, put):
    wish = {"symbol": "SPY", "leg": [f"-1:{put(595)}"], "do": "move:wider"}
    assert "One strike alone has no width." in html(chain.get("/chain/", wish))


def test_positions_and_orders_are_marked_and_a_held_one_is_closed(chain, account, put):
    factories.make_position(account, put(595), "-2", kind="Equity Option", underlying_symbol="SPY")
    order = Order.objects.create(
        account=account, broker_id=5, status="Live", price="1.20", price_effect="Debit"
    )
    OrderLeg.objects.create(
        order=order,
        position=0,
        instrument_type="Equity Option",
        symbol=put(590),
        action="Sell to Open",
        quantity=3,
        remaining_quantity=2,
    )
    text = html(chain.get("/chain/", {"symbol": "SPY", "do": f"buy:{put(595)}"}))
    assert 'class="mark mark--short" title="You hold −2"' in text
    assert re.search(rf'class="mark mark--order" href="/orders/{order.pk}/"[^>]*>S2', text)
    assert ticket_query(text)["leg-0-action"] == ["Buy to Close"]


def test_without_symbol_the_last_one_is_shown_again(chain):
    chain.get("/chain/?symbol=SPY")
    assert 'id="x600-k"' in html(chain.get("/chain/"))
    assert "Type a symbol" in html(chain.get("/chain/?symbol="))


def test_an_unknown_symbol(chain):
    answer = chain.get("/chain/?symbol=NOPE")
    assert answer.status_code == 200
    assert "The broker has no options on NOPE." in html(answer)


def test_what_begins_alike_is_offered(chain, broker):
    rows = [
        {"symbol": "SPY", "description": "SPDR S&P 500", "options": True},
        {"symbol": "SPZ", "description": "No options", "options": False},
    ]
    broker.set("/symbols/search/SP", rows)
    text = html(chain.get("/chain/?symbol=sp"))
    assert 'href="/chain/?symbol=SPY"' in text and "SPZ" not in text
    assert_sound(text)


def test_a_broker_that_is_away(desk, broker):
    broker.refuse("/option-chains/SPY/nested", error(403, "not_permitted"))
    text = html(desk.get("/chain/?symbol=SPY"))
    assert "cannot be read now" in text
    assert_sound(text)


@pytest.mark.parametrize(
    "query",
    [
        "symbol=SPY&count=x&min_delta=7&lots=-1&leg=x&leg=1:NOPE&do=buy:NOPE",
        "symbol=SPY&expiration=x&do=expiration:y",
        "symbol=SPY&do=template&template=x&days=-1&delta=0&width=NaN",
        "symbol=%00&do=%00",
        "symbol=/ES",
    ],
)
def test_odd_addresses_do_no_harm(chain, query):
    answer = chain.get(f"/chain/?{query}")
    assert answer.status_code == 200
    assert_sound(html(answer))


def test_a_foreign_account_looks_missing(chain, stranger):
    other = factories.make_account(factories.make_connection(stranger), "5WT09999")
    url = f"/chain/?symbol=SPY&account=simulator:{other.number}"
    assert chain.get(url).status_code == 404
    assert chain.get("/chain/?account=simulator:5WT08888").status_code == 404


def test_somebody_without_accounts_is_told_what_to_do(stranger):
    client = Client()
    client.force_login(stranger)
    text = html(client.get("/chain/?symbol=SPY"))
    assert "Connect a login" in text
    assert_sound(text)
