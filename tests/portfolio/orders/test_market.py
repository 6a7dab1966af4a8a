"""A working order against the market: mark, distance, bar; pure arithmetic on signed prices."""

from __future__ import annotations

import time
from decimal import Decimal as D
from typing import Any

import pytest

from brokerage import market
from portfolio.live.book import LatestBook
from portfolio.orders import market as order_market
from portfolio.orders.market import WatchedOrder
from portfolio.ticket.quotes import QuotedLeg

NOW = time.time()


def book(**quotes: tuple[float, float]) -> LatestBook:
    cells = {
        name: market.Cells(quote=market.Quote(NOW, bid, ask, 1.0, 1.0))
        for name, (bid, ask) in quotes.items()
    }
    return LatestBook("feed", cells)


def order(*legs: tuple[str, str], **facts: Any) -> WatchedOrder:
    values = {"limit": None, "trigger": None, "since": None, **facts}
    quoted = tuple(QuotedLeg(name, D(ratio)) for name, ratio in legs)
    return WatchedOrder(7, "feed", quoted, **values)


def texts(watched: WatchedOrder, quotes: LatestBook) -> tuple[str, str, str]:
    cells = order_market.cells(watched, quotes, NOW)
    away = f"{cells['away'].text} {cells['share'].text}".strip()
    return cells["mark"].text, away, cells["bar"].css


def test_a_purchase_below_the_market():
    found = texts(order(("A", "1"), limit=D("-9.95")), book(A=(10.00, 10.10)))
    assert found == ("10.05 db", "+0.10 1.0%", "limit-bar__limit at-0")


def test_a_sale_between_mid_and_best():
    # Bid 1.30, ask 1.50: the best price is 1.50, the natural 1.30.
    found = texts(order(("P", "-1"), limit=D("1.45")), book(P=(1.30, 1.50)))
    assert found == ("1.40 cr", "+0.05 3.6%", "limit-bar__limit at-5")


def test_a_limit_that_gives_the_edge_away_is_beyond_the_mid():
    mark, away, bar = texts(order(("P", "-1"), limit=D("1.35")), book(P=(1.30, 1.50)))
    assert (mark, away, bar) == ("1.40 cr", "−0.05 3.6%", "limit-bar__limit at-15")


@pytest.mark.parametrize("limit", ["1.30", "1.20"])
def test_a_limit_at_the_natural_is_marketable(limit):
    _, away, bar = texts(order(("P", "-1"), limit=D(limit)), book(P=(1.30, 1.50)))
    assert (away, bar) == ("marketable", "limit-bar__limit at-20")


def test_a_spread_is_netted():
    # Sells at 3.00–3.10, buys at 1.60–1.70: natural 1.30, best 1.50.
    spread = order(("S", "-1"), ("L", "1"), limit=D("1.40"))
    assert texts(spread, book(S=(3.00, 3.10), L=(1.60, 1.70))) == (
        "1.40 cr", "0.00 0.0%", "limit-bar__limit at-10",
    )  # fmt: skip


def test_a_stop_is_held_against_the_mark():
    mark, away, bar = texts(order(("A", "-1"), trigger=D("9.00")), book(A=(9.99, 10.01)))
    assert (mark, away, bar) == ("10.00 cr", "−1.00 10.0%", "limit-bar__limit")


def test_a_leg_without_a_quote_leaves_everything_unknown():
    spread = order(("S", "-1"), ("L", "1"), limit=D("1.40"))
    assert texts(spread, book(S=(3.00, 3.10))) == ("—", "—", "limit-bar__limit")


def test_a_crossed_quote_is_not_used():
    assert texts(order(("A", "1"), limit=D("-10")), book(A=(10.2, 10.1)))[0] == "—"


def test_the_age_follows_the_brokers_clock():
    from datetime import UTC, datetime, timedelta

    since = datetime.fromtimestamp(NOW, tz=UTC) + timedelta(hours=5) - timedelta(seconds=90)
    watched = order(("A", "1"), since=since, clock_offset=5 * 3600.0)
    assert order_market.cells(watched, book(), NOW)["age"].text == "1 min"
