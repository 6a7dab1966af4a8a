"""What the ledger says that an account holds: rows replayed, independent of the broker's code."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from decimal import Decimal

from simulator.model import Account, Transaction
from simulator.world import World

ZERO = Decimal(0)


def held_by_rows(rows: Iterable[Transaction]) -> dict[str, Decimal]:
    """Signed quantities by symbol. Rows without action take away from what is there."""
    held: dict[str, Decimal] = defaultdict(Decimal)
    for row in rows:
        if row.symbol is None or not row.quantity or row.type == "Administrative Transfer":
            continue
        if row.action is not None:
            held[row.symbol] += row.quantity * (1 if row.action.startswith("Buy") else -1)
        else:
            side = 1 if held[row.symbol] > 0 else -1
            held[row.symbol] -= side * row.quantity
            assert held[row.symbol] * side >= 0, row
    return {symbol: quantity for symbol, quantity in held.items() if quantity}


def holdings(account: Account) -> dict[str, Decimal]:
    """Signed quantities by symbol, as the account has them."""
    return {s: p.quantity for s, p in account.positions.items() if p.quantity}


def check_account(world: World, number: str) -> None:
    """Cash and positions of an account are the sum of its transactions."""
    account, rows = world.accounts[number], world.transactions[number]
    assert account.cash == sum((row.net_value for row in rows), ZERO)
    assert holdings(account) == held_by_rows(rows)
