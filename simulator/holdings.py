"""Positions that arrive by a transfer, with the row in the ledger that says so."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING

import msgspec

from simulator.ledger import post, trade
from simulator.market.calendar import new_york_date
from simulator.model import ZERO, Account, Position, Transaction
from simulator.terms import terms_of

if TYPE_CHECKING:
    from simulator.world import World


class Holding(msgspec.Struct, kw_only=True, rename="kebab", forbid_unknown_fields=True):
    """A position to give: quantity signed, price per unit (the market's mark without one)."""

    symbol: str
    quantity: Decimal
    price: Decimal | None = None


def give(world: World, account: Account, holding: Holding) -> Position:
    """Add a position without any cash; ValueError for an unknown symbol or an empty quantity."""
    terms = terms_of(world, holding.symbol)
    if terms is None:
        raise ValueError("is not known")
    if not holding.quantity.is_finite() or not holding.quantity:
        raise ValueError("needs a quantity")
    price = holding.price
    if price is None:
        price = Decimal(world.market.mark(holding.symbol))
    now = world.clock.now()
    position = trade(account, terms, holding.quantity, price, now)
    row = Transaction(
        id=world.ids.next("transaction"),
        account=account.number,
        type="Receive Deliver",
        sub_type="ACAT",
        description=f"ACAT transfer of {holding.symbol}",
        executed_at=now,
        on=new_york_date(now),
        value=ZERO,
        net_value=ZERO,
        symbol=terms.symbol,
        instrument_type=terms.instrument_type,
        underlying=terms.underlying,
        quantity=abs(holding.quantity),
        price=price,
        action="Buy to Open" if holding.quantity > 0 else "Sell to Open",
    )
    post(world, account, row)
    return position
