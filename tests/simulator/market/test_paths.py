from __future__ import annotations

import subprocess
import sys
from datetime import UTC, datetime

import numpy as np
import pytest

from simulator.market.market import Market

START = datetime(2026, 11, 23, 15, 30, tzinfo=UTC)
SCRIPT = """
from datetime import UTC, datetime, timedelta
from simulator.clock import Clock
from simulator.market.market import Market
start = datetime(2026, 11, 23, 15, 30, tzinfo=UTC)
market = Market(7, Clock(start, speed=0))
names = ("SPY", "/ESZ6", "BTC/USD", "AAPL  261218C00270000", "./ESZ6 EW1Z6 261204P6600")
for step in range(0, 4000, {stride}):
    market.advance(start + timedelta(seconds=step))
    for name in names:
        market.quote(name)
market.advance(start + timedelta(hours=2))
for name in names:
    print(market.quote(name), market.greeks(name), market.depth(name), market.tape(name, 20))
"""


def run(stride: int) -> bytes:
    return subprocess.run(
        [sys.executable, "-c", SCRIPT.format(stride=stride)], check=True, capture_output=True
    ).stdout


def test_two_processes_agree_whatever_the_cadence() -> None:
    first, second = run(400), run(3999)
    assert first == second
    assert first.count(b"Quote(") == 5


def test_another_seed_is_another_market(market: Market) -> None:
    from simulator.clock import Clock

    other = Market(8, Clock(START, speed=0))
    assert other.quote("SPY") != market.quote("SPY")


def test_a_day_read_at_once_equals_the_day_read_instant_by_instant(market: Market) -> None:
    paths = market.levels.paths
    for name in ("MKT", "CRYP"):
        day = paths.day_of(START.timestamp())
        epochs, values = paths.grid(name, day, 16)
        for step in (0, 1, 777, 40_000, 65_535):
            read = paths.read(float(epochs[step]) + 1e-4)[paths.names[name]]
            assert read == pytest.approx(values[step], abs=1e-12)


def test_many_instants_at_once_equal_one_by_one(market: Market) -> None:
    epochs = START.timestamp() - np.array([0.0, 33.5, 86_400.0, 5e6, 6.7e7, 9.9e7])
    for name in ("SPY", "AAPL", "BTC/USD", "/CL"):
        many = market.levels.at_many(name, epochs)
        one = [market.levels.spot(name, float(e)) for e in epochs]
        assert many == pytest.approx(one, rel=1e-12)


def test_days_join(market: Market) -> None:
    paths = market.levels.paths
    day = paths.day_of(START.timestamp())
    for name in ("MKT", "VOLX", "CRYP", "own:AAPL"):
        end, start = paths.grid(name, day, 8)[1][-1], paths.grid(name, day + 1, 8)[1][0]
        assert end == pytest.approx(start, abs=1e-12)


def test_underlyings_move_together_and_with_their_own_volatility(market: Market) -> None:
    paths, levels = market.levels.paths, market.levels
    day = paths.day_of(START.timestamp())
    closes = {
        name: np.array([levels.grid(name, day - 7 * n, 4)[1][-1] for n in range(200)])
        for name in ("SPY", "QQQ", "KO", "GLD", "NVDA")
    }
    moves = {name: np.diff(np.log(values)) for name, values in closes.items()}
    assert np.corrcoef(moves["SPY"], moves["QQQ"])[0, 1] > 0.7
    assert abs(np.corrcoef(moves["SPY"], moves["GLD"])[0, 1]) < 0.35
    assert moves["NVDA"].std() > 1.6 * moves["KO"].std()


def test_trackers_keep_their_ratio(market: Market) -> None:
    spx, xsp = (market.levels.spot(n, START.timestamp()) for n in ("SPX", "XSP"))
    assert xsp == pytest.approx(spx / 10)


def test_outside_its_range_the_market_says_so(market: Market) -> None:
    with pytest.raises(ValueError, match="2021 to 2036"):
        market.levels.paths.day_of(datetime(2019, 1, 1, tzinfo=UTC).timestamp())
