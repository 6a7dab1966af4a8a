"""Chains on a page move with the marks of their legs, and for their owner alone."""

from __future__ import annotations

import re
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from brokerage import market
from brokerage.access import NotFound
from brokerage.models import Account, Position
from portfolio.live.book import LatestBook
from portfolio.live.hub import Hub
from portfolio.live.patches import live_view
from portfolio.live.trade_chains import TradeChainsLive
from portfolio.models import DailyMark
from tests.portfolio.factories import (
    make_account,
    make_connection,
    make_option,
    make_transaction,
    quote,
)

pytestmark = pytest.mark.django_db
SCOPE = {"scope": "simulator/5WT00001"}


class Books(Hub):
    """A hub whose books are given."""

    def __init__(self, symbol: str, mark: float) -> None:
        super().__init__()
        self.move(symbol, mark)

    def move(self, symbol: str, mark: float) -> None:
        quoted = market.Cells(quote=quote(mark - 0.01, mark + 0.01))
        self.given = LatestBook("feed", {symbol: quoted})

    def book(self, feed: str) -> Any:
        return self.given


def booked(account: Account, number: int, action: str, symbol: str, price: str, days: int) -> None:
    """Two of an option, `days` ago."""
    value = (1 if action.startswith("Sell") else -1) * 200 * Decimal(price)
    make_transaction(
        account, broker_id=number, order_id=number if number != 3 else 2,
        transaction_sub_type=action, action=action, symbol=symbol, underlying_symbol="KO",
        instrument_type="Equity Option", quantity=2, price=price, value=value,
        net_value=value - 2, executed_at=timezone.now() - timedelta(days=days),
    )  # fmt: skip


@pytest.fixture
def account(user: Any) -> Account:
    return make_account(make_connection(user))


@pytest.fixture
def put(account: Account) -> Position:
    """Short puts, rolled a day ago from puts that expired since."""
    held = make_option(account, "KO", 30, "P", "55", "-2", open="1.20", mark="0.80")
    gone = (timezone.now() - timedelta(days=2)).date()
    old = f"KO    {gone:%y%m%d}P00060000"
    booked(account, 1, "Sell to Open", old, "1.00", 9)
    booked(account, 2, "Buy to Close", old, "1.50", 5)
    booked(account, 3, "Sell to Open", held.symbol, "1.20", 5)
    return held


def patches(view: TradeChainsLive, hub: Hub, dirty: Any = None) -> dict[str, str]:
    return {str(patch[0]): str(patch[1]) for patch in view.patches(hub, dirty)}


def test_it_is_registered() -> None:
    assert live_view("trade-chains") is TradeChainsLive


@pytest.mark.parametrize("parts", [False, True])
def test_what_a_leg_moves_is_patched(user: Any, put: Position, parts: bool) -> None:
    name = f"chain-{put.account_id}-1"
    args = {**SCOPE, "chains": [name.removeprefix("chain-")], "parts": parts}
    view, hub = TradeChainsLive(user, args), Books(put.streamer_symbol, 0.80)
    first = patches(view, hub)
    # −100 realised, −2 × (0.80 − 1.20) × 100 open, 6.00 fees.
    assert (first[f"{name}-open"], first[f"{name}-net"]) == ("+80.00", "−26.00")
    hub.move(put.streamer_symbol, 0.50)
    pairs = {(leg.feed, leg.streamer_symbol) for leg in view.desk.legs}
    second = patches(view, hub, pairs)
    assert (second[f"{name}-open"], second[f"{name}-net"]) == ("+140.00", "+34.00")
    assert f"{name}-realized" not in second
    assert (f"{name}-leg2-pl" in second) is parts


def test_the_page_and_the_socket_say_the_same(user: Any, web: Client, put: Position) -> None:
    """Without a feed both fall back on the broker's mark."""
    url = reverse("portfolio:trade-chain-detail", args=[put.account_id, "1"])
    body = web.get(url).content.decode()
    args = {**SCOPE, "chains": [f"{put.account_id}-1"], "parts": True}
    for id, text in patches(TradeChainsLive(user, args), Books("", 1.0)).items():
        if id.startswith("chain-"):
            found = re.search(rf'id="{id}"[^>]*>([^<]*)<', body)
            assert found is not None and found[1] == text, id


def test_nothing_is_told_of_other_people(stranger: Any, put: Position) -> None:
    with pytest.raises(NotFound):
        TradeChainsLive(stranger, {**SCOPE, "chains": [f"{put.account_id}-1"]})
    make_account(make_connection(stranger), "5WT00077")
    args = {"scope": "simulator/5WT00077", "chains": [f"{put.account_id}-1", "x", 7]}
    told = patches(TradeChainsLive(stranger, args), Books(put.streamer_symbol, 0.8))
    assert not [id for id in told if id.startswith("chain-")]


@pytest.mark.parametrize("chains", [None, "1-1", {"a": 1}, ["-", "1", "9-", "٣-1"]])
def test_bad_arguments_are_nothing_to_show(user: Any, put: Position, chains: Any) -> None:
    view = TradeChainsLive(user, {**SCOPE, "chains": chains})
    assert isinstance(view.patches(Books("", 1.0), None), list)


# -- if not rolled, which needs the past -----------------------------------------------------------


def stayed(web: Client, put: Position, **query: str) -> Any:
    url = reverse("portfolio:trade-chain-not-rolled", args=[put.account_id, "1"])
    return web.get(url, query)


def test_a_roll_is_weighed_once_the_close_is_known(web: Client, put: Position) -> None:
    asked = stayed(web, put)
    (field,) = asked.context["asked"]
    assert "is not known" not in field.words
    assert "not known: −2 KO" in asked.content.decode()
    # The puts of 60 would have ended with KO at 58: −2 × 2.00 × 100, after +200 and 2.00 fees.
    told = stayed(web, put, **{field.name: "58"})
    (_, made, better) = told.context["rows"][0]
    assert made.text == "−202.00"
    assert better.text == "−176.00"
    for bad in ("0", "-3", "NaN", "ten", "1e99"):
        assert stayed(web, put, **{field.name: bad}).context["rows"][0][1].text == "—"


def test_a_close_that_was_kept_is_used(web: Client, put: Position) -> None:
    day = (timezone.now() - timedelta(days=2)).date()
    DailyMark.objects.create(
        account=put.account, day=day, symbol="KO", underlying="KO", quantity=1, spot=61.0,
        marked_at=timezone.now(),
    )  # fmt: skip
    told = stayed(web, put)
    assert not told.context["asked"]
    assert told.context["rows"][0][1].text == "+198.00"
