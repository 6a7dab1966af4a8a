"""Groups of orders (complex orders): which orders each is made of and what they may be.

An exit of a bracket or of an OCO closes what another order of the group is about, so it has no
legs of its own: a limit closes all of them, a stop one, since a stop order has exactly one leg.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from django import forms

from brokerage.execution import matrix
from portfolio.forms.ticket_fields import DecimalText

OTO, OCO, OTOCO, PAIRS = "OTO", "OCO", "OTOCO", "PAIRS"
GROUP_CHOICES = (
    ("", "Single order"),
    (OTOCO, "Bracket: entry, then take profit or stop (OTOCO)"),
    (OCO, "Take profit or stop, one cancels the other (OCO)"),
    (OTO, "One order, then others once it has filled (OTO)"),
    (PAIRS, "Pair: two orders once a price ratio is reached (PAIRS)"),
)
# A trigger and at most three orders.
MAX_ORDERS = 4
_CLOSING = ("Sell to Close", "Buy to Close")
_OPENING = ("Buy to Open", "Sell to Open")
_WORKING = (matrix.LIMIT, matrix.STOP, matrix.STOP_LIMIT)


@dataclass(frozen=True, slots=True)
class PartSpec:
    """One order of a ticket.

    `order_types` and `actions` restrict what the instrument allows; empty means all of it.
    `own_legs` False: it closes the legs of the first order; with `one_leg` one of them alone.
    `rules`: it may wait for prices and times of its own.
    """

    prefix: str = ""
    title: str = ""
    help: str = ""
    order_types: tuple[str, ...] = ()
    actions: tuple[str, ...] = ()
    time: str = "Day"
    max_legs: int = 4
    own_legs: bool = True
    one_leg: bool = False
    rules: bool = True
    leads: bool = False

    @property
    def lead(self) -> str:
        """What stands before the names of its fields."""
        return f"{self.prefix}-" if self.prefix else ""


_TARGET = PartSpec("o1", "Take profit", order_types=(matrix.LIMIT,), time="GTC", own_legs=False)
_STOP = replace(
    _TARGET, title="Stop", order_types=(matrix.STOP, matrix.STOP_LIMIT), max_legs=1, one_leg=True
)
_SIDE = PartSpec(
    title="First side", order_types=(matrix.MARKET, matrix.LIMIT), max_legs=1, rules=False
)
_MEMBERS: dict[str, tuple[PartSpec, ...]] = {
    "": (PartSpec(),),
    OTOCO: (
        PartSpec(title="Entry", order_types=_WORKING, actions=_OPENING, leads=True),
        replace(_TARGET, help="Works once the entry has filled; closes the same quantity."),
        replace(_STOP, prefix="o2", help="When one of the two fills, the other is cancelled."),
    ),
    OCO: (
        replace(_TARGET, prefix="", own_legs=True, actions=_CLOSING, help="Closes what you hold."),
        replace(_STOP, help="Closes the same. When one of the two fills, the other is cancelled."),
    ),
    PAIRS: (
        _SIDE,
        replace(_SIDE, prefix="o1", title="Second side"),
    ),
}
_OTO_FIRST = PartSpec(title="First", order_types=_WORKING, leads=True)
_OTO_NEXT = PartSpec(title="Then", help="Works once the first has filled.")


def group_of(values: Mapping[str, Any]) -> str:
    group = str(values.get("group") or "")
    return group if group in dict(GROUP_CHOICES) else ""


def specs_of(values: Mapping[str, Any]) -> tuple[PartSpec, ...]:
    """The orders that a ticket with these values has."""
    group = group_of(values)
    if group != OTO:
        return _MEMBERS[group]
    count = order_count(values)
    rest = [replace(_OTO_NEXT, prefix=f"o{index}") for index in range(1, count)]
    return (_OTO_FIRST, *rest)


def order_count(values: Mapping[str, Any]) -> int:
    """How many orders an OTO has, the trigger counted: two to four."""
    try:
        count = int(values.get("orders") or 2)
    except (TypeError, ValueError):
        count = 2
    return max(2, min(MAX_ORDERS, count))


class RatioForm(forms.Form):
    """When a pair is sent: the price of the first divided by the price of the second."""

    ratio_price_comparator = forms.ChoiceField(
        label="Send when the ratio is",
        choices=(("gte", "at or above"), ("lte", "at or below")),
    )
    ratio_price_threshold = DecimalText(
        label="Ratio",
        min_value=0,
        error_messages={
            "required": "Enter a ratio of the two prices.",
            "min_value": "The ratio must be more than 0.",
        },
    )
    ratio_price_is_threshold_based_on_notional = forms.BooleanField(
        label="Compare the amounts (price × quantity) instead of the prices", required=False
    )
