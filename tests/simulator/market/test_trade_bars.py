"""Bars made of trades: the tape again, cut by count, volume, range, momentum or bricks."""

from __future__ import annotations

from datetime import date, timedelta
from itertools import pairwise

import pytest

from simulator.market import candles, tape
from simulator.market.bars import Bar, period_start
from simulator.market.calendar import at
from simulator.market.market import Market


def bars(market: Market, symbol: str, since: float = 3600.0) -> list[Bar]:
    """Oldest first, of the last hour."""
    spec = candles.parse(symbol)
    assert spec is not None
    line = market.line_of_streamer(spec.base)
    found, _ = market.candles.history(line, spec, int((market.view.epoch - since) * 1000))
    return found[::-1]


@pytest.fixture
def morning(market: Market) -> Market:
    """A quarter of an hour after the opening."""
    market.advance(at(date(2026, 11, 18), 9, 45))
    return market


def test_a_tick_bar_is_the_tape(morning: Market) -> None:
    """One price each half second: the same prices and the same volume."""
    line = morning.line("AAPL")
    prints = tape.prints(morning.days, morning.view, line, morning.view.epoch - 60,
                         morning.view.epoch, 1000)  # fmt: skip
    found = bars(morning, "AAPL{=t}", 59.5)
    expected = {p.time * 2 // 1 / 2: p.price for p in prints}
    assert {b.time / 1000: b.close for b in found} == pytest.approx(expected, abs=1e-6)
    assert sum(b.volume for b in found) == pytest.approx(sum(p.size for p in prints))


def test_so_many_trades(morning: Market) -> None:
    found = bars(morning, "AAPL{=100t}", 900)
    assert len(found) > 5
    assert all(98 <= b.count <= 102 for b in found[1:-1])
    assert [b.time for b in found] == sorted({b.time for b in found})


def test_so_much_volume(morning: Market) -> None:
    found = bars(morning, "SPY{=200000v}", 900)
    assert len(found) > 3
    assert all(b.volume == pytest.approx(200_000, rel=0.2) for b in found[1:-1])


def test_a_price_range(morning: Market) -> None:
    found = bars(morning, "SPY{=0.5p}", 900)
    assert len(found) > 2
    assert all(b.high - b.low >= 0.5 - 1e-6 for b in found[:-1])
    assert all(b.high - b.low < 0.8 for b in found)


def test_momentum(morning: Market) -> None:
    found = bars(morning, "SPY{=0.5pm}", 900)
    assert all(abs(b.close - b.open) >= 0.5 - 1e-6 for b in found[:-1])


def test_bricks(morning: Market) -> None:
    found = bars(morning, "SPY{=0.25pr}", 900)
    assert len(found) > 3
    assert all(abs(b.close - b.open) == pytest.approx(0.25) for b in found)
    for one, two in pairwise(found):
        same = (one.close > one.open) == (two.close > two.open)
        assert two.open == pytest.approx(one.close if same else one.open)


def test_days_grow_and_do_not_change(morning: Market) -> None:
    before = bars(morning, "SPY{=500t}", 900)
    morning.advance(morning.now + timedelta(minutes=5))
    after = bars(morning, "SPY{=500t}", 1200)
    assert after[: len(before) - 1] == before[:-1]
    assert len(after) > len(before)
    fresh = Market(morning.seed, morning.clock)
    fresh.advance(morning.now)
    assert bars(fresh, "SPY{=500t}", 1200) == after


def test_a_price_moved_by_hand_shows(morning: Market) -> None:
    bars(morning, "SPY{=500t}", 900)
    morning.move("SPY", 0.9, morning.now)
    morning.advance(morning.now + timedelta(seconds=30))
    found = bars(morning, "SPY{=50t}", 900)
    assert found[-1].close < found[0].close * 0.93


def test_options_too(morning: Market) -> None:
    morning.advance(morning.now + timedelta(hours=2))
    found = bars(morning, ".SPY261218C680{=10v}", 7200)
    assert len(found) > 3
    assert all(b.volume >= 10 for b in found[1:-1])


def test_an_index_has_none(morning: Market) -> None:
    assert bars(morning, "SPX{=10t}") == []


def test_the_cut_is_told(morning: Market) -> None:
    spec, line = candles.parse("SPY{=5000t}"), morning.line("SPY")
    assert spec is not None and line is not None
    found, cut = morning.candles.history(line, spec, 0)
    assert cut
    assert len({b.time // 86_400_000 for b in found}) == 3


@pytest.mark.parametrize(
    ("day", "start"),
    [
        (date(2026, 11, 20), date(2026, 10, 17)),
        (date(2026, 11, 21), date(2026, 11, 21)),
        (date(2026, 1, 2), date(2025, 12, 20)),
    ],
)
def test_option_cycles_end_on_the_third_friday(day: date, start: date) -> None:
    spec = candles.parse("SPY{=o}")
    assert spec is not None
    assert period_start(spec, day) == start


def test_a_bar_of_an_option_cycle(morning: Market) -> None:
    months, days = bars(morning, "SPY{=o}", 86400 * 60), bars(morning, "SPY{=d}", 86400 * 60)
    inside = [b for b in days if b.time >= months[-1].time]
    assert (months[-1].high, months[-1].low) == (
        max(b.high for b in inside), min(b.low for b in inside),
    )  # fmt: skip
