"""Booking: how an execution or a money movement changes position, cash and transactions.

Invariants: an account's cash is the sum of its transactions' signed `net_value`; its positions are
what the trades and deliveries add up to.
"""

from __future__ import annotations

from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from simulator.fees import Fees, Rates, leg_fees
from simulator.market.calendar import new_york_date
from simulator.model import ZERO, Account, Fill, Leg, Order, Position, Transaction
from simulator.terms import Terms, terms_of
from simulator.venues import exchange_code

if TYPE_CHECKING:
    from simulator.world import World


# Two changes of one position never bear the same time.
MS = timedelta(milliseconds=1)


def book_fill(world: World, account: Account, order: Order, leg: Leg, fill: Fill) -> Position:
    """Position, cash and transaction of one execution; the leg already counts the fill."""
    terms = terms_of(world, leg.symbol)
    if terms is None:
        raise LookupError(leg.symbol)
    fees = _fees_of_fill(world, terms, leg, fill)
    roll_basis(world, account, leg.symbol)
    position = trade(account, terms, leg.sign * fill.quantity, fill.price, fill.at)
    value = ZERO
    if terms.instrument_type != "Future":
        value = -leg.sign * fill.quantity * fill.price * terms.multiplier
    row = _trade_row(world, account, order, leg, fill, terms, value, fees)
    post(world, account, row)
    _count_day_trade(account, position, leg, fill)
    world.touch(account)
    return position


def post(world: World, account: Account, row: Transaction) -> None:
    """Add a row to the ledger and move the cash it says."""
    account.cash += row.net_value
    account.updated_at = row.executed_at
    world.add_transaction(row)
    world.touch(account)


def trade(
    account: Account, terms: Terms, quantity: Decimal, price: Decimal, at: datetime
) -> Position:
    """Change a position by a signed quantity at a price; returns it (zero when closed)."""
    position = account.positions.get(terms.symbol)
    known = position is not None
    if position is None:
        position = _empty(terms, at)
        account.positions[terms.symbol] = position
    roll_realized(position, new_york_date(at))
    closing = ZERO
    if position.quantity * quantity < 0:
        closing = min(abs(quantity), abs(position.quantity)) * (1 if quantity > 0 else -1)
        _close(account, position, closing, price)
    opening = quantity - closing
    if opening:
        _open(position, opening, price, at)
    # What is booked late, after others, is still the latest change.
    position.updated_at = max(at, position.updated_at + MS) if known else at
    return position


def _empty(terms: Terms, at: datetime) -> Position:
    return Position(
        symbol=terms.symbol,
        instrument_type=terms.instrument_type,
        underlying=terms.underlying,
        quantity=ZERO,
        average_open=ZERO,
        multiplier=terms.multiplier,
        created_at=at,
        updated_at=at,
        streamer_symbol=terms.streamer_symbol,
        expires_at=terms.expires_at if terms.is_option else None,
    )


def roll_basis(world: World, account: Account, symbol: str) -> None:
    """From a new day on, day P/L counts from the previous close."""
    position, today = account.positions.get(symbol), world.today()
    if position is not None and position.basis_date != today:
        position.day_basis, position.basis_date = day_basis(world, position), today


def day_basis(world: World, position: Position) -> Decimal:
    """The price that day P/L counts from today: the open price, or the previous close."""
    if position.basis_date == world.today():
        return position.day_basis
    return previous_close(world, position)


def previous_close(world: World, position: Position) -> Decimal:
    """The market's previous close; the open price where there is none."""
    quote = world.market.quote(position.symbol)
    close = quote.prev_close if quote is not None else None
    return Decimal(close) if close is not None else position.average_open


def roll_realized(position: Position, today: date) -> None:
    """Realized figures belong to one New York date; the first use on a later one starts at 0."""
    if position.realized_date != today:
        position.realized_date = today
        position.realized_day_gain = position.realized_today = ZERO


def _close(account: Account, position: Position, quantity: Decimal, price: Decimal) -> None:
    """`quantity` has the sign of the trade, opposite to the position's."""
    part = -quantity * position.multiplier
    position.realized_today += (price - position.average_open) * part
    position.realized_day_gain += (price - position.day_basis) * part
    if position.settle_basis is not None:
        realized = (price - position.settle_basis) * part
        account.futures_day_cash += realized
        position.day_cash += realized
    position.quantity += quantity


def _open(position: Position, quantity: Decimal, price: Decimal, at: datetime) -> None:
    held = position.quantity
    total = held + quantity
    if not held:
        position.average_open = position.day_basis = position.year_basis = price
        position.settle_basis = price if position.instrument_type == "Future" else None
        position.basis_date, position.created_at = new_york_date(at), at
    else:
        position.average_open = _mean(position.average_open, held, price, quantity)
        position.day_basis = _mean(position.day_basis, held, price, quantity)
        position.year_basis = _mean(position.year_basis, held, price, quantity)
        if position.settle_basis is not None:
            position.settle_basis = _mean(position.settle_basis, held, price, quantity)
    position.quantity = total


def _mean(old: Decimal, held: Decimal, price: Decimal, quantity: Decimal) -> Decimal:
    exact = (old * held + price * quantity) / (held + quantity)
    return exact.quantize(Decimal("0.000000001")).normalize() + ZERO


def _fees_of_fill(world: World, terms: Terms, leg: Leg, fill: Fill) -> Fees:
    """Cumulative fees of the leg with this fill, less those without it."""
    rates = Rates.on(new_york_date(fill.at))
    earlier = [f for f in leg.fills if f.fill_id != fill.fill_id]
    return _cumulative(terms, leg, [*earlier, fill], rates) - _cumulative(
        terms, leg, earlier, rates
    )


def _cumulative(terms: Terms, leg: Leg, fills: list[Fill], rates: Rates) -> Fees:
    quantity = sum((f.quantity for f in fills), ZERO)
    notional = sum((f.quantity * f.price for f in fills), ZERO) * terms.multiplier
    return leg_fees(terms.instrument_type, leg.action, quantity, notional, rates, terms.fee_root)


def _trade_row(
    world: World,
    account: Account,
    order: Order,
    leg: Leg,
    fill: Fill,
    terms: Terms,
    value: Decimal,
    fees: Fees,
) -> Transaction:
    number = world.ids.next("transaction")
    return Transaction(
        id=number,
        account=account.number,
        type="Trade",
        sub_type=leg.action,
        description=describe(leg.action, fill.quantity, terms, fill.price),
        executed_at=fill.at,
        on=new_york_date(fill.at),
        value=value,
        net_value=value - fees.total,
        symbol=leg.symbol,
        instrument_type=leg.instrument_type,
        underlying=terms.underlying,
        action=leg.action,
        quantity=fill.quantity,
        price=fill.price,
        commission=fees.commission,
        clearing=fees.clearing,
        regulatory=fees.regulatory,
        proprietary=fees.proprietary,
        order_id=order.id,
        leg_count=len(order.legs),
        venue=fill.venue,
        exec_id=fill.exec_id,
        group_fill_id=fill.group_id,
        exchange_number=order.exchange_number,
        global_number=order.global_number,
        exchange=exchange_code(fill.venue),
    )


def describe(action: str, quantity: Decimal, terms: Terms, price: Decimal) -> str:
    """`Bought 2 SPY 04/17/26 Put 550.00 @ 4.90`."""
    verb = "Bought" if action.startswith("Buy") else "Sold"
    return f"{verb} {plain(quantity)} {label(terms)} @ {_money(price)}"


def label(terms: Terms) -> str:
    """A symbol as people read it."""
    if terms.instrument_type == "Equity Option" and terms.expiration and terms.strike:
        side = "Call" if terms.right == "C" else "Put"
        return f"{terms.underlying} {terms.expiration:%m/%d/%y} {side} {terms.strike:.2f}"
    return terms.symbol


def plain(quantity: Decimal) -> str:
    """A quantity without trailing zeros or exponent."""
    text = format(quantity, "f")
    return text.rstrip("0").rstrip(".") if "." in text else text


def _money(price: Decimal) -> str:
    text = format(price, "f")
    return text if "." in text and len(text.split(".")[1]) > 2 else f"{price:.2f}"


def _count_day_trade(account: Account, position: Position, leg: Leg, fill: Fill) -> None:
    """A day trade opens and closes one symbol on one date."""
    today = new_york_date(fill.at)
    opened_today = new_york_date(position.created_at) == today
    if position.quantity == 0 and opened_today and not leg.opens:
        account.day_trades.append(today)
        account.status["day-trade-count"] = len(account.day_trades[-5:])


def movement(
    world: World,
    account: Account,
    sub_type: str,
    value: Decimal,
    at: datetime,
    description: str,
    **more: Any,
) -> Transaction:
    """Book a money movement (deposit, dividend, interest, mark to market)."""
    row = Transaction(
        id=world.ids.next("transaction"),
        account=account.number,
        type="Money Movement",
        sub_type=sub_type,
        description=description,
        executed_at=at,
        on=new_york_date(at),
        value=value,
        net_value=value,
        **more,
    )
    post(world, account, row)
    return row
