"""A desk as a book for scenarios: what is known, what is left out, what is assumed."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from typing import Any

import numpy as np
import pytest

from portfolio.analytics.scenarios import Shocks, grid
from portfolio.live.book import LatestBook
from portfolio.live.valuation import LegValue
from portfolio.risk import changes, inputs
from portfolio.risk.inputs import Inputs, Metric
from portfolio.risk.legs import ASSUMED, FEED, MARK, Gap, RiskLeg, risk_legs
from tests.portfolio.risk.scenes import all_metrics, make_european, metric, page_of

pytestmark = pytest.mark.django_db


def one_leg(
    value: LegValue, feed: LatestBook, given: Inputs, now: float, *, assume: bool, account: str
) -> tuple[RiskLeg, list[Gap]]:
    made, gaps = risk_legs([(value, feed, account)], given, now, assume=assume)
    return made[0], gaps


def by_label(page: Any) -> dict[str, Any]:
    return {leg.leg.label.split()[0] + leg.leg.right: leg for leg in page.book.legs}


def test_each_leg_has_its_inputs(user: Any, book: Any) -> None:
    all_metrics()
    make_european("SPY")
    legs = by_label(page_of(user))
    shares, call, put = legs["KO"], legs["KOC"], legs["SPYP"]
    assert shares.spot == call.spot == 52.0
    assert (call.volatility, call.volatility_from) == (0.234, FEED)
    assert (call.beta, put.beta) == (0.5, 1.0)
    assert call.is_american and not put.is_american
    assert call.dividend_yield == 0.03
    assert call.scale == -100.0 and put.scale == -200.0


def test_a_scenario_without_a_shock_changes_nothing(user: Any, book: Any) -> None:
    all_metrics()
    arrays = page_of(user).book.arrays(by_beta=True)
    assert grid(arrays, Shocks.of([0.0])).pnl.ravel() == pytest.approx([0.0])


def test_the_legs_of_a_scenario_add_up_to_it(user: Any, book: Any) -> None:
    all_metrics()
    risk = page_of(user).book
    for by_beta in (True, False):
        found = grid(risk.arrays(by_beta=by_beta), Shocks.of([-0.1], [5.0], [1.5]))
        parts = changes.amounts_of(risk, (-0.1, 5.0, 1.5), by_beta=by_beta)
        assert sum(part or 0.0 for part in parts) == pytest.approx(found.pnl.item())


def test_shares_move_by_their_beta(user: Any, book: Any) -> None:
    all_metrics()
    page = page_of(user)
    at = next(i for i, leg in enumerate(page.book.legs) if not leg.leg.is_option)
    by_beta = changes.amounts_of(page.book, (0.1, 0.0, 1.0), by_beta=True)[at]
    by_itself = changes.amounts_of(page.book, (0.1, 0.0, 1.0), by_beta=False)[at]
    assert by_beta == pytest.approx(100 * 52.0 * 0.1 * 0.5)
    assert by_itself == pytest.approx(100 * 52.0 * 0.1)


def test_without_a_beta_a_leg_is_left_out_or_assumed(user: Any, book: Any) -> None:
    metric("SPY")
    metric("KO", beta=None)
    page = page_of(user)
    lacking = [gap for gap in page.gaps if gap.lacks == "beta"]
    assert {gap.leg.underlying for gap in lacking} == {"KO"}
    assert all(gap.is_left_out for gap in lacking)
    assert not page.book.arrays(by_beta=True).known.all()
    assert page.drawn is not None and page.drawn.words == "1 of 3 legs"
    assumed = page_of(user, "missing=assume")
    assert assumed.book.arrays(by_beta=True).known.all()
    assert {gap.done for gap in assumed.gaps} == {"assumed: 1"}


def test_by_itself_a_symbol_needs_no_beta(user: Any, book: Any) -> None:
    metric("KO", beta=None)
    page = page_of(user, "of=KO")
    assert not page.gaps
    assert page.drawn is not None and page.drawn.words == ""


def test_volatility_is_implied_by_the_mark_where_the_feed_has_none(user: Any, book: Any) -> None:
    all_metrics()
    page = page_of(user)
    value = next(v for v in page.values if v.leg.right == "C")
    bare = replace(value, volatility=None, unit=None, greeks=replace(value.greeks, delta=None))
    feed = page.valuation.book(value.leg.feed)
    leg, gaps = one_leg(bare, feed, page.inputs, page.now, assume=False, account="")
    assert leg.volatility_from == MARK and 0.1 < (leg.volatility or 0) < 1.0
    assert leg.by_model and leg.greeks.delta is not None and leg.greeks.delta < 0
    assert not gaps


def test_without_any_volatility_that_of_the_underlying_stands_in_when_asked(
    user: Any, book: Any
) -> None:
    all_metrics()
    page = page_of(user)
    value = next(v for v in page.values if v.leg.right == "C")
    bare = replace(value, volatility=None, unit=None, mark=None)
    feed = page.valuation.book(value.leg.feed)
    out, gaps = one_leg(bare, feed, page.inputs, page.now, assume=False, account="")
    assert out.volatility is None and [gap.lacks for gap in gaps] == ["implied volatility"]
    kept, gaps = one_leg(bare, feed, page.inputs, page.now, assume=True, account="")
    assert (kept.volatility, kept.volatility_from) == (0.2, ASSUMED)
    assert not gaps[0].is_left_out


def test_an_adjusted_option_is_valued_by_what_it_delivers(user: Any, book: Any) -> None:
    all_metrics()
    page = page_of(user)
    value = next(v for v in page.values if v.leg.right == "C")
    feed = page.valuation.book(value.leg.feed)
    adjusted = replace(value, leg=replace(value.leg, delivered=Decimal(150)))
    leg, _ = one_leg(adjusted, feed, page.inputs, page.now, assume=False, account="")
    assert leg.spot == pytest.approx(52.0 * 1.5)
    unknown = replace(value, leg=replace(value.leg, delivered=None))
    leg, gaps = one_leg(unknown, feed, page.inputs, page.now, assume=True, account="")
    assert leg.spot is None and any("delivers" in gap.lacks for gap in gaps)


def test_a_price_that_the_stream_lacks_is_asked_for(user: Any, book: Any) -> None:
    all_metrics()
    page = page_of(user)
    value = next(v for v in page.values if v.leg.right == "C")
    elsewhere = replace(value, leg=replace(value.leg, contract="XYZ", underlying_streamer=""))
    feed = page.valuation.book(value.leg.feed)
    asked = replace(page.inputs, prices={"XYZ": 48.5})
    leg, _ = one_leg(elsewhere, feed, asked, page.now, assume=False, account="")
    assert leg.spot == 48.5


def test_betas_against_other_benchmarks() -> None:
    metrics = {
        "QQQ": Metric("QQQ", beta=1.25),
        "KO": Metric("KO", beta=0.5),
        "SPY": Metric("SPY", beta=0.98),
    }
    spy, qqq = Inputs("SPY", metrics), Inputs("QQQ", metrics)
    assert spy.beta("SPY")[0] == spy.beta("SPX")[0] == spy.beta("/ES")[0] == 1.0
    assert spy.beta("KO")[0] == 0.5
    assert qqq.beta("QQQ")[0] == 1.0
    assert qqq.beta("KO") == (0.4, "the broker's beta ÷ beta of QQQ")
    assert qqq.beta("/ES")[0] == pytest.approx(0.8)
    assert spy.beta("/NQ") == (1.25, "the beta of QQQ")
    assert spy.beta("BTC/USD")[0] is None


def test_of_two_series_of_one_day_the_evening_counts() -> None:
    rows = [
        {"expiration-date": "2026-12-18", "settlement-type": "PM", "implied-volatility": "0.2"},
        {"expiration-date": "2026-12-18", "settlement-type": "AM", "implied-volatility": "0.3"},
        {"expiration-date": "2026-11-27", "settlement-type": "PM", "implied-volatility": "0.25"},
        {"expiration-date": "2027-01-15", "implied-volatility": None},
    ]
    assert [term.volatility for term in inputs._terms(rows)] == [0.25, 0.2]


def test_a_short_book_loses_what_the_long_one_makes(user: Any, book: Any) -> None:
    all_metrics()
    arrays = page_of(user).book.arrays(by_beta=True)
    shocks = Shocks.of([-0.1, 0.0, 0.1], [0.0, 7.0], [0.7, 1.5])
    turned = replace(arrays, scale=-arrays.scale)
    assert np.allclose(grid(turned, shocks).pnl, -grid(arrays, shocks).pnl)
