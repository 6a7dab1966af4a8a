"""A chain taken apart: legs in each other's place, steps with their words, futures by the day."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

import pytest

from portfolio.analytics.chains.transactions import Booked
from portfolio.trade_chains import structure
from portfolio.trade_chains.futures import unsettled
from portfolio.trade_chains.histories import AccountHistory, slug, unslug
from portfolio.trade_chains.legs import legs, tree
from portfolio.trade_chains.steps import steps
from tests.portfolio.trade_chains.made import START, history, option, trade

D = Decimal
PUT, LOWER, CALL = option("P", 60), option("P", 58), option("C", 70)
ROLLED = (
    trade(1, "Sell to Open", PUT, 2, "1.00", order=1),
    trade(2, "Sell to Open", CALL, 2, "0.80", order=1),
    trade(3, "Buy to Close", PUT, 2, "1.50", order=2, day=1),
    trade(4, "Sell to Open", LOWER, 2, "1.20", order=2, day=1),
    trade(5, "Buy to Close", LOWER, 1, "0.30", order=3, day=2),
)


def only(told: AccountHistory):  # type: ignore[no-untyped-def]
    (chain,) = told.history.chains
    return chain


def test_the_tree_puts_what_replaced_a_leg_below_it() -> None:
    found = legs(only(history(*ROLLED)))
    told = [(leg.symbol, leg.depth, leg.held) for leg in tree(found)]
    assert told == [(PUT, 0, D(0)), (LOWER, 1, D(-1)), (CALL, 0, D(-2))]
    assert [leg.cash for leg in found] == [D(-100), D(160), D(210)]


def test_a_symbol_that_was_flat_begins_a_leg_anew() -> None:
    again = trade(6, "Sell to Open", PUT, 1, "0.90", order=3, day=2)
    chain = only(history(*ROLLED[:4], replace(again, order=2, at=START + timedelta(days=1))))
    assert [leg.symbol for leg in legs(chain)].count(PUT) == 2


def test_steps_say_what_was_done_and_what_it_came_to() -> None:
    told = steps(history(*ROLLED), only(history(*ROLLED)))
    assert [step.word for step in told] == ["Opened", "Rolled", "Reduced"]
    assert [step.credit for step in told] == [D(360), D(300), D(270)]
    assert [step.realized for step in told] == [D(0), D(-100), D(-10)]
    assert [step.held for step in told][:2] == ["2 Short strangle", "2 Short strangle"]
    assert [line.price for line in told[1].lines] == ["1.50", "1.20"]
    assert told[1].is_roll


def test_the_structure_at_open_is_what_the_first_order_opened() -> None:
    told = history(*ROLLED)
    began = structure.at_open(told, only(told))
    assert structure.names(began) == "2 Short strangle"
    limits = structure.extremes(began)
    assert (limits.best, limits.worst, limits.why) == (D(360), None, structure.UNLIMITED)
    calendar = history(
        trade(1, "Sell to Open", option("P", 60, "261120"), 1, "1.00", order=1),
        trade(2, "Buy to Open", PUT, 1, "1.60", order=1),
    )
    found = structure.extremes(structure.at_open(calendar, only(calendar)))
    assert (found.best, found.why) == (None, structure.BY_MODEL)


@pytest.mark.parametrize("key", ["300100", "300100/2", "-17"])
def test_a_key_survives_an_address(key: str) -> None:
    assert "/" not in slug(key)
    assert "-" not in slug(key)
    assert unslug(slug(key)) == key


# -- futures -------------------------------------------------------------------------------------


def future(key: int, action: str, quantity: int, price: str, day: int = 0) -> Booked:
    made = trade(key, action, "/MESZ6", quantity, price, order=key, day=day)
    return replace(
        made, underlying="/MES", instrument_type="Future", value=D(0), net_value=D("-0.85"),
        multiplier=D(5),
    )  # fmt: skip


def variation(key: int, amount: str, day: int) -> Booked:
    made = future(key, "", 1, "0", day)
    return replace(
        made, type="Money Movement", sub_type="Mark to Market", action="", quantity=None,
        price=None, value=D(amount), net_value=D(amount), order=None,
    )  # fmt: skip


def test_a_future_is_counted_from_its_last_settlement() -> None:
    # Two bought at 6000, settled at 6010 (+100), one sold at 6020 since; the other marks 6030.
    told = history(
        future(1, "Buy", 2, "6000"), variation(2, "100", 1), future(3, "Sell", 1, "6020", 2)
    )
    (place,) = unsettled(told.history)
    one = unsettled(told.history)[place]
    assert (one.base, one.held, one.carried) == (D(6010), D(1), D(2))
    assert one.made(D(6030)) == 5 * (10 + 20)
    assert one.made(None) is None


def test_a_future_that_was_closed_since_needs_no_mark() -> None:
    told = history(future(1, "Buy", 2, "6000"), future(2, "Sell", 2, "6004"))
    assert [one.made(None) for one in unsettled(told.history).values()] == [D(40)]
    settled = history(
        future(1, "Buy", 2, "6000"), future(2, "Sell", 2, "6004"), variation(3, "40", 1)
    )
    assert unsettled(settled.history) == {}
