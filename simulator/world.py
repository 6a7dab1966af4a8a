"""The state of the pretend broker and how time moves it.

One thread owns a world. `run_to` brings market, orders and accounts to an instant, event by event;
everything that happens there is stamped with the event's own time. Changed records go to the state
file in `flush`, which is called before an answer leaves.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import date, datetime, timedelta
from typing import Any

import msgspec

from simulator import fault_events, matching
from simulator.agenda import Agenda
from simulator.clock import Clock, EventClock
from simulator.faults import Faults
from simulator.fills import scripts
from simulator.ids import Ids
from simulator.ledger import book_fill
from simulator.market.calendar import new_york_date
from simulator.market_like import MarketLike
from simulator.model import (
    Account,
    Announcement,
    Client,
    Code,
    ComplexOrder,
    Fill,
    Grant,
    History,
    Leg,
    Order,
    Position,
    Settings,
    Token,
    Transaction,
    User,
)
from simulator.notices import Hub
from simulator.orders import conditions, groups, machine
from simulator.orders.standing import Standing
from simulator.persist import Records
from simulator.store import Store
from simulator.terms import Terms
from simulator.transcript import Transcript

MS = timedelta(milliseconds=1)
FINEST_STEP = timedelta(seconds=1)
MOST_STEPS = 240
BEAT = 50_000  # microseconds between two looks at the market
NEXT_EXECUTION = timedelta(milliseconds=100)


class World:
    """Everything the broker knows."""

    def __init__(
        self, seed: int, clock: Clock, market: MarketLike, store: Store | None = None
    ) -> None:
        self.seed = seed
        self.clock = EventClock(clock)
        self.market = market
        self.ids = Ids(seed)
        self.settings = Settings()
        self.agenda = Agenda()
        self.hub = Hub(self)
        self.faults = Faults(self)
        self.users: dict[str, User] = {}
        self.clients: dict[str, Client] = {}
        self.grants: dict[str, Grant] = {}
        self.codes: dict[str, Code] = {}
        self.tokens: dict[str, Token] = {}
        self.accounts: dict[str, Account] = {}
        self.history: dict[str, History] = {}
        self.orders: dict[int, Order] = {}
        self.open_orders: dict[str, dict[int, Order]] = {}
        self.standing: dict[str, Standing] = {}
        """The open orders again, alike ones together."""
        self.complex_orders: dict[int, ComplexOrder] = {}
        self.changed_groups: dict[int, None] = {}
        self.pairs: dict[int, None] = {}
        """Complex orders of type PAIRS that may still wait for their ratio."""
        self.announcements: dict[int, Announcement] = {}
        """Corporate actions that were announced, by number, past ones included."""
        self.transactions: dict[str, list[Transaction]] = {}
        self.journal: list[dict[str, Any]] = []
        self.terms_cache: dict[str, Terms] = {}
        self.last_match: dict[int, datetime | None] = {}
        self.listeners: list[Callable[[], None]] = []
        self.reached = clock.now()
        self.base_url = ""
        self.records = Records(store)
        self.transcript = Transcript(self)
        self.snapshots: dict[str, dict[str, dict[str, msgspec.Raw]]] = {}

    # -- looking things up -------------------------------------------------------------------

    def today(self) -> date:
        """The date in New York."""
        return new_york_date(self.clock.now())

    def working_orders(
        self, number: str, without: int | None = None
    ) -> Iterator[tuple[Order, int]]:
        """Orders that may still execute, one of those that are alike with their count.

        Those that another order holds back are left out.
        """
        if number not in self.standing:
            return
        for order, count in self.standing[number].groups(without):
            if not order.terminal and not groups.held_back(order):
                yield order, count

    def orders_of(self, number: str) -> list[Order]:
        """All orders of an account, newest first."""
        return sorted(
            (o for o in self.orders.values() if o.account == number),
            key=lambda o: o.id,
            reverse=True,
        )

    # -- changing things ---------------------------------------------------------------------

    def touch(self, record: Any) -> None:
        """Mark a record for the state file."""
        self.records.touch(record)

    def record(self, order: Order) -> None:
        """Remember a new order."""
        self.orders[order.id] = order
        self.stand(order)
        self.touch(order)

    def stand(self, order: Order) -> None:
        """Count an order among the open ones of its account."""
        self.open_orders.setdefault(order.account, {})[order.id] = order
        self.standing.setdefault(order.account, Standing()).enter(order)

    def add_account(self, account: Account) -> None:
        """Open an account."""
        self.accounts[account.number] = account
        self.history.setdefault(account.number, History(number=account.number))
        self.transactions.setdefault(account.number, [])
        self.touch(account)

    def add_transaction(self, row: Transaction) -> None:
        """Add to an account's ledger."""
        self.transactions.setdefault(row.account, []).append(row)
        self.touch(row)

    def publish_order(self, order: Order) -> None:
        """Stamp an order and send it to those who watch the account."""
        order.updated_at = max(self.clock.now(), order.updated_at + MS)
        order.frames += 1
        if order.terminal and order.filled | (order.status != "Filled"):
            self.open_orders.get(order.account, {}).pop(order.id, None)
            self.standing.setdefault(order.account, Standing()).leave(order.id)
        elif order.id in self.orders:
            self.stand(order)
        self.touch(order)
        self.hub.order(order)
        if order.complex_id is not None:
            self.changed_groups[order.complex_id] = None

    def publish_groups(self) -> None:
        """Send the complex orders whose members were published since the last time."""
        changed, self.changed_groups = self.changed_groups, {}
        for number in changed:
            if number in self.complex_orders:
                self.hub.complex_order(self.complex_orders[number])

    def settled(self, order: Order) -> None:
        """A member of a complex order was executed or has ended: its group moves on."""
        if order.complex_id is not None:
            groups.settled(self, order)

    def publish_balance(self, account: Account) -> None:
        """Send the balance to those who watch the account."""
        account.updated_at = self.clock.now()
        self.touch(account)
        self.hub.balance(account)

    def publish_position(self, account: Account, position: Position) -> None:
        """Send a position to those who watch the account."""
        self.hub.position(account, position)

    # -- executions --------------------------------------------------------------------------

    def match(self, order: Order) -> None:
        """Execute what the market gives an order now."""
        found = matching.look(self, order)
        if found is None:
            return
        done = matching.execute(self, order, found)
        if done:
            self.apply(order, done)
            if not order.filled and matching.goes_on(order):
                self.agenda.at(self.clock.now() + NEXT_EXECUTION, "match", order.id)

    def apply(self, order: Order, done: list[tuple[Leg, Fill]]) -> None:
        """Frames of the order first, leg by leg; then positions and balance."""
        for leg, fill in done:
            leg.fills.append(fill)
            leg.remaining -= fill.quantity
            if leg.remaining == 0 and order.status != "Filled":
                order.status, order.terminal_at = "Filled", self.clock.now()
            self.publish_order(order)
        self.journal.append(_journal_fills(order, done))
        lag = scripts.ledger_lag(order)
        if lag is None:
            self._book(order, done)
        else:
            order.unbooked += [fill.fill_id for _, fill in done]
            self.agenda.at(self.clock.now() + lag, "book", order.id)
        if order.status == "Filled":
            machine.drop_successor(self, order)
        self.settled(order)

    def _book(self, order: Order, done: list[tuple[Leg, Fill]]) -> None:
        account = self.accounts[order.account]
        self.faults.past.keep(account, self.clock.now())
        positions = {leg.symbol: book_fill(self, account, order, leg, f) for leg, f in done}
        for position in positions.values():
            self.publish_position(account, position)
        self.publish_balance(account)

    def book_late(self, order: Order) -> None:
        """Enter the executions that a scripted lag kept from the ledger."""
        done = [
            (leg, fill) for leg in order.legs for fill in leg.fills
            if fill.fill_id in order.unbooked
        ]  # fmt: skip
        order.unbooked = []
        self.touch(order)
        if done:
            self._book(order, done)

    # -- time --------------------------------------------------------------------------------

    def catch_up(self) -> None:
        """Bring everything to the clock's present."""
        self.run_to(self.clock.base.now())

    def jump(self, to: datetime) -> None:
        """Move the clock to an instant, and everything with it."""
        speed = self.clock.speed
        self.clock.base.set_speed(0)
        try:
            self.run_to(to)
            self.clock.base.jump(to)
        finally:
            self.clock.base.set_speed(speed)

    def run_to(self, target: datetime) -> None:
        """Handle all that is due, in order, with the market moved to each instant."""
        step = max(FINEST_STEP, (target - self.reached) / MOST_STEPS)
        while self.reached < target:
            due = self.agenda.next_due
            instant = min(target, self.reached + step, max(due or target, self.reached + MS))
            self._instant(instant)
        self._notify()

    def _instant(self, instant: datetime) -> None:
        self.clock.pinned = self.reached = instant
        try:
            moves = self.market.advance(_beat(instant))
            self._due(instant)
            if moves:
                self.market_moved()
        finally:
            self.clock.pinned = None

    def _due(self, instant: datetime) -> None:
        while entry := self.agenda.pop(instant):
            _, name, key = entry
            if name == "fault":
                fault_events.due(self, int(key))
            elif name == "frame":
                self.hub.held.due(int(key))
            elif name in machine.STEPS:
                order = self.orders.get(int(key))
                if order is not None:
                    machine.handle(self, name, order)
            elif name == "book":
                if int(key) in self.orders:
                    self.book_late(self.orders[int(key)])
            elif name == "group":
                if int(key) in self.complex_orders:
                    groups.start(self, self.complex_orders[int(key)])
            else:
                self.daily(name, str(key))
            self.publish_groups()

    def market_moved(self) -> None:
        """Look at every working order and alert after a move of the market."""
        for orders in list(self.open_orders.values()):
            for order in list(orders.values()):
                if order.rules:
                    self._rule(order)
                if order.status in matching.MATCHABLE and _ripe(order, self.clock.now()):
                    self.match(order)
        groups.look_at_ratios(self)
        self.publish_groups()
        self.hub.alerts()

    def _rule(self, order: Order) -> None:
        verdict = conditions.look(self, order)
        if verdict == "cancel" and order.status in ("Live", "Contingent", "Received"):
            machine.request_cancel(self, order)
        elif verdict == "route":
            conditions.mark_routed(self, order)
            machine.handle(self, "route", order)

    def daily(self, name: str, key: str) -> None:
        """A dated event of the house (end of day, bars): see `lifecycle.py`."""
        from simulator import lifecycle

        lifecycle.handle(self, name, key)

    def _notify(self) -> None:
        for listener in self.listeners:
            listener()

    def resume(self) -> None:
        """Enter again what is due for the orders that are not finished, and the daily events."""
        self.reached = self.clock.now()
        self.market.advance(_beat(self.reached))
        for order in list(self.orders.values()):
            if order.unbooked:
                self.book_late(order)
            if not order.terminal:
                self.stand(order)
                machine.schedule(self, order)
        groups.resume(self)
        self.daily("schedule", "")

    def flush(self, meta: bool = True) -> None:
        """Write what changed since the last time; with `meta` the clock in any case."""
        self.records.flush(self, meta)


def _beat(instant: datetime) -> datetime:
    """The market's step that an instant lies in: events close together share its prices."""
    return instant.replace(microsecond=instant.microsecond // BEAT * BEAT)


def _ripe(order: Order, now: datetime) -> bool:
    return order.live_at is not None and now >= order.live_at + machine.TO_MATCH


def _journal_fills(order: Order, done: list[tuple[Leg, Fill]]) -> dict[str, Any]:
    return {
        "kind": "fills",
        "order-id": order.id,
        "account-number": order.account,
        "fill-model": order.fill_model,
        "script": order.script,
        "fills": [
            {
                "symbol": leg.symbol,
                "fill-id": fill.fill_id,
                "quantity": fill.quantity,
                "price": fill.price,
                "venue": fill.venue,
                "at": fill.at,
            }
            for leg, fill in done
        ],
    }
