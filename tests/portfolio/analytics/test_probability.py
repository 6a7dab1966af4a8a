"""Probabilities and expected moves: the worked numbers, and a count of simulated ends."""

from __future__ import annotations

from decimal import Decimal

import numpy as np
import pytest

from portfolio.analytics import expected_move, probability
from portfolio.analytics.probability import Outlook
from tests.portfolio.analytics.test_payoff import line

D = Decimal
OUTLOOK = Outlook(100.0, 0.30, 45 / 365)


def test_in_the_money_and_touch() -> None:
    chance = probability.in_the_money(OUTLOOK, 110, is_call=True)
    assert round(chance, 3) == 0.169
    assert round(probability.touch(OUTLOOK, 110, is_call=True), 3) == 0.338
    put = probability.in_the_money(OUTLOOK, 110, is_call=False)
    assert chance + put == pytest.approx(1)
    assert probability.touch(OUTLOOK, 99, is_call=True) == 1.0


def test_profit_of_the_put_spread_and_the_strangle() -> None:
    spread = line("-1 P95 +1 P90", "-1.50", 100)
    assert spread.break_evens == (D("93.50"),)
    assert round(probability.profit(OUTLOOK, spread), 3) == 0.721
    strangle = line("-1 P90 -1 C110", "-3.00", 100)
    assert round(probability.profit(OUTLOOK, strangle), 3) == 0.785


def test_break_even_is_no_profit() -> None:
    # Flat at exactly zero below the strike: not a cent is made there.
    flat = line("+1 C100", "0", 100)
    assert probability.profit(OUTLOOK, flat) == pytest.approx(
        probability.in_the_money(OUTLOOK, 100.0001, is_call=True)
    )


def test_best_and_worst() -> None:
    found = probability.chances(OUTLOOK, line("+1 P90 -1 P95 -1 C105 +1 C110", "-2.00", 100))
    low, high = (probability.below(OUTLOOK, k) for k in (95, 105))
    assert found.best == pytest.approx(high - low)
    tails = probability.below(OUTLOOK, 90) + 1 - probability.below(OUTLOOK, 110)
    assert found.worst == pytest.approx(tails)
    open_ended = probability.chances(OUTLOOK, line("+1 C100", "3.00", 100))
    assert open_ended.best == 0.0
    assert open_ended.worst == pytest.approx(probability.below(OUTLOOK, 100))


def test_against_simulated_ends() -> None:
    chance = np.random.default_rng(4)
    outlook = Outlook(100.0, 0.4, 0.5, rate=0.05, dividend_yield=0.02)
    ends = 100 * np.exp(
        (0.05 - 0.02 - 0.08) * 0.5 + 0.4 * np.sqrt(0.5) * chance.standard_normal(400_000)
    )
    structure = line("+1 P80 -1 P90 -2 C120 +1 C110", "-4.00", 100)
    xs = [float(spot) for spot, _ in structure.points]
    values = np.interp(ends, xs, [float(pnl) for _, pnl in structure.points])
    values += np.maximum(ends - xs[-1], 0) * float(structure.slope)
    assert probability.profit(outlook, structure) == pytest.approx(
        (values >= 0.01).mean(), abs=3e-3
    )


def test_no_time_is_certain() -> None:
    assert probability.below(Outlook(100, 0.3, 0), 99) == 0.0
    assert probability.below(Outlook(100, 0.3, 0), 101) == 1.0


def test_expected_moves() -> None:
    assert round(expected_move.one_sigma(100, 0.30, 45), 2) == 10.53
    straddle, first, second = D("4.10"), D("3.20"), D("2.50")
    assert expected_move.weighted(straddle, first, second) == D("3.67")
    assert expected_move.by_straddle(straddle).quantize(D("0.01"), "ROUND_HALF_UP") == D("3.49")
    assert expected_move.average(straddle, first) == D("3.65")
    assert len(expected_move.Definition) == 4
