"""A few hundred random but sensible requests: the books stay right after every one."""

from __future__ import annotations

import random
from collections import Counter, defaultdict
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest

from simulator.model import TERMINAL, Order
from simulator.world import World
from tests.simulator.conftest import NUMBER, Desk

SYMBOLS = ("KO", "MSFT", "IWM", "/MESZ6", "BTC/USD", "MSFT  261218C00520000",
           "MSFT  261218C00540000", "MSFT  261218P00500000", "MSFT  261218P00480000")  # fmt: skip
LEGAL = {
    "Received": {"Routed", "Cancelled", "Expired"},
    "Contingent": {"Routed", "Received", "Cancelled"},
    "Routed": {"In Flight", "Rejected", "Cancel Requested", "Replace Requested"},
    "In Flight": {"Live", "Cancel Requested", "Replace Requested"},
    "Live": {"Live", "Filled", "Cancel Requested", "Replace Requested", "Expired", "Cancelled"},
    "Cancel Requested": {"Cancel Requested", "Cancelled", "Filled", "Expired"},
    "Replace Requested": {"Replace Requested", "Cancelled", "Filled", "Expired"},
    "Filled": {"Filled"},
}


class Trader:
    """Makes up requests from a seed."""

    def __init__(self, desk: Desk, seed: int) -> None:
        self.desk = desk
        self.draw = random.Random(seed)
        self.answers: Counter[int] = Counter()

    async def step(self) -> None:
        """One request, then some time."""
        act = self.draw.choice((self.single, self.single, self.spread, self.cancel, self.replace))
        await act()
        self.desk.pass_time(self.draw.choice((0.05, 0.3, 0.7, 5)))

    def action(self, symbol: str) -> str:
        """What fits the position, mostly."""
        held = self.desk.account.positions.get(symbol)
        quantity = held.quantity if held else 0
        if symbol.startswith("/"):
            return self.draw.choice(("Buy", "Sell"))
        if not quantity:
            return self.draw.choice(("Buy to Open", "Buy to Open", "Sell to Open"))
        if quantity > 0:
            return self.draw.choice(("Buy to Open", "Sell to Close"))
        return self.draw.choice(("Sell to Open", "Buy to Close"))

    async def single(self) -> None:
        """A market, limit or stop order of one leg."""
        symbol = self.draw.choice(SYMBOLS)
        action = self.action(symbol)
        quantity: Any = self.draw.choice((1, 2, 5, 40))
        if symbol == "BTC/USD":
            action, quantity = action.replace("Sell to Open", "Buy to Open"), "0.003"
        if symbol.startswith("/") or len(symbol) > 7:
            quantity = self.draw.choice((1, 2, 7))
        kind = self.draw.choice(("Market", "Limit", "Limit", "Stop"))
        keys: dict[str, Any] = {"order_type": kind}
        mark = self.desk.world.market.mark(symbol)
        price = (mark * Decimal(self.draw.choice(("0.9", "1", "1.1")))).quantize(Decimal("0.1"))
        if kind == "Limit":
            keys["price"] = str(max(price, Decimal("0.1")))
        if kind == "Stop":
            keys["stop_trigger"] = str(max(price, Decimal("0.1")))
        await self.send(self.desk.order_body((action, symbol, quantity), **keys))

    async def spread(self) -> None:
        """A vertical in calls or puts, opening."""
        pair = self.draw.choice((SYMBOLS[5:7], SYMBOLS[7:9]))
        legs = [(self.action(symbol), symbol, 2) for symbol in pair]
        body = self.desk.order_body(
            *legs, order_type="Limit", price=self.draw.choice(("0.50", "5.00", "9.00"))
        )
        body["price-effect"] = self.draw.choice(("Debit", "Credit"))
        await self.send(body)

    async def send(self, body: dict[str, Any]) -> None:
        """Place an order."""
        answer = await self.desk.client.post(f"/accounts/{NUMBER}/orders", json=body)
        assert answer.status_code in (201, 422), answer.text
        self.answers[answer.status_code] += 1

    async def cancel(self) -> None:
        """Cancel some order."""
        if order := self.some():
            path = f"/accounts/{NUMBER}/orders/{order.id}"
            assert (await self.desk.client.delete(path)).status_code in (200, 422)

    async def replace(self) -> None:
        """Move a limit."""
        order = self.some()
        if order and order.price is not None:
            path = f"/accounts/{NUMBER}/orders/{order.id}"
            body = {"price": str(order.price + Decimal("0.1"))}
            assert (await self.desk.client.patch(path, json=body)).status_code in (200, 422)

    def some(self) -> Order | None:
        """Any order so far."""
        orders = list(self.desk.world.orders.values())
        return self.draw.choice(orders) if orders else None


def check_books(world: World) -> None:
    """Cash and positions are what the ledger says; fills add up."""
    account = world.accounts[NUMBER]
    rows = world.transactions[NUMBER]
    assert account.cash == sum((t.net_value for t in rows), Decimal(0))
    held: dict[str, Decimal] = defaultdict(Decimal)
    for row in rows:
        if row.type == "Trade" and row.action and row.symbol and row.quantity:
            held[row.symbol] += row.quantity * (1 if row.action.startswith("Buy") else -1)
    assert {s: p.quantity for s, p in account.positions.items() if p.quantity} == {
        s: q for s, q in held.items() if q
    }
    for order in world.orders.values():
        for leg in order.legs:
            done = sum((f.quantity for f in leg.fills), Decimal(0))
            assert leg.quantity is not None
            assert done + leg.remaining == leg.quantity


def check_states(desk: Desk) -> None:
    """Every published step is one of the status machine."""
    last: dict[int, str] = {}
    for frame in desk.sent():
        if frame["type"] != "Order":
            continue
        number, status = frame["data"]["id"], frame["data"]["status"]
        if number in last:
            assert status in LEGAL.get(last[number], set()), (number, last[number], status)
        last[number] = status


@pytest.mark.parametrize("seed", [1, 2, 3])
async def test_the_books_stay_right(desk: Desk, seed: int) -> None:
    trader = Trader(desk, seed)
    for _ in range(120):
        await trader.step()
        check_books(desk.world)
        if desk.world.clock.now().minute % 10 == 9:
            await desk.sign_in()
    assert trader.answers[201] > 20
    states = {o.status for o in desk.world.orders.values()}
    assert {"Filled", "Cancelled"} <= states
    desk.jump(desk.world.clock.now() + timedelta(days=1))
    check_books(desk.world)
    check_states(desk)
    alive = [o for o in desk.world.orders.values() if o.status not in TERMINAL]
    assert all(o.time_in_force.startswith("GTC") for o in alive)
