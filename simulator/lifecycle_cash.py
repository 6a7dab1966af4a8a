"""Money that moves by itself: dividends and interest."""

from __future__ import annotations

from datetime import date, datetime
from decimal import ROUND_HALF_UP, Decimal
from typing import TYPE_CHECKING

from simulator.ledger import movement
from simulator.market import corporate
from simulator.market.calendar import next_trading_day
from simulator.model import ZERO, Account, Entitlement, Position

if TYPE_CHECKING:
    from simulator.world import World

CENT = Decimal("0.01")
TIERS = (
    (Decimal(25_000), Decimal("0.11")), (Decimal(50_000), Decimal("0.105")),
    (Decimal(100_000), Decimal("0.10")), (Decimal(250_000), Decimal("0.095")),
    (Decimal(500_000), Decimal("0.09")), (Decimal(1_000_000), Decimal("0.085")),
)  # fmt: skip
"""(debit below this, yearly rate of all of it)."""
LOWEST_RATE = Decimal("0.08")
YEAR = Decimal(360)
CHARGED_ON = 16
"""Interest is charged at the first close from this day of the month on."""


def dividends(world: World, account: Account, day: date, now: datetime) -> None:
    """Holders at the last close before the ex-date are entitled; money comes on the pay date."""
    tomorrow = next_trading_day(day)
    for position in account.positions.values():
        for payment in _payments(world, position):
            if day < payment.ex_date <= tomorrow:
                amount = Decimal(str(payment.amount)) * position.quantity
                entitle(account, position.symbol, amount, payment.pay_date)
    pay(world, account, day, now)


def _payments(world: World, position: Position) -> tuple[corporate.Dividend, ...]:
    if position.instrument_type != "Equity" or not position.quantity:
        return ()
    line = world.market.line(position.symbol)
    return () if line is None or line.row is None else corporate.dividends(line.row)


def next_payment(world: World, symbol: str, day: date) -> corporate.Dividend | None:
    """The dividend of a share that goes ex on the next trading day; None without one."""
    from simulator import announcements

    line = world.market.line(symbol)
    if line is None or line.row is None or line.is_option:
        return None
    tomorrow = next_trading_day(day)
    told = announcements.dividends(world, symbol, special=False)
    return next((p for p in told if day < p.ex_date <= tomorrow), None) or next(
        (p for p in corporate.dividends(line.row) if day < p.ex_date <= tomorrow), None
    )


def entitle(
    account: Account, symbol: str, amount: Decimal, pays_on: date, sub_type: str = "Dividend"
) -> None:
    """Promise a payment (negative: a short holder owes it)."""
    account.entitlements.append(
        Entitlement(symbol=symbol, pays_on=pays_on, amount=amount, sub_type=sub_type)
    )


def pay(world: World, account: Account, day: date, now: datetime) -> None:
    """Book the entitlements that are due."""
    due = [e for e in account.entitlements if e.pays_on <= day]
    if not due:
        return
    account.entitlements = [e for e in account.entitlements if e.pays_on > day]
    for one in due:
        movement(
            world,
            account,
            one.sub_type,
            one.amount.quantize(CENT, ROUND_HALF_UP),
            now,
            f"{one.symbol} {one.sub_type.lower()}",
            symbol=one.symbol,
            instrument_type="Equity",
            underlying=one.symbol,
        )


# -- interest --------------------------------------------------------------------------------


def rate_of(debit: Decimal) -> Decimal:
    """The yearly margin rate of a debit balance."""
    return next((rate for below, rate in TIERS if debit < below), LOWEST_RATE)


def interest(world: World, account: Account, day: date, now: datetime) -> None:
    """A day's interest (with the closed days that follow), booked once a month."""
    nights = (next_trading_day(day) - day).days
    rate = Decimal(str(world.settings.credit_rate))
    if account.cash < 0:
        debit = -account.cash
        account.interest += debit * rate_of(debit) * nights / YEAR
        world.touch(account)
    elif rate and account.cash:
        account.credit += account.cash * rate * nights / YEAR
        world.touch(account)
    if day.day >= CHARGED_ON:
        _book_interest(world, account, day, now)


def _book_interest(world: World, account: Account, day: date, now: datetime) -> None:
    owed, earned = (x.quantize(CENT, ROUND_HALF_UP) for x in (account.interest, account.credit))
    if owed > 0 and not _booked_this_month(world, account, day, "Debit Interest"):
        movement(world, account, "Debit Interest", -owed, now, f"Margin interest to {day}")
        account.interest = ZERO
    if earned > 0 and not _booked_this_month(world, account, day, "Credit Interest"):
        movement(world, account, "Credit Interest", earned, now, f"Interest on cash to {day}")
        account.credit = ZERO


def _booked_this_month(world: World, account: Account, day: date, sub_type: str) -> bool:
    since = date(day.year, day.month, CHARGED_ON)
    for row in reversed(world.transactions[account.number]):
        if row.on < since:
            return False
        if row.sub_type == sub_type:
            return True
    return False
