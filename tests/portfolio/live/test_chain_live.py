"""The chain's live view: what it asks for, what it patches, and for whom."""

from __future__ import annotations

import time
from decimal import Decimal
from typing import Any

import pytest
from django.contrib.auth import get_user_model

from brokerage import market
from brokerage.access import NotFound
from portfolio.live.chain import ChainLive
from portfolio.live.patches import live_view
from portfolio.option_chain.shown import Shown, ShownRow
from tests.portfolio.factories import make_account, make_connection
from tests.portfolio.live.test_panel_live import Books

pytestmark = pytest.mark.django_db

SHOWN = Shown("SPY", Decimal("0.01"), None, (ShownRow(Decimal(600), "C600", "P600"),))


@pytest.fixture
def owner() -> Any:
    return get_user_model().objects.create_user("owner", password="x")


@pytest.fixture
def connection(owner: Any) -> Any:
    found = make_connection(owner)
    make_account(found)
    return found


def args(connection: Any, **changes: Any) -> dict[str, Any]:
    legs = [{"s": "C600", "r": "-1", "t": "0.01"}]
    return {
        "scope": "simulator",
        "connection": str(connection.pk),
        "chain": SHOWN.as_args(),
        "legs": legs,
        **changes,
    }


def test_it_is_registered():
    assert live_view("chain") is ChainLive


def test_it_wants_the_shown_strikes_of_its_own_feed(owner, connection):
    wanted = ChainLive(owner, args(connection)).feeds_and_symbols()
    pairs = set(wanted[market.feed_key(connection)])
    assert {("Greeks", "C600"), ("Quote", "P600"), ("Trade", "SPY")} <= pairs


def test_it_patches_what_changed_and_nothing_else(owner, connection):
    cells = market.Cells(quote=market.Quote(time.time(), 12.40, 12.60))
    hub, view = Books({"C600": cells}), ChainLive(owner, args(connection))
    first = {patch[0]: patch[1] for patch in view.patches(hub, None)}
    assert first["x600-c-bid"] == "12.40"
    assert first["basket-mid"] == "12.50 cr"
    cells.quote = market.Quote(time.time(), 12.45, 12.60)
    feed = market.feed_key(connection)
    second = {patch[0] for patch in view.patches(hub, {(feed, "C600")})}
    assert "x600-c-bid" in second and "x600-c-ask" not in second
    assert view.patches(hub, {(feed, "P600")}) == []


def test_a_foreign_connection_looks_missing(connection):
    stranger = get_user_model().objects.create_user("stranger", password="x")
    with pytest.raises(NotFound):
        ChainLive(stranger, args(connection, scope=""))
    with pytest.raises(NotFound):
        ChainLive(stranger, {"connection": "junk"})


@pytest.mark.parametrize("change", [{"chain": 7}, {"chain": None}, {"legs": "x"}, {"legs": [None]}])
def test_odd_args_do_no_harm(owner, connection, change):
    view = ChainLive(owner, args(connection, **change))
    assert isinstance(view.patches(Books({}), None), list)
