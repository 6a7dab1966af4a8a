"""An order body before an account: what every check looks at."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from decimal import Decimal
from functools import cached_property
from typing import TYPE_CHECKING

from simulator.model import ZERO, Account, Order
from simulator.orders.request import LegRequest, OrderRequest
from simulator.orders.sessions import is_open
from simulator.terms import Terms, terms_of

if TYPE_CHECKING:
    from simulator.world import World

Finding = tuple[str, str]
"""Code and message of a refusal or a warning."""


@dataclass
class Case:
    """One order body before one account.

    `without` is the order that it replaces, `group` the complex order whose members stand in
    nobody's way, `trigger` the order that will have been executed when this one goes out.
    """

    world: World
    account: Account
    request: OrderRequest
    without: int | None = None
    group: int | None = None
    trigger: Order | None = None
    warnings: list[Finding] = field(default_factory=list)

    @cached_property
    def terms(self) -> list[Terms | None]:
        """Terms of the legs, None for what the market does not know."""
        return [terms_of(self.world, leg.symbol) for leg in self.request.legs]

    @property
    def first(self) -> Terms:
        """Terms of the first leg (only after `instruments` passed)."""
        terms = self.terms[0]
        if terms is None:
            raise LookupError(self.request.legs[0].symbol)
        return terms

    def held(self, leg: LegRequest) -> Decimal:
        """Signed position in a leg's symbol."""
        position = self.account.positions.get(leg.symbol)
        held = position.quantity if position else ZERO
        for other in self.trigger.legs if self.trigger is not None else ():
            if other.symbol == leg.symbol:
                held += other.sign * other.remaining
        return held

    def others(self) -> Iterator[tuple[Order, int]]:
        """The account's other working orders, alike ones counted; its own group is left out."""
        for order, count in self.world.working_orders(self.account.number, self.without):
            if self.group is None or order.complex_id != self.group:
                yield order, count

    @property
    def opens(self) -> bool:
        """Some leg opens, or closes what is not there."""
        return any(
            leg.action.endswith("Open") or self.held(leg) * sign_of(leg) >= 0
            for leg in self.request.legs
        )

    @property
    def open_now(self) -> bool:
        """The session of this order runs."""
        return is_open(self.first, self.request.time_in_force, self.world.clock.now())


def sign_of(leg: LegRequest) -> int:
    """+1 for a buying leg, −1 for a selling one."""
    return 1 if leg.action.startswith("Buy") else -1
