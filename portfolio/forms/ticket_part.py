"""One order of a ticket: its form, the forms of its legs, its conditions; what an exit closes.

Fields of the first order have plain names, those of the others the prefixes o1 to o3.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from django import forms

from brokerage.execution.commands import CREDIT, DEBIT, OrderLeg, SubmitOrder
from brokerage.execution.instruments import Expiration
from portfolio.forms.ticket_groups import PartSpec, specs_of
from portfolio.forms.ticket_leg import LegForm
from portfolio.forms.ticket_order import OrderForm, Shape, shape_of
from portfolio.forms.ticket_rules import (
    MAX_CONDITIONS,
    ConditionForm,
    RuleForm,
    condition_count,
    order_rules,
)

Chain = Mapping[str, Expiration]


def own_values(values: Mapping[str, Any], spec: PartSpec) -> dict[str, Any]:
    """The values of one order, under their plain names."""
    return {
        key.removeprefix(spec.lead): value
        for key, value in values.items()
        if key.startswith(spec.lead)
    }


def part_shape(values: Mapping[str, Any], spec: PartSpec, first: Mapping[str, Any]) -> Shape:
    """The shape of one order; an exit is of the first order's instrument and closes its legs."""
    if spec.own_legs:
        return shape_of(values, spec)
    legs = shape_of(first, specs_of(first)[0]).legs
    kind = {"instrument_type": first.get("instrument_type"), "legs": legs, "entry_legs": legs}
    return shape_of(dict(values) | kind, spec)


def closed_by(spec: PartSpec, legs: Sequence[OrderLeg | None], chosen: object) -> list[Any]:
    """The legs with which an exit closes these of the first order; None where one is unknown.

    A stop closes one of several: the one chosen, else the first that is sold, which is the risk.
    """
    closes = [leg and closing(leg) for leg in legs]
    if not spec.one_leg or len(closes) < 2:
        return closes
    return [closes[closed_index([leg.action if leg else "" for leg in legs], chosen)]]


def closed_index(actions: Sequence[str], chosen: object) -> int:
    """Which of legs with these actions a stop closes."""
    text = str(chosen if chosen is not None else "")
    if text.isdigit() and int(text) < len(actions):
        return int(text)
    return next((n for n, action in enumerate(actions) if action in _SOLD), 0)


# What opens or closes a leg that was sold.
_SOLD = ("Sell to Open", "Buy to Close")


class Forms:
    """Makes the forms of a ticket, judged or not."""

    def __init__(self, values: Mapping[str, Any], draft: bool) -> None:
        self.values, self.draft = values, draft

    def make(self, kind: type[forms.Form], prefix: str = "", **options: Any) -> Any:
        if not self.draft:
            return kind(data=self.values, prefix=prefix or None, **options)
        lead = f"{prefix}-" if prefix else ""
        own = {
            key.removeprefix(lead): value
            for key, value in self.values.items()
            if key.startswith(lead)
        }
        return kind(initial=own, prefix=prefix or None, **options)


class Part:
    """One order of the ticket: its form and the forms of its legs."""

    def __init__(
        self, spec: PartSpec, shape: Shape, values: Mapping[str, Any], chain: Chain, make: Forms
    ) -> None:
        self.spec, self.shape, self.values = spec, shape, values
        self.order: OrderForm = make.make(OrderForm, spec.prefix, shape=shape)
        count = shape.legs if spec.own_legs else 0
        self.legs: list[LegForm] = [self._leg(index, chain, make) for index in range(count)]
        self._rule_forms(make)

    def _rule_forms(self, make: Forms) -> None:
        self.times: RuleForm | None = None
        self.conditions: list[ConditionForm] = []
        if not (self.spec.rules and self.values.get("conditional")):
            return
        self.times = make.make(RuleForm, self.spec.prefix)
        lead, count = self.spec.lead, condition_count(self.values)
        self.conditions = [make.make(ConditionForm, f"{lead}cond-{n}") for n in range(count)]

    def _leg(self, index: int, chain: Chain, make: Forms) -> LegForm:
        form: LegForm = make.make(
            LegForm,
            f"{self.spec.lead}leg-{index}",
            instrument_type=self.shape.instrument_type,
            chain=chain,
            actions=self.spec.actions,
            notional=self.shape.notional,
        )
        return form

    @property
    def may_add_leg(self) -> bool:
        return self.spec.own_legs and self.shape.legs < self.shape.max_legs

    @property
    def may_add_condition(self) -> bool:
        return len(self.conditions) < MAX_CONDITIONS

    def is_valid(self) -> bool:
        # Every form is judged, so that all mistakes are shown at once.
        times = [self.times] if self.times is not None else []
        judged = [form.is_valid() for form in (self.order, *self.legs, *times, *self.conditions)]
        return all(judged)

    def command(self, entry: Sequence[OrderLeg] = ()) -> SubmitOrder:
        """The order meant, after `is_valid()`; an exit is given the first order's legs."""
        values = self.order.cleaned_data
        legs = tuple(self._order_leg(leg.cleaned_data) for leg in self.legs)
        legs = legs or tuple(closed_by(self.spec, entry, values.get("closes")))
        side = DEBIT if legs[0].buys else CREDIT
        price, amount = values.get("price"), values.get("value")
        return SubmitOrder(
            order_type=self.shape.order_type,
            time_in_force=values["time_in_force"],
            legs=legs,
            price=price,
            price_effect="" if price is None else values.get("price_effect") or side,
            stop_trigger=values.get("stop_trigger"),
            value=amount,
            value_effect="" if amount is None else side,
            gtc_date=values.get("gtc_date"),
            rules=order_rules(self.times, self.conditions) if self.times else None,
        )

    def _order_leg(self, leg: Mapping[str, Any]) -> OrderLeg:
        return OrderLeg(
            instrument_type=self.shape.instrument_type,
            symbol=leg.get("symbol") or self.order.cleaned_data["symbol"],
            action=leg["action"],
            quantity=leg.get("quantity"),
        )

    def place(self, field: str) -> tuple[forms.Form, str | None]:
        """The form and field that a finding belongs to; no field: the order as a whole."""
        if self.times is not None and (field == "rules" or field in self.times.fields):
            return self.times, None if field == "rules" else field
        if field.startswith("leg-"):
            _, index, name = field.split("-", 2)
            return self._leg_place(int(index), name)
        return self.order, field if field in self.order.fields else None

    def _leg_place(self, index: int, name: str) -> tuple[forms.Form, str | None]:
        if index >= len(self.legs):
            return self.order, None
        leg = self.legs[index]
        if name == "symbol":
            return (leg, "strike") if leg.is_option else (self.order, "symbol")
        return (leg, name) if name in leg.fields else (self.order, None)


def closing(leg: OrderLeg) -> OrderLeg:
    """The leg that closes what this one opens; a closing leg is itself."""
    if leg.closes:
        return leg
    action = "Sell to Close" if leg.buys else "Buy to Close"
    return OrderLeg(leg.instrument_type, leg.symbol, action, leg.quantity)
