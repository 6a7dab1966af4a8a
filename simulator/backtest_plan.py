"""What a backtest is asked to do: the camelCase body, checked.

The same structs are read from the request and written back into the answer; keys that were not
sent stay away.
"""

from __future__ import annotations

import math
from datetime import date
from typing import Any, Literal

import msgspec
from msgspec import UNSET, Struct, UnsetType

from simulator.http import ApiError, invalid

DAYS = ("monday", "tuesday", "wednesday", "thursday", "friday")
MOST_LEGS, MOST_YEARS = 8, 15
Selection = Literal[
    "delta", "percentageOTM", "percentageOTMRelative", "currentPriceOffset",
    "currentPriceOffsetRelative", "currentPriceExactOffsetRelative", "premium",
]  # fmt: skip
NEEDS = {
    "delta": "delta",
    "percentageOTM": "percentageOTM",
    "percentageOTMRelative": "percentageOTM",
    "currentPriceOffset": "currentPriceOffset",
    "currentPriceOffsetRelative": "currentPriceOffset",
    "currentPriceExactOffsetRelative": "currentPriceOffset",
    "premium": "premium",
}
"""The figure that each way to choose a strike needs."""


class Leg(Struct, rename="camel", omit_defaults=True):
    """Shares, or an option whose strike is chosen anew at each entry."""

    type: Literal["equity", "equity-option"]
    direction: Literal["long", "short"]
    quantity: int
    side: Literal["call", "put"] | UnsetType = UNSET
    strike_selection: Selection | UnsetType = UNSET
    strike_relative_leg: int | UnsetType = UNSET
    """The place (from 0) of an earlier leg whose strike this one is counted from."""
    delta: int | float | UnsetType = UNSET
    percentage_otm: int | float | UnsetType = msgspec.field(default=UNSET, name="percentageOTM")
    current_price_offset: int | float | UnsetType = UNSET
    premium: int | float | UnsetType = UNSET
    days_until_expiration: int | UnsetType = UNSET

    @property
    def sign(self) -> int:
        """+1 long, −1 short."""
        return 1 if self.direction == "long" else -1

    @property
    def relative(self) -> bool:
        """Its strike is counted from another leg's."""
        return str(self.strike_selection).endswith("Relative")

    def figure(self) -> float:
        """The number that its way of choosing needs."""
        name = {"percentageOTM": "percentage_otm", "currentPriceOffset": "current_price_offset"}
        key = NEEDS[str(self.strike_selection)]
        return float(getattr(self, name.get(key, key)))


class Entry(Struct, rename="camel", omit_defaults=True):
    """When a trial is opened."""

    frequency: Literal[
        "every day", "on specific days of the week", "on exact days to expiration match"
    ] = "every day"
    specific_days: list[int | str] | UnsetType = UNSET
    """Monday 1 to Friday 5, or their names."""
    maximum_active_trials: int | UnsetType = UNSET
    maximum_active_trials_behavior: Literal["don't enter", "close oldest"] | UnsetType = UNSET
    minimum_vix: int | float | UnsetType = msgspec.field(default=UNSET, name="minimumVIX")
    maximum_vix: int | float | UnsetType = msgspec.field(default=UNSET, name="maximumVIX")

    def weekdays(self) -> set[int]:
        """The days as numbers, Monday 1; ValueError for a day that is none."""
        named = [] if self.specific_days is UNSET else self.specific_days
        found = {DAYS.index(d.lower()) + 1 if isinstance(d, str) else d for d in named}
        if not found <= {1, 2, 3, 4, 5}:
            raise ValueError("no day of the week")
        return found


class Exit(Struct, rename="camel", omit_defaults=True):
    """When a trial is closed; in any case when its first option ends."""

    take_profit_percentage: int | float | UnsetType = UNSET
    stop_loss_percentage: int | float | UnsetType = UNSET
    after_days_in_trade: int | UnsetType = UNSET
    at_days_to_expiration: int | UnsetType = UNSET
    minimum_vix: int | float | UnsetType = msgspec.field(default=UNSET, name="minimumVIX")


class Plan(Struct, rename="camel"):
    """The whole request."""

    symbol: str
    start_date: date
    end_date: date
    legs: list[Leg]
    entry_conditions: Entry = msgspec.field(default_factory=Entry)
    exit_conditions: Exit = msgspec.field(default_factory=Exit)


def read(body: dict[str, Any]) -> Plan:
    """A checked plan; a 400 names what is wrong."""
    try:
        plan = msgspec.convert(body, Plan, strict=False)
        plan.entry_conditions.weekdays()
        _finite(msgspec.to_builtins(plan))
    except (msgspec.ValidationError, ValueError, ArithmeticError) as failure:
        raise invalid(("body", str(failure))) from None
    if plan.end_date < plan.start_date or plan.end_date.year - plan.start_date.year > MOST_YEARS:
        raise invalid(("endDate", "does not have a valid value"))
    if not 1 <= len(plan.legs) <= MOST_LEGS:
        raise invalid(("legs", f"must be 1 to {MOST_LEGS}"))
    for place, leg in enumerate(plan.legs):
        _check(plan, place, leg)
    if not any(leg.type == "equity-option" for leg in plan.legs):
        raise refused("A backtest needs at least one option")
    return plan


def _finite(found: Any) -> None:
    """ValueError for an infinity or what is not a number, at any depth."""
    if isinstance(found, dict | list):
        for value in found.values() if isinstance(found, dict) else found:
            _finite(value)
    elif isinstance(found, float) and not math.isfinite(found):
        raise ValueError("every number must be finite")


def refused(text: str) -> ApiError:
    """A 422 for a body that is well-formed and cannot be done."""
    return ApiError(422, "validation_error", text)


def _check(plan: Plan, place: int, leg: Leg) -> None:
    name = f"legs.{place}"
    most = 100 if leg.type == "equity" else 10
    if not 1 <= leg.quantity <= most:
        raise invalid((f"{name}.quantity", f"must be 1 to {most}"))
    if leg.type == "equity":
        return
    if leg.side is UNSET or leg.strike_selection is UNSET:
        raise invalid((f"{name}.side", "and strikeSelection are needed"))
    if leg.days_until_expiration is UNSET or not 0 <= leg.days_until_expiration <= 1000:
        raise invalid((f"{name}.daysUntilExpiration", "must be 0 to 1000"))
    try:
        figure = leg.figure()
    except TypeError:
        raise invalid((f"{name}.{NEEDS[leg.strike_selection]}", "is missing")) from None
    if leg.strike_selection == "delta" and not 1 <= figure <= 100:
        raise invalid((f"{name}.delta", "must be 1 to 100"))
    if leg.relative:
        other = leg.strike_relative_leg
        if other is UNSET or not 0 <= other < place or plan.legs[other].type == "equity":
            raise invalid((f"{name}.strikeRelativeLeg", "must be an earlier option"))
