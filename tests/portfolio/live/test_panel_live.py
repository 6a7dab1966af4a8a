"""The ticket's live view: what it asks for, what it patches, and for whom."""

from __future__ import annotations

import time
from typing import Any

import pytest
from django.contrib.auth import get_user_model

from brokerage import market
from brokerage.access import NotFound
from portfolio.live.hub import Hub
from portfolio.live.patches import live_view
from portfolio.live.ticket import TicketLive
from tests.portfolio.factories import make_account, make_connection

pytestmark = pytest.mark.django_db


@pytest.fixture
def owner() -> Any:
    return get_user_model().objects.create_user("owner", password="x")


@pytest.fixture
def connection(owner: Any) -> Any:
    found = make_connection(owner)
    make_account(found)
    return found


def args(connection: Any, **changes: Any) -> dict[str, Any]:
    return {
        "scope": "simulator",
        "connection": str(connection.pk),
        "symbol": "AAPL",
        "tick": "0.01",
        "legs": [{"s": "AAPL", "r": "1", "t": "0.01"}],
        **changes,
    }


class Books(Hub):
    """A hub whose one book is given."""

    def __init__(self, cells: dict[str, market.Cells]) -> None:
        super().__init__()
        from portfolio.live.book import LatestBook

        self.given = LatestBook("feed", cells)

    def book(self, feed: str) -> Any:
        return self.given


def test_it_is_registered():
    assert live_view("ticket") is TicketLive


def test_it_wants_level_one_depth_and_tape_of_its_own_feed(owner, connection):
    wanted = TicketLive(owner, args(connection)).feeds_and_symbols()
    pairs = set(wanted[market.feed_key(connection)])
    assert {("Quote", "AAPL"), ("Order", "AAPL"), ("TimeAndSale", "AAPL")} <= pairs


def test_it_patches_quotes_and_only_what_changed(owner, connection):
    cells = market.Cells(quote=market.Quote(time.time(), 229.40, 229.42, 3.0, 5.0))
    hub = Books({"AAPL": cells})
    view = TicketLive(owner, args(connection))
    first = {patch[0]: patch[1] for patch in view.patches(hub, None)}
    assert first["panel-bid"] == first["leg-0-bid"] == "229.40"
    assert first["ticket-nat"] == "229.42 db"
    cells.quote = market.Quote(time.time(), 229.40, 229.45, 3.0, 5.0)
    second = {patch[0]: patch[1] for patch in view.patches(hub, None)}
    assert second["panel-ask"] == "229.45"
    assert "panel-bid" not in second


def test_a_foreign_connection_looks_missing(connection):
    stranger = get_user_model().objects.create_user("stranger", password="x")
    with pytest.raises(NotFound):
        TicketLive(stranger, args(connection, scope=""))
    with pytest.raises(NotFound):
        TicketLive(stranger, {"connection": "junk"})


@pytest.mark.parametrize(
    "change", [{"legs": "x"}, {"legs": [None] * 9}, {"tick": "x"}, {"symbol": None}]
)
def test_odd_args_do_no_harm(owner, connection, change):
    view = TicketLive(owner, args(connection, **change))
    assert isinstance(view.patches(Books({}), None), list)
