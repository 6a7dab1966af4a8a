"""Position Greeks by hand-worked numbers."""

from __future__ import annotations

from decimal import Decimal

import pytest

from portfolio.analytics import greeks
from portfolio.analytics.facts import Holding, Kind
from portfolio.analytics.greeks import UnitGreeks

D = Decimal


def option(quantity: str, multiplier: str | None = "100") -> Holding:
    size = D(multiplier) if multiplier else None
    return Holding(D(quantity), size, D(1), None, kind=Kind.OPTION)


def test_short_puts_are_long_delta() -> None:
    result = greeks.position_greeks(option("-2"), UnitGreeks(-0.25, 0.03, -0.05, 0.12))
    assert result.delta == pytest.approx(50)
    assert result.gamma == pytest.approx(-6)
    assert result.theta == pytest.approx(10)
    assert result.vega == pytest.approx(-24)


@pytest.mark.parametrize(
    ("kind", "quantity", "multiplier", "delta"),
    [(Kind.SPOT, "150", "1", 150), (Kind.FUTURE, "1", "50", 50), (Kind.SPOT, "-0.05", "1", -0.05)],
)
def test_what_is_no_option_moves_one_for_one(
    kind: Kind, quantity: str, multiplier: str, delta: float
) -> None:
    facts = Holding(D(quantity), D(multiplier), D(1), None, kind=kind)
    result = greeks.position_greeks(facts, None)
    assert (result.delta, result.gamma, result.theta, result.vega) == (delta, 0, 0, 0)


def test_missing_greeks_are_missing() -> None:
    assert greeks.position_greeks(option("-2"), None) == greeks.NOTHING
    assert greeks.position_greeks(option("-2", None), UnitGreeks(-0.25)) == greeks.NOTHING
    assert greeks.position_greeks(option("-2"), UnitGreeks(-0.25)).gamma is None


def test_a_sum_says_how_many_legs_it_holds() -> None:
    known = greeks.position_greeks(option("1"), UnitGreeks(0.5, 0.01, -0.02, 0.1))
    sums = greeks.sum_greeks([known, known, known, greeks.NOTHING])
    assert sums.delta.value == pytest.approx(150)
    assert sums.words == "3 of 4 legs"
    assert greeks.sum_greeks([known]).words == ""
    assert greeks.sum_greeks([greeks.NOTHING]).delta.value is None


def test_dollar_greeks() -> None:
    assert greeks.dollar_gamma(12, 52) == pytest.approx(324.48)
    assert greeks.dollar_delta(50, 52) == pytest.approx(2600)


def test_beta_weighted_delta_by_both_ways() -> None:
    weighted = greeks.beta_weighted_delta(150, 1.2, 52, 500)
    assert weighted == pytest.approx(18.72)
    # One per cent of the benchmark moves the share by 1.2 %: 0.624 × 150 = 93.60 either way.
    assert weighted * 5.00 == pytest.approx(0.012 * 52 * 150)
    # A future and a short put of it, multiplier 50 already in the position delta.
    assert greeks.beta_weighted_delta(50, 1, 5000, 500) == pytest.approx(500)
    assert greeks.beta_weighted_delta(-1 * 50 * -0.25, 1, 5000, 500) == pytest.approx(125)
    assert greeks.beta_weighted_delta(150, None, 52, 500) is None
