"""Many complex orders under random prices: what must hold whatever happens."""

from __future__ import annotations

import os
import random
from decimal import Decimal
from typing import Any

import pytest

from simulator.model import ComplexOrder, Order
from tests.simulator.conftest import NUMBER, Desk
from tests.simulator.test_complex_orders import BASE, at, limit, stop

SYMBOLS = ("KO", "PEP", "V", "MSFT", "WMT")
STEPS = int(os.environ.get("SIMULATOR_GROUP_STEPS", "250"))
MODELS = ("touch", "queue", "mid")


class Trader:
    """One who places, edits and cancels groups without reason."""

    def __init__(self, desk: Desk, seed: int) -> None:
        self.desk = desk
        self.chance = random.Random(seed)

    async def step(self) -> None:
        """Something, then a little time."""
        await self.chance.choice(
            (self.bracket, self.bracket, self.exits, self.pair, self.cancel, self.edit, self.move)
        )()
        self.desk.pass_time(self.chance.choice((0.05, 0.3, 1, 3, 20)))

    def near(self, symbol: str, spread: float = 0.03) -> str:
        return at(self.desk, symbol, f"{1 + self.chance.uniform(-spread, spread):.4f}")

    async def send(self, method: str, path: str, body: Any) -> None:
        answer = await self.desk.client.request(method, path, json=body)
        if answer.status_code == 401:
            await self.desk.sign_in()
            return
        assert answer.status_code in (200, 201, 400, 422), answer.text

    def sides(self, symbol: str, quantity: int) -> list[dict[str, Any]]:
        up, down = (
            at(self.desk, symbol, f"{1 + sign * self.chance.uniform(0.002, 0.03):.4f}")
            for sign in (1, -1)
        )
        tif = self.chance.choice(("Day", "GTC"))
        return [
            limit(self.desk, "Sell to Close", symbol, quantity, up, time_in_force=tif),
            stop(self.desk, "Sell to Close", symbol, quantity, down, time_in_force="GTC"),
        ]

    async def bracket(self) -> None:
        symbol, quantity = self.chance.choice(SYMBOLS), self.chance.randint(1, 400)
        entry = limit(self.desk, "Buy to Open", symbol, quantity, self.near(symbol, 0.01))
        body = {"type": "OTOCO", "trigger-order": entry, "orders": self.sides(symbol, quantity)}
        await self.send("POST", BASE, body)

    async def exits(self) -> None:
        held = [p for p in self.desk.account.positions.values() if p.quantity > 0]
        if held:
            one = self.chance.choice(held)
            sides = self.sides(one.symbol, int(one.quantity))
            await self.send("POST", BASE, {"type": "OCO", "orders": sides})

    async def pair(self) -> None:
        first, second = self.chance.sample(SYMBOLS, 2)
        body = {
            "type": "PAIRS",
            "ratio-price-comparator": self.chance.choice(("gte", "lte")),
            "ratio-price-threshold": f"{self.chance.uniform(0.1, 5):.3f}",
            "orders": [
                self.desk.order_body((action, symbol, 5), order_type="Market")
                for action, symbol in (("Buy to Open", first), ("Sell to Open", second))
            ],
        }
        await self.send("POST", BASE, body)

    async def cancel(self) -> None:
        groups = list(self.desk.world.complex_orders)
        if groups:
            await self.send("DELETE", f"{BASE}/{self.chance.choice(groups[-6:])}", None)

    async def edit(self) -> None:
        orders = list(self.desk.world.orders.values())[-12:]
        if orders:
            order = self.chance.choice(orders)
            key = "stop-trigger" if order.order_type == "Stop" else "price"
            body = {key: self.near(order.legs[0].symbol)}
            await self.send("PATCH", f"/accounts/{NUMBER}/orders/{order.id}", body)

    async def move(self) -> None:
        body = {
            "symbol": self.chance.choice(SYMBOLS), "factor": self.chance.uniform(0.96, 1.04)
        }  # fmt: skip
        assert (await self.desk.client.post("/control/prices", json=body)).status_code == 200


@pytest.mark.parametrize("model", MODELS)
async def test_groups_hold_together(desk: Desk, model: str) -> None:
    await desk.client.post("/control/settings", json={"fill-model": model})
    trader = Trader(desk, MODELS.index(model))
    for _ in range(STEPS // len(MODELS)):
        await trader.step()
        _check(desk)
    assert any(g.terminal_at for g in desk.world.complex_orders.values())
    assert any(o.oco_side and o.filled for o in desk.world.orders.values())


def _check(desk: Desk) -> None:
    for group in desk.world.complex_orders.values():
        orders = [desk.world.orders[n] for n in group.members]
        assert (group.terminal_at is not None) == all(o.terminal for o in orders)
        _check_trigger(desk, group)
        if group.type in ("OCO", "OTOCO"):
            _check_sides(desk, group)
    _check_books(desk)


def _check_trigger(desk: Desk, group: ComplexOrder) -> None:
    if group.trigger is None:
        return
    trigger = desk.world.orders[group.trigger]
    if trigger.terminal and not trigger.filled:
        assert all(desk.world.orders[n].terminal for n in group.orders)
    if not trigger.filled:
        assert not any(leg.fills for n in group.orders for leg in desk.world.orders[n].legs)


def _check_sides(desk: Desk, group: ComplexOrder) -> None:
    """Both sides and all that they replaced close no more than was asked for."""
    sides = [o for o in desk.world.orders.values() if o.complex_id == group.id and o.oco_side]
    wanted = max(o.size for o in sides)
    assert sum((_done(o) for o in sides), Decimal(0)) <= wanted
    assert sum(o.status == "Filled" for o in sides) <= 1


def _done(order: Order) -> Decimal:
    return sum((f.quantity for leg in order.legs for f in leg.fills), Decimal(0))


def _check_books(desk: Desk) -> None:
    moved: dict[str, Decimal] = {}
    for order in desk.world.orders.values():
        for leg in order.legs:
            for fill in leg.fills:
                moved[leg.symbol] = moved.get(leg.symbol, Decimal(0)) + leg.sign * fill.quantity
    held = {p.symbol: p.quantity for p in desk.account.positions.values() if p.quantity}
    assert {s: q for s, q in moved.items() if q} == held
    assert desk.cash_of_ledger() == desk.account.cash
