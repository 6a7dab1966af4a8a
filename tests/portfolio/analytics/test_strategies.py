"""Strategies from legs: the labelled set at 100 %, and what must hold for any legs at all."""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from portfolio.analytics.strategies.legs import Form, StrategyLeg
from portfolio.analytics.strategies.names import Strategy
from portfolio.analytics.strategies.recognise import Structure, recognise
from tests.portfolio.analytics.structures import Labelled, labelled

LABELLED = labelled()


def names(found: list[Structure]) -> Counter[str]:
    counted: Counter[str] = Counter()
    for structure in found:
        counted[structure.name.value] += int(structure.count)
    return counted


def run(case: Labelled, legs: tuple[StrategyLeg, ...] | None = None) -> list[Structure]:
    cash = {"A", "B:"} if case.has_cash else set()
    spots = {"XYZ": case.spot, "/ESM6": case.spot}
    return recognise(legs or case.legs, spots=spots, cash_accounts=cash)


def test_the_set_is_large_and_every_name_has_three() -> None:
    seen = Counter(name for case in LABELLED for name in case.names)
    assert len(LABELLED) >= 120
    pairs = [
        {"Cash-secured put"},
        {"Long box", "Short box"},
        {"Conversion", "Reversal", "Synthetic long", "Synthetic short"},
        {"Inverse iron condor", "Inverse iron fly"},
        {"Diagonal", "PMCC"},
        {"Double calendar", "Double diagonal"},
        {"Super bull", "Super bear"},
        {"Call condor", "Put condor"},
        {"Covered call", "Covered put"},
    ]
    alone = {"Long stock", "Short stock", "Long future", "Short future"}
    paired = set().union(*pairs)
    rows = pairs + [{s.value} for s in Strategy if s.value not in paired | alone]
    assert {tuple(row): n for row in rows if (n := sum(seen[r] for r in row)) < 3} == {}


@pytest.mark.parametrize("case", LABELLED, ids=lambda case: case.text)
def test_labelled(case: Labelled) -> None:
    assert names(run(case)) == case.names


@pytest.mark.parametrize("case", LABELLED[::7], ids=lambda case: case.text)
def test_order_of_legs_does_not_matter(case: Labelled) -> None:
    legs = tuple(replace(leg, key=f"{9 - int(leg.key)}") for leg in reversed(case.legs))
    assert names(run(case, legs)) == case.names


def test_zebra_needs_its_longs_in_the_money() -> None:
    legs = [leg for case in LABELLED if "+2 C95 -1 C100" in case.text for leg in case.legs]
    assert names(recognise(legs, spots={"XYZ": Decimal(90)}))["ZEBRA"] == 0
    assert names(recognise(legs))["ZEBRA"] == 1


def test_the_order_that_opened_it_is_kept() -> None:
    legs = [replace(leg, order="42") for leg in LABELLED[20].legs]
    assert recognise(legs)[0].order == "42"


def test_five_hundred_legs_of_one_underlying_take_moments() -> None:
    days = [date(2026, 4, 1 + i) for i in range(20)]
    legs = [
        StrategyLeg(f"{i}-{k}-{form}", "A", "XYZ", form, Decimal(q), Decimal(k), day)
        for i, day in enumerate(days)
        for k, form, q in (
            (90, Form.PUT, 1),
            (95, Form.PUT, -1),
            (105, Form.CALL, -1),
            (110, Form.CALL, 1),
            (120, Form.CALL, -3),
        )
    ]
    found = names(recognise(legs))
    assert found["Iron condor"] == 20


legs = st.lists(
    st.builds(
        StrategyLeg,
        key=st.uuids().map(str),
        account=st.sampled_from("AB"),
        underlying=st.sampled_from(["XYZ", "ABC"]),
        form=st.sampled_from(Form),
        quantity=st.integers(-6, 6).map(Decimal),
        strike=st.sampled_from([Decimal(k) for k in (90, 95, 100, 105, 110)]),
        expiration=st.sampled_from([date(2026, 4, 17), date(2026, 5, 15)]),
        is_morning=st.booleans(),
        deliverable=st.sampled_from([Decimal(100), Decimal(150)]),
        order=st.sampled_from(["", "", "7", "8"]),
    ),
    max_size=10,
)


@settings(max_examples=60, deadline=None)
@given(legs)
def test_every_leg_is_in_structures_exactly_once(made: list[StrategyLeg]) -> None:
    used: dict[str, Decimal] = defaultdict(Decimal)
    for structure in recognise(made, spots={"XYZ": Decimal(101)}):
        owners = {(part.leg.account, part.leg.underlying) for part in structure.parts}
        assert owners == {(structure.account, structure.underlying)}
        for part in structure.parts:
            assert part.quantity * part.leg.quantity > 0
            used[part.leg.key] += part.quantity
    assert used == {leg.key: leg.quantity for leg in made if leg.quantity}
