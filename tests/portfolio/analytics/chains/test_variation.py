"""A future's daily amounts, shared by what each chain made."""

from __future__ import annotations

from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from portfolio.analytics.chains.variation import Track

D = Decimal
POINT = D(50)
price = st.integers(20_000, 24_000).map(lambda ticks: D(ticks) / 4)
trades = st.lists(st.tuples(st.sampled_from("abc"), st.integers(1, 4), price), max_size=4)


@given(st.lists(st.tuples(trades, price), min_size=1, max_size=5), st.sampled_from((1, -1)))
def test_each_chain_gets_what_it_made(days: list[tuple], side: int) -> None:
    track = Track()
    held = dict.fromkeys("abc", D(0))
    base = D(0)
    for bought, settlement in days:
        made = {chain: held[chain] * (settlement - base) for chain in held}
        for chain, quantity, paid in bought:
            track.trade(chain, D(side * quantity), paid)
            held[chain] += side * quantity
            made[chain] += side * quantity * (settlement - paid)
        amount = sum(made.values(), D(0)) * POINT
        found = track.settle(amount, POINT)
        assert sum(found.values(), D(0)) == amount
        for chain, points in made.items():
            assert round(found.get(chain, D(0)) - points * POINT, 12) == 0
        base = settlement


def test_what_cannot_be_told_is_not_guessed() -> None:
    track = Track()
    track.trade("a", D(1), D(6000))
    assert track.settle(D(500), None) == {}
    # The base is not known now: the next amount cannot be shared by it either.
    assert track.settle(D(500), POINT) == {}


def test_a_day_trade_needs_no_settlement_price() -> None:
    track = Track()
    for chain, quantity, paid in (("a", 1, 6000), ("a", -1, 6010), ("b", 1, 6020), ("b", -1, 6015)):
        track.trade(chain, D(quantity), D(paid))
    assert track.settle(D(250), POINT) == {"a": D(500), "b": D(-250)}
