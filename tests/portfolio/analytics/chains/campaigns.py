"""What traders do to a position over a week, one kind a class.

A campaign is one trade chain by its making: it lists the orders that it sent. It runs in steps,
Wednesday to Tuesday; a step is what happens on one day.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from decimal import Decimal
from itertools import pairwise

from simulator import corporate, lifecycle_options
from simulator.holdings import Holding, give
from simulator.model import Account
from tests.portfolio.analytics.chains.broker import (
    BETWEEN,
    FRIDAY,
    LATER,
    NEXT_FRIDAY,
    Broker,
    Leg,
)

SHARES = ("MSFT", "AAPL", "KO", "IWM", "NVDA", "AMD", "QQQ", "SPY", "F")
FUTURES = ("ES", "MES")


class Campaign:
    """One chain; ``steps`` yields at the end of each day. ``seen`` are sub-types of ledger rows
    that must be there, ``rolls`` how many rolls in one order were made."""

    takes: tuple[str, ...] = SHARES
    seen: tuple[str, ...] = ()

    def __init__(self, broker: Broker, account: Account, name: str) -> None:
        self.broker, self.account, self.name = broker, account, name
        self.draw: random.Random = broker.draw
        self.orders: list[int] = []
        self.symbols: set[str] = set()
        self.rolls = 0
        self.size = self.draw.randint(1, 3)

    def steps(self) -> Iterator[None]:
        raise NotImplementedError

    # -- words -------------------------------------------------------------------------------

    def order(self, *legs: Leg) -> None:
        """One order; one that closes and opens is a roll."""
        self.symbols |= {symbol for _, symbol, _ in legs}
        self.orders.append(self.broker.order(self.account, *legs))
        sides = {action.rpartition(" ")[2] for action, _, _ in legs}
        self.rolls += sides == {"Open", "Close"}

    def option(self, day: object, right: str, offset: int) -> str:
        strike = self.broker.near(self.name, offset)
        return self.broker.option(self.name, day, right, strike)  # type: ignore[arg-type]

    def close(self, symbol: str, quantity: Decimal | int) -> Leg:
        held = self.broker.held(self.account, symbol)
        return ("Sell to Close" if held > 0 else "Buy to Close", symbol, str(quantity))

    def close_some(self, *symbols: str) -> None:
        """All, half or nothing of what is left is closed, each by an order of its own."""
        for symbol in symbols:
            held = abs(self.broker.held(self.account, symbol))
            part = self.draw.choice((held, held, held // 2, Decimal(0)))
            if part and self.broker.market.line(symbol) is not None:
                self.order(self.close(symbol, part))

    def outwards(self, right: str, low: int, high: int) -> int:
        """Rungs out of the money."""
        return self.draw.randint(low, high) * (1 if right == "C" else -1)


class FullRoll(Campaign):
    """All of it goes on, in one order or in two within minutes; perhaps twice."""

    def steps(self) -> Iterator[None]:
        right, opens = self.draw.choice("CP"), self.draw.choice(("Sell", "Buy"))
        held = self.option(FRIDAY, right, self.outwards(right, 1, 4))
        self.order((f"{opens} to Open", held, self.size))
        yield
        held = self.roll(held, NEXT_FRIDAY, right, opens)
        yield
        if self.draw.random() < 0.6:
            held = self.roll(held, LATER, right, opens)
        yield
        self.close_some(held)
        yield

    def roll(self, held: str, day: object, right: str, opens: str) -> str:
        new = self.option(day, right, self.outwards(right, 1, 6))
        legs = (self.close(held, self.size), (f"{opens} to Open", new, self.size))
        if self.draw.random() < 0.3:
            self.order(legs[0])
            self.broker.wait(self.draw.randint(5, 200))
            self.order(legs[1])
        else:
            self.order(*legs)
        return new


class PartialRoll(Campaign):
    """Some contracts go on, the others stay."""

    def steps(self) -> Iterator[None]:
        right, whole = self.draw.choice("CP"), self.draw.randint(2, 5)
        old = self.option(NEXT_FRIDAY, right, self.outwards(right, 1, 4))
        self.order(("Sell to Open", old, whole))
        yield
        part = self.draw.randint(1, whole - 1)
        new = self.option(LATER, right, self.outwards(right, 1, 6))
        self.order(self.close(old, part), ("Sell to Open", new, part))
        yield
        yield
        self.close_some(old, new)
        yield


class OneSide(Campaign):
    """A strangle of which first one side goes on, then perhaps the other."""

    def steps(self) -> Iterator[None]:
        put = self.option(NEXT_FRIDAY, "P", self.outwards("P", 2, 5))
        call = self.option(NEXT_FRIDAY, "C", self.outwards("C", 2, 5))
        self.order(("Sell to Open", put, self.size), ("Sell to Open", call, self.size))
        yield
        sides = {"P": put, "C": call}
        first = self.draw.choice("CP")
        self.roll(sides, first)
        yield
        if self.draw.random() < 0.5:
            self.roll(sides, "P" if first == "C" else "C")
        yield
        self.close_some(*sides.values())
        yield

    def roll(self, sides: dict[str, str], right: str) -> None:
        new = self.option(LATER, right, self.outwards(right, 1, 6))
        self.order(self.close(sides[right], self.size), ("Sell to Open", new, self.size))
        sides[right] = new


class SizeChange(Campaign):
    """Rolled into more contracts, then into fewer."""

    def steps(self) -> Iterator[None]:
        right = self.draw.choice("CP")
        one = self.option(FRIDAY, right, self.outwards(right, 1, 4))
        two = self.option(NEXT_FRIDAY, right, self.outwards(right, 1, 5))
        three = self.option(LATER, right, self.outwards(right, 1, 6))
        self.order(("Sell to Open", one, self.size))
        yield
        more = self.size + self.draw.randint(1, 3)
        self.order(self.close(one, self.size), ("Sell to Open", two, more))
        yield
        self.order(self.close(two, more), ("Sell to Open", three, self.draw.randint(1, more - 1)))
        yield
        self.close_some(three)
        yield


class Assignment(Campaign):
    """Sold options are assigned at their end, or before it; the shares are held or sold."""

    seen = ("Assignment",)

    def steps(self) -> Iterator[None]:
        right = self.draw.choice("CP")
        sold = self.option(FRIDAY, right, self.outwards(right, 1, 3))
        legs = [("Sell to Open", sold, self.size)]
        if self.draw.random() < 0.5:
            wing = self.option(FRIDAY, right, self.outwards(right, 18, 20))
            legs.append(("Buy to Open", wing, self.size))
        self.order(*legs)
        self.symbols.add(self.name)
        yield
        if self.draw.random() < 0.3:
            world, account = self.broker.world, self.account
            lifecycle_options.assign(world, account, sold, Decimal(self.draw.randint(1, self.size)))
        yield
        strike = Decimal(sold[-8:]) / 1000
        self.broker.move(self.name, strike * (Decimal("1.06") if right == "C" else Decimal("0.94")))
        yield
        self.close_some(self.name)
        yield


class Exercise(Campaign):
    """Bought options are exercised at their end, or before it."""

    seen = ("Exercise",)

    def steps(self) -> Iterator[None]:
        right = self.draw.choice("CP")
        bought = self.option(FRIDAY, right, self.outwards(right, 1, 3))
        self.order(("Buy to Open", bought, self.size))
        self.symbols.add(self.name)
        yield
        if self.draw.random() < 0.3:
            part = Decimal(self.draw.randint(1, self.size))
            lifecycle_options.exercise(self.broker.world, self.account, bought, part)
        yield
        strike = Decimal(bought[-8:]) / 1000
        self.broker.move(self.name, strike * (Decimal("1.06") if right == "C" else Decimal("0.94")))
        yield
        self.close_some(self.name)
        yield


class CashSettlement(Campaign):
    """Index options that end in cash, perhaps rolled before."""

    takes = ("SPXW", "SPX")
    seen = ("Cash Settled",)

    def steps(self) -> Iterator[None]:
        right = self.draw.choice("CP")
        inside = -2 if right == "C" else 2
        near, far = (self.option(FRIDAY, right, inside + self.outwards(right, n, n))
                     for n in (0, self.draw.randint(3, 12)))  # fmt: skip
        sells = self.draw.random() < 0.5
        first, second = ("Sell", "Buy") if sells else ("Buy", "Sell")
        self.order((f"{first} to Open", near, self.size), (f"{second} to Open", far, self.size))
        yield
        self.lead(near, right, "SPX")
        yield
        self.lead(near, right, "SPXW")
        yield
        yield

    def lead(self, symbol: str, right: str, name: str) -> None:
        """Into the money before it ends: the classes of the morning a day earlier."""
        if name == self.name:
            strike = Decimal(symbol[-8:]) / 1000
            self.broker.move("SPX", strike * Decimal("1.02" if right == "C" else "0.98"))


class Split(Campaign):
    """Shares or options through a split, some of it closed afterwards."""

    seen = ("Split",)

    def steps(self) -> Iterator[None]:
        new, old = self.draw.choice(((2, 1), (3, 1), (3, 2), (1, 10), (1, 4)))
        if self.draw.random() < 0.5:
            self.order(("Buy to Open", self.name, self.draw.choice((7, 40, 115))))
        else:
            put = self.option(LATER, "P", self.outwards("P", 1, 4))
            call = self.option(LATER, "C", self.outwards("C", 1, 4))
            self.order(("Sell to Open", put, self.size), ("Buy to Open", call, self.size))
        yield
        if self.draw.random() < 0.3 and len(self.symbols) == 1:
            self.order(self.close(self.name, 3))
        yield
        action = {"kind": "split", "symbol": self.name, "new": new, "old": old}
        corporate.apply(self.broker.world, action)
        yield
        mine = [s for s in self.symbols_now() if self.broker.held(self.account, s)]
        self.close_some(*mine)
        yield

    def symbols_now(self) -> list[str]:
        """What the campaign's symbols have become."""
        rows = self.broker.rows(self.account)
        found = set(self.symbols)
        for before, row in pairwise(rows):
            arrives = row.sub_type in ("Forward Split", "Reverse Split") and row.action is not None
            if arrives and row.action.endswith("Open") and before.symbol in found:
                found.add(str(row.symbol))
        return sorted(found)


class FutureOption(Campaign):
    """Options on futures: rolled, or ended in the future, whose gains are settled every day."""

    takes = FUTURES

    def steps(self) -> Iterator[None]:
        right, opens = self.draw.choice("CP"), self.draw.choice(("Sell", "Buy"))
        held = self.broker.future_option(self.name, 1, right, self.outwards(right, 1, 4))
        self.order((f"{opens} to Open", held, self.size))
        yield
        if self.draw.random() < 0.5:
            new = self.broker.future_option(self.name, 2, right, self.outwards(right, 2, 6))
            if new != held:
                self.order(self.close(held, self.size), (f"{opens} to Open", new, self.size))
                held = new
        contract = str(self.broker.market.instrument(held)["underlying-symbol"])
        self.symbols.add(contract)
        self.end(held, contract, right)
        yield
        self.trade_future(contract)
        self.end(held, contract, right)
        yield
        self.trade_future(contract)
        yield
        self.trade_future(contract)
        yield

    def end(self, held: str, contract: str, right: str) -> None:
        """What ends tonight mostly ends in the money."""
        expires = self.broker.market.expires_at(held)
        today = self.broker.world.today()
        if expires is None or expires.date() != today or self.draw.random() < 0.2:
            return
        strike = Decimal(held.rpartition(right)[2])
        self.broker.move(contract, strike * (Decimal("1.01") if right == "C" else Decimal("0.99")))

    def trade_future(self, contract: str) -> None:
        """Some of the delivered futures are closed."""
        quantity = self.broker.held(self.account, contract)
        if quantity and self.draw.random() < 0.5:
            part = self.draw.choice((abs(quantity), Decimal(1)))
            self.order(("Sell" if quantity > 0 else "Buy", contract, str(part)))


class Transfer(Campaign):
    """Shares that came from another house, partly sold."""

    def steps(self) -> Iterator[None]:
        price = Decimal(self.broker.market.mark(self.name)) * Decimal("0.9")
        holding = Holding(symbol=self.name, quantity=Decimal(60), price=round(price, 2))
        give(self.broker.world, self.account, holding)
        self.symbols.add(self.name)
        yield
        self.order(self.close(self.name, 25))
        yield


class Renamed(Campaign):
    """Options on a share that gets another name, or merges into another share."""

    def steps(self) -> Iterator[None]:
        put = self.option(LATER, "P", self.outwards("P", 1, 4))
        self.order(("Sell to Open", put, self.size))
        yield
        if self.draw.random() < 0.5:
            action = {"kind": "symbol-change", "symbol": self.name, "to": f"Z{self.name[:3]}"}
        else:
            action = {"kind": "merger", "symbol": self.name, "into": "XOM", "ratio": "0.5",
                      "cash": "4"}  # fmt: skip
        corporate.apply(self.broker.world, action)
        yield


class Companion(Campaign):
    """A bought strangle beside another campaign in the same underlying, never in its way."""

    def steps(self) -> Iterator[None]:
        put = self.option(BETWEEN, "P", -self.draw.randint(7, 9))
        call = self.option(BETWEEN, "C", self.draw.randint(7, 9))
        self.order(("Buy to Open", put, self.size), ("Buy to Open", call, self.size))
        yield
        yield
        if self.draw.random() < 0.5:
            self.close_some(put)
        yield


KINDS: dict[str, type[Campaign]] = {
    "full roll": FullRoll,
    "partial roll": PartialRoll,
    "one side rolled": OneSide,
    "size change": SizeChange,
    "assignment": Assignment,
    "exercise": Exercise,
    "cash settlement": CashSettlement,
    "split": Split,
    "futures options": FutureOption,
}
OTHERS: dict[str, type[Campaign]] = {"transfer": Transfer, "new name": Renamed}
