"""Money that moves by itself or by request: dividends, margin interest, deposits, withdrawals."""

from __future__ import annotations

from datetime import date, datetime
from decimal import ROUND_HALF_UP, Decimal
from typing import TYPE_CHECKING, Any

from simulator.http import stamp, text
from simulator.ledger import movement
from simulator.market import corporate
from simulator.market.calendar import next_trading_day
from simulator.model import ZERO, Account, Entitlement, Position, Transaction

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
    line = world.market.line(symbol)
    if line is None or line.row is None or line.is_option:
        return None
    tomorrow = next_trading_day(day)
    return next((p for p in corporate.dividends(line.row) if day < p.ex_date <= tomorrow), None)


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
    """A day's margin interest (with the closed days that follow), charged once a month."""
    nights = (next_trading_day(day) - day).days
    if account.cash < 0:
        debit = -account.cash
        account.interest += debit * rate_of(debit) * nights / YEAR
        world.touch(account)
    first = max(date(day.year, day.month, CHARGED_ON), day)
    due = day.day >= CHARGED_ON and not _charged_this_month(world, account, first)
    owed = account.interest.quantize(CENT, ROUND_HALF_UP)
    if due and owed > 0:
        movement(world, account, "Debit Interest", -owed, now, f"Margin interest to {day}")
        account.interest = ZERO


def _charged_this_month(world: World, account: Account, day: date) -> bool:
    since = date(day.year, day.month, CHARGED_ON)
    for row in reversed(world.transactions[account.number]):
        if row.on < since:
            return False
        if row.sub_type == "Debit Interest":
            return True
    return False


# -- deposits and withdrawals ----------------------------------------------------------------


def transfer(
    world: World, account: Account, amount: Decimal, description: str | None = None
) -> Transaction:
    """Move money in (+) or out (−) at once: `Deposit` or `Withdrawal`, told on the stream.

    ValueError for nothing, for more than 18 digits and for a withdrawal of more than the cash.
    """
    if not amount.is_finite() or not amount or abs(amount) > Decimal(10**12):
        raise ValueError("the amount must be a number of dollars that is not zero")
    amount = amount.quantize(CENT, ROUND_HALF_UP)
    if amount < 0 and -amount > max(account.cash, ZERO):
        raise ValueError("there is not so much cash in the account")
    now, name = world.clock.now(), "Deposit" if amount > 0 else "Withdrawal"
    row = movement(world, account, name, amount, now, description or f"ACH {name.lower()}")
    world.hub.raw(account.number, "ExternalTransaction", _external(world, row))
    world.publish_balance(account)
    return row


def _external(world: World, row: Transaction) -> dict[str, Any]:
    at = stamp(row.executed_at)
    return {
        "id": row.id,
        "account-number": row.account,
        "amount": text(abs(row.value)),
        "bank-account-type": "Checking",
        "banking-date": row.on.isoformat(),
        "created-at": at,
        "direction": row.sub_type,
        "disbursement-type": "Normal",
        "ext-transfer-id": f"EX-{row.id}",
        "funds-available-date": row.on.isoformat(),
        "is-cancelable": False,
        "is-clearing-accepted": True,
        "state": "Completed",
        "transfer-method": "ACH",
        "updated-at": at,
    }
