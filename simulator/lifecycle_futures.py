"""Futures over the days: variation in cash every evening, the final settlement at the end."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import TYPE_CHECKING

from simulator.buying_power import mark_of
from simulator.ledger import movement, trade
from simulator.model import ZERO, Account, Position
from simulator.terms import Terms, terms_of

if TYPE_CHECKING:
    from simulator.world import World


def settle_futures(world: World, account: Account, now: datetime) -> None:
    """Move the day's variation of each future into cash; what has ended is settled for good."""
    for position in list(account.positions.values()):
        if position.settle_basis is None:
            continue
        realized, position.day_cash = position.day_cash, ZERO
        account.futures_day_cash -= realized
        terms = terms_of(world, position.symbol)
        ended = terms is not None and terms.expires_at is not None and terms.expires_at <= now
        if position.quantity and terms is not None and ended:
            _final(world, account, position, terms, now, realized)
        elif position.quantity or realized:
            _mark(world, account, position, now, realized)
    rest = account.futures_day_cash
    if rest:
        movement(world, account, "Mark to Market", rest, now, "Futures gains of the day")
    account.futures_day_cash = ZERO


def _mark(
    world: World, account: Account, position: Position, now: datetime, realized: Decimal
) -> None:
    price = mark_of(world, position.symbol)
    value = _variation(position, price) + realized
    position.settle_basis = price
    text = f"{position.symbol} mark to market at {price}"
    _move(world, account, position, "Mark to Market", value, now, text)


def _variation(position: Position, price: Decimal) -> Decimal:
    move = price - (position.settle_basis or ZERO)
    return move * position.quantity * position.multiplier


def _final(
    world: World,
    account: Account,
    position: Position,
    terms: Terms,
    now: datetime,
    realized: Decimal,
) -> None:
    """The contract is over: the last variation in cash, and the position goes.

    Contracts on goods end in cash too: the house lets nobody take delivery.
    """
    price = settlement_of(world, position.symbol)
    value = _variation(position, price) + realized
    held, position.settle_basis = position.quantity, None
    trade(account, terms, -held, price, now)
    text = f"{position.symbol} final settlement at {price}"
    _move(world, account, position, "Futures Settlement", value, now, text, abs(held))
    world.publish_position(account, position)


def settlement_of(world: World, symbol: str) -> Decimal:
    """What an ended contract is settled against; its mark where the market does not say."""
    price = world.market.settlement(symbol)
    return Decimal(price) if price is not None else mark_of(world, symbol)


def _move(
    world: World,
    account: Account,
    position: Position,
    sub_type: str,
    value: Decimal,
    now: datetime,
    description: str,
    quantity: Decimal | None = None,
) -> None:
    movement(
        world,
        account,
        sub_type,
        value,
        now,
        description,
        symbol=position.symbol,
        instrument_type="Future",
        underlying=position.underlying,
        quantity=quantity,
    )
