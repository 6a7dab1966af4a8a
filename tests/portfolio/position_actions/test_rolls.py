"""Rolls: where to, with which strikes, in which legs, at which net."""

from __future__ import annotations

import time
from decimal import Decimal

import pytest

from brokerage import market
from portfolio.live.book import LatestBook
from portfolio.option_chain import math as chain_math
from portfolio.option_chain.facts import Chain
from portfolio.position_actions import roll_cells, rolls
from portfolio.position_actions.closing import Held, NoAction
from portfolio.position_actions.rolls import Rolled
from tests.portfolio.chain_fixtures import chain, expiration

CHAIN = chain()


def position(right: str, strike: int, quantity: int, *, of: Chain = CHAIN, at: int = 0) -> Held:
    row = of.expirations[at].by_strike[Decimal(strike)]
    contract = row.contract(right)
    return Held(
        strike, contract.symbol, "Equity Option", "XYZ", contract.streamer, Decimal(quantity)
    )


def placed(*held: Held, of: Chain = CHAIN) -> list[Rolled]:
    return rolls.places(of, held)


def strikes(choice: rolls.Choice) -> list[int]:
    return [int(place.strike) for place in choice.targets]


SPREAD = (position("P", 95, -2), position("P", 90, 2))


def test_the_same_legs_later():
    found = rolls.choices(CHAIN, placed(*SPREAD))
    assert [choice.expiration.days for choice in found] == [45, 75]
    first = found[0]
    assert strikes(first) == [90, 95] and not first.approximate
    assert [(leg.action, leg.symbol[12:], int(leg.quantity)) for leg in first.legs] == [
        ("Sell to Close", "P00090000", 2),
        ("Buy to Close", "P00095000", 2),
        ("Buy to Open", "P00090000", 2),
        ("Sell to Open", "P00095000", 2),
    ]
    assert len({leg.symbol for leg in first.legs}) == 4


def test_up_and_down_by_strikes():
    assert strikes(rolls.choices(CHAIN, placed(*SPREAD), 1)[0]) == [95, 100]
    assert strikes(rolls.choices(CHAIN, placed(*SPREAD), -1)[0]) == [85, 90]
    with pytest.raises(NoAction, match="no later expiration"):
        rolls.choices(CHAIN, placed(*SPREAD), 30)


def test_a_strike_that_is_not_listed_is_the_nearest_and_says_so():
    odd = chain(expiration(10), expiration(45, [Decimal(n) for n in (88, 97, 110)]))
    legs = placed(*(position("P", k, q, of=odd) for k, q in ((95, -1), (90, 1))), of=odd)
    (choice,) = rolls.choices(odd, legs)
    assert strikes(choice) == [88, 97] and choice.approximate


def test_legs_never_fall_together():
    single = chain(expiration(10), expiration(45, [Decimal(90)]))
    legs = placed(*(position("P", k, q, of=single) for k, q in ((95, -1), (90, 1))), of=single)
    with pytest.raises(NoAction, match="no later expiration"):
        rolls.choices(single, legs)


def test_the_same_delta_goes_further_out_with_time():
    def deltas(item, right, row):
        return chain_math.model_delta(right, 100.0, float(row.strike), 0.3, item.days)

    held = position("P", 95, -1)
    assert strikes(rolls.choices(CHAIN, placed(held), 0, deltas)[1]) == [85]
    assert strikes(rolls.choices(CHAIN, placed(held), 0, lambda *_: None)[1]) == [95]


def test_a_condor_rolls_side_by_side():
    condor = (*SPREAD, position("C", 105, -2), position("C", 110, 2))
    parts = rolls.sides(placed(*condor))
    assert {name: [int(one.place.strike) for one in part] for name, part in parts.items()} == {
        "puts": [90, 95],
        "calls": [105, 110],
    }
    assert list(rolls.sides(placed(*SPREAD))) == ["all"]
    with pytest.raises(NoAction, match="one side, then the other"):
        rolls.choices(CHAIN, placed(*condor))


def test_what_cannot_be_rolled_says_why():
    shares = Held(1, "XYZ", "Equity", "XYZ", "XYZ", Decimal(100))
    with pytest.raises(NoAction, match="Only options"):
        placed(shares)
    gone = Held(1, "XYZ   200117P00095000", "Equity Option", "XYZ", "", Decimal(1))
    with pytest.raises(NoAction, match="not in the chain"):
        placed(gone)
    last = placed(position("P", 95, -1, at=2))
    with pytest.raises(NoAction, match="no later expiration"):
        rolls.choices(CHAIN, last)


def test_only_what_is_free_is_rolled():
    busy = Held(1, SPREAD[0].symbol, "Equity Option", "XYZ", "", Decimal(-5), closing=Decimal(2))
    (choice, _) = rolls.choices(CHAIN, placed(busy))
    assert [leg.quantity for leg in choice.legs] == [3, 3]


def test_the_net_is_what_is_received_for_the_later_one():
    (choice, _) = rolls.choices(CHAIN, placed(SPREAD[0]))
    old, new = (leg.streamer_symbol for leg in choice.quoted)
    assert [leg.ratio for leg in choice.quoted] == [1, -1]
    now = time.time()
    book = LatestBook(
        "feed",
        {
            old: market.Cells(quote=market.Quote(now, 1.00, 1.10)),
            new: market.Cells(quote=market.Quote(now, 2.00, 2.20)),
        },
    )
    found = {cell.id: cell.text for cell in roll_cells.cells(book, [choice.quoted, []], now)}
    assert found["roll-0-mid"] == "1.05 cr" and found["roll-0-nat"] == "0.90 cr"
    assert found["roll-1-mid"] == "—"


def test_the_socket_understands_the_page():
    nets = [choice.quoted for choice in rolls.choices(CHAIN, placed(*SPREAD))]
    assert [tuple(legs) for legs in roll_cells.from_args(roll_cells.as_args(nets))] == nets
    assert ("Quote", nets[0][0].streamer_symbol) in roll_cells.wanted(nets)
    for odd in (None, 7, [[7]], ["x"], [[{"s": "A"}]]):
        assert all(legs == [] for legs in roll_cells.from_args(odd))


def test_options_on_the_next_future_are_another_order():
    near = expiration(10, underlying="/XYZ6")
    mixed = chain(near, expiration(45, underlying="/XYZ6"), expiration(75, underlying="/XYH7"))
    found = rolls.choices(mixed, placed(position("P", 95, -1, of=mixed), of=mixed))
    assert [choice.expiration.days for choice in found] == [45]
