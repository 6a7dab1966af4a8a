"""Every figure of a ticket opens its arithmetic: quotes, the whole, the structure, the panel."""

from __future__ import annotations

import time
from typing import Any

import pytest
from django.test import Client

from brokerage import market
from tests.portfolio import factories
from tests.portfolio.figures import walking
from tests.portfolio.views.order_fixtures import *  # noqa: F403
from tests.portfolio.views.order_fixtures import CALL, PUT

pytestmark = pytest.mark.django_db


def holds(web: Client, response: Any, *names: str) -> list[walking.Element]:
    """All figures of a page work out again, no number is bare, and these references are there."""
    html = response.content.decode()
    assert list(walking.wrong(web, html)) == []
    assert walking.unmarked(html) == []
    found = [item for item in walking.figures(html) if not item.is_frame]
    assert set(names) <= {item.reference for item in found}
    return found


def strangle(account: Any, *, units: str = "2") -> dict[str, str]:
    values = {
        "account": f"simulator:{account.number}",
        "instrument_type": "Equity Option",
        "symbol": "AAPL",
        "legs": "2",
        "order_type": "Limit",
        "price": "9.00",
        "price_effect": "Credit",
    }
    for place, contract in enumerate((CALL, PUT)):
        values |= {
            f"leg-{place}-action": "Sell to Open",
            f"leg-{place}-contract": contract,
            f"leg-{place}-quantity": units,
        }
    return values


STRUCTURE = ("profit", "even0", "even1", "chance", "half", "extrinsic", "delta", "theta")


def test_a_strangle(desk, account, options, quotes):
    response = desk.post("/trade/", strangle(account))
    names = [f"ticket-main-leg-{n}-{side}" for n in (0, 1) for side in ("bid", "mid", "ask")]
    names += ["ticket-main-nat", "ticket-main-mid"]
    holds(desk, response, *names, *(f"structure-{name}" for name in STRUCTURE))
    again = desk.post("/trade/structure/", strangle(account) | {"price": "8.35"})
    assert len(holds(desk, again, "structure-profit")) == 8


def test_a_spread_has_a_loss_and_a_whole_price_is_signed(desk, account, options, quotes):
    values = strangle(account) | {"leg-0-action": "Buy to Open", "price_effect": "Debit"}
    found = holds(desk, desk.post("/trade/", values), "ticket-main-nat", "structure-delta")
    nat = next(item for item in found if item.reference == "ticket-main-nat")
    # Pays 5.10 for the call and gets 3.90 for the put.
    assert nat.text == "1.20 db"


def test_a_ticket_without_quotes_says_what_is_missing(desk, account, options):
    found = holds(desk, desk.post("/trade/", strangle(account)), "structure-chance")
    assert next(i for i in found if i.reference == "structure-chance").text == "—"


def test_shares_with_the_market_panel(desk, values, connection):
    now = time.time()
    cells = market.Cells(
        quote=market.Quote(now, 229.38, 229.42, 300.0, 500.0),
        trade=market.Trade(now, 229.41, 100.0, int(now * 1000), day_volume=1234567.0),
        summary=market.Summary(now, 228.0, 230.0, 227.5, prev_close=228.15),
    )
    factories.publish(connection, {"AAPL": cells})
    names = ("bid", "ask-size", "mid", "last", "change", "share", "volume", "close")
    holds(desk, desk.post("/trade/", values), *(f"panel-{name}" for name in names))


def test_a_crossed_market_has_no_middle(desk, values, connection):
    crossed = market.Cells(quote=market.Quote(time.time(), 229.50, 229.40, 1.0, 1.0))
    factories.publish(connection, {"AAPL": crossed})
    found = holds(desk, desk.post("/trade/", values), "ticket-main-leg-0-mid")
    texts = {item.reference: item.text for item in found}
    assert texts["ticket-main-leg-0-bid"] == "229.50"
    assert texts["ticket-main-leg-0-mid"] == texts["ticket-main-mid"] == "—"


def test_the_quotes_of_somebody_elses_login_are_not_shown(desk, values, quotes, stranger):
    html = desk.post("/trade/", values).content.decode()
    foreign = Client()
    foreign.force_login(stranger)
    figures = [item for item in walking.figures(html) if not item.is_frame]
    assert figures
    for item in figures:
        assert walking.drawer(foreign, item.reference or "", item.query) is None


@pytest.mark.parametrize("query", ["", "ticket=", "ticket=[1]", "ticket={}", "ticket=%7B", "x=1"])
def test_a_malformed_query_has_no_drawer(desk, connection, query):
    for reference in ("ticket-main-nat", "structure-delta", "panel-bid", "depth-0-bid", "tape-x-y"):
        assert walking.drawer(desk, reference, query) is None
