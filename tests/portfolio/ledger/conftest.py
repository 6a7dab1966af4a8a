"""A desk whose broker is a running simulator, mirrored whole; its clock stands until it is told."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import httpx
import pytest

from brokerage import connections
from brokerage.enums import SyncKind
from brokerage.models import Account, Connection
from brokerage.sync import runs, schedule
from portfolio import selectors
from portfolio.facts import Desk
from portfolio.ledger.rows import shelf
from portfolio.scope import Scope
from tests.brokerage.conftest import _clean_valkey, queued, stranger, user  # noqa: F401
from tests.simulator import running

Leg = tuple[str, str, Any]


@pytest.fixture(autouse=True)
def _empty_shelf() -> None:
    """Rows of another test may have the same numbers."""
    shelf.clear()


@dataclass
class Broker:
    """The running simulator, the hand on it, and the desk that mirrors it."""

    process: running.Process
    connection: Connection
    person: Any
    hand: httpx.Client

    @property
    def number(self) -> str:
        return str(self.process.told["accounts"][0])

    @property
    def client(self) -> httpx.Client:
        """Signed in anew: a jump of the clock ends a token."""
        return self.process.client()

    def control(self, path: str, /, **body: Any) -> dict[str, Any]:
        answer = self.hand.post(f"/{path}", json=body)
        assert answer.is_success, answer.text
        return dict(answer.json())

    def told(self, path: str) -> dict[str, Any]:
        """What the hand on the broker answers to a question."""
        answer = self.hand.get(f"/{path}")
        assert answer.is_success, answer.text
        return dict(answer.json())

    def order(self, *legs: Leg, number: str = "") -> int:
        """Filled at once, at the market."""
        body = {
            "order-type": "Market",
            "time-in-force": "Day",
            "legs": [
                {
                    "instrument-type": self.kind(symbol),
                    "symbol": symbol,
                    "action": action,
                    "quantity": quantity,
                }
                for action, symbol, quantity in legs
            ],
        }
        if len(legs) > 1:
            body |= {"order-type": "Limit", **self._net(legs), "external-identifier": "immediate"}
        answer = self.client.post(f"/accounts/{number or self.number}/orders", json=body)
        assert answer.status_code == 201, answer.text
        self.control("clock", advance=3)
        order = int(answer.json()["data"]["order"]["id"])
        path = f"/accounts/{number or self.number}/orders/{order}"
        assert self.client.get(path).json()["data"]["status"] == "Filled", legs
        return order

    def _net(self, legs: tuple[Leg, ...]) -> dict[str, str]:
        size = min(int(quantity) for _, _, quantity in legs)
        net = sum(
            (1 if action.startswith("Buy") else -1) * self.mark(symbol) * int(quantity) / size
            for action, symbol, quantity in legs
        )
        price = max(round(abs(net) * 20) / 20, 0.05)
        return {"price": f"{price:.2f}", "price-effect": "Debit" if net > 0 else "Credit"}

    def kind(self, symbol: str) -> str:
        if symbol.startswith("./"):
            return "Future Option"
        if symbol.startswith("/"):
            return "Future"
        if symbol.endswith("/USD"):
            return "Cryptocurrency"
        return "Equity Option" if len(symbol) == 21 else "Equity"

    def mark(self, symbol: str) -> float:
        return float(self.control("prices", symbol=symbol, factor=1)["mark"])

    def option(self, symbol: str, day: str, right: str, offset: int) -> str:
        """A listed option so many strikes above the price of its underlying."""
        chain = self.client.get(f"/option-chains/{symbol}/nested").json()["data"]["items"]
        price = self.mark(symbol)
        for root in chain:
            for expiration in root["expirations"]:
                if expiration["expiration-date"] == day:
                    rungs = expiration["strikes"]
                    place = sum(1 for rung in rungs if float(rung["strike-price"]) < price)
                    return str(rungs[place + offset]["call" if right == "C" else "put"])
        raise AssertionError(f"no options of {symbol} on {day}")

    def sync(self, *kinds: SyncKind) -> None:
        run = runs.sync(self.connection, kinds or schedule.ORDER)
        assert run.state == "done", run.report
        self.connection.refresh_from_db()

    def desk(self) -> Desk:
        accounts = selectors.accounts_of(self.person)
        return selectors.load_desk(accounts, Scope("simulator", self.number))

    @property
    def account(self) -> Account:
        return Account.objects.get(number=self.number)

    def net_liq(self) -> Decimal:
        answer = self.client.get(f"/accounts/{self.number}/balances").json()["data"]
        return Decimal(answer["net-liquidating-value"])


def _broker(process: running.Process, settings: Any, person: Any) -> Broker:
    settings.SIMULATOR_URL = process.told["api_url"]
    made = connections.connect(
        person, "simulator", process.told["client_secret"], process.told["refresh_token"]
    )
    hand = httpx.Client(
        base_url=process.told["control_url"], headers={"user-agent": "tests/1.0"}, timeout=30
    )
    return Broker(process, made, person, hand)


@pytest.fixture(scope="module")
def demo_process() -> Iterator[running.Process]:
    with running.process("--scenario", "demo", "--seed", "7", "--speed", "0") as process:
        yield process


@pytest.fixture
def demo(demo_process: running.Process, settings: Any, user: Any, queued: Any) -> Broker:  # noqa: F811
    """The book of the demo, as it is."""
    return _broker(demo_process, settings, user)


@pytest.fixture
def broker(settings: Any, user: Any, queued: Any) -> Iterator[Broker]:  # noqa: F811
    """An empty account with a hundred thousand dollars."""
    with running.process("--scenario", "empty", "--seed", "7", "--speed", "0") as process:
        yield _broker(process, settings, user)
