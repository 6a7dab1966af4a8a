"""Payoffs: the worked lines of the glossary, and a scan by brute force."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portfolio.analytics.payoff import INFINITE, Payoff, PayoffLeg, payoff
from portfolio.analytics.strategies.legs import Form

D = Decimal


def line(text: str, paid: str, multiplier: int = 1) -> Payoff:
    """Legs like "+1 P90 -1 C105 +1 S100"; ``paid`` is the net debit (negative: credit) per unit."""
    legs = []
    for index in range(0, len(words := text.split()), 2):
        form = {"P": Form.PUT, "C": Form.CALL, "S": Form.STOCK}[words[index + 1][0]]
        level = D(words[index + 1][1:])
        strike = None if form is Form.STOCK else level
        price = level if form is Form.STOCK else D(0)
        legs.append(PayoffLeg(form, D(words[index]), D(multiplier), price, strike))
    first = next(i for i, leg in enumerate(legs) if leg.strike is not None)
    leg = legs[first]
    price = D(paid) / leg.quantity
    legs[first] = PayoffLeg(leg.form, leg.quantity, leg.multiplier, price, leg.strike)
    return payoff(legs)


@pytest.mark.parametrize(
    ("legs", "paid", "best", "worst", "break_evens"),
    [
        ("+1 P90 -1 P95 -1 C105 +1 C110", "-2.00", "2.00", "-3.00", ["93", "107"]),
        ("+1 P85 -1 P95 -1 C105 +1 C110", "-2.50", "2.50", "-7.50", ["92.50", "107.50"]),
        ("-1 P90 -1 C105 +1 C110", "-5.20", "5.20", "-84.80", ["84.80"]),
        ("-1 P90 -1 C105 +1 C110", "-4.00", "4.00", "-86.00", ["86", "109"]),
        ("+1 P100 -2 P95 +1 P85", "-0.50", "5.50", "-4.50", ["89.50"]),
        ("+1 C100 -2 C105", "-0.50", "5.50", "-Infinity", ["110.50"]),
        ("+1 P100 -2 P95", "0.40", "4.60", "-90.40", ["90.40", "99.60"]),
        ("-1 C100 +2 C105", "0.60", "Infinity", "-5.60", ["110.60"]),
        ("+1 S100 +1 P95 -1 C105", "-0.30", "5.30", "-4.70", ["99.70"]),
        ("+1 C95 -1 C105 +1 P105 -1 P95", "9.80", "0.20", "0.20", []),
        ("+2 C95 -1 C100", "10.00", "Infinity", "-10.00", ["100"]),
        ("+1 C100", "3.00", "Infinity", "-3.00", ["103"]),
        ("-1 P90", "-2.00", "2.00", "-88.00", ["88"]),
        ("-1 C100 -1 P100", "-6.00", "6.00", "-Infinity", ["94", "106"]),
        ("+1 S100 -1 C105", "-1.50", "6.50", "-98.50", ["98.50"]),
        ("+1 S100 -1 C105 -1 P95", "-3.00", "8.00", "-192.00", ["97"]),
        ("+1 S100 -1 C105 -1 P95", "-8.00", "13.00", "-187.00", ["93.5"]),
        ("+1 S100 +1 P95", "2.00", "Infinity", "-7.00", ["102"]),
        ("+1 C95 -2 C100 +1 C105", "1.20", "3.80", "-1.20", ["96.20", "103.80"]),
        ("+1 C90 -1 C95 -1 C105 +1 C110", "3.00", "2.00", "-3.00", ["93", "107"]),
        ("-1 C110 -1 P95 +1 P90", "-2.00", "2.00", "-Infinity", ["93", "112"]),
        ("-1 P90 +1 C110", "-0.50", "Infinity", "-89.50", ["89.50"]),
        ("-1 P90 +1 C110", "0.50", "Infinity", "-90.50", ["110.50"]),
        ("-1 S100 -1 P95", "-1.50", "6.50", "-Infinity", ["101.50"]),
        ("+1 S100 -1 C100 +1 P100", "-0.25", "0.25", "0.25", []),
    ],
)
def test_worked_lines(legs: str, paid: str, best: str, worst: str, break_evens: list[str]) -> None:
    found = line(legs, paid)
    assert (found.best, found.worst) == (D(best), D(worst))
    assert found.break_evens == tuple(D(value) for value in break_evens)


def test_three_credit_spreads_make_their_credit_at_most() -> None:
    legs = [
        PayoffLeg(Form.PUT, D(-3), D(100), D("1.20"), D(95)),
        PayoffLeg(Form.PUT, D(3), D(100), D("0.40"), D(90)),
    ]
    assert payoff(legs).best == D("240.00")


def test_an_adjusted_option_pays_by_its_deliverable() -> None:
    call = PayoffLeg(Form.CALL, D(1), D(100), D("2.00"), D(60), units=D(150))
    found = payoff([call])
    assert found.points[1][0] == D(40)
    assert found.pnl(D(50)) == D(1500 - 200)
    assert found.break_evens == (D(6200) / 150,)


def test_nothing_is_flat() -> None:
    empty = payoff([])
    assert (empty.best, empty.worst, empty.break_evens) == (0, 0, ())


legs = st.lists(
    st.builds(
        PayoffLeg,
        form=st.sampled_from([Form.CALL, Form.PUT, Form.STOCK]),
        quantity=st.integers(-4, 4).filter(bool).map(D),
        multiplier=st.just(D(100)),
        price=st.decimals("0.01", "20", places=2),
        strike=st.integers(10, 40).map(lambda k: D(k) * 5),
    ),
    min_size=1,
    max_size=5,
)


@given(legs)
def test_against_a_scan(made: list[PayoffLeg]) -> None:
    found = payoff(made)
    spots = [D(i) / 2 for i in range(801)]
    scan = [sum(leg.pnl(spot) for leg in made) for spot in spots]
    assert [found.pnl(spot) for spot in spots] == pytest.approx(scan)
    if found.best != INFINITE:
        assert max(scan) == found.best
    else:
        assert scan[-1] > scan[-2]
    if found.worst != -INFINITE:
        assert min(scan) == found.worst
    else:
        assert scan[-1] < scan[-2]
    turns = [s for s, a, b in zip(spots, scan, scan[1:], strict=False) if (a < 0) != (b < 0)]
    within = [value for value in found.break_evens if value <= 400]
    for value in within:
        assert abs(found.pnl(value)) < D("1e-15")
    assert len(list(turns)) <= len(found.break_evens)
