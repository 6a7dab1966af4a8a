"""Holdings through corporate actions: what goes, what comes, and the rows that say so.

A holding that turns into another is booked as one row that closes the old and one that opens the
new, with values that cancel out: cash moves by rows of its own.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from decimal import ROUND_DOWN, ROUND_HALF_UP, Decimal
from typing import TYPE_CHECKING

from simulator.fills import steer
from simulator.ledger import movement, plain, post, trade
from simulator.lifecycle_options import removal
from simulator.model import ZERO, Account, Order, Position
from simulator.terms import Terms, terms_of

if TYPE_CHECKING:
    from simulator.world import World

CENT = Decimal("0.01")
FINEST = Decimal("0.00001")
BASIS = Decimal("0.000000001")


@dataclass(frozen=True, slots=True)
class Names:
    """Sub-types of the row that takes the old away and of the one that brings the new."""

    removal: str
    arrival: str
    words: str


FORWARD = Names("Forward Split", "Forward Split", "Forward split")
REVERSE = Names("Reverse Split Removal", "Reverse Split", "Reverse split")
RENAME = Names("Symbol Change", "Symbol Change", "Symbol change")
MERGER = Names("Stock Merger Removal", "Stock Merger", "Stock merger")
SPECIAL = Names("Special Dividend", "Special Dividend", "Special dividend")
SPIN_OFF = Names("Spin Off", "Spin Off", "Spin-off")


@dataclass(frozen=True, slots=True)
class Held:
    """A holding with its terms from before the action."""

    account: Account
    position: Position
    terms: Terms


def holders(world: World, symbol: str) -> list[Held]:
    """Who holds a share, or options on it, now."""
    found = []
    for account in world.accounts.values():
        for position in account.positions.values():
            terms = terms_of(world, position.symbol)
            if position.quantity and terms is not None and terms.group == symbol:
                found.append(Held(account, position, terms))
    return found


def remove_orders(world: World, symbol: str) -> None:
    """The broker takes out every open order on a share or its options.

    Executions that a script still keeps from the ledger are booked before.
    """
    concerned = [o for o in world.orders.values() if _concerns(o, symbol)]
    for order in concerned:
        if order.unbooked:
            world.book_late(order)
    for order in concerned:
        if not order.terminal:
            steer.remove(world, order)


def _concerns(order: Order, symbol: str) -> bool:
    return order.underlying == symbol or any(leg.symbol == symbol for leg in order.legs)


def exchange(
    world: World,
    held: Held,
    symbol: str,
    quantity: Decimal,
    names: Names,
    now: datetime,
    ratio: Decimal | None = None,
) -> Position | None:
    """Turn a whole holding into `quantity` (signed) of another with the same total cost.

    `ratio` is new units per old one where `quantity` was rounded. None when nothing comes.
    """
    account, position, old = held.account, held.position, held.position.quantity
    multiplier = position.multiplier
    cost = (position.average_open * old * multiplier).quantize(CENT, ROUND_HALF_UP)
    _row(world, account, held.terms, -old, cost if quantity else ZERO, names, False, now)
    if not quantity:
        position.quantity, position.updated_at = ZERO, now
        return None
    terms = terms_of(world, symbol)
    if terms is None:
        raise LookupError(symbol)
    ratio = (ratio or quantity / old) * terms.multiplier / multiplier
    arrived = _arrive(account, position, terms, quantity, ratio, now)
    wish = account.instructions.pop(position.symbol, None)
    if wish is not None:
        account.instructions[symbol] = wish
    _row(world, account, terms, quantity, -cost, names, True, now)
    return arrived


def _arrive(
    account: Account,
    position: Position,
    terms: Terms,
    quantity: Decimal,
    ratio: Decimal,
    now: datetime,
) -> Position:
    """The holding under its new terms; it keeps its age."""
    price = per(position.average_open, ratio)
    if terms.symbol == position.symbol:
        position.quantity, position.average_open, position.updated_at = quantity, price, now
        bases(position, position, ratio)
        return position
    position.quantity, position.updated_at = ZERO, now
    met = account.positions.get(terms.symbol)
    fresh = met is None or not met.quantity
    arrived = trade(account, terms, quantity, price, now)
    if fresh:
        arrived.created_at = position.created_at
        bases(arrived, position, ratio)
    return arrived


def bases(target: Position, source: Position, ratio: Decimal) -> None:
    """Let day and year gains count from where they did, in new units."""
    target.day_basis = per(source.day_basis, ratio)
    target.year_basis = per(source.year_basis, ratio)
    target.basis_date = source.basis_date


def per(price: Decimal, ratio: Decimal) -> Decimal:
    """A price per new unit."""
    return (price / ratio).quantize(BASIS).normalize() + ZERO


def _row(
    world: World,
    account: Account,
    terms: Terms,
    quantity: Decimal,
    value: Decimal,
    names: Names,
    opening: bool,
    now: datetime,
) -> None:
    """A row with an action; `quantity` is signed."""
    sub_type, word = (names.arrival, "Open") if opening else (names.removal, "Close")
    row = removal(world, account, terms, sub_type, quantity, now, value)
    row.action = f"{'Buy' if quantity > 0 else 'Sell'} to {word}"
    row.description = f"{names.words}: {word} {plain(abs(quantity))} {terms.symbol}"
    post(world, account, row)


def arrive(
    world: World, account: Account, symbol: str, quantity: Decimal, price: Decimal, names: Names
) -> None:
    """Units that come beside what is held, for nothing, with a cost basis of their own."""
    now, terms = world.clock.now(), terms_of(world, symbol)
    if terms is None or not quantity:
        return
    position = trade(account, terms, quantity, price, now)
    _row(world, account, terms, quantity, ZERO, names, True, now)
    world.publish_position(account, position)


def pay_off(world: World, held: Held, each: Decimal, sub_type: str, now: datetime) -> None:
    """The whole holding goes for so many dollars a unit (before the multiplier)."""
    quantity = held.position.quantity
    value = (each * quantity * held.position.multiplier).quantize(CENT, ROUND_HALF_UP)
    trade(held.account, held.terms, -quantity, each, now)
    row = removal(world, held.account, held.terms, sub_type, quantity, now, value)
    if held.terms.right is None:
        row.action = "Sell to Close" if quantity > 0 else "Buy to Close"
        row.price = each
    post(world, held.account, row)


def whole(units: Decimal, before: Decimal) -> tuple[Decimal, Decimal]:
    """(units that are given, fraction that is paid in cash).

    Who held whole shares gets whole shares; who held a fraction keeps one.
    """
    if before != before.to_integral_value():
        return units.quantize(FINEST, ROUND_DOWN), ZERO
    given = units.to_integral_value(ROUND_DOWN)
    return given, units - given


def cash_in_lieu(
    world: World, account: Account, symbol: str, fraction: Decimal, price: Decimal, now: datetime
) -> None:
    """Pay (or charge a short holder) for a fraction of a share."""
    value = (fraction * price).quantize(CENT, ROUND_HALF_UP)
    if value:
        text = f"Cash in lieu of {plain(abs(fraction.quantize(FINEST)))} {symbol}"
        movement(
            world, account, "Balance Adjustment", value, now, text,
            symbol=symbol, instrument_type="Equity", underlying=symbol,
        )  # fmt: skip
