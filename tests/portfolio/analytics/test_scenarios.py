"""Scenario grids and curves: against the payoff line, against themselves, and with gaps."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

import numpy as np
import pytest

from portfolio.analytics import curves, scenarios
from portfolio.analytics.pricing import american, european
from portfolio.analytics.scenarios import Shocks
from tests.portfolio.analytics.books import book, with_unknown
from tests.portfolio.analytics.test_payoff import line

CONDOR = [
    ("P", 100, 90, 45, 0.35),
    ("P", -100, 95, 45, 0.32),
    ("C", -100, 105, 45, 0.28),
    ("C", 100, 110, 45, 0.27),
]


@pytest.mark.parametrize("is_american", [False, True])
def test_no_shock_changes_nothing(is_american: bool) -> None:
    made = book([*CONDOR, ("S", 100, 0, 0, 0)], rate=0.04, dividend=0.01, american=is_american)
    shocks = Shocks.of([-0.1, 0.0, 0.1], [0, 10], [0.8, 1.0])
    found = scenarios.grid(made, shocks)
    assert found.pnl.shape == (3, 2, 2)
    assert found.pnl[1, 0, 1] == 0.0
    assert found.words == ""


def test_a_cell_is_what_the_pricer_says() -> None:
    made = book([("C", -200, 105, 45, 0.3)], rate=0.03)
    cell = scenarios.grid(made, Shocks.of([0.05], [20], [1.2])).pnl[0, 0, 0]
    then = european.prices(105.0, 105.0, 25 / 365, 0.36, 0.03, 0.0, True)
    now = european.prices(100.0, 105.0, 45 / 365, 0.3, 0.03, 0.0, True)
    assert cell == pytest.approx(-200 * float(then - now), abs=1e-9)


def test_american_legs_are_priced_as_such() -> None:
    made = book([("P", 100, 120, 200, 0.25)], rate=0.06, american=True)
    cell = scenarios.grid(made, Shocks.of([-0.2])).pnl[0, 0, 0]
    now = american.prices(100.0, 120.0, 200 / 365, 0.25, 0.06, 0.0, False)
    assert cell == pytest.approx(100 * (40.0 - float(now)), abs=1e-6)


def test_at_expiration_it_is_the_payoff() -> None:
    made = book(CONDOR)
    now = float(scenarios.unit_values(made, made.spot, made.years, made.volatility) @ made.scale)
    exact = line("+1 P90 -1 P95 -1 C105 +1 C110", str(round(now / 100, 10)), 100)
    spots = np.linspace(60, 140, 33)
    found = curves.curve(made, spots, 45)
    assert found.pnl == pytest.approx([float(exact.pnl(s)) for s in map(_exact, spots)], abs=1e-6)
    assert found.break_evens == pytest.approx([float(b) for b in exact.break_evens], abs=0.6)


def _exact(value: float) -> Decimal:
    return Decimal(str(value))


def test_beta_moves_the_underlying_further() -> None:
    made = replace(book([("S", 150, 0, 0, 0)], spot=52.0), beta=np.array([1.2]))
    one_per_cent = scenarios.grid(made, Shocks.of([0.01])).pnl[0, 0, 0]
    assert one_per_cent == pytest.approx(93.60)
    # 18.72 deltas of a benchmark at 500 move by 5.00 each.
    assert one_per_cent == pytest.approx(18.72 * 5.00)


def test_a_leg_without_volatility_is_counted_and_left_out() -> None:
    whole = scenarios.grid(book(CONDOR[1:]), Shocks.of([-0.1, 0.1]))
    part = scenarios.grid(with_unknown(book(CONDOR), 0), Shocks.of([-0.1, 0.1]))
    assert part.words == "3 of 4 legs"
    assert np.array_equal(part.pnl, whole.pnl)


def test_extremes_and_stresses() -> None:
    made = book([("S", 100, 0, 0, 0), ("P", 100, 95, 30, 0.3)])
    found = scenarios.grid(made, Shocks.of([-0.2, 0, 0.2]))
    assert found.best == pytest.approx(float(found.pnl[2, 0, 0]))
    rows = {item.name: pnl for item, pnl in scenarios.stress(made)}
    assert len(rows) == len(scenarios.STRESSES) == 10
    assert rows["A flat month"] < 0
    assert -600 < rows["October 1987: −20.5 % in a day"] < rows["+10 %, volatility ×0.7"]


def test_calendar_by_the_model() -> None:
    made = book([("C", -100, 100, 30, 0.3), ("C", 100, 100, 60, 0.3)])
    debit = float(scenarios.unit_values(made, made.spot, made.years, made.volatility) @ made.scale)
    found = curves.at_near_expiration(made)
    assert found.best_at == pytest.approx(100.0)
    far = european.prices(100.0, 100.0, 30 / 365, 0.3, 0, 0, True)
    assert found.best == pytest.approx(100 * float(far) - debit, abs=1e-6)
    # At worst nearly the debit is lost, far away on either side.
    assert -debit <= found.worst < -0.98 * debit
    low, high = found.break_evens
    assert 85 < low < 100 < high < 118


def test_diagonal_covers_its_short_call() -> None:
    made = book([("C", -100, 105, 30, 0.3), ("C", 100, 75, 200, 0.32)])
    found = curves.at_near_expiration(made)
    assert found.best > 0 > found.worst
    assert found.best_at == pytest.approx(105.0)


def test_many_legs_in_pieces_are_the_sum_of_all(monkeypatch: pytest.MonkeyPatch) -> None:
    made = book(CONDOR * 50)
    shocks = Shocks.of([-0.1, 0.1], [0, 5], [1.0])
    one = scenarios.grid(book(CONDOR), shocks)
    assert scenarios.grid(made, shocks).pnl == pytest.approx(50 * one.pnl)


def test_of_a_book_in_which_nothing_is_known_nothing_is_said() -> None:
    blank = with_unknown(book(CONDOR[:1]), 0)
    assert {amount for _, amount in scenarios.stress(blank)} == {None}
    assert np.isnan(scenarios.grid(blank, Shocks.of([-0.1, 0.1])).pnl).all()


def test_an_empty_book_changes_by_nothing() -> None:
    empty = book(CONDOR).pick(np.array([], dtype=np.intp))
    assert {amount for _, amount in scenarios.stress(empty)} == {0.0}
