"""What the calendar does to accounts: bars every five minutes and the end of each day.

At 17:00 New York of a trading day, in this order: expired options are exercised, assigned or
removed, calls are assigned early for a dividend, futures are settled in cash, dividends and
interest are booked, balances are kept as the day's snapshot. The parts are in
`lifecycle_options.py`, `lifecycle_futures.py` and `lifecycle_cash.py`; corporate actions in
`corporate.py`.
"""

from __future__ import annotations

from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING

from simulator import announcements, transfers
from simulator.balances import settled_net_liq, snapshot
from simulator.lifecycle_cash import dividends, interest
from simulator.lifecycle_futures import settle_futures
from simulator.lifecycle_options import early_assignment, end_orders, expire_options
from simulator.market.calendar import (
    at,
    current_session,
    new_york_date,
    next_trading_day,
    state,
)
from simulator.model import ZERO, Account, Bar, History
from simulator.transfers import pending

if TYPE_CHECKING:
    from simulator.world import World

FIVE_MINUTES = timedelta(minutes=5)
KEPT_MINUTES = 5 * 12 * 24
KEPT_DAYS = 800
CLOSE_HOUR = 17
AFTER_OPEN = timedelta(hours=1)
SECOND = timedelta(seconds=1)


def schedule(world: World) -> None:
    """Enter the next bar and the next end of day."""
    now = world.clock.now()
    world.agenda.at(_next_bar(now), "bar", "")
    world.agenda.at(_next_close(now), "close", "")
    announcements.enter_all(world)
    transfers.enter_all(world)


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
    elif name == announcements.EVENT:
        announcements.due(world, int(key))
    elif name == transfers.EVENT:
        transfers.clear(world, int(key))
    elif name == "close":
        close_day(world, now)
        world.agenda.at(_next_close(now), "close", "")


def record_bars(world: World, now: datetime) -> None:
    """Add the net liquidating value of every account to its five-minute bars."""
    for account in world.accounts.values():
        if account.status["is-closed"]:
            continue
        kept = world.history[account.number].minutes
        value = _unmoved(world, account, kept, now)
        if value is None:
            value = settled_net_liq(world, account)
        before = kept[-1].close if kept else value
        high, low = max(before, value), min(before, value)
        bar = Bar(
            at=now - FIVE_MINUTES, open=before, high=high, low=low, close=value,
            pending_open=kept[-1].pending if kept else ZERO, pending=pending(account),
        )  # fmt: skip
        kept.append(bar)
        del kept[:-KEPT_MINUTES]
        world.records.note("minute", account.number, bar.at.isoformat(), bar)


def _unmoved(world: World, account: Account, kept: list[Bar], now: datetime) -> Decimal | None:
    """The value of the last bar where nothing can have changed it since: all is closed."""
    if not kept or kept[-1].at < now - 2 * FIVE_MINUTES:
        return None
    since = now - FIVE_MINUTES
    if account.updated_at is not None and account.updated_at >= since:
        return None
    market = world.market
    for position in account.positions.values():
        if position.quantity and any(
            market.is_open(position.symbol, when) for when in (since, now)
        ):
            return None
    return kept[-1].close


def close_day(world: World, now: datetime) -> None:
    """The end of a trading day for every account."""
    day = new_york_date(now)
    end_orders(world, now)
    for account in world.accounts.values():
        if account.status["is-closed"]:
            continue
        expire_options(world, account, now)
        early_assignment(world, account, day, now)
        settle_futures(world, account, now)
        dividends(world, account, day, now)
        interest(world, account, day, now)
        _remove_closed(account, day)
        _keep_day(world, account, day, now)
        world.publish_balance(account)


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
    bar = _day_bar(kept, day, settled_net_liq(world, account), pending(account))
    kept.days.append(bar)
    del kept.days[:-KEPT_DAYS]
    world.records.note("snapshot", account.number, day.isoformat(), row)
    world.records.note("day", account.number, bar.at.isoformat(), bar)


def _day_bar(kept: History, day: date, value: Decimal, coming: Decimal) -> Bar:
    today = [b for b in kept.minutes if new_york_date(b.at) == day]
    return Bar(
        at=at(day, 9, 30),
        open=today[0].open if today else value,
        high=max([value, *(b.high for b in today)]),
        low=min([value, *(b.low for b in today)]),
        close=value,
        pending_open=today[0].pending_open if today else coming,
        pending=coming,
    )
