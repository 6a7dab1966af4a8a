"""A book kept fresh by ticks equals one valued anew, and says what is missing."""

from __future__ import annotations

from decimal import Decimal

import numpy as np
import pytest

from bench.bench_revaluation import bare, made
from portfolio.analytics import greeks, pnl
from portfolio.analytics.facts import Holding, Kind
from portfolio.analytics.greeks import UnitGreeks
from portfolio.analytics.revaluation import Column, LiveBook, Ticks

D = Decimal


@pytest.mark.parametrize("legs", [1, 31, 32, 33, 1025, 5000])
def test_sums_are_those_of_bare_arrays(legs: int) -> None:
    positions, ticks = made(legs)
    found = LiveBook(positions, ticks).sums()
    amounts = [found.amount(column) for column in Column]
    assert amounts == pytest.approx(bare(positions, ticks), rel=1e-9)
    assert {found.words(column) for column in Column} == {""}


def test_after_many_ticks_it_is_as_if_valued_afresh() -> None:
    positions, ticks = made(3000)
    book, chance = LiveBook(positions, ticks), np.random.default_rng(1)
    for size in (1, 1, 5, 200, 1, 3000):
        legs = chance.choice(3000, size, replace=False)
        ticks.mark[legs] = chance.uniform(0.01, 50, size)
        ticks.spot[legs] = np.where(chance.random(size) < 0.1, np.nan, 40.0)
        book.update(legs.tolist())
        fresh = LiveBook(positions, ticks)
        for column in Column:
            assert book.sums().amount(column) == pytest.approx(fresh.sums().amount(column))
            assert book.sums().words(column) == fresh.sums().words(column)


def test_a_leg_has_the_figures_of_the_exact_formulas() -> None:
    positions, ticks = made(50)
    book = LiveBook(positions, ticks)
    for leg in range(50):
        kind = Kind.OPTION if positions.is_option[leg] else Kind.SPOT
        holding = Holding(
            D(str(positions.scale[leg])),
            D(1),
            D(str(positions.open_price[leg])),
            D(str(positions.day_base[leg])),
            kind=kind,
        )
        unit = UnitGreeks(
            *(float(v[leg]) for v in (ticks.delta, ticks.gamma, ticks.theta, ticks.vega))
        )
        row, mark = book.figures(leg), D(str(ticks.mark[leg]))
        exact = greeks.position_greeks(holding, unit)
        spot = float(ticks.spot[leg])
        assert row[Column.OPEN] == pytest.approx(float(pnl.open_pnl(holding, mark).value))
        assert row[Column.DAY] == pytest.approx(float(pnl.day_pnl(holding, mark).value))
        assert row[Column.VALUE] == pytest.approx(float(pnl.market_value(holding, mark)))
        assert row[Column.DELTA] == pytest.approx(exact.delta)
        assert row[Column.VEGA] == pytest.approx(exact.vega)
        bend = greeks.dollar_gamma(exact.gamma, spot)
        assert row[Column.DOLLAR_GAMMA] == pytest.approx(bend)
        beta = float(positions.beta_per_benchmark[leg])
        weighted = greeks.beta_weighted_delta(exact.delta, beta, spot, 1.0)
        assert row[Column.BETA_DELTA] == pytest.approx(weighted)


def test_what_is_missing_is_counted() -> None:
    positions, ticks = made(4)
    positions.is_option[:] = True
    ticks.delta[2] = np.nan
    book = LiveBook(positions, ticks)
    assert book.sums().words(Column.DELTA) == "3 of 4 legs"
    assert book.sums().words(Column.OPEN) == ""
    assert np.isnan(book.figures(2)[Column.DELTA])
    assert book.sums_of(np.array([2])).amount(Column.DELTA) is None
    ticks.delta[2] = 0.5
    book.update([2])
    assert book.sums().words(Column.DELTA) == ""


def test_before_the_first_tick_nothing_is_known() -> None:
    positions, _ = made(40)
    found = LiveBook(positions, Ticks.empty(40)).sums()
    assert found.amount(Column.OPEN) is None
    assert found.words(Column.VALUE) == "0 of 40 legs"


def test_an_empty_book_is_worth_nothing() -> None:
    book = LiveBook(*made(0))
    book.update([])
    assert book.sums().amount(Column.OPEN) == 0.0
