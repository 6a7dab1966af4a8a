"""Implied volatility gives back the volatility that made the price."""

from __future__ import annotations

import numpy as np
import pytest

from portfolio.analytics.pricing import european, implied


def test_round_trip_over_a_wide_range() -> None:
    chance = np.random.default_rng(11)
    n = 20_000
    spot = np.full(n, 100.0)
    years, vol = chance.uniform(0.003, 3, n), np.exp(chance.uniform(np.log(0.03), np.log(4), n))
    rate, dividend = chance.uniform(-0.02, 0.1, n), chance.uniform(0, 0.08, n)
    strike = spot * np.exp(chance.normal(0, 1.5, n) * vol * np.sqrt(years))
    call = (strike > spot * np.exp((rate - dividend) * years)) ^ (chance.random(n) < 0.1)
    price = european.prices(spot, strike, years, vol, rate, dividend, call)
    found = implied.implied_volatility(price, spot, strike, years, rate, dividend, call)
    vega = european.greeks(spot, strike, years, vol, rate, dividend, call).vega
    # Where the price hardly moves with volatility its rounding decides; all else is exact.
    clear = vega > 1e-8 * price
    assert clear.mean() > 0.95
    assert np.abs(found[clear] / vol[clear] - 1).max() < 1e-6
    back = european.prices(spot, strike, years, np.nan_to_num(found), rate, dividend, call)
    known = np.isfinite(found)
    assert known.mean() > 0.99
    assert (np.abs(back - price) / np.maximum(spot, strike))[known].max() < 1e-12


def test_at_the_money_and_far_out() -> None:
    for strike, vol in ((100.0, 0.2), (100.0, 1e-3), (250.0, 0.4), (101.0, 0.05)):
        price = european.prices(100.0, strike, 0.5, vol, 0, 0, True)
        found = implied.implied_volatility(price, 100.0, strike, 0.5, 0, 0, True)
        assert float(found) == pytest.approx(vol, rel=1e-7)


@pytest.mark.parametrize(
    ("price", "years"),
    [(10.0, 0.5), (9.0, 0.5), (110.0, 0.5), (0.0, 0.5), (-1.0, 0.5), (np.nan, 0.5), (12.0, 0.0)],
)
def test_no_volatility_fits(price: float, years: float) -> None:
    # A call of strike 100 at spot 110 without rates is worth between 10 and 110.
    assert np.isnan(implied.implied_volatility(price, 110.0, 100.0, years, 0, 0, True))


def test_black_76() -> None:
    price = european.black_76_prices(5000.0, 5100.0, 0.1, 0.18, 0.04, True)
    found = implied.black_76_implied_volatility(price, 5000.0, 5100.0, 0.1, 0.04, True)
    assert float(found) == pytest.approx(0.18, rel=1e-9)
