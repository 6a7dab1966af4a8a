"""Alike orders are counted, not looked at one by one: the same money all the same."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from simulator import buying_power
from simulator.orders import desk as orders
from simulator.orders.case import Case
from simulator.orders.position_checks import closing_elsewhere
from simulator.orders.request import read_order
from tests.simulator.conftest import NUMBER, Desk

CALL, HIGHER = "KO    261218C00070000", "KO    261218C00072500"


def place(desk: Desk, *legs: tuple[str, str, Any], **keys: Any) -> int:
    body = desk.order_body(*legs, **keys)
    data = orders.place(desk.world, desk.account, body, desk.account.owner)
    return int(data["order"]["id"])


def fill_the_book(desk: Desk) -> list[int]:
    """Many orders, most of them alike, none of them executed."""
    low = {"order_type": "Limit", "price": "1.00"}
    numbers = [place(desk, ("Buy to Open", "KO", 3), **low) for _ in range(12)]
    numbers += [place(desk, ("Buy to Open", "KO", 2), order_type="Limit", price="2.00")
                for _ in range(3)]  # fmt: skip
    numbers += [place(desk, ("Sell to Open", CALL, 1), ("Buy to Open", HIGHER, 1),
                      order_type="Limit", price="2.40", price_effect="Credit")
                for _ in range(5)]  # fmt: skip
    return [*numbers, place(desk, ("Buy to Open", "F", 1), **low)]


async def test_counted_orders_reserve_what_single_ones_do(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    numbers = fill_the_book(desk)
    world, account = desk.world, desk.account
    assert len(list(world.working_orders(NUMBER))) == 4
    for without in (None, numbers[0], numbers[-1]):
        counted = buying_power.state(world, account, (), without)
        singles = [(o, 1) for n, o in world.open_orders[NUMBER].items() if n != without]
        with monkeypatch.context() as patch:
            patch.setattr(world, "working_orders", lambda *_, found=singles: iter(found))
            alone = buying_power.state(world, account, (), without)
        assert counted.buying_power == alone.buying_power
        assert (counted.initial, counted.maintenance) == (alone.initial, alone.maintenance)


async def test_an_order_moves_to_others_of_its_terms(desk: Desk) -> None:
    numbers = fill_the_book(desk)
    standing = desk.world.standing[NUMBER]
    orders.cancel(desk.world, desk.world.orders[numbers[0]], desk.account.owner)
    desk.pass_time(2)
    counts = {order.legs[0].remaining: count for order, count in standing.groups()
              if order.underlying == "KO" and len(order.legs) == 1}  # fmt: skip
    assert counts == {Decimal(3): 11, Decimal(2): 3}
    assert sum(count for _, count in standing.groups(without=numbers[1])) == 19
    for number in numbers[1:]:
        orders.cancel(desk.world, desk.world.orders[number], desk.account.owner)
    desk.pass_time(2)
    assert not list(standing.groups())


async def test_closing_orders_that_are_alike_add_up(desk: Desk) -> None:
    await desk.buy("KO", 10)
    keys = {"order_type": "Limit", "price": "900.00"}
    for _ in range(3):
        place(desk, ("Sell to Close", "KO", 2), **keys)
    request = read_order(desk.order_body(("Sell to Close", "KO", 5), **keys))
    case = Case(desk.world, desk.account, request)
    assert closing_elsewhere(case, request.legs[0]) == 6
    with pytest.raises(Exception, match="preflight"):
        place(desk, ("Sell to Close", "KO", 5), **keys)
