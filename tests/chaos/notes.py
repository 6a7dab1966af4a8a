"""What somebody keeps at the broker beside orders: watchlists and quote alerts."""

from __future__ import annotations

import random
from collections.abc import Callable
from typing import Any
from urllib.parse import quote

Send = Callable[..., dict[str, Any]]
SYMBOLS = ("SPY", "QQQ", "KO", "AAPL", "/ESZ6", "BTC/USD")


class Notes:
    """Makes, changes and throws away."""

    def __init__(self, chance: random.Random, send: Send) -> None:
        self.chance, self._send = chance, send
        self.changes = 0
        self._lists: list[str] = []
        self._alerts: list[str] = []

    def step(self) -> None:
        """One change."""
        acts = (self._list, self._relist, self._unlist, self._alert, self._alert, self._unalert)
        self.chance.choice(acts)()
        self.changes += 1

    def _entries(self) -> list[dict[str, str]]:
        names = self.chance.sample(SYMBOLS, self.chance.randrange(1, 4))
        return [{"symbol": name} for name in names]

    def _list(self) -> None:
        name = f"Ideas {self.changes}"
        body = {"name": name, "watchlist-entries": self._entries(), "group-name": "Mine"}
        if self._send("POST", "/watchlists", body).get("data"):
            self._lists.append(name)

    def _relist(self) -> None:
        """Another content and, now and then, another name."""
        if not self._lists:
            return
        old = self._lists.pop()
        new = self.chance.choice([old, f"{old} again"])
        body = {"name": new, "watchlist-entries": self._entries()}
        done = self._send("PUT", f"/watchlists/{quote(old)}", body).get("data")
        self._lists.append(new if done else old)

    def _unlist(self) -> None:
        if self._lists:
            self._send("DELETE", f"/watchlists/{quote(self._lists.pop(0))}")

    def _alert(self) -> None:
        """Half of them are passed at once, the others hardly ever."""
        threshold = self.chance.choice(["1", "99999"])
        body = {"symbol": "SPY", "field": "Last", "operator": ">", "threshold": threshold}
        told = self._send("POST", "/quote-alerts", body).get("data") or {}
        if told.get("alert-external-id"):
            self._alerts.append(told["alert-external-id"])

    def _unalert(self) -> None:
        if self._alerts:
            self._send("DELETE", f"/quote-alerts/{self._alerts.pop(0)}")
