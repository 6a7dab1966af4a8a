"""One order of a ticket: a form whose choices are only those the contract allows."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from django import forms

from brokerage.execution import matrix
from brokerage.execution.commands import EQUITY
from portfolio.forms.ticket_fields import (
    EFFECTS,
    INSTRUMENT_CHOICES,
    MAX_LEGS,
    ORDER_TYPE_WORDS,
    TIME_WORDS,
    DecimalText,
    symbol_input,
)
from portfolio.forms.ticket_groups import GROUP_CHOICES, PartSpec


class HeadForm(forms.Form):
    """What a ticket has once: its identifier, the account, whether it is a group of orders."""

    ticket = forms.UUIDField(widget=forms.HiddenInput)
    origin = forms.CharField(widget=forms.HiddenInput, required=False, max_length=64)
    account = forms.ChoiceField(label="Account")
    group = forms.ChoiceField(label="One order or several", choices=GROUP_CHOICES, required=False)

    def __init__(self, *args: Any, accounts: Iterable[tuple[str, str]], **options: Any) -> None:
        super().__init__(*args, **options)
        self.fields["account"].choices = list(accounts)


class OrderForm(forms.Form):
    """One order; what its type does not have is not among its fields."""

    instrument_type = forms.ChoiceField(label="Instrument", choices=INSTRUMENT_CHOICES)
    symbol = forms.CharField(label="Symbol", max_length=32, widget=symbol_input())
    # Which leg of the first order a stop closes, where there are several.
    closes = forms.TypedChoiceField(
        label="Closes", coerce=int, error_messages={"required": "Choose the leg that it closes."}
    )
    order_type = forms.ChoiceField(
        label="Order type",
        error_messages={"invalid_choice": "This order type does not exist for this order."},
    )
    time_in_force = forms.ChoiceField(
        label="Time in force",
        error_messages={"invalid_choice": "“%(value)s” cannot be combined with this order type."},
    )
    gtc_date = forms.DateField(
        label="Good until",
        error_messages={"required": "Enter the date until which the order is good."},
        widget=forms.DateInput(attrs={"type": "date"}),
    )
    stop_trigger = DecimalText(
        label="Stop trigger", error_messages={"required": "Enter a stop trigger."}
    )
    price = DecimalText(label="Limit price", error_messages={"required": "Enter a limit price."})
    price_effect = forms.ChoiceField(label="Debit or credit", choices=EFFECTS)
    value = DecimalText(
        label="Amount in dollars", error_messages={"required": "Enter an amount in dollars."}
    )
    conditional = forms.BooleanField(label="Wait for a price or a time", required=False)

    def __init__(self, *args: Any, shape: Shape, **options: Any) -> None:
        super().__init__(*args, **options)
        self.fields["order_type"].choices = [
            (name, ORDER_TYPE_WORDS.get(name, name)) for name in shape.order_types
        ]
        self.fields["time_in_force"].choices = [
            (name, TIME_WORDS.get(name, name)) for name in shape.times
        ]
        self.fields["closes"].choices = [(n, f"Leg {n + 1}") for n in range(shape.entry_legs)]
        for name in shape.absent:
            del self.fields[name]

    def clean_symbol(self) -> str:
        return str(self.cleaned_data["symbol"]).strip().upper()


@dataclass(frozen=True, slots=True)
class Shape:
    """Which choices and fields an order has, from what was chosen so far.

    `entry_legs`: how many legs the first order has, from which an exit closes.
    """

    instrument_type: str
    legs: int
    order_type: str
    order_types: list[str]
    times: list[str]
    absent: frozenset[str]
    max_legs: int = 1
    entry_legs: int = 1

    @property
    def notional(self) -> bool:
        return self.order_type == matrix.NOTIONAL_MARKET


def shape_of(values: Mapping[str, Any], spec: PartSpec | None = None) -> Shape:
    """The shape that these values ask for; what is not allowed falls back to the first allowed."""
    part = spec or PartSpec()
    kind = str(values.get("instrument_type") or EQUITY)
    kind = kind if kind in matrix.INSTRUMENTS else EQUITY
    most = min(matrix.INSTRUMENTS[kind].max_legs, part.max_legs)
    legs = min(leg_count(values), most)
    order_types = _order_types(kind, legs, part)
    chosen = str(values.get("order_type") or "")
    order_type = chosen if chosen in order_types else order_types[0]
    closing = not part.own_legs or _all_close(values, legs, part)
    times = matrix.offered_times(order_type, kind, legs, closing=closing)
    time = str(values.get("time_in_force") or "")
    absent = _absent(order_type, legs, time, times)
    entry_legs = int(values.get("entry_legs") or 1)
    if not part.own_legs:
        absent |= {"instrument_type", "symbol"}
    if not part.one_leg or entry_legs == 1:
        absent.add("closes")
    if not part.rules:
        absent.add("conditional")
    return Shape(kind, legs, order_type, order_types, times, frozenset(absent), most, entry_legs)


def _order_types(kind: str, legs: int, part: PartSpec) -> list[str]:
    offered = matrix.offered_order_types(kind, legs)
    if not part.order_types:
        return offered
    return [name for name in offered if name in part.order_types] or list(part.order_types)


def _all_close(values: Mapping[str, Any], legs: int, part: PartSpec) -> bool:
    fallback = part.actions[0] if part.actions else ""
    actions = [str(values.get(f"leg-{index}-action") or fallback) for index in range(legs)]
    return all(action.endswith("to Close") for action in actions)


def _absent(order_type: str, legs: int, time: str, times: list[str]) -> set[str]:
    requires = matrix.ORDER_TYPES[order_type].requires
    absent = set({"price", "stop_trigger", "value"} - requires)
    # One leg has one side: a purchase is paid for, a sale is received.
    if legs == 1 or "price" in absent:
        absent.add("price_effect")
    if time != "GTD" or "GTD" not in times:
        absent.add("gtc_date")
    return absent


def leg_count(values: Mapping[str, Any]) -> int:
    """How many legs the values speak of, one to four."""
    try:
        count = int(values.get("legs") or 1)
    except (TypeError, ValueError):
        count = 1
    return max(1, min(MAX_LEGS, count))
