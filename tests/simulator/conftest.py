"""A pretend broker per test: no socket, a stopped clock, moved by hand."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import UTC, datetime
from decimal import Decimal
from functools import cache
from typing import Any

import httpx
import pytest
import pytest_asyncio

from simulator.app import create_app
from simulator.boot import open_world
from simulator.clock import Clock
from simulator.market.market import Market
from simulator.model import Account, Order
from simulator.notices import Subscriber
from simulator.scenarios import SCENARIOS
from simulator.world import World

START = datetime(2026, 11, 18, 15, 30, tzinfo=UTC)
"""A Wednesday, 10:30 in New York."""
NUMBER = "5WT00001"


class Desk:
    """A client of one world, and the hand on its clock."""

    def __init__(self, world: World, client: httpx.AsyncClient) -> None:
        self.world = world
        self.client = client
        self.frames = Subscriber("test")
        self.frames.accounts = frozenset(world.accounts)
        world.hub.subscribers.add(self.frames)

    @property
    def account(self) -> Account:
        """The account most tests trade in."""
        return self.world.accounts[NUMBER]

    async def sign_in(self, **more: str) -> httpx.Response:
        """Exchange the grant for a token and use it from here on."""
        grant = next(iter(self.world.grants.values()))
        client = self.world.clients[grant.client_id]
        answer = await self.client.post(
            "/oauth/token",
            json={
                "grant_type": "refresh_token",
                "refresh_token": grant.refresh_token,
                "client_secret": client.secret,
                **more,
            },
        )
        if answer.status_code == 200:
            self.client.headers["authorization"] = f"Bearer {answer.json()['access_token']}"
        return answer

    async def get(self, path: str, status: int = 200, **params: Any) -> Any:
        """`data` of a GET (or the whole error body)."""
        return self._data(await self.client.get(path, params=params or None), status)

    async def send(self, method: str, path: str, body: Any, status: int) -> Any:
        """`data` of a request with a body."""
        return self._data(await self.client.request(method, path, json=body), status)

    def _data(self, answer: httpx.Response, status: int) -> Any:
        assert answer.status_code == status, answer.text
        body = answer.json() if answer.content else None
        return body["data"] if body and status < 300 and "data" in body else body

    def order_body(self, *legs: tuple[str, str, Any], **keys: Any) -> dict[str, Any]:
        """A body: legs as (action, symbol, quantity); keys with underscores; Day by default."""
        body: dict[str, Any] = {"time-in-force": "Day"}
        body |= {key.replace("_", "-"): value for key, value in keys.items()}
        if "price" in keys and "price-effect" not in body:
            body["price-effect"] = "Debit" if legs[0][0].startswith("Buy") else "Credit"
        body["legs"] = [
            {
                "instrument-type": self.kind(symbol),
                "symbol": symbol,
                "action": action,
                "quantity": quantity,
            }
            for action, symbol, quantity in legs
        ]
        return body

    def kind(self, symbol: str) -> str:
        """The instrument type of a symbol."""
        found = self.world.market.instrument(symbol)
        return found["instrument-type"] if found else "Equity"

    async def place(
        self, *legs: tuple[str, str, Any], status: int = 201, number: str = NUMBER, **keys: Any
    ) -> Any:
        """POST an order."""
        body = self.order_body(*legs, **keys)
        return await self.send("POST", f"/accounts/{number}/orders", body, status)

    async def buy(self, symbol: str, quantity: Any) -> Order:
        """A market buy, executed."""
        data = await self.place(("Buy to Open", symbol, quantity), order_type="Market")
        self.pass_time(3)
        order = self.world.orders[data["order"]["id"]]
        assert order.status == "Filled"
        return order

    def pass_time(self, seconds: float) -> None:
        """Let virtual time pass."""
        from datetime import timedelta

        self.world.jump(self.world.clock.now() + timedelta(seconds=seconds))

    def jump(self, to: datetime) -> None:
        """Move the clock to an instant."""
        self.world.jump(to)

    def statuses(self, order_id: int) -> list[str]:
        """The states of an order in the order they were published."""
        return [
            f["data"]["status"]
            for f in self.sent()
            if f["type"] == "Order" and f["data"]["id"] == order_id
        ]

    def sent(self) -> list[dict[str, Any]]:
        """All frames so far."""
        import orjson

        return [orjson.loads(frame) for frame in self.frames.queue]

    def quote(self, symbol: str) -> Any:
        """The market's quote."""
        return self.world.market.quote(symbol)

    def cash_of_ledger(self, number: str = NUMBER) -> Decimal:
        """Sum of the signed net values."""
        return sum((t.net_value for t in self.world.transactions[number]), Decimal(0))


@cache
def _market() -> tuple[Market, dict[str, Any]]:
    """Drawing a market takes a second: tests share one, set back each time."""
    market = Market(7, Clock(START, speed=0))
    return market, market.snapshot()


@pytest.fixture
def world() -> World:
    """An empty broker: one customer, one margin account with 100,000 dollars."""
    market, beginning = _market()
    market.restore(beginning)
    made = World(7, Clock(START, speed=0), market)
    SCENARIOS["empty"](made)
    return made


@pytest.fixture(scope="module")
def demo_world() -> World:
    """The demo's broker, shared by a module: for reading."""
    return open_world(scenario="demo", seed=7, start=START, speed=0)


async def _desk(world: World) -> AsyncIterator[Desk]:
    world.base_url = "http://127.0.0.1:8230"
    app = create_app(world, ticking=False)
    transport = httpx.ASGITransport(app=app)
    headers = {"user-agent": "tests/1.0"}
    async with httpx.AsyncClient(
        transport=transport, base_url="http://127.0.0.1:8230", headers=headers
    ) as client:
        desk = Desk(world, client)
        await desk.sign_in()
        yield desk


@pytest_asyncio.fixture
async def desk(world: World) -> AsyncIterator[Desk]:
    """A signed-in client of an empty broker."""
    async for made in _desk(world):
        yield made


@pytest_asyncio.fixture
async def demo(demo_world: World) -> AsyncIterator[Desk]:
    """A signed-in client of the demo's broker."""
    async for made in _desk(demo_world):
        yield made
