"""What the calendar does to accounts: bars every five minutes, the end of each day, settlement.

At 17:00 New York of a trading day: futures are marked to the settlement price in cash, expired
options are exercised, assigned or removed, balances are kept as the day's snapshot.
"""

from __future__ import annotations

from datetime import date, datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal
from typing import TYPE_CHECKING

from simulator.balances import net_liq, snapshot
from simulator.buying_power import mark_of
from simulator.ledger import describe, movement, post, trade
from simulator.market import corporate
from simulator.market.calendar import (
    at,
    current_session,
    new_york_date,
    next_trading_day,
    state,
)
from simulator.model import ZERO, Account, Bar, Entitlement, History, Position, Transaction
from simulator.terms import Terms, terms_of

if TYPE_CHECKING:
    from simulator.world import World

FIVE_MINUTES = timedelta(minutes=5)
KEPT_MINUTES = 5 * 12 * 24
KEPT_DAYS = 800
CLOSE_HOUR = 17
CENT = Decimal("0.01")
AFTER_OPEN = timedelta(hours=1)
SECOND = timedelta(seconds=1)


def schedule(world: World) -> None:
    """Enter the next bar and the next end of day."""
    now = world.clock.now()
    world.agenda.at(_next_bar(now), "bar", "")
    world.agenda.at(_next_close(now), "close", "")


def _next_bar(now: datetime) -> datetime:
    floor = now.replace(minute=now.minute - now.minute % 5, second=0, microsecond=0)
    return floor + FIVE_MINUTES


def _next_close(now: datetime) -> datetime:
    day = new_york_date(now)
    closing = at(day, CLOSE_HOUR)
    if closing <= now or next_trading_day(day - timedelta(days=1)) != day:
        closing = at(next_trading_day(day), CLOSE_HOUR)
    return closing


def open_market(world: World) -> None:
    """Jump to an hour after the next opening, unless a regular session runs."""
    now = world.clock.now()
    if state(now) == "Open":
        return
    running = current_session(now)
    if now >= running.open:
        running = current_session((running.close_ext or running.close) + SECOND)
    world.jump(running.open + AFTER_OPEN)


def handle(world: World, name: str, key: str) -> None:
    """One dated event."""
    now = world.clock.now()
    if name == "schedule":
        schedule(world)
    elif name == "bar":
        record_bars(world, now)
        world.agenda.at(now + FIVE_MINUTES, "bar", "")
    elif name == "close":
        close_day(world, now)
        world.agenda.at(_next_close(now), "close", "")


def record_bars(world: World, now: datetime) -> None:
    """Add the net liquidating value of every account to its five-minute bars."""
    for account in world.accounts.values():
        if account.status["is-closed"]:
            continue
        kept = world.history[account.number].minutes
        value = net_liq(world, account)
        before = kept[-1].close if kept else value
        high, low = max(before, value), min(before, value)
        bar = Bar(at=now - FIVE_MINUTES, open=before, high=high, low=low, close=value)
        kept.append(bar)
        del kept[:-KEPT_MINUTES]
        world.records.note("minute", account.number, bar.at.isoformat(), bar)


def close_day(world: World, now: datetime) -> None:
    """The end of a trading day for every account."""
    day = new_york_date(now)
    for account in world.accounts.values():
        if account.status["is-closed"]:
            continue
        settle_futures(world, account, now)
        expire_options(world, account, now)
        dividends(world, account, day, now)
        _remove_closed(account, day)
        _keep_day(world, account, day, now)
        world.publish_balance(account)


def dividends(world: World, account: Account, day: date, now: datetime) -> None:
    """Holders at the last close before the ex-date are entitled; money comes on the pay date."""
    tomorrow = next_trading_day(day)
    for position in account.positions.values():
        line = world.market.line(position.symbol)
        if line is None or line.row is None or position.instrument_type != "Equity":
            continue
        for payment in corporate.dividends(line.row):
            if day < payment.ex_date <= tomorrow and position.quantity:
                amount = Decimal(str(payment.amount)) * position.quantity
                account.entitlements.append(
                    Entitlement(symbol=position.symbol, pays_on=payment.pay_date, amount=amount)
                )
    _pay(world, account, day, now)


def _pay(world: World, account: Account, day: date, now: datetime) -> None:
    due = [e for e in account.entitlements if e.pays_on <= day]
    account.entitlements = [e for e in account.entitlements if e.pays_on > day]
    for one in due:
        movement(
            world,
            account,
            "Dividend",
            one.amount.quantize(CENT, ROUND_HALF_UP),
            now,
            f"{one.symbol} dividend",
            symbol=one.symbol,
            instrument_type="Equity",
            underlying=one.symbol,
        )


def settle_futures(world: World, account: Account, now: datetime) -> None:
    """Move the day's variation of each future into cash."""
    realized = account.futures_day_cash
    for position in list(account.positions.values()):
        if position.settle_basis is None or not position.quantity:
            continue
        price = mark_of(world, position.symbol)
        move = (price - position.settle_basis) * position.quantity * position.multiplier
        position.settle_basis = price
        _mark(world, account, position, price, move + realized)
        realized = ZERO
    if realized:
        movement(world, account, "Mark to Market", realized, now, "Futures gains of the day")
    account.futures_day_cash = ZERO


def _mark(
    world: World, account: Account, position: Position, price: Decimal, value: Decimal
) -> None:
    movement(
        world,
        account,
        "Mark to Market",
        value,
        world.clock.now(),
        f"{position.symbol} mark to market at {price}",
        symbol=position.symbol,
        instrument_type="Future",
        underlying=position.underlying,
    )


def expire_options(world: World, account: Account, now: datetime) -> None:
    """Remove what has expired; in the money by a cent it is exercised or assigned."""
    for position in list(account.positions.values()):
        terms = terms_of(world, position.symbol)
        if terms is None or not terms.is_option or not position.quantity:
            continue
        if terms.expires_at is not None and terms.expires_at <= now:
            _expire(world, account, position, terms, now)


def _expire(
    world: World, account: Account, position: Position, terms: Terms, now: datetime
) -> None:
    deliverable = terms.underlying if terms.instrument_type == "Future Option" else terms.group
    price = mark_of(world, deliverable)
    strike = terms.strike or ZERO
    worth = price - strike if terms.right == "C" else strike - price
    quantity = position.quantity
    trade(account, terms, -quantity, max(worth, ZERO) if terms.cash_settled else ZERO, now)
    if worth < Decimal("0.01"):
        post(world, account, _delivery(world, account, terms, "Expiration", quantity, now))
    elif terms.cash_settled:
        value = worth * quantity * terms.multiplier
        name = "Cash Settled Exercise" if quantity > 0 else "Cash Settled Assignment"
        post(world, account, _delivery(world, account, terms, name, quantity, now, value))
    else:
        name = "Exercise" if quantity > 0 else "Assignment"
        post(world, account, _delivery(world, account, terms, name, quantity, now))
        _deliver(world, account, terms, deliverable, quantity, now)
    world.publish_position(account, position)


def _deliver(
    world: World,
    account: Account,
    option: Terms,
    symbol: str,
    contracts: Decimal,
    now: datetime,
) -> None:
    """Shares (or the future) change hands at the strike."""
    terms = terms_of(world, symbol)
    if terms is None:
        return
    units = ZERO + contracts * (option.multiplier if terms.instrument_type == "Equity" else 1)
    signed = units if option.right == "C" else -units
    strike = option.strike or ZERO
    held = account.positions.get(symbol)
    closing = held is not None and held.quantity * signed < 0
    action = f"{'Buy' if signed > 0 else 'Sell'} to {'Close' if closing else 'Open'}"
    position = trade(account, terms, signed, strike, now)
    value = ZERO if terms.instrument_type == "Future" else -signed * strike
    row = _delivery(world, account, terms, action, signed, now, value)
    row.action, row.price = action, strike
    row.description = describe(action, abs(signed), terms, strike)
    post(world, account, row)
    world.publish_position(account, position)


def _delivery(
    world: World,
    account: Account,
    terms: Terms,
    sub_type: str,
    quantity: Decimal,
    now: datetime,
    value: Decimal = ZERO,
) -> Transaction:
    return Transaction(
        id=world.ids.next("transaction"),
        account=account.number,
        type="Receive Deliver",
        sub_type=sub_type,
        description=f"{sub_type} of {terms.symbol}",
        executed_at=now,
        on=new_york_date(now),
        value=value,
        net_value=value,
        symbol=terms.symbol,
        instrument_type=terms.instrument_type,
        underlying=terms.underlying,
        quantity=abs(quantity),
    )


def _remove_closed(account: Account, day: date) -> None:
    """Rows of positions that were closed are shown until the end of that day."""
    gone = [s for s, p in account.positions.items() if not p.quantity]
    for symbol in gone:
        del account.positions[symbol]


def _keep_day(world: World, account: Account, day: date, now: datetime) -> None:
    kept = world.history[account.number]
    row = snapshot(world, account, day, "EOD")
    kept.snapshots.append(row)
    del kept.snapshots[:-KEPT_DAYS]
    bar = _day_bar(kept, day, net_liq(world, account))
    kept.days.append(bar)
    del kept.days[:-KEPT_DAYS]
    world.records.note("snapshot", account.number, day.isoformat(), row)
    world.records.note("day", account.number, bar.at.isoformat(), bar)


def _day_bar(kept: History, day: date, value: Decimal) -> Bar:
    today = [b for b in kept.minutes if new_york_date(b.at) == day]
    return Bar(
        at=at(day, 9, 30),
        open=today[0].open if today else value,
        high=max([value, *(b.high for b in today)]),
        low=min([value, *(b.low for b in today)]),
        close=value,
    )
