"""No static arbitrage in any smile, at any level of volatility."""

from __future__ import annotations

import numpy as np
import pytest

from simulator.market import pricing, surface
from simulator.market.smiles import smile_of
from simulator.market.universe import equities, futures

OWNERS = [*equities.load().values(), *futures.load().values()]
NAMES = ["SPX", "AAPL", "VIX", "GLD", "UNG"]
NOW = 1_795_447_800.0
YEAR = 365 * 86400.0
K = np.linspace(-1.2, 1.2, 401)


def owners() -> list[object]:
    rows = equities.load()
    return [rows[n] for n in NAMES] + [futures.load()[c] for c in ("ES", "CL", "6E", "ZN")]


@pytest.mark.parametrize("owner", owners())
@pytest.mark.parametrize("state", [-0.9, 0.0, 1.5])
def test_no_butterfly(owner: object, state: float) -> None:
    smile = smile_of(owner)  # type: ignore[arg-type]
    for days in (1, 7, 30, 400):
        years = np.full(len(K), days / 365)
        vol = surface.volatility(smile, state, NOW, years, K)
        size = len(K)
        calls = pricing.european(
            pricing.Terms(
                np.ones(size),
                np.exp(K),
                years,
                vol,
                np.zeros(size),
                np.zeros(size),
                np.ones(size, bool),
                np.ones(size, bool),
            )
        )
        slope = np.diff(calls) / np.diff(np.exp(K))
        assert (slope <= 1e-7).all() and (slope >= -1 - 1e-7).all()
        assert (np.diff(slope) >= -2e-6).all(), "call prices are convex in the strike"


@pytest.mark.parametrize("state", [-0.9, 0.0, 1.5])
def test_no_calendar(state: float) -> None:
    years = np.array([1, 2, 5, 9, 20, 40, 80, 160, 320, 640]) / 365
    for owner in OWNERS:
        smile = smile_of(owner)
        theta = surface.atm_variance(smile, state, NOW, years)
        total = np.array([surface.total_variance(smile, np.full(len(K), t), K) for t in theta])
        assert (np.diff(total, axis=0) >= -1e-12).all(), owner


def test_skew_term_and_earnings() -> None:
    rows = equities.load()
    index = smile_of(rows["SPX"])
    month = np.full(2, 30 / 365)
    low, high = surface.volatility(index, 0.0, NOW, month, np.array([-0.05, 0.05]))
    assert low > high + 0.02, "puts cost more on an index"
    vix = smile_of(rows["VIX"])
    low, high = surface.volatility(vix, 0.0, NOW, month, np.array([-0.2, 0.2]))
    assert high > low, "and calls on volatility"
    apple = smile_of(rows["AAPL"])
    report = min(t for t in apple.earnings if t > NOW)
    ends = np.array([report - 3600 - NOW, report + 3600 - NOW]) / YEAR
    before, after = surface.atm_variance(apple, 0.0, NOW, ends)
    assert after - before > (apple.long_run * surface.EARNINGS_MOVE) ** 2 * 0.99


def test_a_shape_that_allows_arbitrage_is_refused() -> None:
    with pytest.raises(ValueError, match="arbitrage"):
        surface.Smile(0.2, -0.9, 1.2, 1.0)
