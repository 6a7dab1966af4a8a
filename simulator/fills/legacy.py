"""The sandbox's old fixed table: market orders at 1.00, limits below 3 at once, others never.

A stop rests; a stop limit counts as a limit once it was triggered on request.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from decimal import Decimal

from simulator.fills.sides import Execution, Side, at_net, limit_of
from simulator.model import Order

VENUE = "TEST_A"
MARKET_PRICE = Decimal("1.00")
FILLS_BELOW = Decimal(3)
MARKET_LIKE = ("Market", "Notional Market", "Marketable Limit")


def look(order: Order, sides: Sequence[Side]) -> Execution | None:
    """All that is left, by the table; None for never."""
    if order.order_type in MARKET_LIKE:
        return Execution(order.lots_left, [replace(s, price=MARKET_PRICE) for s in sides])
    if order.order_type == "Stop" and order.triggered:
        return Execution(order.lots_left, [replace(s, price=MARKET_PRICE) for s in sides])
    limited = order.order_type == "Limit" or (order.order_type == "Stop Limit" and order.triggered)
    limit = limit_of(order)
    if not limited or limit is None or order.price is None or order.price >= FILLS_BELOW:
        return None
    return Execution(order.lots_left, at_net(sides, limit))
