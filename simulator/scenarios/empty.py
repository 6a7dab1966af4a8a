"""One customer with one funded margin account and no history: a blank page for tests."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from typing import TYPE_CHECKING

from simulator import lifecycle
from simulator.ledger import movement
from simulator.scenarios.people import open_account, open_application, open_customer

if TYPE_CHECKING:
    from simulator.world import World


def build(world: World) -> None:
    """100,000 dollars, every permission."""
    opened = world.clock.now() - timedelta(days=30)
    user = open_customer(world, "customer", opened)
    open_application(world, user)
    account = open_account(
        world, user, "5WT00001", "Individual", opened,
        calculation="Reg T", level="No Restrictions", futures=True, crypto=True,
    )  # fmt: skip
    movement(world, account, "Deposit", Decimal(100_000), opened, "ACH deposit")
    lifecycle.schedule(world)
