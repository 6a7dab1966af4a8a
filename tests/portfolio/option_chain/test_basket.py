"""The basket: how it travels, what the buttons do to it, how its legs weigh in the net price."""

from __future__ import annotations

from decimal import Decimal

import pytest

from portfolio.option_chain import basket as chain_basket
from portfolio.option_chain.basket import Basket
from portfolio.option_chain.structures import Part
from tests.portfolio.chain_fixtures import chain

CHAIN = chain()
ROWS = CHAIN.expirations[1].by_strike
PUT95, PUT90 = ROWS[Decimal(95)].put.symbol, ROWS[Decimal(90)].put.symbol


def do(basket: Basket, wish: str) -> Basket:
    return chain_basket.changed(CHAIN, basket, wish)


def legs(basket: Basket) -> list[tuple[int, str]]:
    return [(part.ratio, part.symbol) for part in basket.parts]


def test_a_click_adds_a_leg_and_a_second_one_another():
    basket = do(do(Basket(), f"sell:{PUT95}"), f"buy:{PUT90}")
    assert legs(basket) == [(-1, PUT95), (1, PUT90)]


def test_it_travels_in_the_address():
    basket = do(do(Basket(lots=3), f"sell:{PUT95}"), f"buy:{PUT90}")
    pairs = basket.pairs()
    again = chain_basket.read(CHAIN, [value for name, value in pairs if name == "leg"], "3")
    assert again == basket
    assert Basket().pairs() == []


@pytest.mark.parametrize("leg", ["", "x", f"0:{PUT95}", f"x:{PUT95}", "1:NOPE", f"9999999:{PUT95}"])
def test_malformed_legs_are_left_out(leg):
    assert chain_basket.read(CHAIN, [leg], "1") == Basket()


@pytest.mark.parametrize(("text", "lots"), [("5", 5), ("0", 1), ("-2", 1), ("x", 1), ("1e9", 1)])
def test_lots(text, lots):
    assert chain_basket.lots_of(text) == lots


def test_buttons():
    basket = do(do(Basket(), f"sell:{PUT95}"), f"buy:{PUT90}")
    assert legs(do(basket, f"remove:{PUT95}")) == [(1, PUT90)]
    assert legs(do(basket, f"flip:{PUT95}")) == [(1, PUT95), (1, PUT90)]
    assert legs(do(basket, "move:flip")) == [(1, PUT95), (-1, PUT90)]
    assert do(do(basket, "more"), "more").lots == 3
    assert do(basket, "less").lots == 1
    assert do(basket, "clear") == Basket()
    assert do(basket, "nonsense") == basket


def test_what_cannot_be_done_says_why_and_changes_nothing():
    basket = do(Basket(), f"sell:{PUT95}")
    refused = do(basket, "buy:NOPE")
    assert legs(refused) == legs(basket) and "not in the chain" in refused.problem
    assert "Pick a leg first" in do(Basket(), "move:up").problem
    assert "no width" in do(basket, "move:wider").problem


def test_the_underlying_is_picked_by_its_deliverable():
    basket = do(Basket(), "buy:XYZ")
    assert basket.parts == (Part(100, "XYZ"),)


def test_shares_of_the_unit():
    covered = do(do(Basket(), "buy:XYZ"), f"sell:{PUT95}")
    assert chain_basket.shares_of_unit(CHAIN, covered) == {"XYZ": Decimal(1), PUT95: Decimal(-1)}
    ratio = do(do(do(Basket(), f"buy:{PUT95}"), f"sell:{PUT90}"), f"sell:{PUT90}")
    assert list(chain_basket.shares_of_unit(CHAIN, ratio).values()) == [1, -2]
    doubled = do(do(ratio, f"buy:{PUT95}"), f"sell:{PUT90}")
    doubled = do(doubled, f"sell:{PUT90}")
    assert list(chain_basket.shares_of_unit(CHAIN, doubled).values()) == [1, -2]
