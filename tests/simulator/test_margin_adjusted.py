"""Margin of adjusted options: by what they deliver, never paired with another class."""

from __future__ import annotations

from datetime import date
from decimal import Decimal as D

import pytest

from simulator.margin import Delivery, Facts, Holding, Rules, strategies, totals
from simulator.rest.margin_wire import entry_wire
from tests.simulator.conftest import NUMBER, Desk

END = date(2026, 12, 18)
FACTS = Facts("ABC", D(50))
DELIVERY = Delivery("ABC1", D(150), D(75))


def option(right: str, strike: int, quantity: int, delivery: Delivery | None = DELIVERY) -> Holding:
    root = "ABC" if delivery is None else delivery.root
    symbol = f"{root:<6}261218{right}{strike * 1000:08d}"
    return Holding(
        symbol, "Equity Option", D(quantity), D(2), D(100), right, D(strike), END,
        delivery=delivery,
    )  # fmt: skip


def shares(quantity: int) -> Holding:
    return Holding("ABC", "Equity", D(quantity), D(50))


def test_a_naked_call_is_measured_against_the_deliverable() -> None:
    """20 % of 75 less 5 out of the money, and the premium: 12 a unit."""
    (one,) = strategies([option("C", 80, -1)], FACTS, Rules())
    assert (one.name, one.initial) == ("NAKED_OPTION", D(1200))


def test_a_naked_put_that_is_in_the_money_for_the_share_alone() -> None:
    """Strike 70 is out of the money for 75 of value, though the share costs 50."""
    (one,) = strategies([option("P", 70, -1)], FACTS, Rules())
    assert one.initial == (D("0.2") * 75 - 5 + 2) * 100


@pytest.mark.parametrize(("held", "names"), [
    (100, ["NAKED_OPTION", "LONG_UNDERLYING"]),
    (150, ["COVERED_CALL"]),
    (200, ["COVERED_CALL", "LONG_UNDERLYING"]),
])  # fmt: skip
def test_it_takes_the_shares_of_the_delivery_to_cover(held: int, names: list[str]) -> None:
    found = strategies([shares(held), option("C", 80, -1)], FACTS, Rules())
    assert [s.name for s in found] == names


def test_a_covered_call_in_the_money_is_valued_at_its_strike() -> None:
    (one,) = strategies([shares(150), option("C", 60, -1)], FACTS, Rules())
    assert one.initial == 60 * 100 / 2


def test_a_standard_long_does_not_protect_an_adjusted_short() -> None:
    mixed = strategies([option("C", 80, -1), option("C", 85, 1, None)], FACTS, Rules())
    assert {s.name for s in mixed} == {"NAKED_OPTION", "LONG_OPTION"}
    alike = strategies([option("C", 80, -1), option("C", 85, 1)], FACTS, Rules())
    assert [(s.name, s.initial) for s in alike] == [("SHORT_VERTICAL", D(500))]


def test_a_delivery_of_two_shares_cannot_be_covered() -> None:
    other = Delivery("ABC1", D(0), D(75))
    found = strategies([shares(300), option("C", 80, -1, other)], FACTS, Rules())
    assert "COVERED_CALL" not in {s.name for s in found}


def test_a_standard_book_is_what_it_was() -> None:
    book = [shares(100), option("C", 55, -1, None), option("P", 45, -1, None)]
    assert totals(strategies(book, FACTS, Rules()))[0] == D(2500) + D(700)


def test_the_report_names_the_delivered_shares() -> None:
    assert entry_wire(option("C", 80, -2))["deliverable-quantity"] == "-300.0"


async def test_in_an_account_after_an_odd_split(desk: Desk) -> None:
    """The requirement of a sold put is the same before and after: the contract is worth as much."""
    put = "MSFT  261218P00500000"
    await desk.place(("Sell to Open", put, 1), order_type="Market")
    desk.pass_time(3)
    path = f"/margin/accounts/{NUMBER}/requirements"
    before = D((await desk.get(path))["maintenance-requirement"])
    action = {"kind": "split", "symbol": "MSFT", "new": 3, "old": 2}
    answer = await desk.client.post("/control/corporate-actions", json=action)
    assert answer.status_code == 200, answer.text
    report = await desk.get(path)
    (group,) = report["groups"]
    entry = group["groups"][0]["position-entries"][0]
    assert entry["instrument-symbol"].startswith("MSFT1 ")
    assert entry["deliverable-quantity"] == "150.0"
    assert abs(D(report["maintenance-requirement"]) - before) < before * D("0.02")
