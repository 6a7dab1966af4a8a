"""Greeks in money, beta weighting against re-pricing, concentration."""

from __future__ import annotations

from decimal import Decimal

import numpy as np
import pytest

from portfolio.analytics import exposure, scenarios
from portfolio.analytics.exposure import ExposedLeg
from portfolio.analytics.greeks import NOTHING, PositionGreeks
from portfolio.analytics.pricing import european
from portfolio.analytics.scenarios import Book, Shocks

D = Decimal


def leg(delta: float, gamma: float = 0.0, **facts: object) -> ExposedLeg:
    values: dict = {"account": "A", "underlying": "XYZ", "spot": 52.0, "beta": 1.2, **facts}
    return ExposedLeg(greeks=PositionGreeks(delta, gamma, 0.0, 0.0), **values)


def test_worked_numbers() -> None:
    found = exposure.expose([leg(150.0), leg(0.0, 12.0)], 500.0)
    assert found.beta_delta.value == pytest.approx(18.72)
    assert found.dollar_delta.value == pytest.approx(7800)
    assert found.dollar_gamma.value == pytest.approx(324.48)
    assert exposure.benchmark_move(
        exposure.expose([leg(150.0)], 500.0), 500.0, 0.01
    ) == pytest.approx(93.60)


def test_three_of_four_legs() -> None:
    missing = ExposedLeg("A", "XYZ", NOTHING, 52.0, 1.2)
    found = exposure.expose([leg(1.0), leg(2.0), leg(3.0), missing], 500.0)
    assert found.words == "3 of 4 legs"
    assert found.greeks.delta.value == 6.0
    without_beta = exposure.expose([leg(1.0), leg(2.0, beta=None)], 500.0)
    assert without_beta.words == "1 of 2 legs"
    assert exposure.expose([leg(1.0)], None).beta_delta.value is None


def test_groups_are_parts_of_the_whole() -> None:
    legs = [
        leg(10.0, account="A", underlying="X"),
        leg(20.0, account="B", underlying="X", by_model=True),
        leg(5.0, account="B", underlying="Y"),
    ]
    whole = exposure.expose(legs, 500.0)
    for groups in (exposure.by_account(legs, 500.0), exposure.by_underlying(legs, 500.0)):
        parts = sum(item.beta_delta.value or 0 for item in groups.values())
        assert parts == pytest.approx(whole.beta_delta.value)
    assert whole.model_legs == 1


@pytest.mark.parametrize("move", [0.01, -0.01])
def test_one_per_cent_of_the_benchmark_within_gamma(move: float) -> None:
    chance = np.random.default_rng(9)
    n = 60
    spot, beta = chance.uniform(20, 500, n), chance.uniform(0.4, 2.2, n)
    book = Book(
        scale=chance.integers(-5, 6, n) * 100.0,
        spot=spot,
        is_option=np.ones(n, dtype=bool),
        is_call=chance.random(n) < 0.5,
        is_american=np.zeros(n, dtype=bool),
        strike=spot * chance.uniform(0.8, 1.2, n),
        years=chance.uniform(0.05, 1, n),
        volatility=chance.uniform(0.2, 0.7, n),
        rate=np.full(n, 0.03),
        dividend_yield=np.zeros(n),
        beta=beta,
    )
    unit = european.greeks(spot, book.strike, book.years, book.volatility, 0.03, 0.0, book.is_call)
    legs = [
        leg(
            float(unit.delta[i] * book.scale[i]),
            float(unit.gamma[i] * book.scale[i]),
            spot=float(spot[i]),
            beta=float(beta[i]),
        )
        for i in range(n)
    ]
    found = exposure.expose(legs, 500.0)
    repriced = float(scenarios.grid(book, Shocks.of([move])).pnl[0, 0, 0])
    by_greeks = exposure.benchmark_move(found, 500.0, move)
    first_order = found.beta_delta.value * 500 * move
    assert by_greeks == pytest.approx(repriced, abs=0.05 * abs(repriced - first_order) + 1)
    bend = 0.5 * abs(found.beta_gamma.value) * (500 * move) ** 2
    assert abs(repriced - first_order) <= 1.1 * bend + 1


def test_model_greeks_by_kind() -> None:
    future = exposure.model_greeks(
        5000, 5000, 0.1, 0.2, 0.05, 0.0, is_call=True, is_american=False, on_future=True
    )
    assert float(future.delta) == pytest.approx(0.5126 * np.exp(-0.005), abs=1e-4)
    early = exposure.model_greeks(60, 100, 1, 0.2, 0.06, 0, is_call=False, is_american=True)
    assert float(early.delta) == pytest.approx(-1.0)


def test_concentration() -> None:
    found = exposure.concentration({"A": D(60), "B": D(-30), "C": D(10), "D": None})
    assert [(part.key, part.share) for part in found.parts] == [
        ("A", D("0.6")),
        ("B", D("0.3")),
        ("C", D("0.1")),
    ]
    assert found.index == D("0.46")
    assert found.missing == ("D",)
    assert exposure.concentration({}).index is None


def test_requirements_by_net_liq() -> None:
    found = exposure.requirement_shares({"A": D(2500), "B": None}, D(50000))
    assert found == {"A": D("0.05"), "B": None}
    assert exposure.requirement_shares({"A": D(1)}, D(0)) == {"A": None}
