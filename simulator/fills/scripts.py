"""Scripted behaviour of single orders, by external identifier or on request.

    immediate            executes as soon as it works, whatever the market says
    delayed:<s>          so many virtual seconds after it began to work
    scheduled:<time>     at an instant of virtual time
    never                works and is never executed
    partial:<n>          so many lots, then it rests
    reject:<text>        rejected on its way out
    ledger-lag:<s>       position, balance and transaction follow the execution so much later
    lose-response        the order is taken, the answer is not sent
    http:<code>          the order is taken, the answer says otherwise

Where the limit of an order cannot be had in the market it executes at the limit itself.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from decimal import Decimal, InvalidOperation
from typing import TYPE_CHECKING

from simulator.fills.sides import Execution, Side, at_net, far_sides, limit_of, natural, rough_sides
from simulator.http import parse_time
from simulator.model import ZERO, Order

if TYPE_CHECKING:
    from simulator.world import World

WORDS = ("immediate", "never", "lose-response", "reject")
WITH_VALUE = ("delayed", "partial", "scheduled", "ledger-lag", "http", "reject")
DECIDE = ("immediate", "delayed", "never", "partial", "scheduled")
LONGEST = 86_400 * 30
LOST = "simulator.lost"
"""Set in the scope of a request whose answer is not sent."""


def read(text: str | None) -> str | None:
    """The text when it is a script, else None: an identifier may say anything."""
    if text is None:
        return None
    name, colon, value = text.partition(":")
    if not colon:
        return text if name in WORDS else None
    return text if name in WITH_VALUE and _sound(name, value) else None


def _sound(name: str, value: str) -> bool:
    try:
        match name:
            case "delayed" | "ledger-lag":
                return 0 <= float(value) <= LONGEST
            case "partial":
                return Decimal(value) > 0
            case "scheduled":
                return parse_time(value) is not None
            case "http":
                return 400 <= int(value) <= 599
    except (ValueError, InvalidOperation):
        return False
    return True


def parts(order: Order) -> tuple[str, str]:
    """Name and value of an order's script."""
    name, _, value = (order.script or "").partition(":")
    return name, value


def decides(order: Order) -> bool:
    """Whether a script rather than the market executes the order."""
    return parts(order)[0] in DECIDE


def ledger_lag(order: Order) -> timedelta | None:
    """How long the ledger stays behind the order's executions."""
    name, value = parts(order)
    return timedelta(seconds=float(value)) if name == "ledger-lag" else None


def due(order: Order) -> datetime | None:
    """When a script executes the order; None for at once or never."""
    name, value = parts(order)
    if name == "scheduled":
        return parse_time(value)
    if name == "delayed" and order.live_at is not None:
        return order.live_at + timedelta(seconds=float(value))
    return None


def look(world: World, order: Order) -> Execution | None:
    """What the script gives now."""
    at = due(order)
    if parts(order)[0] == "never" or (at is not None and world.clock.now() < at):
        return None
    lots = _lots(order)
    return Execution(lots, priced(world, order)) if lots > 0 else None


def _lots(order: Order) -> Decimal:
    name, value = parts(order)
    if name != "partial":
        return order.lots_left
    done = order.size - order.lots_left
    return max(min(Decimal(value) - done, order.lots_left), ZERO)


def priced(world: World, order: Order, price: Decimal | None = None) -> list[Side]:
    """The legs at the market where the limit allows it, else at the limit, or at a given net."""
    if price is not None:
        return at_net(rough_sides(world, order), price)
    sides = far_sides(world, order) or rough_sides(world, order)
    limit = limit_of(order)
    return sides if limit is None or natural(sides) <= limit else at_net(sides, limit)
