"""Corrections: they say which chain a booking belongs to, and never what it was worth."""

from __future__ import annotations

import random
from decimal import Decimal

import pytest

from portfolio.analytics.chains import figures
from portfolio.analytics.chains.events import History
from portfolio.models import EditKind
from portfolio.trade_chains.edits import Edit, EditRefused, apply, apply_all, find
from portfolio.trade_chains.legs import legs
from tests.portfolio.trade_chains.made import history, option, trade

PUT, LOWER, CALL = option("P", 60), option("P", 58), option("C", 70)


def rolled() -> History:
    """A strangle whose put was rolled, and a put of its own beside it."""
    return history(
        trade(1, "Sell to Open", PUT, 2, "1.00", order=1),
        trade(2, "Sell to Open", CALL, 2, "0.80", order=1),
        trade(3, "Buy to Close", PUT, 2, "1.50", order=2, day=1),
        trade(4, "Sell to Open", LOWER, 2, "1.20", order=2, day=1),
        trade(5, "Buy to Open", option("P", 50), 1, "0.20", order=3, day=2),
    ).history


def money(told: History) -> tuple[Decimal, Decimal, Decimal]:
    """Cash, fees, realized of all chains."""
    chains = told.chains
    return (
        sum((chain.cash for chain in chains), Decimal(0)),
        sum((chain.fees for chain in chains), Decimal(0)),
        sum((chain.cash - figures.open_cash(chain) for chain in chains), Decimal(0)),
    )


def test_a_leg_is_taken_out_and_joined_again() -> None:
    before = rolled()
    parted = apply(before, Edit(EditKind.SPLIT, "1", ("2",)))
    assert sorted(chain.key for chain in parted.chains) == ["1", "2", "5"]
    assert money(parted) == money(before)
    again = apply(parted, Edit(EditKind.MERGE, "1", (), ("2",)))
    assert sorted(chain.key for chain in again.chains) == ["1", "5"]
    assert [len(chain.entries) for chain in again.chains if chain.key == "1"] == [4]


def test_a_leg_moves_to_another_chain_and_the_last_leg_too() -> None:
    moved = apply(rolled(), Edit(EditKind.MOVE, "1", ("2",), ("5",)))
    assert {c.key: {e.event.key for e in c.entries} for c in moved.chains} == {
        "1": {"1", "3", "4"},
        "2": {"2", "5"},
    }
    rest = apply(moved, Edit(EditKind.MOVE, "1", ("1", "3", "4"), ("2",)))
    assert len(rest.chains) == 1
    assert money(rest) == money(rolled())


def test_what_would_part_an_opening_from_its_closing_is_refused() -> None:
    with pytest.raises(EditRefused, match="part an opening"):
        apply(rolled(), Edit(EditKind.SPLIT, "1", ("3",)))
    with pytest.raises(EditRefused, match="part an opening"):
        apply(rolled(), Edit(EditKind.MOVE, "1", ("1",), ("5",)))


@pytest.mark.parametrize(
    ("edit", "words"),
    [
        (Edit(EditKind.SPLIT, "1", ("1", "2", "3", "4")), "must leave at least one leg"),
        (Edit(EditKind.SPLIT, "99", ("1",)), "not there any more"),
        (Edit(EditKind.MERGE, "1"), "Choose a chain"),
        (Edit(EditKind.MERGE, "1", (), ("1",)), "Choose a chain"),
        (Edit(EditKind.MOVE, "1", ("2",)), "Choose the chain"),
        (Edit(EditKind.MOVE, "1", ("5",), ("5",)), "None of these legs"),
    ],
)
def test_what_makes_no_sense_is_refused(edit: Edit, words: str) -> None:
    with pytest.raises(EditRefused, match=words):
        apply(rolled(), edit)


def test_a_correction_that_does_not_hold_any_more_is_passed_over() -> None:
    edits = [
        Edit(EditKind.SPLIT, "77", ("2",), pk=1),
        Edit(EditKind.SPLIT, "1", ("2",), pk=2),
    ]
    told, problems = apply_all(rolled(), edits)
    assert len(told.chains) == 3
    assert list(problems) == [1]


def test_a_chain_is_found_by_a_booking_that_came_to_be_its_second() -> None:
    """An earlier booking arrived: the chain has another first event, and the note stays with it."""
    told = rolled()
    chain = find(told, "2")
    assert chain is not None
    assert chain.key == "1"
    assert find(told, "404") is None


def test_no_correction_of_whole_legs_changes_money() -> None:
    draw = random.Random(5)
    for _ in range(60):
        told = rolled()
        for _ in range(6):
            told = apply(told, by_chance(told, draw))
            assert money(told) == money(rolled())


def by_chance(told: History, draw: random.Random) -> Edit:
    chain = draw.choice(told.chains)
    others = [other.key for other in told.chains if other.key != chain.key]
    found = legs(chain)
    events = tuple(key for leg in draw.sample(found, max(1, len(found) // 2)) for key in leg.events)
    if others and draw.random() < 0.4:
        return Edit(EditKind.MERGE, chain.key, (), (draw.choice(others),))
    if others and draw.random() < 0.6:
        return Edit(EditKind.MOVE, chain.key, events, (draw.choice(others),))
    if len(found) > 1:
        return Edit(EditKind.SPLIT, chain.key, events)
    return Edit(EditKind.MERGE, told.chains[0].key, (), (told.chains[1].key,))
