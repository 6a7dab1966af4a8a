"""Payoffs at expiration: extremes, break-evens, chances, names."""

from __future__ import annotations

import random
from datetime import date
from decimal import Decimal
from math import inf

import pytest

from portfolio.ticket.payoff import PayoffLeg, chance, name_of, payoff

DAY, LATER = date(2026, 12, 18), date(2027, 1, 15)
D = Decimal


def leg(text: str, day: date = DAY, units: int = 1) -> PayoffLeg:
    """`-1 170P`, `+100` (shares)."""
    count, _, contract = text.partition(" ")
    if not contract:
        return PayoffLeg(D(count), units=D(units))
    return PayoffLeg(D(count), contract[-1], D(contract[:-1]), day, D(units))


def legs(text: str) -> list[PayoffLeg]:
    return [leg(item.strip()) for item in text.split(",")]


@pytest.mark.parametrize(
    ("text", "net", "most", "least", "evens"),
    [
        ("+1 190C", "-2.35", None, "-2.35", ["192.35"]),
        ("-1 190C", "2.35", "2.35", None, ["192.35"]),
        ("-1 170P", "3", "3", "-167", ["167"]),
        ("-1 170P, +1 165P", "1.15", "1.15", "-3.85", ["168.85"]),
        ("+1 170C, -1 175C", "-2", "3", "-2", ["172"]),
        ("+1 165P, -1 170P, -1 195C, +1 200C", "1.84", "1.84", "-3.16", ["168.16", "196.84"]),
        ("+1 180C, +1 180P", "-9", None, "-9", ["171", "189"]),
        ("+100, -100 190C", "-17670", "1330", "-17670", ["176.70"]),
        ("+1 170C, -2 180C, +1 190C", "-1", "9", "-1", ["171", "189"]),
    ],
)
def test_extremes_and_break_evens(text, net, most, least, evens) -> None:
    found = payoff(legs(text), D(net))
    assert found is not None
    assert found.max_profit == (None if most is None else D(most))
    assert found.max_loss == (None if least is None else D(least))
    assert list(found.break_evens) == [D(item) for item in evens]


def test_legs_of_several_days_have_no_one_payoff() -> None:
    assert payoff([leg("-1 170P"), leg("+1 170P", LATER)], D(1)) is None
    assert payoff([], D(1)) is None


def test_against_a_walk_over_all_prices() -> None:
    """The broken line's own figures agree with looking at every price, cent by cent."""
    source = random.Random(7)
    for _ in range(60):
        chosen = [
            PayoffLeg(
                D(source.choice((-2, -1, 1, 2))),
                source.choice("CP"),
                D(source.randrange(10, 40)),
                DAY,
            )
            for _ in range(source.randrange(1, 5))
        ]
        net = D(source.randrange(-800, 800)) / 100
        found = payoff(chosen, net)
        assert found is not None
        values = {
            price: sum((item.value(D(price) / 4) for item in chosen), net) for price in range(800)
        }
        if found.max_profit is not None:
            assert found.max_profit == max(values.values())
        if found.max_loss is not None:
            assert found.max_loss == min(values.values())
        for price, value in values.items():
            inside = any(low <= price / 4 < high for low, high in found.gains)
            assert inside == (value > 0) or price / 4 in {float(x) for x in found.break_evens}


def test_chances_are_those_of_a_lognormal_price() -> None:
    assert chance([(0.0, inf)], 100, 0.2, 0.5) == pytest.approx(1)
    above = chance([(100.0, inf)], 100, 0.2, 0.25)
    # Without drift the median lies a little below today's price.
    assert above == pytest.approx(0.4801, abs=1e-4)
    assert chance([(0.0, 100.0)], 100, 0.2, 0.25) == pytest.approx(1 - above)
    assert chance([(0.0, inf)], 100, 0.0, 0.25) is None
    assert chance([(0.0, inf)], 0, 0.2, 0.25) is None


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("+1 190C", "long call"),
        ("-1 170P, +1 165P", "put credit spread"),
        ("+1 170P, -1 165P", "put debit spread"),
        ("-1 170C, +1 175C", "call credit spread"),
        ("-1 170P, -1 190C", "short strangle"),
        ("+1 180C, +1 180P", "long straddle"),
        ("+1 165P, -1 170P, -1 195C, +1 200C", "iron condor"),
        ("+1 170P, -1 180P, -1 180C, +1 190C", "iron butterfly"),
        ("+1 170C, -2 180C, +1 190C", "long call butterfly"),
        ("+1 170C, -2 180C, +1 195C", "long broken-wing call butterfly"),
        ("-1 170P, -1 190C, +1 195C", "jade lizard"),
        ("+1 180C, -2 190C", "call ratio spread"),
        ("+100, -1 190C", "covered call"),
        ("+100, +1 170P, -1 190C", "collar"),
        ("-1 170P, +1 190C", "risk reversal"),
        ("+1 160C, -1 165C, -1 170C, +1 175C", "long call condor"),
        ("+1 160C, -1 165C, +3 170C, +1 175C", "4 legs"),
    ],
)
def test_names(text: str, name: str) -> None:
    assert name_of(legs(text)) == name


def test_names_over_time() -> None:
    assert name_of([leg("-1 170P"), leg("+1 170P", LATER)]) == "put calendar"
    assert name_of([leg("-1 170C"), leg("+1 175C", LATER)]) == "call diagonal"
