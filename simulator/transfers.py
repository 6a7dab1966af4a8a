"""Deposits and withdrawals: at once, or by a transfer that takes its time to clear.

Money on its way is pending cash: it counts for buying power, is no part of the cash balance and
may be called back. The stream tells each state: `Pending`, then `Completed` or `Cancelled`.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal
from typing import TYPE_CHECKING, Any

from simulator.http import stamp, text
from simulator.ledger import movement
from simulator.market.calendar import new_york_date
from simulator.model import ZERO, Account, Transaction, Transfer

if TYPE_CHECKING:
    from simulator.world import World

CENT = Decimal("0.01")
MOST = Decimal(10**12)
LONGEST = timedelta(days=30)
EVENT = "transfer"


def transfer(
    world: World, account: Account, amount: Decimal, description: str | None = None
) -> Transaction:
    """Move money in (+) or out (−) at once: `Deposit` or `Withdrawal`, told on the stream.

    ValueError for nothing, for more than 18 digits and for a withdrawal of more than the cash.
    """
    amount = _checked(amount)
    if amount < 0 and -amount > max(account.cash, ZERO):
        raise ValueError("there is not so much cash in the account")
    now, name = world.clock.now(), "Deposit" if amount > 0 else "Withdrawal"
    row = movement(world, account, name, amount, now, description or f"ACH {name.lower()}")
    _tell(world, account, "Completed", row.id, amount, now, now)
    world.publish_balance(account)
    return row


def send(
    world: World, account: Account, amount: Decimal, after: timedelta,
    description: str | None = None,
) -> Transfer:  # fmt: skip
    """A deposit that clears later; ValueError for what is none."""
    amount = _checked(amount)
    if amount < 0:
        raise ValueError("only deposits clear later")
    if not timedelta() < after <= LONGEST:
        raise ValueError("a deposit clears within thirty days")
    now = world.clock.now()
    made = Transfer(
        id=world.ids.next("transaction"), amount=amount, created_at=now, due=now + after,
        description=description or "ACH deposit",
    )  # fmt: skip
    account.transfers.append(made)
    world.agenda.at(made.due, EVENT, str(made.id))
    _tell_of(world, account, made, "Pending")
    world.publish_balance(account)
    return made


def _checked(amount: Decimal) -> Decimal:
    if not amount.is_finite() or not amount or abs(amount) > MOST:
        raise ValueError("the amount must be a number of dollars that is not zero")
    return amount.quantize(CENT, ROUND_HALF_UP)


def enter_all(world: World) -> None:
    """Put all that is on its way on the agenda, after a restart."""
    for account in world.accounts.values():
        for made in account.transfers:
            world.agenda.at(made.due, EVENT, str(made.id))


def clear(world: World, number: int) -> None:
    """The money has come."""
    found = _take(world, number)
    if found is None:
        return
    account, made = found
    movement(world, account, "Deposit", made.amount, world.clock.now(), made.description)
    _tell_of(world, account, made, "Completed")
    world.publish_balance(account)


def call_back(world: World, account: Account, number: int) -> None:
    """Cancel a deposit that is on its way; LookupError when there is none."""
    found = _take(world, number) if number in {t.id for t in account.transfers} else None
    if found is None:
        raise LookupError(number)
    _tell_of(world, account, found[1], "Cancelled")
    world.publish_balance(account)


def _take(world: World, number: int) -> tuple[Account, Transfer] | None:
    for account in world.accounts.values():
        for made in account.transfers:
            if made.id == number:
                account.transfers.remove(made)
                return account, made
    return None


def pending(account: Account) -> Decimal:
    """Dollars on their way."""
    return sum((made.amount for made in account.transfers), ZERO)


# -- what the stream tells -------------------------------------------------------------------


def _tell_of(world: World, account: Account, made: Transfer, state: str) -> None:
    _tell(world, account, state, made.id, made.amount, made.created_at, made.due)


def _tell(
    world: World, account: Account, state: str, number: int, amount: Decimal, created: datetime,
    due: datetime,
) -> None:  # fmt: skip
    told: dict[str, Any] = {
        "id": number,
        "account-number": account.number,
        "amount": text(abs(amount)),
        "bank-account-type": "Checking",
        "banking-date": new_york_date(created).isoformat(),
        "created-at": stamp(created),
        "direction": "Deposit" if amount > 0 else "Withdrawal",
        "disbursement-type": "Normal",
        "ext-transfer-id": f"EX-{number}",
        "funds-available-date": new_york_date(due).isoformat(),
        "is-cancelable": state == "Pending",
        "is-clearing-accepted": state == "Completed",
        "state": state,
        "transfer-method": "ACH",
        "updated-at": stamp(world.clock.now()),
    }
    world.hub.raw(account.number, "ExternalTransaction", told)
