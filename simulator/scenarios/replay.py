"""Living through the past of a scenario: trades at the market's own past prices, day by day.

The world is moved to each past instant, orders are filled against the market as it was, and every
day ends as days end. So ledger, positions, balances and history fit together by construction.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING

from simulator import lifecycle, matching
from simulator.ledger import book_fill, movement
from simulator.market import expirations, future_options, strikes
from simulator.market.calendar import at, next_trading_day, previous_trading_day
from simulator.market.contracts import active
from simulator.market.lines import future_option_symbol, occ
from simulator.model import Account, Order
from simulator.orders.build import build
from simulator.orders.case import Case
from simulator.orders.request import LegRequest, OrderRequest
from simulator.terms import terms_of

if TYPE_CHECKING:
    from simulator.market.market import Market
    from simulator.world import World

FIVE_MINUTES = timedelta(minutes=5)
CENT = Decimal("0.01")
LegSpec = tuple[str, str, str]
"""Action, symbol, quantity."""


@dataclass
class Replay:
    """A world being given its past. Days are counted back from the start: 0 is today."""

    world: World
    start: datetime
    market: Market
    plan: list[tuple[datetime, int, Step]] = field(default_factory=list)

    def day(self, back: int) -> date:
        """The trading day `back` days before the start."""
        found = previous_trading_day(self.start.date() + timedelta(days=1))
        for _ in range(back):
            found = previous_trading_day(found)
        return found

    def when(self, back: int, hour: int, minute: int = 0) -> datetime:
        """A New York time on a past trading day."""
        return at(self.day(back), hour, minute)

    # -- choosing instruments ----------------------------------------------------------------

    def monthly(self, underlying: str, days: int, back: int = 0, weekly: bool = False) -> date:
        """The listed expiration nearest to `days` after the trading day `back`."""
        moment = self.when(back, 11)
        root = self._root(underlying)
        listed = expirations.listed(root, moment)
        wanted = [e for e in listed if weekly or e.type == expirations.REGULAR]
        goal = moment.date() + timedelta(days=days)
        floor = self.start.date() + timedelta(days=2)
        open_ones = [e for e in wanted or listed if e.date > floor or back > 20] or listed
        return min(open_ones, key=lambda e: abs((e.date - goal).days)).date

    def option(self, underlying: str, day: date, right: str, distance: float, back: int) -> str:
        """The option whose strike lies `distance` (share of price) above the money."""
        row = self.market.levels.equities[underlying]
        price = self.price(underlying, self.when(back, 11))
        rows = strikes.ladder(strikes.tier(row.symbol, row.price), price)
        strike = min(rows, key=lambda k: abs(float(k) - price * (1 + distance)))
        return occ(self._root(underlying).symbol, day, right == "C", strike)

    def _root(self, underlying: str) -> expirations.Root:
        roots = expirations.roots_of(self.market.levels.equities[underlying])
        return roots[-1] if underlying in ("SPX", "NDX", "RUT") else roots[0]

    def future(self, product: str) -> str:
        """The active contract at the start."""
        row = self.market.levels.products[product]
        front, following = active(row, self.start)
        late = front.last_trade - self.start.date() < timedelta(days=7)
        return following.symbol if late else front.symbol

    def future_option(self, product: str, right: str, distance: float, days: int) -> str:
        """An option on a future, expiring about `days` after the start."""
        row = self.market.levels.products[product]
        goal = self.start.date() + timedelta(days=days)
        listed = future_options.listed(row, self.start)
        end = min(listed, key=lambda e: abs((e.date - goal).days))
        price = self.price(end.future.symbol, self.start)
        grid = strikes.ladder(strikes.future_tier(row.strike), price)
        strike = min(grid, key=lambda k: abs(float(k) - price * (1 + distance)))
        return future_option_symbol(end, right == "C", strike)

    def price(self, symbol: str, when: datetime) -> float:
        """The model price of a symbol at an instant."""
        line = self.market.line(symbol)
        if line is None:
            raise LookupError(symbol)
        return float(self.market.view_at(when).price(line).mid)

    # -- what happened -----------------------------------------------------------------------

    def deposit(self, number: str, back: int, amount: int) -> None:
        """Money arrives in the morning of a day."""
        self._enter(self.when(back, 9, 45), Deposit(number, Decimal(amount)))

    def trade(self, number: str, when: datetime, *legs: LegSpec) -> None:
        """An order that was filled at once."""
        self._enter(when, Trade(number, legs))

    def rest(self, number: str, minutes: int, share: str, leg: LegSpec) -> None:
        """A good-till-cancelled limit at `share` of the price, working since some minutes."""
        when = self.start - timedelta(minutes=minutes)
        self._enter(when, Resting(number, leg, Decimal(share)))

    def _enter(self, when: datetime, step: Step) -> None:
        self.plan.append((when, len(self.plan), step))

    def run(self) -> None:
        """Live through it all, and stop at the start."""
        steps = iter(sorted(self.plan, key=lambda entry: entry[:2]))
        entry = next(steps, None)
        day = (self.plan and min(self.plan)[0].date()) or self.start.date()
        while day <= self.start.date():
            closing = at(day, lifecycle.CLOSE_HOUR)
            while entry is not None and entry[0] < min(closing, self.start):
                self._do(entry[0], entry[2])
                entry = next(steps, None)
            if closing > self.start:
                break
            with self._at(closing):
                lifecycle.close_day(self.world, closing)
            day = next_trading_day(day)
        self._bars_of_today()
        self.market.advance(self.start)

    def _do(self, when: datetime, step: Step) -> None:
        with self._at(when):
            account = self.world.accounts[step.number]
            if isinstance(step, Deposit):
                movement(self.world, account, "Deposit", step.amount, when, "ACH deposit")
            elif isinstance(step, Resting):
                self._rest(account, step)
            else:
                self._fill(account, step.legs)

    @contextmanager
    def _at(self, when: datetime) -> Iterator[None]:
        self.world.clock.pinned = when
        self.market.advance(when)
        try:
            yield
        finally:
            self.world.clock.pinned = None

    def _fill(self, account: Account, legs: Sequence[LegSpec]) -> None:
        """Store a filled order and book its executions."""
        order = self._order(account, legs)
        now = self.world.clock.now()
        sides = matching.far_sides(self.world, order)
        if sides is None:
            raise LookupError(order.legs[0].symbol)
        net = matching.natural(sides)
        order.price, order.price_effect = abs(net), "Debit" if net >= 0 else "Credit"
        self._number(order, now)
        for leg, fill in matching.execute(self.world, order, matching.Execution(order.size, sides)):
            leg.fills.append(fill)
            leg.remaining -= fill.quantity
            book_fill(self.world, account, order, leg, fill)
        self.world.orders[order.id] = order
        self.world.touch(order)

    def _rest(self, account: Account, step: Resting) -> None:
        """Store an order that works far from the market."""
        order = self._order(account, [step.leg])
        terms = terms_of(self.world, step.leg[1])
        tick = next(value for value, bound in terms.ticks if bound is None) if terms else CENT
        wanted = self.world.market.mark(step.leg[1]) * step.share
        order.price = (wanted / tick).quantize(Decimal(1)) * tick
        order.price_effect = "Debit" if order.legs[0].buys else "Credit"
        order.time_in_force, order.expires_on = "GTC", None
        self._number(order, self.world.clock.now())
        order.status, order.terminal_at = "Live", None
        self.world.record(order)

    def _order(self, account: Account, legs: Sequence[LegSpec]) -> Order:
        asked = OrderRequest("Limit", "Day", [])
        for action, symbol, quantity in legs:
            terms = terms_of(self.world, symbol)
            if terms is None:
                raise LookupError(symbol)
            asked.legs.append(LegRequest(terms.instrument_type, symbol, action, Decimal(quantity)))
        return build(Case(self.world, account, asked))

    def _number(self, order: Order, now: datetime) -> None:
        order.id = self.world.ids.next("order")
        order.request_id = f"{self.world.ids.uuid('request')}=order-api=0"
        order.username = self.world.accounts[order.account].owner
        order.user_id = str(self.world.users[order.username].user_id)
        order.received_at = now - timedelta(milliseconds=900)
        order.in_flight_at = now - timedelta(milliseconds=690)
        order.live_at = now - timedelta(milliseconds=390)
        order.terminal_at = order.updated_at = now
        order.status = "Filled"
        order.global_number = self.world.ids.daily("global", now.date())
        digits = int.from_bytes(self.world.ids.digest("exchange", order.id, size=5), "big")
        order.exchange_number = str(100_000_000_000 + digits % 900_000_000_000)
        order.client_order_id = f"{order.id & 0xFF:02x}{order.global_number:08x}{order.id:08x}"

    def _bars_of_today(self) -> None:
        """Five-minute bars from the opening to the start."""
        when = at(self.start.date(), 9, 35)
        while when <= self.start:
            with self._at(when):
                lifecycle.record_bars(self.world, when)
            when += FIVE_MINUTES


@dataclass(frozen=True)
class Deposit:
    """Money into an account."""

    number: str
    amount: Decimal


@dataclass(frozen=True)
class Trade:
    """An order of some legs, filled at the far sides."""

    number: str
    legs: tuple[LegSpec, ...]


@dataclass(frozen=True)
class Resting:
    """A limit order away from the market."""

    number: str
    leg: LegSpec
    share: Decimal


Step = Deposit | Trade | Resting
