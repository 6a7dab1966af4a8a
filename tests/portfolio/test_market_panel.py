"""The market panel and the ticket's quotes: live, stale, missing and delayed are drawn as such."""

from __future__ import annotations

import time
from decimal import Decimal

import pytest

from brokerage import market
from brokerage.execution.ticks import CENT, Tick
from portfolio import market_panel
from portfolio.live.book import LatestBook
from portfolio.ticket import quotes as ticket_quotes
from portfolio.ticket.quotes import QuotedLeg

NOW = 1_790_000_000.0


def book(*, state: str = "up", delayed: bool = False, **cells: market.Cells) -> LatestBook:
    found = LatestBook("feed", {name.replace("_", "."): cell for name, cell in cells.items()})
    stream = market.StreamHealth(state=state, reason="" if state == "up" else "no gateway")
    found.apply(market.Frame(NOW, {}, market.FeedHealth(at=NOW, market=stream, delayed=delayed)))
    return found


def quote(bid: float | None, ask: float | None, age: float = 1.0) -> market.Cells:
    return market.Cells(quote=market.Quote(NOW - age, bid, ask, 300.0, 500.0))


def panel(held: LatestBook) -> market_panel.Panel:
    return market_panel.build(held, "AAPL", "AAPL", Decimal("0.01"), NOW)


def test_level_one():
    cells = quote(229.40, 229.42)
    cells.trade = market.Trade(NOW, 229.41, 100.0, int(NOW * 1000), day_volume=1234567.0)
    cells.summary = market.Summary(NOW, 228.0, 230.0, 227.5, prev_close=228.15)
    shown = panel(book(AAPL=cells))
    texts = {name: cell.text for name, cell in shown.level1.items()}
    assert (texts["bid"], texts["ask"], texts["mid"]) == ("229.40", "229.42", "229.41")
    assert texts["volume"] == "1,234,567"
    assert (texts["change"], texts["share"]) == ("+1.26", "+0.6%")
    assert shown.level1["change"].css == "num gain"
    assert shown.state.text == "Live, 1 s old"


def test_the_mid_has_no_dust_of_floats():
    assert panel(book(AAPL=quote(667.06, 667.08))).level1["mid"].text == "667.07"


def test_missing_is_a_dash_never_zero():
    shown = panel(book())
    assert {cell.text for cell in shown.level1.values()} == {"—"}
    assert all("missing" in cell.css for cell in shown.level1.values())
    assert "Waiting for the first quote" in shown.state.text


def test_a_zero_bid_is_a_price():
    assert panel(book(AAPL=quote(0.0, 0.05))).level1["bid"].text == "0.00"


def test_stale_is_said_and_drawn():
    shown = panel(book(AAPL=quote(229.40, 229.42, age=23)))
    assert shown.state.text == "Stale, 23 s old"
    assert "stale" in shown.level1["bid"].css


def test_delayed_is_said_and_drawn():
    shown = panel(book(delayed=True, AAPL=quote(229.40, 229.42)))
    assert shown.state.text.startswith("Delayed 15 min")
    assert "delayed" in shown.level1["bid"].css


def test_a_stream_that_is_down_is_named():
    assert "No live quotes: no gateway" in panel(book(state="down")).state.text


def test_depth_and_tape():
    cells = quote(229.40, 229.42)
    levels = [market.Level(229.40 - n / 100, 100.0 * (n + 1)) for n in range(2)]
    cells.depth = market.Depth(NOW, levels, levels[:1])
    cells.tape = market.Tape(NOW, [market.Sale(int(NOW * 1000), 229.41, 7.0, "Q", "BUY")])
    shown = panel(book(AAPL=cells))
    assert [row.bid.text for row in shown.depth[:3]] == ["229.40", "229.39", "—"]
    assert shown.depth[2].bid.css == "num buy missing" or "missing" in shown.depth[2].bid.css
    assert shown.tape[0].price.text == "229.41" and "buy" in shown.tape[0].price.css
    assert shown.tape[1].price.text == ""


def test_ids_are_unique():
    ids = [cell.id for cell in panel(book(AAPL=quote(1, 2))).cells()]
    assert len(ids) == len(set(ids))


# --- net prices -------------------------------------------------------------------------------


def legs(*pairs: tuple[str, str]) -> list[QuotedLeg]:
    return [QuotedLeg(symbol, Decimal(ratio)) for symbol, ratio in pairs]


VERTICAL = legs(("A", "-1"), ("B", "1"))


def test_net_of_a_credit_spread():
    net = ticket_quotes.net_of(book(A=quote(4.05, 4.11), B=quote(3.54, 3.59)), VERTICAL, NOW)
    assert net.natural == Decimal("0.46")
    assert net.opposite == Decimal("0.57")
    assert net.mid == Decimal("0.515")


def test_ratios_count():
    back = legs(("A", "-1"), ("B", "2"))
    net = ticket_quotes.net_of(book(A=quote(4.00, 4.10), B=quote(1.00, 1.10)), back, NOW)
    assert net.natural == Decimal("1.80")


@pytest.mark.parametrize("cells", [market.Cells(), quote(None, 3.59), quote(3.60, 3.59)])
def test_no_net_without_a_usable_quote_of_every_leg(cells):
    net = ticket_quotes.net_of(book(A=quote(4.05, 4.11), B=cells), VERTICAL, NOW)
    assert (net.natural, net.mid) == (None, None)
    shown = ticket_quotes.cells(book(A=quote(4.05, 4.11), B=cells), VERTICAL, NOW)
    assert shown["ticket-mid"].text == "—"


def test_a_wide_market_is_warned_of():
    wide = ticket_quotes.cells(book(A=quote(1.00, 1.50)), legs(("A", "1")), NOW)
    assert "Wide market" in wide["ticket-wide"].text
    tight = ticket_quotes.cells(book(A=quote(1.00, 1.02)), legs(("A", "1")), NOW)
    assert tight["ticket-wide"].text == ""


def test_a_proposed_limit_never_flatters():
    assert ticket_quotes.limit_at(Decimal("0.515"), CENT) == (Decimal("0.51"), "Credit")
    assert ticket_quotes.limit_at(Decimal("-0.515"), CENT) == (Decimal("0.52"), "Debit")
    nickel = (Tick(Decimal("0.05")),)
    assert ticket_quotes.limit_at(Decimal("-1.37"), nickel) == (Decimal("1.40"), "Debit")


def test_ratios_of_quantities():
    assert ticket_quotes.ratios([Decimal(2), Decimal(4)]) == [1, 2]
    assert ticket_quotes.ratios([Decimal("0.5")]) == [1]


@pytest.mark.parametrize("value", [None, 3, {}, {"s": "A"}, {"s": "A", "r": "x"}])
def test_what_a_page_tells_its_socket_is_not_trusted(value):
    assert ticket_quotes.leg_from_args(value) is None


def test_speed_of_a_panel():
    held = book(AAPL=quote(229.40, 229.42))
    started = time.perf_counter()
    for _ in range(100):
        list(panel(held).cells())
    assert (time.perf_counter() - started) / 100 < 0.02
