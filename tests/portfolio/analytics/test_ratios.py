"""The glossary's worked numbers that are no business of another module."""

from __future__ import annotations

from decimal import Decimal

import pytest

from portfolio.analytics import ratios
from portfolio.analytics.pnl import cost, pnl_ratio

D = Decimal


def test_intrinsic_and_extrinsic() -> None:
    assert ratios.intrinsic(D(108), D(105), is_call=True) == D("3.00")
    assert ratios.extrinsic(D("5.20"), D(108), D(105), is_call=True) == D("2.20")
    assert ratios.intrinsic(D(108), D(105), is_call=False) == 0
    assert ratios.intrinsic(D(98), D(105), is_call=False) == 7
    assert ratios.extrinsic(D("2.90"), D(108), D(105), is_call=True) == 0
    assert ratios.is_inconsistent(D("2.90"), D(108), D(105), is_call=True)


def test_rank_and_percentile_differ() -> None:
    assert ratios.volatility_rank(45, 30, 60) == 50
    history = [30, 10, 11, 15, 17]
    assert ratios.volatility_rank(20, min(history), max(history)) == 50
    assert ratios.volatility_percentile(20, history) == 80
    assert ratios.volatility_rank(20, 20, 20) is None
    assert ratios.volatility_percentile(20, []) is None


def test_returns() -> None:
    roc = ratios.return_on_capital(D(150), D(350))
    assert round(roc * 100, 1) == D("42.9")
    assert round(ratios.annualised(roc, 45) * 100, 1) == D("347.6")
    assert round(ratios.annualised_compound(roc, 45) * 100) == 1705
    assert ratios.return_on_capital(D(150), None) is None
    assert ratios.annualised(roc, 0) is None


def test_theta_to_net_liq() -> None:
    assert ratios.theta_share(85.0, D(50000)) == pytest.approx(0.0017)
    assert ratios.theta_share(85.0, D(0)) is None


def test_pnl_ratio_of_the_short_puts() -> None:
    from portfolio.analytics.facts import Holding

    puts = Holding(D(-2), D(100), D("1.20"), None)
    assert round(pnl_ratio(D(80), cost(puts)) * 100, 1) == D("33.3")


def test_quick_rule() -> None:
    assert ratios.quick_profit_chance(D("1.50"), D(5)) == D("0.7")


def test_tax_words() -> None:
    disallowed = ratios.wash_sale_disallowed(D(500), D(100), D(60))
    assert disallowed == 300
    assert ratios.wash_sale_basis(D(40), disallowed, D(60)) == D("45.00")
    assert ratios.section_1256(D(10000)) == (D(6000), D(4000))
