"""A desk whose broker is the simulator's own process, for views that change orders there."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import httpx
import pytest
from django.test import Client

from brokerage import connections
from brokerage.enums import SyncKind
from brokerage.models import Account, Connection, Order
from brokerage.sync import runs
from tests.brokerage.conftest import _clean_valkey, queued, stranger, user  # noqa: F401
from tests.brokerage.execution.conftest import _new_boot  # noqa: F401
from tests.simulator import running

HEADERS = {"User-Agent": "desk-tests/1"}
SHARES = "JPM"


@dataclass
class Elsewhere:
    """The broker seen by another program of the same person, and its steering."""

    client: httpx.Client
    control_url: str
    number: str
    connection: Connection | None = None

    def control(self, name: str, /, **body: Any) -> dict[str, Any]:
        answer = httpx.post(f"{self.control_url}/{name}", json=body, headers=HEADERS, timeout=10)
        answer.raise_for_status()
        return dict(answer.json())

    def mark(self, symbol: str) -> float:
        return float(self.control("prices", symbol=symbol, factor=1)["mark"])

    def place(self, body: dict[str, Any], *, group: bool = False, status: str = "Live") -> Order:
        """An order (or the trigger of a group) made elsewhere, mirrored by a sync."""
        path = "complex-orders" if group else "orders"
        answer = self.client.post(f"/accounts/{self.number}/{path}", json=body)
        assert answer.status_code == 201, answer.text
        data = answer.json()["data"]
        number = (data["complex-order"]["trigger-order"] if group else data["order"])["id"]
        self._wait_until(number, status)
        self.sync()
        return Order.objects.get(broker_id=number)

    def _wait_until(self, number: int, status: str, seconds: float = 10.0) -> None:
        path = f"/accounts/{self.number}/orders/{number}"
        deadline = time.monotonic() + seconds
        while self.client.get(path).json()["data"]["status"] != status:
            assert time.monotonic() < deadline, f"order {number} does not become {status}"
            time.sleep(0.03)

    def free_shares(self) -> str:
        """A share that is held and that no order is about."""
        busy = {leg["symbol"] for row in self.live() for leg in row["legs"]}
        held = self.client.get(f"/accounts/{self.number}/positions").json()["data"]["items"]
        return next(
            str(row["symbol"])
            for row in held
            if (row["instrument-type"], row["quantity-direction"]) == ("Equity", "Long")
            and row["symbol"] not in busy
        )

    def order(self, order: Order) -> dict[str, Any]:
        """The order as the broker has it now."""
        answer = self.client.get(f"/accounts/{self.number}/orders/{order.broker_id}")
        return dict(answer.json()["data"])

    def live(self) -> list[dict[str, Any]]:
        return list(self.client.get(f"/accounts/{self.number}/orders/live").json()["data"]["items"])

    def sync(self, *kinds: SyncKind) -> None:
        """Read the live orders, or these kinds."""
        assert self.connection is not None
        runs.sync(self.connection, kinds or (SyncKind.ORDERS_LIVE,))


def shares(action: str, quantity: int = 3) -> dict[str, Any]:
    return {
        "instrument-type": "Equity",
        "symbol": SHARES,
        "action": action,
        "quantity": quantity,
    }


def resting(price: str = "20.10", **changes: Any) -> dict[str, Any]:
    """Far below the market, so that it rests."""
    return {
        "order-type": "Limit",
        "time-in-force": "Day",
        "price": price,
        "price-effect": "Debit",
        "legs": [shares("Buy to Open")],
        **changes,
    }


def bracket() -> dict[str, Any]:
    """An entry that rests, with its take profit and its stop."""
    exits = [
        resting("990.00", **{"price-effect": "Credit", "legs": [shares("Sell to Close")]}),
        {
            "order-type": "Stop",
            "time-in-force": "GTC",
            "stop-trigger": "10.00",
            "legs": [shares("Sell to Close")],
        },
    ]
    return {"type": "OTOCO", "trigger-order": resting(), "orders": exits}


@pytest.fixture(scope="module")
def simulator() -> Iterator[running.Process]:
    with running.process("--scenario", "demo", "--seed", "7", "--speed", "10") as process:
        yield process


@pytest.fixture
def elsewhere(simulator: running.Process, settings: Any) -> Elsewhere:
    settings.SIMULATOR_URL = simulator.told["api_url"]
    return Elsewhere(
        simulator.client(), simulator.told["control_url"], simulator.told["accounts"][0]
    )


@pytest.fixture
def connection(
    user: Any,  # noqa: F811
    elsewhere: Elsewhere,
    simulator: running.Process,
    queued: list[int],  # noqa: F811
) -> Connection:
    told = simulator.told
    made = connections.connect(user, "simulator", told["client_secret"], told["refresh_token"])
    elsewhere.connection = made
    elsewhere.sync(SyncKind.TRADING_STATUS, SyncKind.POSITIONS, SyncKind.ORDERS_LIVE)
    return made


@pytest.fixture
def account(connection: Connection, elsewhere: Elsewhere) -> Account:
    return Account.objects.get(number=elsewhere.number)


@pytest.fixture
def desk(user: Any, account: Account) -> Iterator[Client]:  # noqa: F811
    """The signed-in browser; what rests afterwards is taken back, for the next test."""
    client = Client()
    client.force_login(user)
    yield client
