"""The simulated broker as histories use it: orders, time, prices, and who owns each ledger row."""

from __future__ import annotations

import random
from collections.abc import Iterable
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from simulator.clock import Clock
from simulator.http import text
from simulator.ledger import movement
from simulator.market import chains
from simulator.market.calendar import at, next_trading_day
from simulator.model import Account, Transaction
from simulator.orders import desk
from simulator.rest.transactions import transaction_wire
from simulator.scenarios import SCENARIOS
from simulator.scenarios.people import open_account
from simulator.world import World
from tests.simulator.conftest import START, _market

FRIDAY = date(2026, 11, 20)
NEXT_FRIDAY = date(2026, 11, 27)
BETWEEN = date(2026, 12, 11)
LATER = date(2026, 12, 18)
NICKEL = Decimal("0.05")
Leg = tuple[str, str, Any]


class Broker:
    """A broker with two rich accounts, a stopped clock and a seed."""

    def __init__(self, seed: int) -> None:
        market, beginning = _market()
        market.restore(beginning)
        self.draw = random.Random(seed)
        self.world = World(seed, Clock(START, speed=0), market)
        SCENARIOS["empty"](self.world)
        user = next(iter(self.world.users.values()))
        open_account(
            self.world, user, "5WT00002", "Individual", START - timedelta(days=30),
            calculation="Reg T", level="No Restrictions", futures=True, crypto=True,
        )  # fmt: skip
        for account in self.accounts:
            movement(self.world, account, "Deposit", Decimal(9_000_000), START, "ACH deposit")

    @property
    def accounts(self) -> list[Account]:
        return list(self.world.accounts.values())

    @property
    def market(self) -> Any:
        return self.world.market

    # -- trading -----------------------------------------------------------------------------

    def order(self, account: Account, *legs: Leg) -> int:
        """Executes at once, several legs at their net mark; answers the order's number."""
        body: dict[str, Any] = {
            "order-type": "Limit",
            "time-in-force": "Day",
            "external-identifier": "immediate",
            "legs": [self._leg(*leg) for leg in legs],
            **self._price(legs),
        }
        done = desk.place(self.world, account, body, account.owner)
        number = int(done["order"]["id"])
        self.wait(3)
        assert self.world.orders[number].status == "Filled", self.world.orders[number]
        return number

    def _leg(self, action: str, symbol: str, quantity: Any) -> dict[str, Any]:
        kind = self.market.instrument(symbol)["instrument-type"]
        return {"instrument-type": kind, "symbol": symbol, "action": action, "quantity": quantity}

    def _price(self, legs: Iterable[Leg]) -> dict[str, str]:
        legs = list(legs)
        size = min(Decimal(str(quantity)) for _, _, quantity in legs)
        net, tick = Decimal(0), NICKEL
        for action, symbol, quantity in legs:
            side = 1 if action.startswith("Buy") else -1
            lots = Decimal(str(quantity)) / (size if len(legs) > 1 else Decimal(str(quantity)))
            mark = Decimal(self.market.mark(symbol))
            net += side * lots * mark
            tick = max(tick, Decimal(self.market.tick(symbol, mark)))
        price = max((abs(net) / tick).to_integral_value() * tick, tick)
        return {"price": text(price), "price-effect": "Debit" if net > 0 else "Credit"}

    # -- time and prices ---------------------------------------------------------------------

    def wait(self, seconds: float) -> None:
        self.world.jump(self.world.clock.now() + timedelta(seconds=seconds))

    def next_morning(self) -> None:
        """Past tonight's settlement, to half past ten of the next session."""
        self.world.jump(at(next_trading_day(self.world.today()), 10, 30))

    def evening(self) -> None:
        """Past today's settlement."""
        self.world.jump(at(self.world.today(), 18, 30))

    def move(self, symbol: str, price: Decimal) -> None:
        """The price of a share, index or future's product is led somewhere."""
        mark = Decimal(self.market.mark(symbol))
        line = self.market.line(symbol)
        name = line.level or symbol
        self.market.move(name, float(price / mark), self.world.clock.now())
        self.world.market_moved()

    # -- instruments -------------------------------------------------------------------------

    def strikes(self, root: str) -> list[Decimal]:
        """What is on the board of an option class, lowest first."""
        return sorted(chains.ladder(self.market, self.market.registry.roots[root]))

    def option(self, root: str, day: date, right: str, strike: Decimal) -> str:
        """The symbol of an equity or index option."""
        return f"{root:<6}{day:%y%m%d}{right}{int(strike * 1000):08d}"

    def near(self, root: str, offset: int) -> Decimal:
        """The strike so many rungs above (below) the market."""
        board = self.strikes(root)
        spot = Decimal(self.market.mark(self.market.registry.roots[root].underlying))
        place = sum(1 for strike in board if strike < spot)
        return board[max(0, min(len(board) - 1, place + offset))]

    def future_option(self, product: str, days: int, right: str, offset: int) -> str:
        """An option of the first board that is at least so many days away."""
        goods = self.market.levels.products[product]
        wanted = self.world.today() + timedelta(days=days)
        end = next(e for e in chains.future_boards(self.market, goods) if e.date >= wanted)
        board = sorted(chains.future_ladder(self.market, end))
        spot = Decimal(self.market.mark(end.future.symbol))
        place = sum(1 for strike in board if strike < spot) + offset
        line = self.market.registry.future_option_line(end, right == "C", board[place])
        return str(line.symbol)

    def held(self, account: Account, symbol: str) -> Decimal:
        position = account.positions.get(symbol)
        return Decimal(0) if position is None else position.quantity

    def rows(self, account: Account) -> list[Transaction]:
        return self.world.transactions[account.number]

    def wire(self, account: Account) -> list[dict[str, Any]]:
        """The ledger as the API tells it."""
        return [transaction_wire(row) for row in self.rows(account)]
