"""The ends of options: expiration, exercise, assignment (early too), delivery and cash settlement.

At its end an option in the money by a cent is exercised, or assigned to who sold it, against the
settlement price: the close, or the opening for AM settlement. A holder's instruction goes before
that rule. When the close lies exactly on the strike, how many sold contracts are assigned is drawn
from the seed (a pin: some holders exercise, nobody knows who).
"""

from __future__ import annotations

from datetime import date, datetime
from decimal import ROUND_HALF_UP, Decimal
from typing import TYPE_CHECKING

from simulator.buying_power import mark_of
from simulator.ledger import describe, plain, post, trade
from simulator.lifecycle_cash import next_payment
from simulator.lifecycle_futures import settlement_of
from simulator.market.calendar import new_york_date
from simulator.model import ZERO, Account, Position, Transaction
from simulator.orders import machine
from simulator.terms import Terms, terms_of

if TYPE_CHECKING:
    from simulator.world import World

CENT = Decimal("0.01")
EXERCISE, LAPSE = "exercise", "lapse"


def expire_options(world: World, account: Account, now: datetime) -> None:
    """Remove what has ended, with what follows from it."""
    for position in list(account.positions.values()):
        terms = terms_of(world, position.symbol)
        if terms is None or not terms.is_option or not position.quantity:
            continue
        if terms.expires_at is not None and terms.expires_at <= now:
            _expire(world, account, position, terms, now)


def _expire(
    world: World, account: Account, position: Position, terms: Terms, now: datetime
) -> None:
    worth = intrinsic(terms, settlement_of(world, terms.symbol))
    told = account.instructions.pop(terms.symbol, None) if position.quantity > 0 else None
    used = exercised(world, account, position, worth, told)
    if used:
        finish(world, account, position, terms, used, worth, now)
    if position.quantity:
        lapse(world, account, position, terms, now)
    world.publish_position(account, position)


def intrinsic(terms: Terms, price: Decimal) -> Decimal:
    """What exercise is worth per unit at a price, in whole cents for shares; may be negative."""
    if terms.instrument_type == "Equity Option":
        price = price.quantize(CENT, ROUND_HALF_UP)
    strike = terms.strike or ZERO
    return price - strike if terms.right == "C" else strike - price


def exercised(
    world: World, account: Account, position: Position, worth: Decimal, told: str | None
) -> Decimal:
    """How much of an ended position is exercised or assigned, with the position's sign."""
    if position.quantity > 0:
        wanted = told == EXERCISE or (worth >= CENT and told != LAPSE)
        return position.quantity if wanted else ZERO
    if worth >= CENT:
        return position.quantity
    if worth != 0:
        return ZERO
    draw = world.ids.digest("pin", account.number, position.symbol, size=4)
    return -Decimal(int.from_bytes(draw, "big") % (int(abs(position.quantity)) + 1))


def lapse(world: World, account: Account, position: Position, terms: Terms, now: datetime) -> None:
    """The option ends without value."""
    quantity = position.quantity
    trade(account, terms, -quantity, ZERO, now)
    post(world, account, removal(world, account, terms, "Expiration", quantity, now))


def finish(
    world: World,
    account: Account,
    position: Position,
    terms: Terms,
    quantity: Decimal,
    worth: Decimal,
    now: datetime,
) -> None:
    """Exercise (quantity > 0) or assignment of a part: cash, or delivery at the strike."""
    name = "Exercise" if quantity > 0 else "Assignment"
    if terms.cash_settled:
        paid = max(worth, ZERO)
        trade(account, terms, -quantity, paid, now)
        value = paid * quantity * terms.multiplier
        row = removal(world, account, terms, f"Cash Settled {name}", quantity, now, value)
        post(world, account, row)
        return
    trade(account, terms, -quantity, ZERO, now)
    post(world, account, removal(world, account, terms, name, quantity, now))
    _deliver(world, account, terms, quantity, now)


def removal(
    world: World,
    account: Account,
    terms: Terms,
    sub_type: str,
    quantity: Decimal,
    now: datetime,
    value: Decimal = ZERO,
) -> Transaction:
    """A `Receive Deliver` row without action: so much of the position goes."""
    return Transaction(
        id=world.ids.next("transaction"),
        account=account.number,
        type="Receive Deliver",
        sub_type=sub_type,
        description=f"{sub_type} of {plain(abs(quantity))} {terms.symbol}",
        executed_at=now,
        on=new_york_date(now),
        value=value,
        net_value=value,
        symbol=terms.symbol,
        instrument_type=terms.instrument_type,
        underlying=terms.underlying,
        quantity=abs(quantity),
    )


# -- delivery --------------------------------------------------------------------------------


def _deliver(
    world: World, account: Account, option: Terms, contracts: Decimal, now: datetime
) -> None:
    """What the contract delivers changes hands for a hundred times the strike (or the future)."""
    strike = option.strike or ZERO
    side = contracts if option.right == "C" else -contracts
    if option.instrument_type == "Future Option":
        receive(world, account, option.underlying, side, strike, ZERO, now)
        return
    parts, cash = deliverables(world, option)
    price = strike * option.multiplier - cash
    for symbol, shares in parts:
        value = -side * price
        each = price / shares
        receive(world, account, symbol, side * shares, each, value, now)
        price = ZERO  # the whole strike is booked on the first part
    if not parts:
        _settle_cash(world, account, option, -side * price, now)


def deliverables(world: World, option: Terms) -> tuple[list[tuple[str, Decimal]], Decimal]:
    """(shares by symbol, dollars) that one contract delivers."""
    line = world.market.line(option.symbol)
    root = line.root if line is not None else None
    if root is None:
        return [(option.group, option.multiplier)], ZERO
    named = [(root.underlying, root.shares), *root.also]
    return [(s, Decimal(str(n))) for s, n in named if n], Decimal(str(root.cash))


def _settle_cash(
    world: World, account: Account, option: Terms, value: Decimal, now: datetime
) -> None:
    """An adjusted contract that delivers nothing but dollars."""
    name = "Cash Settled Exercise" if value > 0 else "Cash Settled Assignment"
    row = removal(world, account, option, name, ZERO, now, value)
    row.quantity = None
    post(world, account, row)


def receive(
    world: World,
    account: Account,
    symbol: str,
    units: Decimal,
    price: Decimal,
    value: Decimal,
    now: datetime,
) -> None:
    """Units (signed) come or go at a price, with a row that is named by its action."""
    terms = terms_of(world, symbol)
    if terms is None or not units:
        return
    held = account.positions.get(symbol)
    closing = held is not None and held.quantity * units < 0
    price = price.quantize(Decimal("0.000001")).normalize() + ZERO
    position = trade(account, terms, units, price, now)
    action = f"{'Buy' if units > 0 else 'Sell'} to {'Close' if closing else 'Open'}"
    row = removal(world, account, terms, action, units, now, value)
    row.action, row.price = action, price
    row.description = describe(action, abs(units), terms, price)
    post(world, account, row)
    world.publish_position(account, position)


# -- before the end --------------------------------------------------------------------------


def exercise(world: World, account: Account, symbol: str, quantity: Decimal) -> None:
    """The holder of an American option exercises now. ValueError with the reason when not."""
    _early(world, account, symbol, quantity, 1)


def assign(world: World, account: Account, symbol: str, quantity: Decimal) -> None:
    """A sold American option is assigned now. ValueError with the reason when not."""
    _early(world, account, symbol, quantity, -1)


def instruct(world: World, account: Account, symbol: str, wish: str | None) -> None:
    """What shall happen to a bought option at its end: `exercise`, `lapse`, or None for the rule.

    ValueError for another wish and where no such option is held.
    """
    held = account.positions.get(symbol)
    terms = terms_of(world, symbol)
    if terms is None or not terms.is_option or held is None or held.quantity <= 0:
        raise ValueError(f"{symbol} is not an option that the account holds")
    if wish not in (EXERCISE, LAPSE, None):
        raise ValueError("the instruction must be exercise, lapse or null")
    account.instructions.pop(symbol, None)
    if wish is not None:
        account.instructions[symbol] = wish
    world.touch(account)


def _early(world: World, account: Account, symbol: str, quantity: Decimal, side: int) -> None:
    terms, position = terms_of(world, symbol), account.positions.get(symbol)
    word = "bought" if side > 0 else "sold"
    if terms is None or not terms.is_option or position is None or position.quantity * side <= 0:
        raise ValueError(f"{symbol} is not an option that the account has {word}")
    line = world.market.line(symbol)
    if line is None or line.european:
        raise ValueError(f"{symbol} is European and ends on its last day only")
    if not 0 < quantity <= abs(position.quantity) or quantity != int(quantity):
        raise ValueError(f"the quantity must be from 1 to {plain(abs(position.quantity))}")
    now = world.clock.now()
    worth = intrinsic(terms, mark_of(world, _deliverable(terms)))
    finish(world, account, position, terms, side * quantity, worth, now)
    world.publish_position(account, position)
    world.publish_balance(account)


def _deliverable(terms: Terms) -> str:
    return terms.underlying if terms.instrument_type == "Future Option" else terms.group


def early_assignment(world: World, account: Account, day: date, now: datetime) -> None:
    """Calls whose time value is less than tomorrow's dividend are exercised by who holds them."""
    for position in list(account.positions.values()):
        terms = terms_of(world, position.symbol)
        if terms is None or terms.right != "C" or position.quantity >= 0:
            continue
        if _worth_taking(world, terms, day):
            finish(world, account, position, terms, position.quantity, ZERO, now)
            world.publish_position(account, position)


def _worth_taking(world: World, terms: Terms, day: date) -> bool:
    line = world.market.line(terms.symbol)
    if line is None or line.european or terms.instrument_type != "Equity Option":
        return False
    payment = next_payment(world, terms.group, day)
    if payment is None:
        return False
    inside = mark_of(world, terms.group) - (terms.strike or ZERO)
    outside = mark_of(world, terms.symbol) - inside
    return inside > 0 and outside < Decimal(str(payment.amount))


def end_orders(world: World, now: datetime) -> None:
    """Orders whose option or future has ended end with it."""
    for orders in list(world.open_orders.values()):
        for order in list(orders.values()):
            ends = [terms_of(world, leg.symbol) for leg in order.legs]
            over = any(t is None or (t.expires_at or now) < now for t in ends)
            if over and not order.terminal:
                machine.finish(world, order, "Expired")
