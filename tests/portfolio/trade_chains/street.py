"""A trader at the simulator's own process: orders, time and prices there, a mirror of it here."""

from __future__ import annotations

import time
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import httpx

from brokerage.credentials import client_for
from brokerage.enums import BackfillKind, SyncKind
from brokerage.models import Account, Connection
from brokerage.sync import backfill, runs
from brokerage.sync.pacing import PacedClient
from tests.simulator import running

HEADERS = {"User-Agent": "desk-tests/1"}
FRIDAY, NEXT_FRIDAY, LATER = "261120", "261127", "261218"
Leg = tuple[str, str, int]
KINDS = (SyncKind.POSITIONS, SyncKind.BALANCES, SyncKind.ORDERS, SyncKind.TRANSACTIONS)
_TYPES = {"/": "Future", ".": "Future Option"}


@dataclass
class Street:
    """The broker as somebody else's program sees it, and the connection that mirrors it."""

    process: running.Process
    client: httpx.Client
    connection: Connection | None = None

    @property
    def control_url(self) -> str:
        return str(self.process.told["control_url"])

    @property
    def number(self) -> str:
        return str(self.process.told["accounts"][0])

    # -- steering ------------------------------------------------------------------------------

    def control(self, path: str, /, **body: Any) -> dict[str, Any]:
        answer = httpx.post(f"{self.control_url}/{path}", json=body, headers=HEADERS, timeout=30)
        assert answer.status_code < 300, answer.text
        return dict(answer.json())

    def fund(self, amount: int = 3_000_000) -> None:
        self.control(f"accounts/{self.number}/movements", amount=amount)

    def wait(self, seconds: float) -> None:
        self.control("clock", advance=seconds)
        if seconds > 600:
            self._sign_in()

    def jump(self, instant: str) -> None:
        self.control("clock", to=instant)
        self._sign_in()

    def _sign_in(self) -> None:
        """A token lives fifteen minutes of the broker's time."""
        answer = self.client.post("/oauth/token", json=running.credentials(self.process.told))
        self.client.headers["authorization"] = f"Bearer {answer.json()['access_token']}"

    def mark(self, symbol: str) -> Decimal:
        answer = httpx.get(
            f"{self.control_url}/prices", params={"symbols": symbol}, headers=HEADERS, timeout=10
        )
        return Decimal(str(answer.json()["prices"][symbol]["mark"]))

    def move(self, symbol: str, price: Any) -> None:
        self.control("prices", symbol=symbol, price=str(price))

    # -- trading -------------------------------------------------------------------------------

    def strike(self, root: str, day: str, offset: int) -> Decimal:
        """So many rungs above (below) the market."""
        answer = self.client.get(f"/option-chains/{root}/nested").json()["data"]["items"]
        board = next(
            sorted(Decimal(row["strike-price"]) for row in expiration["strikes"])
            for item in answer
            for expiration in item["expirations"]
            if expiration["expiration-date"].replace("-", "")[2:] == day
        )
        place = sum(1 for strike in board if strike < self.mark(root)) + offset
        return board[max(0, min(len(board) - 1, place))]

    def option(self, root: str, day: str, right: str, offset: int) -> str:
        strike = self.strike(root, day, offset)
        return f"{root:<6}{day}{right}{int(strike * 1000):08d}"

    def order(self, *legs: Leg, shift: str = "0") -> int:
        """Executes at once at the net mark; answers the broker's number of the order."""
        body = {
            "order-type": "Limit",
            "time-in-force": "Day",
            "external-identifier": "immediate",
            "legs": [self._leg(*leg) for leg in legs],
            **self._price(legs, Decimal(shift)),
        }
        answer = self.client.post(f"/accounts/{self.number}/orders", json=body)
        assert answer.status_code == 201, answer.text
        number = int(answer.json()["data"]["order"]["id"])
        self.wait(3)
        self._filled(number)
        return number

    def _leg(self, action: str, symbol: str, quantity: int) -> dict[str, Any]:
        kind = _TYPES.get(symbol[0], "Equity Option" if " " in symbol else "Equity")
        return {"instrument-type": kind, "symbol": symbol, "action": action, "quantity": quantity}

    def _price(self, legs: tuple[Leg, ...], shift: Decimal) -> dict[str, str]:
        size = min(quantity for _, _, quantity in legs)
        net = shift
        for action, symbol, quantity in legs:
            side = 1 if action.startswith("Buy") else -1
            net += side * self.mark(symbol) * quantity / (size if len(legs) > 1 else quantity)
        tick = Decimal("0.25") if any(leg[1].startswith(("/", ".")) for leg in legs) else None
        tick = tick or Decimal("0.05")
        price = max((abs(net) / tick).to_integral_value() * tick, tick)
        return {"price": str(price), "price-effect": "Debit" if net > 0 else "Credit"}

    def _filled(self, number: int, seconds: float = 10.0) -> None:
        deadline = time.monotonic() + seconds
        path = f"/accounts/{self.number}/orders/{number}"
        while (order := self.client.get(path).json()["data"])["status"] != "Filled":
            assert time.monotonic() < deadline, order
            self.wait(3)
            time.sleep(0.02)

    # -- the mirror ----------------------------------------------------------------------------

    def sync(self, *kinds: SyncKind) -> None:
        assert self.connection is not None
        runs.sync(self.connection, kinds or KINDS)

    def sync_all(self) -> None:
        """With the history back to the opening."""
        self.sync()
        assert self.connection is not None
        account = Account.objects.get(number=self.number)
        row = backfill.request(account, self.connection, BackfillKind.TRANSACTIONS)
        with client_for(self.connection) as client:
            assert backfill.run(row, PacedClient(client, self.connection))

    # -- the broker's own figures --------------------------------------------------------------

    def stated(self) -> dict[str, Any]:
        answer = self.client.get(f"/accounts/{self.number}/balances").json()["data"]
        return dict(answer["items"][0] if "items" in answer else answer)

    @property
    def cash(self) -> Decimal:
        return Decimal(str(self.stated()["cash-balance"]))

    @property
    def net_liq(self) -> Decimal:
        return Decimal(str(self.stated()["net-liquidating-value"]))
