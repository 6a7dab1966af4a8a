"""European prices and Greeks against QuantLib, against differences, and by their laws."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from portfolio.analytics.pricing import european
from tests.portfolio.analytics.pricing import oracle

CHANCE = np.random.default_rng(5)
N = 400
SPOT = CHANCE.uniform(20, 400, N)
STRIKE = SPOT * CHANCE.uniform(0.5, 1.8, N)
YEARS = CHANCE.uniform(0.002, 2.5, N)
VOL = CHANCE.uniform(0.05, 1.2, N)
RATE = CHANCE.uniform(-0.01, 0.09, N)
DIVIDEND = CHANCE.uniform(0.0, 0.06, N)
CALL = CHANCE.random(N) < 0.5
INPUTS = (SPOT, STRIKE, YEARS, VOL, RATE, DIVIDEND, CALL)


def test_prices_are_those_of_quantlib() -> None:
    exact = [oracle.european(*(values[i] for values in INPUTS)) for i in range(N)]
    assert np.abs(european.prices(*INPUTS) - exact).max() < 1e-10


def test_black_76_prices_are_those_of_quantlib() -> None:
    ours = european.black_76_prices(SPOT, STRIKE, YEARS, VOL, RATE, CALL)
    exact = [
        oracle.european(SPOT[i], STRIKE[i], YEARS[i], VOL[i], RATE[i], RATE[i], CALL[i])
        for i in range(N)
    ]
    assert np.abs(ours - exact).max() < 1e-10


def test_far_out_of_the_money_is_small_and_positive() -> None:
    price = european.prices(100.0, 300.0, 0.25, 0.2, 0.0, 0.0, True)
    assert price == pytest.approx(oracle.european(100, 300, 0.25, 0.2, 0, 0, True), rel=1e-3)
    assert 0 < float(price) < 1e-20


@pytest.mark.parametrize("on_future", [False, True])
def test_greeks_are_the_slopes_of_the_price(on_future: bool) -> None:
    def price(s=SPOT, t=YEARS, v=VOL, r=RATE):  # type: ignore[no-untyped-def]
        return european.prices(s, STRIKE, t, v, r, r if on_future else DIVIDEND, CALL)

    if on_future:
        found = european.black_76_greeks(SPOT, STRIKE, YEARS, VOL, RATE, CALL)
    else:
        found = european.greeks(*INPUTS)
    h = 1e-4 * SPOT
    slopes = {
        "delta": (price(s=SPOT + h) - price(s=SPOT - h)) / (2 * h),
        "theta": -(price(t=YEARS + 1e-6) - price(t=YEARS - 1e-6)) / 2e-6 / 365,
        "vega": (price(v=VOL + 1e-5) - price(v=VOL - 1e-5)) / 2e-5 / 100,
        "rho": (price(r=RATE + 1e-5) - price(r=RATE - 1e-5)) / 2e-5 / 100,
    }
    assert found.price == pytest.approx(price(), abs=1e-12)
    for name, slope in slopes.items():
        assert getattr(found, name) == pytest.approx(slope, rel=2e-4, abs=2e-5), name
    bend = (price(s=SPOT + 10 * h) - 2 * price() + price(s=SPOT - 10 * h)) / (100 * h * h)
    assert found.gamma == pytest.approx(bend, rel=5e-3, abs=1e-6)


def test_no_time_or_no_volatility_is_the_payoff() -> None:
    spots = np.array([90.0, 100.0, 110.0, 0.0])
    assert european.prices(spots, 100, 0, 0.3, 0.05, 0, True) == pytest.approx([0, 0, 10, 0])
    assert european.prices(spots, 100, 0, 0.3, 0.05, 0, False) == pytest.approx([10, 0, 0, 100])
    still = european.greeks(spots, 100.0, 1.0, 0.0, 0.0, 0.0, True)
    assert still.price == pytest.approx([0, 0, 10, 0])
    assert still.delta[[0, 2]] == pytest.approx([0, 1])
    assert np.all(still.gamma == 0) and np.all(still.vega == 0)
    assert np.all(np.isfinite(still.theta))


def test_a_grid_is_made_of_its_cells() -> None:
    spots, strikes = np.linspace(50, 150, 37), np.linspace(60, 140, 23)[:, None]
    years, vols = np.linspace(0.01, 1, 11)[:, None, None], np.array(0.3)
    grid = european.prices(spots, strikes, years, vols, 0.03, 0.01, strikes > 100)
    assert grid.shape == (11, 23, 37)
    one = european.prices(spots[5], strikes[7, 0], years[3, 0, 0], 0.3, 0.03, 0.01, False)
    assert one.shape == () and grid[3, 7, 5] == pytest.approx(float(one), abs=1e-13)


def test_pieces_join_without_a_seam(monkeypatch: pytest.MonkeyPatch) -> None:
    whole = european.greeks(*INPUTS)
    monkeypatch.setattr(european, "PIECE", 7)
    cut = european.greeks(*INPUTS)
    for name in ("price", "delta", "gamma", "theta", "vega", "rho"):
        assert np.array_equal(getattr(whole, name), getattr(cut, name))


@pytest.mark.parametrize("bad", [-1.0, np.nan])
def test_bad_input_is_refused_by_name(bad: float) -> None:
    with pytest.raises(ValueError, match="volatility"):
        european.prices(100, 100, 1, bad, 0, 0, True)
    with pytest.raises(ValueError, match="spot"):
        european.prices(bad, 100, 1, 0.2, 0, 0, True)


@given(
    st.floats(1, 500),
    st.floats(1, 500),
    st.floats(0, 3),
    st.floats(0, 3),
    st.floats(-0.05, 0.2),
    st.floats(0, 0.2),
)
def test_parity(s: float, k: float, t: float, v: float, r: float, q: float) -> None:
    call, put = european.prices(s, k, t, v, r, q, np.array([True, False]))
    assert call - put == pytest.approx(s * np.exp(-q * t) - k * np.exp(-r * t), abs=1e-9)
