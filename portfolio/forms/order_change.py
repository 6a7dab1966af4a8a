"""What may be changed about a working order: its price, type and time; legs and quantity stay."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django import forms

from brokerage.execution import matrix
from brokerage.execution.amounts import amount_text
from brokerage.execution.check_facts import Finding
from brokerage.execution.commands import CREDIT, DEBIT, ReplaceOrder
from brokerage.models import Order
from portfolio.forms.ticket_fields import EFFECTS, ORDER_TYPE_WORDS, TIME_WORDS, DecimalText


@dataclass(frozen=True, slots=True)
class ChangeShape:
    """Which choices and fields a change of this order has, from what is chosen so far."""

    order_type: str
    order_types: list[str]
    time_in_force: str
    times: list[str]
    absent: frozenset[str]


def shape_of(order: Order, values: Mapping[str, Any]) -> ChangeShape:
    """A choice that does not exist for this order falls back to what the order has now."""
    legs = list(order.legs.all())
    kind = legs[0].instrument_type if legs else ""
    offered = matrix.offered_order_types(kind, len(legs))
    order_types = [name for name in offered if name != matrix.NOTIONAL_MARKET]
    # What the broker took once stays possible, documented or not.
    order_types += [order.order_type] if order.order_type not in order_types else []
    order_type = str(values.get("order_type") or "")
    order_type = order_type if order_type in order_types else order.order_type
    closing = bool(legs) and all(leg.action.endswith("to Close") for leg in legs)
    times = _times(order_type, kind, len(legs), closing)
    times += [order.time_in_force] if order.time_in_force not in times else []
    time = str(values.get("time_in_force") or "")
    time = time if time in times else order.time_in_force
    return ChangeShape(order_type, order_types, time, times, _absent(order_type, time, len(legs)))


def _times(order_type: str, kind: str, legs: int, closing: bool) -> list[str]:
    if order_type not in matrix.ORDER_TYPES:
        return []
    return matrix.offered_times(order_type, kind, legs, closing=closing)


def _absent(order_type: str, time: str, legs: int) -> frozenset[str]:
    rule = matrix.ORDER_TYPES.get(order_type)
    requires = rule.requires if rule else frozenset({"price"})
    absent = {"price", "stop_trigger"} - requires
    # One leg has one side: a purchase is paid for, a sale is received.
    if legs == 1 or "price" in absent:
        absent.add("price_effect")
    if time != "GTD":
        absent.add("gtc_date")
    return frozenset(absent)


class ChangeForm(forms.Form):
    """A bound form is judged; an unbound one shows the order as it is, with `initial`."""

    order_type = forms.ChoiceField(label="Order type")
    time_in_force = forms.ChoiceField(label="Time in force")
    price = DecimalText(label="Limit price", error_messages={"required": "Enter a limit price."})
    price_effect = forms.ChoiceField(label="Debit or credit", choices=EFFECTS)
    stop_trigger = DecimalText(
        label="Stop trigger", error_messages={"required": "Enter a stop trigger."}
    )
    gtc_date = forms.DateField(
        label="Good until",
        error_messages={"required": "Enter the date until which the order is good."},
        widget=forms.DateInput(attrs={"type": "date"}),
    )

    def __init__(self, *args: Any, order: Order, **options: Any) -> None:
        data = args[0] if args and args[0] is not None else options.get("data")
        given = {**present_values(order), **dict((options.get("initial") or {}).items())}
        self.shape = shape_of(order, data if data is not None else given)
        options["initial"] = given | {
            "order_type": self.shape.order_type,
            "time_in_force": self.shape.time_in_force,
        }
        super().__init__(*args, **options)
        self.order = order
        self.fields["order_type"].choices = [
            (name, ORDER_TYPE_WORDS.get(name, name)) for name in self.shape.order_types
        ]
        self.fields["time_in_force"].choices = [
            (name, TIME_WORDS.get(name, name)) for name in self.shape.times
        ]
        for name in self.shape.absent:
            del self.fields[name]

    def clean(self) -> dict[str, Any]:
        values = super().clean() or {}
        if not self.errors and self.command_of(values).body() == present(self.order).body():
            raise forms.ValidationError("Nothing is changed: these are the order's present values.")
        return values

    def command(self) -> ReplaceOrder:
        """The change meant; after `is_valid()`."""
        return self.command_of(self.cleaned_data)

    def command_of(self, values: Mapping[str, Any]) -> ReplaceOrder:
        price = values.get("price")
        return ReplaceOrder(
            order_type=self.shape.order_type,
            time_in_force=values.get("time_in_force") or self.shape.time_in_force,
            price=price,
            price_effect="" if price is None else values.get("price_effect") or side_of(self.order),
            stop_trigger=values.get("stop_trigger"),
            gtc_date=values.get("gtc_date"),
        )

    def add_findings(self, findings: tuple[Finding, ...]) -> None:
        """Each finding at its field, or above the form where there is no such field."""
        for finding in findings:
            self.add_error(finding.field if finding.field in self.fields else None, finding.text)


def side_of(order: Order) -> str:
    """Debit or credit of a price of this order."""
    if order.price_effect in (DEBIT, CREDIT):
        return order.price_effect
    first = next(iter(order.legs.all()), None)
    return DEBIT if first is None or first.action.startswith("Buy") else CREDIT


def present(order: Order) -> ReplaceOrder:
    """The order as it is, in the words of a change."""
    return ReplaceOrder(
        order_type=order.order_type,
        time_in_force=order.time_in_force,
        price=order.price,
        price_effect="" if order.price is None else side_of(order),
        stop_trigger=order.stop_trigger,
        gtc_date=order.gtc_date,
    )


def present_values(order: Order) -> dict[str, Any]:
    """Initial values of the form."""
    return {
        "order_type": order.order_type,
        "time_in_force": order.time_in_force,
        "price": _typed(order.price),
        "price_effect": side_of(order),
        "stop_trigger": _typed(order.stop_trigger),
        "gtc_date": order.gtc_date,
    }


def _typed(value: Decimal | None) -> str:
    return "" if value is None else amount_text(value)
