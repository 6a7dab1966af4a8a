"""What a market remembers never changes what it says: not across changes, restores or order."""

from __future__ import annotations

import numpy as np
import pytest

from simulator.clock import Clock
from simulator.market import ranges, volumes
from simulator.market.calendar import new_york_date
from simulator.market.lines import Line
from simulator.market.market import Market
from simulator.market.paths import Paths
from tests.simulator.market.conftest import SEED, START

SPLIT = {"kind": "split", "symbol": "KO", "factor": "0.5"}
OPTIONS = ("KO    261218C00072500", "KO    261218P00070000")


@pytest.fixture
def own() -> Market:
    """A market of its own, which a test may change."""
    return Market(SEED, Clock(START, speed=0))


@pytest.mark.parametrize("symbol", ["KO", OPTIONS[0]])
def test_volumes_follow_a_split_and_come_back(own: Market, symbol: str) -> None:
    day = new_york_date(START)
    before = volumes.of_day(_line(own, symbol), day)
    start = own.snapshot()
    own.adjust(SPLIT)
    after = volumes.of_day(_line(own, symbol), day)
    # twice the shares; options are as busy as their strike is near, and strikes stood still
    assert after == pytest.approx(2 * before, rel=1e-6) if symbol == "KO" else after != before
    own.restore(start)
    assert volumes.of_day(_line(own, symbol), day) == before


def test_the_range_of_the_year_follows_a_split(own: Market) -> None:
    day = new_york_date(START)
    high, low = own.candles.year_range(_line(own, "KO"), day)
    own.adjust(SPLIT)
    halved = own.candles.year_range(_line(own, "KO"), day)
    assert halved == pytest.approx((high / 2, low / 2), abs=0.02)


def test_a_restored_market_shows_its_delayed_side_anew(own: Market) -> None:
    start = own.snapshot()
    before = own.delayed_view().level(_line(own, "KO"))
    own.adjust(SPLIT)
    assert own.delayed_view().level(_line(own, "KO")) == pytest.approx(before / 2)
    own.restore(start)
    assert own.delayed_view().level(_line(own, "KO")) == before


def test_what_options_are_on_does_not_depend_on_who_asks_first(own: Market) -> None:
    call, put = (ranges.under(_line(own, symbol)) for symbol in OPTIONS)
    assert call is put
    share = _line(own, "KO")
    assert (call.key, call.level, call.symbol, call.row) == (
        share.key, share.level, share.symbol, share.row,
    )  # fmt: skip
    own.adjust(SPLIT)
    assert ranges.under(_line(own, OPTIONS[0])).row is own.levels.equities["KO"]


def test_prices_do_not_depend_on_their_company(own: Market) -> None:
    """Priced alone and among hundreds: the same to the last bit."""
    from simulator.market import chains

    root = chains.roots(own, "MSFT")[0]
    lines = [
        line
        for end, _ in list(chains.board(own, root))[:6]
        for line in chains.option_lines(own, root, end)
    ]
    own.view.price_all(lines)
    own.view.greek_all(lines)
    together = [(own.view.price(x).mid, own.view.greek(x)) for x in lines]
    assert len(lines) > 150
    for n in range(0, len(lines), 13):
        alone = own.view_at(own.now)
        assert (alone.price(lines[n]).mid, alone.greek(lines[n])) == together[n]


def test_paths_are_the_same_read_in_any_order() -> None:
    epochs = START.timestamp() + np.array([0, 0.5, 1, 3600, -86400 * 3, 5.25, 0.5, 40_000, 1, 0])
    first, second = (Market(SEED, Clock(START, speed=0)).levels.paths for _ in range(2))
    there = [first.read(float(e)) for e in epochs]
    back = [second.read(float(e)) for e in epochs[::-1]][::-1]
    assert all(np.array_equal(a, b) for a, b in zip(there, back, strict=True))
    _same_as_many(first, epochs, np.array(there))


def _same_as_many(paths: Paths, epochs: np.ndarray, rows: np.ndarray) -> None:
    for name in ("MKT", "own:KO", "own:BTC/USD"):
        assert np.allclose(paths.read_many(name, epochs), rows[:, paths.names[name]], atol=1e-12)


def _line(market: Market, symbol: str) -> Line:
    found = market.line(symbol)
    assert found is not None
    return found
