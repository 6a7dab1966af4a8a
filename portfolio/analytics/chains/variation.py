"""Whose a future's daily variation is, when several chains trade the same contract.

The broker pays one amount a contract and day. A chain made, in points, what it sold less what it
bought since the last settlement, plus what it holds now at this settlement's price, less what it
held then at that one's. The new price follows from the amount itself.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from decimal import Decimal

from portfolio.analytics.facts import ZERO

Amounts = dict[str, Decimal]


@dataclass(slots=True)
class Track:
    """One contract in one account since its last settlement, by chain."""

    base: Decimal | None = None
    carried: Amounts = field(default_factory=dict)
    held: Amounts = field(default_factory=dict)
    points: Amounts = field(default_factory=dict)

    def trade(self, chain: str, quantity: Decimal, price: Decimal) -> None:
        """Units (signed) at a price."""
        self.held[chain] = self.held.get(chain, ZERO) + quantity
        self.points[chain] = self.points.get(chain, ZERO) - quantity * price

    def settle(self, amount: Decimal, multiplier: Decimal | None) -> Amounts:
        """What each chain made of the amount, adding up to it; empty when it cannot be told."""
        price = self._price(amount, multiplier)
        made = self._made(price, multiplier)
        self.base = price
        self.carried = {chain: quantity for chain, quantity in self.held.items() if quantity}
        self.held, self.points = dict(self.carried), {}
        if made:
            last = next(reversed(made))
            made[last] += amount - sum(made.values(), ZERO)
        return made

    def _price(self, amount: Decimal, multiplier: Decimal | None) -> Decimal | None:
        held, carried = (sum(side.values(), ZERO) for side in (self.held, self.carried))
        if not multiplier or not held or (carried and self.base is None):
            return None
        before = carried * (self.base or ZERO)
        return (amount / multiplier - sum(self.points.values(), ZERO) + before) / held

    def _made(self, price: Decimal | None, multiplier: Decimal | None) -> Amounts:
        needs_price = any(self.held.values())
        needs_base = any(self.carried.values())
        if not multiplier or (needs_price and price is None) or (needs_base and self.base is None):
            return {}
        chains = dict.fromkeys([*self.carried, *self.points])
        return {
            chain: multiplier
            * (
                self.points.get(chain, ZERO)
                + self.held.get(chain, ZERO) * (price or ZERO)
                - self.carried.get(chain, ZERO) * (self.base or ZERO)
            )
            for chain in chains
        }
