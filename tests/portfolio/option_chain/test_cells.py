"""The live cells of a chain, and what a page tells its socket."""

from __future__ import annotations

import json
import time
from decimal import Decimal

import pytest

from brokerage import market
from brokerage.execution.ticks import Tick
from portfolio.live.book import LatestBook
from portfolio.option_chain import cells as chain_cells
from portfolio.option_chain.shown import Shown, ShownDay, ShownRow, shown_from_args

ROWS = tuple(ShownRow(Decimal(n), f"C{n}", f"P{n}") for n in (590, 600, 610))
DAY = ShownDay(45, 0.20, ("C600", "P600", "C610", "P590", "C620", "P580"))
SHOWN = Shown("SPY", Decimal("0.01"), Decimal("600.10"), ROWS, (DAY,), 0, (Tick(Decimal("0.05")),))


def book(**cells: market.Cells) -> LatestBook:
    return LatestBook("feed", cells)


def quote(bid: float | None, ask: float | None, age: float = 0.0) -> market.Cells:
    return market.Cells(quote=market.Quote(time.time() - age, bid, ask))


def cells(found: LatestBook, shown: Shown = SHOWN, symbols: frozenset[str] | None = None):
    rows = chain_cells.cells(found, shown, time.time(), symbols)
    return {cell.id: cell for cell in rows}


def test_what_a_page_says_its_socket_understands():
    args = json.loads(json.dumps(SHOWN.as_args()))
    assert shown_from_args(args) == SHOWN


@pytest.mark.parametrize(
    "args",
    [None, 7, {}, {"rows": 7}, {"rows": [[]]}, {"rows": [["NaN", "a", "b"]]}, {"days": [["x"]]}],
)
def test_malformed_args_show_nothing(args):
    assert shown_from_args(args) in (Shown(), shown_from_args({}))


def test_it_asks_for_no_more_than_it_shows():
    wanted = SHOWN.wanted()
    assert {
        ("Quote", "C590"),
        ("Greeks", "P610"),
        ("Summary", "C600"),
        ("Profile", "SPY"),
    } <= wanted
    assert ("Quote", "C620") in wanted and ("Greeks", "C620") not in wanted
    assert all(symbol for _, symbol in Shown(rows=(ShownRow(Decimal(1), "", "P"),)).wanted())


def test_prices_greeks_volume_and_interest():
    option = market.Cells(
        quote=market.Quote(time.time(), 12.4, 12.65),
        greeks=market.Greeks(time.time(), delta=0.523, volatility=0.1834),
        trade=market.Trade(time.time(), price=12.5, day_volume=1234.0),
        summary=market.Summary(time.time(), open_interest=1_811_567),
    )
    found = cells(book(C600=option))
    texts = {name: found[f"x600-c-{name}"].text for name in chain_cells.COLUMNS}
    assert texts == {
        "oi": "1.81M",
        "vol": "1,234",
        "iv": "18.3%",
        "delta": "0.52",
        "bid": "12.40",
        "ask": "12.65",
    }
    assert found["x600-p-bid"].text == "—" and "missing" in found["x600-p-bid"].css


def test_odd_quotes_are_marked():
    found = cells(book(C590=quote(0.0, 0.05), P590=quote(2.0, 1.0), C600=quote(1.0, 1.1, age=900)))
    assert "zero" in found["x590-c-bid"].css and found["x590-c-bid"].text == "0.00"
    assert "crossed" in found["x590-p-ask"].css
    assert "stale" in found["x600-c-ask"].css


def test_a_delta_by_model_where_the_feed_has_none():
    found = cells(book(C600=quote(12.0, 12.1)))
    assert found["x600-c-delta"].text == "0.51"
    assert "model" in found["x600-c-delta"].css
    # Not before a quote shows that the feed serves the contract at all.
    assert found["x610-c-delta"].text == "—"


def test_strikes_know_the_money_the_spot_and_the_move():
    found = cells(book(SPY=quote(600.0, 600.2)))
    assert found["x590-k"].css.split() == ["strike", "itm-c", "in-move"]
    assert found["x600-k"].css.split() == ["strike", "itm-c", "in-move", "at-spot"]
    assert found["x610-k"].css.split() == ["strike", "itm-p", "in-move"]
    moved = cells(book(SPY=quote(612.0, 612.2)))
    assert "at-spot" in moved["x610-k"].css and "at-spot" not in moved["x600-k"].css


def test_the_move_is_quoted_where_it_can_be_and_modelled_elsewhere():
    modelled = cells(book())["em-0"]
    assert modelled.text == "±42.14" and "model" in modelled.css
    pairs = zip(DAY.quoted, (2.0, 2.1, 1.6, 1.6, 1.2, 1.3), strict=True)
    quoted = cells(book(**{symbol: quote(mid, mid) for symbol, mid in pairs}))["em-0"]
    assert quoted.text == "±3.67"


def test_spot_change_and_halt():
    halted = market.Cells(
        trade=market.Trade(time.time(), price=606.0),
        summary=market.Summary(time.time(), prev_close=600.0),
        profile=market.Profile(time.time(), trading_status="HALTED", status_reason="LULD"),
    )
    found = cells(book(SPY=halted))
    assert found["chain-spot"].text == "606.00"
    assert (found["chain-change"].text, found["chain-share"].text) == ("+6.00", "+1.0%")
    assert found["chain-halt"].text == "Trading is halted LULD"
    assert cells(book())["chain-spot"].text == "600.10"


def test_only_what_changed_is_computed():
    found = cells(book(C600=quote(1.0, 1.1)), symbols=frozenset({"C600"}))
    assert "x600-c-bid" in found and "x590-c-bid" not in found and "chain-spot" not in found
    assert "em-0" in found
    assert "x590-k" in cells(book(), symbols=frozenset({"SPY"}))
