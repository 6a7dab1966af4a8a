"""The sandbox's daily reset: trades and positions are gone, balances are back, people stay."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING

from simulator.ledger import movement
from simulator.model import ZERO, Account, History

if TYPE_CHECKING:
    from simulator.world import World

FUNDED = ("Deposit", "Withdrawal")
START_CASH = Decimal(100_000)


def reset(world: World) -> None:
    """Start every account again with the money that was paid in."""
    world.orders.clear()
    world.open_orders.clear()
    world.standing.clear()
    world.last_match.clear()
    world.complex_orders.clear()
    world.changed_groups.clear()
    for account in world.accounts.values():
        _account(world, account)
    world.records.start(world)


def _account(world: World, account: Account) -> None:
    rows = world.transactions[account.number]
    paid = sum((r.net_value for r in rows if r.sub_type in FUNDED), ZERO)
    account.cash = account.futures_day_cash = ZERO
    account.positions.clear()
    account.entitlements.clear()
    account.transfers.clear()
    account.day_trades.clear()
    rows.clear()
    world.history[account.number] = History(number=account.number)
    movement(
        world, account, "Deposit", paid if paid > 0 else START_CASH, world.clock.now(),
        "Sandbox reset",
    )  # fmt: skip
    world.publish_balance(account)
