"""Somebody with another client of the same login: trades that only the broker tells of."""

from __future__ import annotations

import contextlib
import random
from typing import Any

import httpx

from tests.chaos.notes import Notes
from tests.chaos.stage import Simulator

EQUITIES = ("JPM", "KO", "AAPL", "SPY", "QQQ")
# How an order goes its way in the simulator; most go as the market has it.
SCRIPTS = ("partial:1", "delayed:45", "ledger-lag:20", "immediate")
Body = dict[str, Any]


class Trader:
    """Places, replaces and cancels; refusals are part of life."""

    def __init__(self, simulator: Simulator, chance: random.Random) -> None:
        self.chance = chance
        self.http = httpx.Client(
            base_url=simulator.told["api_url"], timeout=10, trust_env=False,
            headers={"User-Agent": "chaos-trader/1.0"},
        )  # fmt: skip
        self._grant = {
            "grant_type": "refresh_token",
            "client_secret": simulator.told["client_secret"],
            "refresh_token": simulator.told["refresh_token"],
        }
        self.accounts: list[str] = list(simulator.told["accounts"])
        self.placed: list[tuple[str, int, Body]] = []
        self.orders = self.changes = 0
        self.notes = Notes(chance, self._send)
        self._puts: list[str] = []

    def close(self) -> None:
        self.http.close()

    def step(self) -> None:
        """One action."""
        draw = self.chance.random()
        if draw > 0.94:
            self.notes.step()
        elif self.placed and draw < 0.2:
            self._cancel()
        elif self.placed and draw < 0.4:
            self._replace()
        elif draw < 0.5:
            self._bracket()
        else:
            self._place()

    def _cancel(self) -> None:
        number, order, _ = self._take()
        self._send("DELETE", f"/accounts/{number}/orders/{order}")
        self.changes += 1

    def _replace(self) -> None:
        """Another price for one that may still rest; a market order gets none."""
        number, order, body = self._take()
        if "price" not in body:
            return
        price = {"price": f"{float(body['price']) + self.chance.randrange(1, 9) / 100:.2f}"}
        answer = self._send("PUT", f"/accounts/{number}/orders/{order}", {**body, **price})
        self.changes += 1
        self._remember(number, (answer.get("data") or {}), {**body, **price})

    def _place(self) -> None:
        number = self.chance.choice(self.accounts)
        body = self._spread() if self.chance.random() < 0.3 else self._shares()
        if self.chance.random() < 0.3:
            body["external-identifier"] = self.chance.choice(SCRIPTS)
        answer = self._send("POST", f"/accounts/{number}/orders", body)
        self._remember(number, (answer.get("data") or {}).get("order") or {}, body)

    def _bracket(self) -> None:
        """One that triggers a profit and a stop."""
        number, symbol = self.chance.choice(self.accounts), self.chance.choice(EQUITIES)
        leg = {"instrument-type": "Equity", "symbol": symbol, "quantity": 1}
        buy, sell = {**leg, "action": "Buy to Open"}, {**leg, "action": "Sell to Close"}
        day = {"time-in-force": "Day"}
        trigger = {**day, "order-type": "Limit", "price": "2000.00", "price-effect": "Debit"}
        profit = {**day, "order-type": "Limit", "price": "9000.00", "price-effect": "Credit"}
        stop = {**day, "order-type": "Stop", "stop-trigger": "1.00"}
        body = {
            "type": "OTOCO",
            "trigger-order": {**trigger, "legs": [buy]},
            "orders": [{**profit, "legs": [sell]}, {**stop, "legs": [sell]}],
        }
        answer = self._send("POST", f"/accounts/{number}/complex-orders", body)
        if (answer.get("data") or {}).get("complex-order"):
            self.orders += 3

    def _shares(self) -> Body:
        action = self.chance.choice(["Buy to Open", "Buy to Open", "Sell to Close"])
        leg = {"instrument-type": "Equity", "symbol": self.chance.choice(EQUITIES)}
        leg |= {"action": action, "quantity": self.chance.randrange(1, 9)}
        body: Body = {"time-in-force": "Day", "legs": [leg]}
        if self.chance.random() < 0.5:
            return {**body, "order-type": "Market"}
        price = {"price": "1.00", "price-effect": "Debit"}
        if action == "Sell to Close":
            price = {"price": "9000.00", "price-effect": "Credit"}
        return {**body, "order-type": "Limit", **price}

    def _spread(self) -> Body:
        """A vertical of SPY puts, opened or closed at whatever it brings."""
        puts = self._put_symbols()
        if len(puts) < 2:
            return self._shares()
        place = self.chance.randrange(len(puts) - 1)
        way = self.chance.choice(["Open", "Open", "Close"])
        legs = [
            {"instrument-type": "Equity Option", "symbol": symbol, "action": action, "quantity": 1}
            for symbol, action in (
                (puts[place], f"Buy to {way}"),
                (puts[place + 1], f"Sell to {way}"),
            )
        ]
        price = {"price": self.chance.choice(["0.01", "0.01", "9.00"]), "price-effect": "Credit"}
        return {"order-type": "Limit", "time-in-force": "Day", "legs": legs, **price}

    def _put_symbols(self) -> list[str]:
        """Twelve strikes around the middle of the third expiration, upwards."""
        if not self._puts:
            answer = self._send("GET", "/option-chains/SPY/nested")
            with contextlib.suppress(KeyError, IndexError):
                strikes = answer["data"]["items"][0]["expirations"][2]["strikes"]
                middle = len(strikes) // 2
                self._puts = [row["put"] for row in strikes[middle - 6 : middle + 6]]
        return self._puts

    def _take(self) -> tuple[str, int, Body]:
        return self.placed.pop(self.chance.randrange(len(self.placed)))

    def _remember(self, number: str, order: Body, body: Body) -> None:
        if order.get("id"):
            self.orders += 1
            self.placed.append((number, int(order["id"]), body))

    def _send(self, method: str, path: str, body: Any = None) -> Body:
        with contextlib.suppress(httpx.HTTPError, ValueError):
            answer = self.http.request(method, path, json=body)
            if answer.status_code == 401:
                self._sign_in()
            return dict(answer.json()) if answer.content else {}
        return {}

    def _sign_in(self) -> None:
        answer = self.http.post("/oauth/token", json=self._grant).json()
        self.http.headers["Authorization"] = f"Bearer {answer.get('access_token')}"
