"""From positions to legs: a close never asks for more than is free to close."""

from __future__ import annotations

from decimal import Decimal
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from brokerage.access import NotFound
from brokerage.models import Order, OrderLeg
from portfolio.position_actions import closing as position_actions
from portfolio.position_actions.closing import Held, Holdings, NoAction
from tests.portfolio import factories


def held(quantity: str, symbol: str = "XYZ   261218P00095000", **facts: Any) -> Held:
    values = {"instrument_type": "Equity Option", "underlying": "XYZ", "streamer": "", **facts}
    return Held(1, symbol, quantity=Decimal(quantity), **values)


def said(legs: Any) -> list[tuple[str, str]]:
    return [(leg.action, f"{leg.quantity}") for leg in legs]


CALL = "XYZ   261218C00105000"


def test_a_close_takes_back_what_is_held():
    legs = position_actions.closing_legs([held("-2"), held("3", CALL)])
    assert said(legs) == [("Buy to Close", "2"), ("Sell to Close", "3")]


def test_a_future_is_closed_by_its_effect_too():
    future = held("-1", "/ESZ6", instrument_type="Future", underlying="/ESZ6")
    assert said(position_actions.closing_legs([future])) == [("Buy to Close", "1")]


def test_what_working_orders_close_is_not_closed_again():
    legs = position_actions.closing_legs([held("-5", closing=Decimal(2))])
    assert said(legs) == [("Buy to Close", "3")]
    with pytest.raises(NoAction, match="Working orders close all of XYZ 18 Dec 26 95 P already"):
        position_actions.closing_legs([held("-2", closing=Decimal(2))])
    assert held("-2", closing=Decimal(5)).free == 0


@pytest.mark.parametrize(
    ("quantities", "halves"),
    [
        (["-4"], ["2"]),
        (["5"], ["2"]),
        (["-2", "2"], ["1", "1"]),
        (["4", "-8"], ["2", "4"]),
        (["0.5"], ["0.25000000"]),
    ],
)
def test_half_keeps_the_structure(quantities, halves):
    positions = [held(number, f"S{at}") for at, number in enumerate(quantities)]
    legs = position_actions.closing_legs(positions, half=True)
    assert [str(leg.quantity) for leg in legs] == halves


@pytest.mark.parametrize("quantities", [["1"], ["-1"], ["3", "-2"], ["1", "-2"]])
def test_one_unit_is_not_halved(quantities):
    positions = [held(number, f"S{at}") for at, number in enumerate(quantities)]
    with pytest.raises(NoAction, match="cannot be halved"):
        position_actions.closing_legs(positions, half=True)


def test_duplicate_and_reverse_open():
    assert said(position_actions.opening_legs([held("-2")])) == [("Sell to Open", "2")]
    assert said(position_actions.opening_legs([held("-2")], reverse=True)) == [("Buy to Open", "2")]


def test_limits_of_one_order():
    with pytest.raises(NoAction, match="four legs at most"):
        position_actions.closing_legs([held("1", f"S{at}") for at in range(5)])
    with pytest.raises(NoAction, match="one underlying"):
        position_actions.closing_legs([held("1"), held("1", "KO", underlying="KO")])
    option = held("1", "./ESZ6 E1AZ6 261204P6500", underlying="/ESZ6")
    assert position_actions.closing_legs([held("-1", "/ESZ6", underlying="/ESZ6"), option])


# --- over the mirror --------------------------------------------------------------------------

pytestmark = pytest.mark.django_db


@pytest.fixture
def account(user: Any) -> Any:
    return factories.make_account(factories.make_connection(user))


def working(account: Any, symbol: str, action: str, left: str, **facts: Any) -> None:
    order = Order.objects.create(
        account=account, broker_id=Order.objects.count() + 1, status="Live", **facts
    )
    OrderLeg.objects.create(
        order=order,
        position=0,
        instrument_type="Equity Option",
        symbol=symbol,
        action=action,
        quantity=9,
        remaining_quantity=left,
    )


def test_working_closes(account):
    working(account, "A", "Sell to Close", "2")
    working(account, "A", "Sell to Close", "1")
    working(account, "A", "Sell to Open", "5")
    # Two exits of one bracket stand for the same contracts.
    for _ in range(2):
        working(account, "B", "Buy to Close", "4", complex_order_id=7)
    assert position_actions.working_closes(account) == {"A": Decimal(3), "B": Decimal(4)}


def test_positions_are_opened_through_the_door(account, user, stranger):
    put = factories.make_option(account, "SPY", 30, "P", "590", "-2")
    assert position_actions.load(user, [str(put.pk)]).held[0].quantity == -2
    for who, pk in ((stranger, str(put.pk)), (user, "0"), (user, "junk")):
        with pytest.raises(NotFound):
            position_actions.load(who, [pk])
    put.quantity = Decimal(0)
    put.save()
    with pytest.raises(NoAction, match="not held any more"):
        position_actions.load(user, [str(put.pk)])


def test_one_order_is_of_one_account(account, user):
    other = factories.make_account(factories.make_connection(user), "5WT00002")
    rows = [factories.make_position(item, "KO", "1") for item in (account, other)]
    with pytest.raises(NoAction, match="of one account"):
        position_actions.load(user, [str(row.pk) for row in rows])


def query(url: str) -> dict[str, str]:
    return {name: values[0] for name, values in parse_qs(urlsplit(url).query).items()}


def test_tickets(account):
    holdings = Holdings(account, (held("-2"),))
    closing = query(position_actions.close(holdings))
    assert closing["leg-0-action"] == "Buy to Close" and closing["leg-0-quantity"] == "2"
    assert closing["account"] == f"simulator:{account.number}" and closing["origin"] == "position:1"
    turned = query(position_actions.reverse(holdings))
    assert turned["group"] == "OTO"
    assert turned["leg-0-action"] == "Buy to Close" and turned["o1-leg-0-action"] == "Buy to Open"
    exits = query(position_actions.bracket(holdings))
    assert exits["group"] == "OCO" and exits["leg-0-action"] == "Buy to Close"
    both = query(position_actions.bracket(Holdings(account, (held("-2"), held("2", CALL)))))
    assert (both["group"], both["legs"]) == ("OCO", "2")
    assert both["leg-1-action"] == "Sell to Close"
