from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest

from simulator.clock import Clock, default_start
from simulator.market import calendar, volumes
from simulator.market.market import Market

START = datetime(2026, 11, 23, 15, 30, tzinfo=UTC)
PAIRS = [
    ("AAPL", "AAPL", "Equity"),
    ("BRK/B", "BRK/B", "Equity"),
    ("SPX", "SPX", "Index"),
    ("KO    261218C00072500", ".KO261218C72.5", "Equity Option"),
    ("SPXW  261218C06700000", ".SPXW261218C6700", "Equity Option"),
    ("BRKB  261218C00500000", ".BRKB261218C500", "Equity Option"),
    ("XYZ1  261218C00065000", ".XYZ1261218C65", "Equity Option"),
    ("/ESZ6", "/ESZ26:XCME", "Future"),
    ("/ZNH7", "/ZNH27:XCBT", "Future"),
    ("./ESZ6 EW1Z6 261204P6600", "./EW1Z26P6600:XCME", "Future Option"),
    ("./ESZ6 ESZ6  261218C6700", "./ESZ26C6700:XCME", "Future Option"),
    ("./MNQH7MN4CZ6261223P24000", "./MN4CZ26P24000:XCME", "Future Option"),
    ("BTC/USD", "BTC/USD:CXTALP", "Cryptocurrency"),
]


@pytest.mark.parametrize(("symbol", "streamer", "kind"), PAIRS)
def test_symbols_both_ways(market: Market, symbol: str, streamer: str, kind: str) -> None:
    line = market.line(symbol)
    assert line is not None and line.streamer == streamer
    assert market.kind(symbol) == kind
    back = market.line_of_streamer(streamer)
    assert back is not None and back.symbol == symbol
    raw = market.instrument(symbol)
    assert raw is not None
    assert raw["instrument-type"] in (kind, "Equity")
    assert raw["streamer-symbol"] == streamer


@pytest.mark.parametrize(
    "symbol",
    [
        "", "NOPE", "BRKB", "/ES", "/ESX6", "AAPL  261218C00270001", "AAPL  261217C00270000",
        "AAPL 261218C00270000", "./ESZ6 EW1Z6 261205P6600", "./NQZ6 EW1Z6 261204P6600", "X/USD",
        ".", "./", "AAPL  991332C00270000", "AAPL  261218C00000000", "\x00" * 21,
    ],
)  # fmt: skip
def test_unknown_symbols_are_none(market: Market, symbol: str) -> None:
    assert market.line(symbol) is None
    assert market.quote(symbol) is None
    assert market.mark(symbol) is None
    assert market.greeks(symbol) is None
    assert market.instrument(symbol) is None
    assert market.depth(symbol) is None
    assert market.tape(symbol) == []


def test_multipliers_ticks_underlyings_and_ends(market: Market) -> None:
    assert market.multiplier("AAPL") == 1
    assert market.multiplier("SPXW  261218C06700000") == 100
    assert market.multiplier("/ESZ6") == market.multiplier("./ESZ6 EW1Z6 261204P6600") == 50
    assert market.tick("KO    261218C00072500", Decimal("2.99")) == Decimal("0.01")
    assert market.tick("BRKB  261218C00500000", Decimal("3")) == Decimal("0.05")
    assert market.underlying("BRKB  261218C00500000") == "BRK/B"
    assert market.underlying("./ESZ6 EW1Z6 261204P6600") == "/ESZ6"
    assert market.expires_at("/ESZ6") == datetime(2026, 12, 18, 14, 30, tzinfo=UTC)
    assert market.expires_at("AAPL") is None


def test_a_one_digit_year_follows_the_clock() -> None:
    market = Market(7, Clock(START, speed=0))
    first = market.line("/ESM7")
    market.advance(datetime(2036, 3, 3, 15, 30, tzinfo=UTC))
    assert first is not None and first.future is not None and first.future.year == 2027
    later = market.line("/ESM6")
    assert later is not None and later.future is not None and later.future.year == 2036


def test_a_move_by_hand_reaches_followers_options_and_a_restart() -> None:
    market = Market(7, Clock(START, speed=0))
    before = {s: market.theoretical(s) or 0.0 for s in ("SPX", "SPY", "XSP", "/ESZ6", "AAPL")}
    put = market.mark("SPY   261218P00640000") or Decimal(0)
    market.move("SPX", 0.95)
    for symbol in ("SPX", "SPY", "XSP", "/ESZ6"):
        assert market.theoretical(symbol) == pytest.approx(before[symbol] * 0.95, rel=1e-6)
    assert market.theoretical("AAPL") == before["AAPL"]
    assert (market.mark("SPY   261218P00640000") or 0) > put
    state = json.loads(json.dumps(market.snapshot()))
    other = Market(7, Clock(START, speed=0))
    other.restore(state)
    for symbol in (*before, "SPY   261218P00640000"):
        assert other.quote(symbol) == market.quote(symbol)
    with pytest.raises(ValueError, match="another seed"):
        Market(8, Clock(START, speed=0)).restore(state)


def test_listeners_hear_each_step(market: Market) -> None:
    heard: list[frozenset[str]] = []
    undo = market.on_tick(heard.append)
    market.quote("SPY   261218P00640000")
    market.advance(market.now + timedelta(seconds=1))
    market.advance(market.now)
    undo()
    market.advance(market.now + timedelta(seconds=1))
    assert len(heard) == 1 and "SPY   261218P00640000" in heard[0]


def test_the_delayed_view_is_fifteen_minutes_old(market: Market) -> None:
    line = market.line("SPY")
    assert line is not None
    late = market.delayed_view().price(line)
    market.advance(market.now - timedelta(minutes=15))
    assert market.view.price(line) == late


def test_depth_begins_with_level_one(market: Market) -> None:
    for symbol in ("AAPL", "/ESZ6", "BTC/USD", "SPY   261218P00640000"):
        quote, book = market.quote(symbol), market.depth(symbol)
        assert quote is not None and book is not None
        bids, asks = book
        assert (bids[0].price, asks[0].price) == (quote.bid, quote.ask)
        assert (bids[0].size, asks[0].size) == (quote.bid_size, quote.ask_size)
        assert [x.price for x in bids] == sorted((x.price for x in bids), reverse=True)
        assert [x.price for x in asks] == sorted(x.price for x in asks)
        assert all(x.size > 0 and x.count >= 1 for x in (*bids, *asks))
    assert market.depth("SPX") is None


def test_the_tape_adds_up_to_the_volume(market: Market) -> None:
    for symbol in ("AAPL", "/ESZ6"):
        line = market.line(symbol)
        assert line is not None
        until = market.view.epoch
        prints = market.tape(symbol, 30)
        done = volumes.done(line, until) - volumes.done(line, until - 30)
        assert sum(p.size for p in prints) == pytest.approx(done, abs=2 * len(prints))
        assert all(until - 30 < p.time <= until + 0.5 for p in prints)
        assert all(p.bid <= p.price <= p.ask for p in prints)
        assert [p.sequence for p in prints] == sorted(p.sequence for p in prints)


def test_the_clock() -> None:
    wall = [0.0]
    clock = Clock(START, speed=60, wall=lambda: wall[0])
    wall[0] = 2.0
    assert clock.now() == START + timedelta(minutes=2)
    clock.pause()
    wall[0] = 50.0
    assert clock.now() == START + timedelta(minutes=2)
    clock.resume()
    wall[0] = 51.0
    assert clock.now() == START + timedelta(minutes=3)
    clock.jump(START + timedelta(days=1))
    with pytest.raises(ValueError, match="backwards"):
        clock.jump(START)
    with pytest.raises(ValueError, match="speed"):
        clock.set_speed(-1)
    other = Clock(START, speed=0)
    other.restore(json.loads(json.dumps(clock.snapshot())))
    assert (other.now() - clock.now()).total_seconds() == pytest.approx(0, abs=1)
    assert other.speed == 60


@pytest.mark.parametrize(
    "outside",
    [
        datetime(2026, 11, 22, 3, tzinfo=UTC),
        datetime(2026, 11, 26, 15, tzinfo=UTC),
        datetime(2026, 11, 28, 1, tzinfo=UTC),
        datetime(2026, 3, 11, 23, 59, tzinfo=UTC),
    ],
)
def test_by_default_the_market_is_open(outside: datetime) -> None:
    start = default_start(outside)
    assert calendar.state(start) == "Open"
    assert start.astimezone(calendar.NEW_YORK).hour == 10
    assert start.date() <= outside.date()
