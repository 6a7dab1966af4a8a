"""P&L explained: the worked strangle, and parts that add up to the cent whatever comes."""

from __future__ import annotations

from decimal import Decimal

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from portfolio.analytics import attribution
from portfolio.analytics.attribution import Day, Moves
from portfolio.analytics.greeks import NOTHING, PositionGreeks
from portfolio.analytics.pricing import european

D = Decimal


def strangle_day() -> Day:
    """Two short 90/110 strangles, S 100 → 103, σ 30 → 27, 45 → 44 days, no rates."""
    strikes, calls = np.array([90.0, 110.0]), np.array([False, True])
    unit = european.greeks(100.0, strikes, 45 / 365, 0.30, 0.0, 0.0, calls)
    later = european.prices(103.0, strikes, 44 / 365, 0.27, 0.0, 0.0, calls)
    pnl = float((-200 * (later - unit.price)).sum())
    sums = [
        float(-200 * values.sum()) for values in (unit.delta, unit.gamma, unit.theta, unit.vega)
    ]
    return Day(D(str(pnl)), PositionGreeks(*sums), Moves(3.0, 1.0, -3.0))


def test_worked_strangle() -> None:
    found = attribution.explain(strangle_day())
    assert found.delta == D("-30.52")
    assert found.gamma == D("-43.29")
    assert found.theta == D("11.86")
    assert found.vega == D("106.74")
    assert found.residual == D("-3.64")
    assert found.total == found.parts == D("41.15")


def test_missing_greeks_go_to_the_residual_and_say_so() -> None:
    found = attribution.explain(Day(D("12.34"), NOTHING, Moves(1.0, 1.0, None)))
    assert (found.residual, found.is_complete) == (D("12.34"), False)


def test_trades_fees_and_income() -> None:
    flat = PositionGreeks(0.0, 0.0, 0.0, 0.0)
    day = Day(D("-3.00"), flat, Moves(0.0, 1.0, 0.0), trades=D(5), fees=D("10"), income=D(2))
    found = attribution.explain(day)
    assert (found.trades, found.fees, found.income, found.residual) == (5, -10, 2, 0)


amounts = st.decimals("-99999", "99999", places=6)
slopes = st.none() | st.floats(-1e5, 1e5)
days = st.builds(
    Day,
    pnl=amounts,
    greeks=st.builds(PositionGreeks, slopes, slopes, slopes, slopes),
    moves=st.builds(
        Moves,
        st.none() | st.floats(-500, 500),
        st.floats(0, 30),
        st.none() | st.floats(-90, 90),
    ),
    trades=amounts,
    fees=amounts,
    income=amounts,
    account=st.sampled_from("AB"),
    chain=st.sampled_from("xyz"),
)


@given(st.lists(days, max_size=8))
def test_parts_always_add_up(rows: list[Day]) -> None:
    whole = attribution.add(attribution.explain(day) for day in rows)
    assert whole.parts == whole.total
    assert whole.total == sum((day.pnl.quantize(D("0.01"), "ROUND_HALF_UP") for day in rows), D(0))
    for key in (lambda day: day.chain, lambda day: day.account):
        groups = attribution.explain_by(rows, key)
        assert attribution.add(groups.values()) == pytest.approx(whole) or (
            attribution.add(groups.values()) == whole
        )
