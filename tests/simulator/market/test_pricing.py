"""Prices and Greeks against QuantLib and against finite differences."""

from __future__ import annotations

from dataclasses import replace
from itertools import product

import numpy as np
import pytest

from simulator.market import pricing

ql = pytest.importorskip("QuantLib")

CASES = list(product((80.0, 95.0, 100.0, 105.0, 125.0), (7, 45, 400), (0.15, 0.55), (True, False)))


def terms(
    spot: float = 100.0, r: float = 0.0385, q: float = 0.015, european: bool = False
) -> pricing.Terms:
    strike, days, vol, call = (np.array(column) for column in zip(*CASES, strict=True))
    years = days / 365.0
    size = len(CASES)
    return pricing.Terms(
        spot * np.exp((r - q) * years), strike, years, vol, np.full(size, r), np.full(size, r - q),
        call, np.full(size, european),
    )  # fmt: skip


def oracle(index: int, t: pricing.Terms) -> float:
    today = ql.Date(2, 1, 2026)
    ql.Settings.instance().evaluationDate = today
    day = ql.Actual365Fixed()
    spot = ql.QuoteHandle(ql.SimpleQuote(float(t.spot[index])))
    r, q = float(t.rate[index]), float(t.rate[index] - t.carry[index])
    process = ql.BlackScholesMertonProcess(
        spot,
        ql.YieldTermStructureHandle(ql.FlatForward(today, q, day)),
        ql.YieldTermStructureHandle(ql.FlatForward(today, r, day)),
        ql.BlackVolTermStructureHandle(
            ql.BlackConstantVol(today, ql.NullCalendar(), float(t.vol[index]), day)
        ),
    )
    end = today + round(t.years[index] * 365)
    kind = ql.Option.Call if t.call[index] else ql.Option.Put
    payoff = ql.PlainVanillaPayoff(kind, float(t.strike[index]))
    if t.european[index]:
        option = ql.VanillaOption(payoff, ql.EuropeanExercise(end))
        option.setPricingEngine(ql.AnalyticEuropeanEngine(process))
    else:
        option = ql.VanillaOption(payoff, ql.AmericanExercise(today, end))
        option.setPricingEngine(ql.QdFpAmericanEngine(process))
    return float(option.NPV())


@pytest.mark.parametrize("european", [True, False])
def test_prices_agree_with_the_oracle(european: bool) -> None:
    t = terms(european=european)
    found = pricing.price(t)
    expected = np.array([oracle(i, t) for i in range(len(CASES))])
    assert np.abs(found - expected).max() < (1e-6 if european else 0.02)


def test_greeks_are_the_slopes_of_the_price() -> None:
    for european in (True, False):
        t = terms(european=european)
        g = pricing.greeks(t)
        step = 0.01
        up, down = (replace(t, forward=t.forward * (1 + s)) for s in (step, -step))
        slope = (pricing.price(up) - pricing.price(down)) / (2 * step * t.spot)
        assert np.abs(g.delta - slope).max() < 0.02
        wider = pricing.price(t.with_vol(t.vol + 0.01)) - pricing.price(t)
        assert np.abs(g.vega - wider).max() < 0.012
        sooner = replace(
            t, years=t.years - 1 / 365, forward=t.spot * np.exp(t.carry * (t.years - 1 / 365))
        )
        decay = pricing.price(sooner) - pricing.price(t)
        later = t.years > 0.05
        assert np.abs(g.theta - decay)[later].max() < 0.012


def test_early_exercise_is_worth_something_and_never_less_than_nothing() -> None:
    american, plain = pricing.price(terms()), pricing.price(terms(european=True))
    assert (american >= plain - 1e-9).all()
    puts = ~terms().call & (terms().strike == 125.0)
    assert (american - plain)[puts].max() > 0.3


def test_options_on_futures_carry_nothing() -> None:
    t = terms(q=0.0385)
    assert np.allclose(t.carry, 0)
    assert np.allclose(t.spot, t.forward)
    assert (pricing.price(t) >= pricing.european(t) - 1e-9).all()


def test_large_batches_equal_small_ones() -> None:
    t = terms()
    many = t.pick(np.tile(np.arange(len(CASES)), 30))
    assert np.allclose(pricing.price(many)[: len(CASES)], pricing.price(t), atol=1e-9)
