"""Accounts as they were: what a service that lags behind its own fills still shows."""

from __future__ import annotations

import copy
from collections import deque
from datetime import datetime, timedelta

from simulator.model import Account

KEPT = 500


class Past:
    """Copies of accounts from before each of their fills, while a fault asks for them."""

    def __init__(self) -> None:
        self.kept = False
        self._copies: dict[str, deque[tuple[datetime, Account]]] = {}

    def keep(self, account: Account, now: datetime) -> None:
        """Remember an account that is about to change."""
        if self.kept:
            fresh = copy.copy(account)
            fresh.positions = {s: copy.copy(p) for s, p in account.positions.items()}
            self._copies.setdefault(account.number, deque(maxlen=KEPT)).append((now, fresh))

    def at(self, account: Account, now: datetime, seconds: float) -> Account:
        """The account as it was `seconds` ago."""
        then = now - timedelta(seconds=seconds)
        for changed, before in self._copies.get(account.number, ()):
            if changed > then:
                return before
        return account
