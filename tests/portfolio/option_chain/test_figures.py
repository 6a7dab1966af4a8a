"""Every figure of a chain opens its arithmetic: strikes, strip, underlying, basket."""

from __future__ import annotations

import time
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.test import Client

from brokerage import clock, market
from tests.portfolio import factories
from tests.portfolio.chain_fixtures import _no_reads, occ, serve_chain  # noqa: F401
from tests.portfolio.figures import walking
from tests.portfolio.views.order_fixtures import *  # noqa: F403

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("_no_reads")]


def streamer(symbol: str) -> str:
    root, tail = symbol[:6].strip(), symbol[6:]
    return f".{root}{tail[:7]}{int(tail[7:]) // 1000}"


def cells(bid: float, ask: float, delta: float | None) -> market.Cells:
    now = time.time()
    found = market.Cells(
        quote=market.Quote(now, bid, ask, 1.0, 1.0),
        trade=market.Trade(now, bid, 1.0, int(now * 1000), day_volume=1_234_567.0),
        summary=market.Summary(now, bid, ask, bid, prev_close=bid, open_interest=4321),
    )
    if delta is not None:
        found.greeks = factories.greeks(delta)
    return found


@pytest.fixture
def chain(desk: Client, broker: Any, connection: Any) -> list[str]:
    """A chain of SPY; its strikes around the money have quotes, one of them no Greeks."""
    today = clock.today(connection)
    serve_chain(broker, today)
    day = today + timedelta(days=45)
    symbols = [occ("SPY", day, side, Decimal(600 + n)) for n in (-5, 0, 5) for side in "CP"]
    books = {
        streamer(symbol): cells(5.0 + n, 5.1 + n, None if n == 1 else 0.4)
        for n, symbol in enumerate(symbols)
    }
    factories.publish(connection, books | {"SPY": cells(599.9, 600.1, None)})
    return symbols


def test_every_figure_of_a_chain(desk, chain):
    html = desk.get("/chain/?symbol=SPY&count=10").content.decode()
    figures = [item for item in walking.figures(html) if not item.is_frame]
    assert len(figures) >= 100
    assert list(walking.wrong(desk, html)) == []
    assert walking.unmarked(html) == []
    texts = {item.reference: item.text for item in figures}
    assert texts["x600-c-oi"] == "4,321" and texts["x600-c-vol"] == "1.23M"
    assert "model" in html


def test_the_basket(desk, chain):
    legs = f"leg=-1:{chain[1]}&leg=1:{chain[3]}"
    html = desk.get(f"/chain/?symbol=SPY&count=10&{legs}").content.decode()
    found = {item.reference for item in walking.figures(html)}
    assert {"ticket-basket-leg-0-bid", "ticket-basket-mid", "ticket-basket-nat"} <= found
    assert list(walking.wrong(desk, html)) == []
    assert walking.unmarked(html) == []


def test_a_chain_of_an_account_that_is_somebody_elses(desk, chain, stranger, account):
    foreign = Client()
    foreign.force_login(stranger)
    query = f"symbol=SPY&account=simulator:{account.number}"
    for reference in ("x600-c-bid", "em-0", "em-0-iv", "strip-spot"):
        assert walking.drawer(desk, reference, query) is not None
        assert walking.drawer(foreign, reference, query) is None
        assert walking.drawer(desk, reference, "symbol=") is None
    assert walking.drawer(desk, "x-c-bid", query) is None
