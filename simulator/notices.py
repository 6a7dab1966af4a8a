"""Notifications: who watches which account, and the frames that are sent.

Frames are complete objects, single, in the order of the facts: an order before the positions and
the balance that it changes. Nothing is kept for those who are not there.
"""

from __future__ import annotations

import asyncio
from collections import deque
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import orjson

from simulator import alerts
from simulator.fault_frames import Held, pass_on
from simulator.http import dumps, millis
from simulator.model import Account, ComplexOrder, Order, Position, User
from simulator.orders.complex_wire import complex_wire
from simulator.orders.wire import order_wire

if TYPE_CHECKING:
    from simulator.transcript import Transcript
    from simulator.world import World

PUBLISHED_AFTER = timedelta(milliseconds=10)
LONGEST_QUEUE = 10_000


class Subscriber:
    """One socket's outbox."""

    def __init__(self, username: str) -> None:
        self.username = username
        self.id = ""
        self.accounts: frozenset[str] = frozenset()
        self.alerts = False
        self.watchlists = False
        self.frozen = False
        self.queue: deque[bytes] = deque(maxlen=LONGEST_QUEUE)
        self.wake = asyncio.Event()
        self.closing: tuple[int, str] | None = None
        self.transcript: Transcript | None = None

    def put(self, frame: bytes) -> None:
        """Queue a frame; a frozen socket loses it silently."""
        if not self.frozen:
            if self.transcript is not None:
                self.transcript.frame(self.id, frame)
            self.queue.append(frame)
            self.wake.set()

    def close(self, code: int = 1000, reason: str = "Bye") -> None:
        """Ask the socket's task to close."""
        self.closing = (code, reason)
        self.wake.set()


class Hub:
    """All subscribers of one world."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.subscribers: set[Subscriber] = set()
        self.sent = 0
        self.held = Held()

    def order(self, order: Order) -> None:
        """An `Order` frame."""
        if not self._watched(order.account):
            return
        data = order_wire(order)
        if order.user_id is not None:
            data |= {"user-id": order.user_id, "username": order.username}
        self._account(order.account, "Order", data)

    def complex_order(self, group: ComplexOrder) -> None:
        """A `ComplexOrder` frame."""
        if self._watched(group.account):
            data = complex_wire(self.world, group)
            self._account(group.account, "ComplexOrder", data)

    def position(self, account: Account, position: Position) -> None:
        """A `CurrentPosition` frame."""
        if self._watched(account.number):
            from simulator.rest.positions import position_wire

            data = position_wire(self.world, account, position)
            self._account(account.number, "CurrentPosition", data)

    def balance(self, account: Account) -> None:
        """An `AccountBalance` frame."""
        if self._watched(account.number):
            from simulator.balances import balance

            self._account(account.number, "AccountBalance", balance(self.world, account))

    def trading_status(self, account: Account) -> None:
        """A `TradingStatus` frame."""
        self._account(account.number, "TradingStatus", account.status)

    def raw(self, account_number: str, kind: str, data: dict[str, Any]) -> None:
        """Any frame of an account (other families, scripted ones)."""
        self._account(account_number, kind, data)

    def alerts(self) -> None:
        """Fire the quote alerts whose threshold the market has passed."""
        for user, alert in alerts.fired(self.world):
            self._alert(user, alert)

    def _alert(self, user: User, alert: dict[str, Any]) -> None:
        frame = self._frame("QuoteAlert", alert)
        for one in self.subscribers:
            if one.alerts and one.username == user.username:
                one.put(frame)

    def _watched(self, number: str) -> bool:
        return any(number in one.accounts for one in self.subscribers)

    def _account(self, number: str, kind: str, data: dict[str, Any]) -> None:
        watching = [one for one in self.subscribers if number in one.accounts]
        if "account-stream" in self.world.faults.on:
            frame = orjson.loads(self._frame(kind, data))
            for one in sorted(watching, key=lambda one: one.id):
                pass_on(self.world, self.held, one, number, frame)
            return
        raw = self._frame(kind, data)
        for one in watching:
            one.put(raw)

    def _frame(self, kind: str, data: dict[str, Any]) -> bytes:
        self.sent += 1
        at = millis(self.world.clock.now() + PUBLISHED_AFTER)
        return dumps({"type": kind, "data": data, "timestamp": at})
