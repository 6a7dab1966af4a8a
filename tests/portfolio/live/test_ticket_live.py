"""What a ticket watches, alone and in the drawer beside another page."""

from __future__ import annotations

from typing import Any

import pytest
from django.http import Http404

from brokerage import market
from portfolio.live.book import LatestBook
from portfolio.live.patches import Together
from portfolio.live.ticket import TicketLive
from portfolio.positions.live import PositionsLive
from tests.portfolio import factories

pytestmark = pytest.mark.django_db

SHARE = {"s": "SPY", "r": "1", "t": "0.01"}
OPTION = {"s": ".SPY261218P640", "r": "-1", "t": "0.01"}


class Books:
    """The hub's one method that a view asks for."""

    def __init__(self, book: LatestBook) -> None:
        self.kept = book

    def book(self, _feed: str) -> LatestBook:
        return self.kept


def args_of(connection: Any) -> dict[str, Any]:
    return {"connection": str(connection.pk), "legs": [SHARE], "more": {"o1": [OPTION]}}


def test_every_order_of_a_ticket_is_quoted(user: Any) -> None:
    connection = factories.make_connection(user)
    view = TicketLive(user, args_of(connection))
    feed = market.feed_key(connection)
    wanted = set(view.feeds_and_symbols()[feed])
    assert {("Quote", "SPY"), ("Quote", OPTION["s"]), ("Greeks", OPTION["s"])} <= wanted
    assert ("Greeks", "SPY") not in wanted
    cells = {
        "SPY": market.Cells(quote=factories.quote(10.0, 10.2)),
        OPTION["s"]: market.Cells(quote=factories.quote(2.0, 2.2)),
    }
    written = {row[0]: row[1] for row in view.patches(Books(LatestBook(feed, cells)), None)}
    assert written["ticket-mid"] == "10.10 db" and written["o1-mid"] == "2.10 cr"
    assert written["leg-0-bid"] == "10.00" and written["o1-leg-0-ask"] == "2.20"


@pytest.mark.parametrize(
    ("limit", "css", "words"),
    [
        ("-10.00", "at-0", "it waits"),
        ("-10.05", "at-5", "75% of the way"),
        ("-10.20", "at-20", "may fill at once"),
        ("NaN", "", "No limit yet"),
        ({}, "", "No limit yet"),
    ],
)
def test_the_bar_follows_the_market(user: Any, limit: Any, css: str, words: str) -> None:
    connection = factories.make_connection(user)
    view = TicketLive(user, args_of(connection) | {"limits": {"": limit}})
    cells = {"SPY": market.Cells(quote=factories.quote(10.0, 10.2))}
    book = LatestBook(market.feed_key(connection), cells)
    written = {row[0]: row for row in view.patches(Books(book), None)}
    assert written["ticket-bar"][2] == f"limit-bar__limit {css}".strip()
    assert words in written["ticket-bar-words"][1]


def test_a_foreign_login_is_not_found(user: Any, stranger: Any) -> None:
    connection = factories.make_connection(stranger)
    with pytest.raises(Http404):
        TicketLive(user, args_of(connection))


def test_malformed_legs_are_passed_over(user: Any) -> None:
    connection = factories.make_connection(user)
    bad = {"legs": [None, {"s": "X"}, {"s": "Y", "r": "many"}], "more": {"o1": "no", "o9": [SHARE]}}
    view = TicketLive(user, args_of(connection) | bad)
    assert view.orders == {"": [], "o1": []}


def test_the_drawer_stands_beside_the_page(user: Any, stranger: Any, book: Any) -> None:
    connection, _ = book
    own = (PositionsLive, {"scope": "simulator"})
    both = Together(user, {"views": (own, (TicketLive, args_of(connection)))})
    wanted = set(both.feeds_and_symbols()[market.feed_key(connection)])
    assert ("Quote", "KO") in wanted and ("Quote", OPTION["s"]) in wanted
    foreign = factories.make_connection(stranger)
    alone = Together(user, {"views": (own, (TicketLive, args_of(foreign)))})
    assert len(alone.parts) == 1
