"""Quotes across whole chains: on the tick, never crossed, free of arbitrage within the spread."""

from __future__ import annotations

import math
import time
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest

from simulator.market import chains, expirations
from simulator.market.levels import RATE
from simulator.market.lines import Line, tick_at
from simulator.market.market import Market

UNDERLYINGS = ["SPY", "AAPL", "SPX", "XSP", "VIX", "BRK/B", "F", "NDX", "XYZ"]


def board(market: Market, symbol: str, index: int, root: int = 0) -> list[Line]:
    chosen = chains.roots(market, symbol)[root]
    end = expirations.listed(chosen, market.now)[index]
    return list(chains.option_lines(market, chosen, end))


@pytest.mark.parametrize("symbol", UNDERLYINGS)
@pytest.mark.parametrize("index", [0, 3, -1])
def test_a_board_is_sane(market: Market, symbol: str, index: int) -> None:
    lines = board(market, symbol, index)
    quotes = market.quotes(line.symbol for line in lines)
    assert len(quotes) == len(lines) > 10
    for line in lines:
        q = quotes[line.symbol]
        assert q.ask is not None and q.ask > 0
        assert q.ask % tick_at(line.ticks, q.ask) == 0
        assert q.ask_size > 0
        if q.bid is None:
            assert q.bid_size == 0
            continue
        assert 0 < q.bid < q.ask
        assert q.bid % tick_at(line.ticks, q.bid) == 0
        assert q.bid <= q.mark <= q.ask


@pytest.mark.parametrize("symbol", UNDERLYINGS)
def test_boards_order_by_strike(market: Market, symbol: str) -> None:
    lines = board(market, symbol, 4)
    market.prepare(lines)
    for call in (True, False):
        mids = [market.view.price(x).mid for x in lines if x.call is call]
        rising = sorted(mids, reverse=call)
        assert mids == pytest.approx(rising, abs=0.004)


@pytest.mark.parametrize("symbol", ["SPX", "XSP", "NDX", "RUT"])
@pytest.mark.parametrize("index", [1, 5, -1])
def test_put_call_parity_within_the_spread(market: Market, symbol: str, index: int) -> None:
    lines = board(market, symbol, index, root=-1)
    market.prepare(lines)
    pairs = zip(lines[::2], lines[1::2], strict=True)
    for call, put in pairs:
        c, p = market.view.price(call), market.view.price(put)
        years = (call.expires - market.view.resting(call.hours)) / 31536000
        worth = math.exp(-RATE * years) * (c.forward - call.k)
        assert c.bid - p.ask - 0.01 <= worth <= c.ask - p.bid + 0.01


@pytest.mark.parametrize("symbol", ["SPY", "AAPL", "KO"])
def test_american_parity_bounds(market: Market, symbol: str) -> None:
    lines = board(market, symbol, 8)
    market.prepare(lines)
    spot = market.theoretical(symbol)
    assert spot is not None
    row = market.levels.equities[symbol]
    for call, put in zip(lines[::2], lines[1::2], strict=True):
        c, p = market.view.price(call), market.view.price(put)
        years = (call.expires - market.view.epoch) / 31536000
        low = spot * math.exp(-row.dividend_yield * years) - call.k
        high = spot - call.k * math.exp(-RATE * years)
        assert c.bid - p.ask <= high + 0.01
        assert c.ask - p.bid >= low - 0.01


def test_spreads_widen_with_distance_and_time(market: Market) -> None:
    near, far = board(market, "SPY", 2), board(market, "SPY", -1)
    market.prepare([*near, *far])

    def spread(lines: list[Line], strike: str) -> float:
        line = next(x for x in lines if x.call and x.strike == Decimal(strike))
        price = market.view.price(line)
        return (price.ask - price.bid) / price.mid

    atm = str(round(market.theoretical("SPY") or 0))
    outer = str(round(float(atm) * 1.03))
    assert spread(near, outer) > spread(near, atm)
    plain = board(market, "AAPL", 2), board(market, "AAPL", -1)
    market.prepare([*plain[0], *plain[1]])
    widths = [
        market.view.price(next(x for x in lines if x.call and x.strike == 270)) for lines in plain
    ]
    assert widths[1].ask - widths[1].bid > widths[0].ask - widths[0].bid


def test_everything_that_is_listed_has_a_quote(market: Market) -> None:
    symbols = [*market.levels.equities, *market.levels.coins]
    for product in market.levels.products.values():
        symbols += [f.symbol for f in chains.futures(market, product)]
        for end in chains.future_boards(market, product)[:3]:
            symbols += [x.symbol for x in list(chains.future_option_lines(market, end))[:40:13]]
    for symbol in symbols:
        q = market.quote(symbol)
        assert q is not None and q.ask is not None and q.mark > 0, symbol
        assert q.last is not None and q.prev_close is not None, symbol
        if q.bid is not None:
            assert q.bid < q.ask, symbol


@pytest.mark.parametrize(
    ("symbol", "when", "moves"),
    [
        ("SPY", datetime(2026, 11, 24, 4, tzinfo=UTC), False),
        ("SPY", datetime(2026, 11, 23, 23, tzinfo=UTC), True),
        ("SPX", datetime(2026, 11, 23, 23, tzinfo=UTC), False),
        ("AAPL  261218C00270000", datetime(2026, 11, 23, 23, tzinfo=UTC), False),
        ("/ESZ6", datetime(2026, 11, 24, 4, tzinfo=UTC), True),
        ("/ESZ6", datetime(2026, 11, 21, 12, tzinfo=UTC), False),
        ("BTC/USD", datetime(2026, 11, 21, 12, tzinfo=UTC), True),
    ],
)
def test_quotes_rest_outside_their_hours(
    market: Market, symbol: str, when: datetime, moves: bool
) -> None:
    market.advance(when)
    assert market.is_open(symbol) is moves
    first = market.theoretical(symbol)
    market.advance(when + timedelta(minutes=30))
    assert (market.theoretical(symbol) != first) is moves


def test_an_ended_option_is_worth_its_exercise_value(market: Market) -> None:
    symbol = "SPXW  261123C06500000"
    market.advance(datetime(2026, 11, 23, 21, 30, tzinfo=UTC))
    settled = market.settlement(symbol)
    assert settled is not None
    assert market.theoretical(symbol) == pytest.approx(float(settled) - 6500, abs=0.6)
    assert market.instrument(symbol)["active"] is False  # type: ignore[index]
    assert market.is_open(symbol) is False


def test_summary_brackets_and_grows(market: Market) -> None:
    start = market.now
    for symbol in ("AAPL", "/ESZ6", "BTC/USD", "SPY   261218P00640000"):
        line = market.line(symbol)
        assert line is not None
        highs, lows, volumes = [], [], []
        for minutes in range(0, 240, 7):
            market.advance(start + timedelta(minutes=minutes))
            day = market.days.summary(market.view, line)
            assert day.low <= day.open <= day.high
            assert day.low <= day.last <= day.high
            highs.append(day.high)
            lows.append(day.low)
            volumes.append(day.volume)
        assert volumes == sorted(volumes)
        if not line.is_option:
            assert highs == sorted(highs)
            assert lows == sorted(lows, reverse=True)


def test_a_tick_with_three_hundred_options_is_cheap(market: Market) -> None:
    lines = [x for n in (2, 3, 4, 5) for x in board(market, "SPY", n)][:300]
    market.prepare(lines)
    best = 1.0
    for step in range(1, 8):
        before = time.perf_counter()
        market.advance(market.now + timedelta(seconds=0.25 * step))
        market.prepare(lines)
        market.view.greek_all(lines)
        best = min(best, time.perf_counter() - before)
    assert best < 0.060, "about 10 ms on an idle core"
