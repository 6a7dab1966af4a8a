"""One generated history: campaigns of two accounts, interleaved over a week and told by the ledger.

Whose row is whose is found without the code under test: by the order, by the symbol, or, for what
was delivered or exchanged, by the row before.
"""

from __future__ import annotations

import random
from decimal import Decimal

from simulator.balances import net_liq
from simulator.model import Account, Transaction
from simulator.transfers import transfer
from tests.portfolio.analytics.chains.broker import Broker
from tests.portfolio.analytics.chains.campaigns import (
    KINDS,
    OTHERS,
    SHARES,
    Campaign,
    Companion,
)

DAYS = 5
ALL = {**KINDS, **OTHERS}


def plan(number: int) -> list[str]:
    """The kinds of a history: one by turns, some by chance."""
    draw = random.Random(number)
    kinds = list(KINDS)
    return [kinds[number % len(kinds)], *draw.choices(list(ALL), k=draw.randint(0, 2))]


class History:
    """A played history. ``campaigns`` are in order; ``rows`` are the ledger rows of each."""

    def __init__(self, number: int) -> None:
        self.broker = Broker(number)
        self.draw = random.Random(number + 10_000)
        self.campaigns: list[Campaign] = []
        for kind in plan(number):
            self.add(kind)
        self.play()
        self.rows = self._owned()

    # -- making ------------------------------------------------------------------------------

    def add(self, kind: str) -> None:
        """A campaign in the first account, perhaps with a companion, perhaps the same elsewhere."""
        first, second = self.broker.accounts
        made = ALL[kind]
        name = self._free_name(first, made)
        if name is None:
            return
        self.campaigns.append(made(self.broker, first, name))
        if name in SHARES and self.draw.random() < 0.4:
            self.campaigns.append(Companion(self.broker, first, name))
        # Where a price is led to a side of a strike, the other account keeps away.
        alone = made.seen or kind == "new name"
        if not alone and self.draw.random() < 0.3:
            self.campaigns.append(made(self.broker, second, name))

    def _free_name(self, account: Account, kind: type[Campaign]) -> str | None:
        """An underlying that no campaign has; index classes and futures count as one each."""
        taken = {c.name for c in self.campaigns}
        if taken & {"SPX", "SPXW"}:
            taken |= {"SPX", "SPXW"}
        free = [name for name in kind.takes if name not in taken]
        return self.draw.choice(free) if free else None

    def play(self) -> None:
        running = [campaign.steps() for campaign in self.campaigns]
        for _ in range(DAYS):
            self.draw.shuffle(running)
            for steps in running:
                next(steps, None)
                self.broker.wait(self.draw.randint(400, 1500))
            if self.draw.random() < 0.3:
                amount = Decimal(self.draw.randint(-50_000, 50_000)) / 7
                transfer(self.broker.world, self.draw.choice(self.broker.accounts), amount)
            self.broker.next_morning()

    # -- knowing -----------------------------------------------------------------------------

    def _owned(self) -> list[list[Transaction]]:
        found: list[list[Transaction]] = [[] for _ in self.campaigns]
        for account in self.broker.accounts:
            self._sort_rows(account, found)
        return found

    def _sort_rows(self, account: Account, found: list[list[Transaction]]) -> None:
        by_order: dict[int, int] = {}
        by_symbol: dict[str, int] = {}
        for index, campaign in enumerate(self.campaigns):
            if campaign.account is account:
                by_order |= dict.fromkeys(campaign.orders, index)
                by_symbol |= dict.fromkeys(campaign.symbols, index)
        before: int | None = None
        for row in self.broker.rows(account):
            owner = by_order.get(row.order_id) if row.order_id else by_symbol.get(row.symbol or "")
            if owner is None and row.type == "Receive Deliver" and row.action is not None:
                owner = before
            if owner is not None:
                found[owner].append(row)
                by_symbol.setdefault(str(row.symbol), owner)
            before = owner

    def value(self, account: Account, symbol: str) -> Decimal:
        """What the position is worth now, as the simulated broker counts net liq."""
        position = account.positions[symbol]
        points = Decimal(self.broker.market.mark(symbol)) - (position.settle_basis or 0)
        return points * position.quantity * position.multiplier

    def worth(self, account: Account) -> Decimal:
        return Decimal(net_liq(self.broker.world, account))
