"""American prices against QuantLib, by numpy and compiled, and by their laws."""

from __future__ import annotations

import numpy as np
import pytest

from portfolio.analytics.pricing import american, european, lattice
from portfolio.analytics.pricing.american import Dividend
from tests.portfolio.analytics.pricing import oracle

CHANCE = np.random.default_rng(3)
N = 150
STRIKE = CHANCE.uniform(75, 135, N)
DAYS = CHANCE.integers(2, 400, N)
VOL = CHANCE.uniform(0.1, 0.6, N)
RATE, DIVIDEND = CHANCE.uniform(0.0, 0.06, N), CHANCE.uniform(0.0, 0.04, N)
CALL = CHANCE.random(N) < 0.5
INPUTS = (100.0, STRIKE, DAYS / 365, VOL, RATE, DIVIDEND, CALL)
WAYS = [False] + ([True] if lattice.is_compilable() else [])


@pytest.fixture(scope="module")
def exact() -> np.ndarray:
    engine = oracle.American()
    facts = (STRIKE, DAYS, VOL, RATE, DIVIDEND, CALL)
    return np.array([engine.price(100, *(values[i] for values in facts)) for i in range(N)])


@pytest.mark.parametrize("compiled", WAYS)
def test_within_two_basis_points_of_the_strike_of_quantlib(
    compiled: bool, exact: np.ndarray
) -> None:
    ours = american.prices(*INPUTS, compiled=compiled)
    assert (np.abs(ours - exact) / STRIKE).max() < 2e-4


@pytest.mark.skipif(not lattice.is_compilable(), reason="needs the compiled extra")
def test_compiled_and_numpy_agree() -> None:
    cash = [Dividend(0.1, 0.8), Dividend(0.4, 0.8)]
    for due in ((), cash):
        both = [american.prices(*INPUTS, dividends=due, compiled=way) for way in (True, False)]
        assert np.abs(both[0] - both[1]).max() < 1e-10


def test_early_exercise_is_worth_dollars() -> None:
    put = (40.0, 100.0, 1.0, 0.25, 0.06, 0.0, False)
    assert float(american.prices(*put)) == pytest.approx(60.0, abs=1e-9)
    assert float(american.prices(*put) - european.prices(*put)) > 4.84


def test_never_below_exercise_or_the_european_price() -> None:
    ours = american.prices(*INPUTS)
    side = np.where(CALL, 1, -1)
    assert np.all(ours >= side * (100.0 - STRIKE) - 1e-12)
    assert np.all(ours >= european.prices(*INPUTS) - 1e-12)


def test_a_call_without_dividend_is_european_to_the_last_digit() -> None:
    call = (100.0, 95.0, 0.7, 0.3, 0.05, 0.0, True)
    assert float(american.prices(*call)) == float(european.prices(*call))


@pytest.mark.parametrize("strike", [1.0, 30.0, 99.0, 101.0, 400.0, 20_000.0])
@pytest.mark.parametrize("vol", [0.0, 1e-4, 0.01, 0.2, 6.0])
@pytest.mark.parametrize("years", [0.0, 1e-5, 1 / 365, 3.0])
def test_degenerate_inputs_stay_sound(strike: float, vol: float, years: float) -> None:
    for call in (True, False):
        price = float(american.prices(100.0, strike, years, vol, 0.05, 0.03, call))
        assert np.isfinite(price)
        assert price >= max(0.0, (100.0 - strike) * (1 if call else -1)) - 1e-12
        assert price <= (100.0 if call else strike) + 1e-9


def test_without_volatility_the_best_moment_is_taken() -> None:
    # Interest on the strike against a dividend yield: the best moment lies in between.
    call = float(american.prices(100.0, 80.0, 10.0, 0.0, 0.08, 0.05, True))
    moments = np.linspace(0, 10, 100_001)
    best = (100 * np.exp(-0.05 * moments) - 80 * np.exp(-0.08 * moments)).max()
    assert call == pytest.approx(best, abs=1e-7)


@pytest.mark.parametrize("call", [True, False])
@pytest.mark.parametrize("strike", [85.0, 100.0, 115.0])
def test_cash_dividends_against_quantlib(call: bool, strike: float) -> None:
    due = [(30, 1.5), (121, 1.5), (212, 1.5), (400, 9.0)]
    exact = oracle.American().price(100, strike, 270, 0.3, 0.05, 0.0, call, due)
    cash = [Dividend(days / 365, amount) for days, amount in due]
    ours = american.prices(100.0, strike, 270 / 365, 0.3, 0.05, 0.0, call, dividends=cash)
    assert float(ours) == pytest.approx(exact, abs=5e-4 * strike)


def test_the_call_is_exercised_before_a_large_dividend() -> None:
    cash = [Dividend(5 / 365, 6.0)]
    price = american.prices(100.0, 80.0, 30 / 365, 0.1, 0.03, 0.0, True, dividends=cash)
    assert float(price) == pytest.approx(20.0, abs=0.05)
    held = european.prices(94.0, 80.0, 30 / 365, 0.1, 0.03, 0.0, True)
    assert float(price) > float(held) + 5


def test_dividends_above_the_spot_are_refused() -> None:
    with pytest.raises(ValueError, match="dividends"):
        american.prices(5.0, 5.0, 1.0, 0.3, 0.0, 0.0, True, dividends=[Dividend(0.5, 9.0)])
    with pytest.raises(ValueError, match="years"):
        american.prices(5.0, 5.0, -1.0, 0.3, 0.0, 0.0, True)


def test_greeks_of_a_call_without_dividends_are_european() -> None:
    call = (100.0, np.array([90.0, 100.0, 120.0]), 0.5, 0.3, 0.04, 0.0, True)
    ours, exact = american.greeks(*call), european.greeks(*call)
    for name in ("delta", "gamma", "theta", "vega", "rho"):
        assert getattr(ours, name) == pytest.approx(getattr(exact, name), rel=5e-3, abs=1e-4), name


def test_greeks_of_what_should_be_exercised_are_those_of_the_shares() -> None:
    found = american.greeks(50.0, 100.0, 1.0, 0.2, 0.06, 0.0, False)
    assert float(found.delta) == pytest.approx(-1.0)
    assert float(found.gamma) == pytest.approx(0.0, abs=1e-9)
    assert float(found.theta) == pytest.approx(0.0, abs=1e-9)


def test_implied_volatility_round_trip() -> None:
    strikes = np.array([80.0, 95.0, 100.0, 110.0, 130.0])
    for call in (True, False):
        price = american.prices(100.0, strikes, 0.4, 0.35, 0.05, 0.02, call)
        found = american.implied_volatility(price, 100.0, strikes, 0.4, 0.05, 0.02, call)
        assert found == pytest.approx(0.35, abs=1e-6)
    assert np.isnan(american.implied_volatility(20.0, 80.0, 100.0, 0.4, 0.05, 0.0, False))
