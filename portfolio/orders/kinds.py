"""What kind of order it is, as traders say it: `put credit spread, to open`, `roll`."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

from brokerage.models import Order, OrderLeg
from portfolio import formats
from portfolio.ticket.payoff import PayoffLeg, name_of


def kind_words(order: Order) -> str:
    """The structure and whether it opens or closes; of one leg the broker's own action."""
    legs = list(order.legs.all())
    if len(legs) < 2:
        return legs[0].action if legs else ""
    opens = [leg for leg in legs if leg.action.endswith("to Open")]
    closes = [leg for leg in legs if leg.action.endswith("to Close")]
    if opens and closes:
        return "roll" if _same_underlying(legs) else "closes and opens"
    if len(opens) == len(legs):
        return f"{name_of(_payoffs(legs, 1))}, to open"
    if len(closes) == len(legs):
        return f"{name_of(_payoffs(legs, -1))}, to close"
    return name_of(_payoffs(legs, 1))


def _same_underlying(legs: Sequence[OrderLeg]) -> bool:
    return len({leg.symbol.split()[0] for leg in legs}) == 1


def _payoffs(legs: Sequence[OrderLeg], side: int) -> list[PayoffLeg]:
    """The legs as what is held once they are executed, or (side −1) was held before."""
    return [_payoff(leg, side) for leg in legs]


def _payoff(leg: OrderLeg, side: int) -> PayoffLeg:
    amount = (leg.quantity or Decimal(1)) * side
    ratio = amount if leg.action.startswith("Buy") else -amount
    part = formats.option_parts(leg.symbol)
    if part is None:
        return PayoffLeg(ratio)
    return PayoffLeg(ratio, part.right, part.strike, part.day)
