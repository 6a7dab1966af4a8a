"""The order ticket: one order, or a group of orders that depend on each other.

A draft (GET) shows what was typed without judging it; a bound ticket (POST) is judged and gives a
command. The first order's fields have plain names, those of the others the prefixes o1 to o3; legs
are small forms of their own under leg-0 to leg-3 behind that.
"""

from __future__ import annotations

import re
import uuid
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from django import forms

from brokerage.execution.checks import Finding
from brokerage.execution.commands import (
    CREDIT,
    DEBIT,
    OrderLeg,
    Submission,
    SubmitComplexOrder,
    SubmitOrder,
)
from brokerage.execution.instruments import Expiration
from portfolio.forms.ticket_fields import MAX_LEGS, OPTION_TYPES
from portfolio.forms.ticket_groups import (
    OTO,
    PAIRS,
    PartSpec,
    RatioForm,
    group_of,
    order_count,
    specs_of,
)
from portfolio.forms.ticket_leg import LegForm
from portfolio.forms.ticket_order import HeadForm, OrderForm, Shape, leg_count, shape_of
from portfolio.forms.ticket_rules import (
    MAX_CONDITIONS,
    ConditionForm,
    RuleForm,
    condition_count,
    order_rules,
)

__all__ = ["MAX_LEGS", "OPTION_TYPES", "Part", "Ticket", "account_key", "leg_count", "shape_of"]

Chain = Mapping[str, Expiration]


def account_key(environment: str, number: str) -> str:
    return f"{environment}:{number}"


def own_values(values: Mapping[str, Any], spec: PartSpec) -> dict[str, Any]:
    """The values of one order, under their plain names."""
    return {
        key.removeprefix(spec.lead): value
        for key, value in values.items()
        if key.startswith(spec.lead)
    }


def part_shape(values: Mapping[str, Any], spec: PartSpec, first: Mapping[str, Any]) -> Shape:
    """The shape of one order; an exit is of the first order's instrument."""
    if spec.own_legs:
        return shape_of(values, spec)
    kind = {"instrument_type": first.get("instrument_type"), "legs": 1}
    return shape_of(dict(values) | kind, spec)


class _Forms:
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
        self, spec: PartSpec, shape: Shape, values: Mapping[str, Any], chain: Chain, make: _Forms
    ) -> None:
        self.spec, self.shape, self.values = spec, shape, values
        self.order: OrderForm = make.make(OrderForm, spec.prefix, shape=shape)
        count = shape.legs if spec.own_legs else 0
        self.legs: list[LegForm] = [self._leg(index, chain, make) for index in range(count)]

    def _leg(self, index: int, chain: Chain, make: _Forms) -> LegForm:
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

    def is_valid(self) -> bool:
        # Every form is judged, so that all mistakes are shown at once.
        return all([self.order.is_valid(), *[leg.is_valid() for leg in self.legs]])

    def command(self, closes: Sequence[OrderLeg] = (), **more: Any) -> SubmitOrder:
        """The order meant, after `is_valid()`; an exit is given the legs that it closes."""
        values = self.order.cleaned_data
        legs = tuple(self._order_leg(leg.cleaned_data) for leg in self.legs) or tuple(closes)
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
            **more,
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


class Ticket:
    """All forms of a ticket together."""

    def __init__(
        self,
        values: Mapping[str, Any],
        *,
        accounts: Iterable[tuple[str, str]],
        chains: Sequence[Chain] = (),
        draft: bool,
    ) -> None:
        self.values = dict(values)
        self.values.setdefault("ticket", str(uuid.uuid4()))
        self.group, self.draft = group_of(self.values), draft
        self._make = _Forms(self.values, draft)
        self.head: HeadForm = self._make.make(HeadForm, accounts=accounts, single=not self.group)
        self.parts = self._parts(chains)
        self.ratio: RatioForm | None = self._make.make(RatioForm) if self.group == PAIRS else None
        self._rule_forms()

    def _parts(self, chains: Sequence[Chain]) -> list[Part]:
        parts = []
        for index, spec in enumerate(specs_of(self.values)):
            values = own_values(self.values, spec)
            shape = part_shape(values, spec, self.values)
            chain = chains[index] if index < len(chains) else {}
            parts.append(Part(spec, shape, values, chain, self._make))
        return parts

    def _rule_forms(self) -> None:
        self.times: RuleForm | None = None
        self.conditions: list[ConditionForm] = []
        if self.group or not self.values.get("conditional"):
            return
        self.times = self._make.make(RuleForm)
        count = condition_count(self.values)
        self.conditions = [self._make.make(ConditionForm, f"cond-{n}") for n in range(count)]

    # The first order, which most tickets have alone.

    @property
    def order(self) -> OrderForm:
        return self.parts[0].order

    @property
    def legs(self) -> list[LegForm]:
        return self.parts[0].legs

    @property
    def shape(self) -> Shape:
        return self.parts[0].shape

    @property
    def may_add_order(self) -> bool:
        return self.group == OTO and order_count(self.values) < 4

    @property
    def may_remove_order(self) -> bool:
        return self.group == OTO and order_count(self.values) > 2

    @property
    def may_add_condition(self) -> bool:
        return len(self.conditions) < MAX_CONDITIONS

    @property
    def client_order_id(self) -> str:
        return str(self.values["ticket"])

    @property
    def _forms(self) -> list[Any]:
        extra = [self.ratio, self.times, *self.conditions]
        return [self.head, *self.parts, *[form for form in extra if form is not None]]

    def is_valid(self) -> bool:
        # Every form is judged, so that all mistakes are shown at once.
        judged = [form.is_valid() for form in self._forms]
        return all(judged)

    def command(self) -> Submission:
        """The order or the group of orders meant; after `is_valid()`."""
        if not self.group:
            rules = order_rules(self.times, self.conditions) if self.times else None
            return self.parts[0].command(rules=rules)
        first = self.parts[0].command()
        exits = [closing(leg) for leg in first.legs]
        rest = [part.command(exits) for part in self.parts[1:]]
        leads = self.parts[0].spec.leads
        return SubmitComplexOrder(
            kind=self.group,
            members=tuple(rest if leads else [first, *rest]),
            trigger_order=first if leads else None,
            **self._ratio(),
        )

    def _ratio(self) -> dict[str, Any]:
        if self.ratio is None:
            return {}
        values = self.ratio.cleaned_data
        return {
            "ratio_comparator": values["ratio_price_comparator"],
            "ratio_threshold": values["ratio_price_threshold"],
            "ratio_is_notional": values["ratio_price_is_threshold_based_on_notional"],
        }

    def add_findings(self, findings: Iterable[Finding]) -> None:
        """Put each finding at its field, or above the form where the ticket has no such field."""
        for finding in findings:
            form, name = self._place(finding)
            form.add_error(name, finding.text)

    def _place(self, finding: Finding) -> tuple[forms.Form, str | None]:
        index, field = _order_and_field(finding.field)
        field = _FIELDS.get(field, field)
        if not index:
            for form in (self.head, self.ratio, self.times):
                if form is not None and field in form.fields:
                    return form, field
            if field == "rules" and self.times is not None:
                return self.times, None
        if index >= len(self.parts) or (not index and not field):
            return self.head, None
        return self.parts[index].place(field)


# What the checks call a field, where the form has another name for it.
_FIELDS = {
    "kind": "group",
    "ratio_comparator": "ratio_price_comparator",
    "ratio_threshold": "ratio_price_threshold",
}
_MEMBER_FIELD = re.compile(r"order-(\d)(?:-(.+))?")


def _order_and_field(name: str) -> tuple[int, str]:
    """Which order of the ticket a finding is about, and at which field of it."""
    found = _MEMBER_FIELD.fullmatch(name)
    return (int(found[1]), found[2] or "") if found else (0, name)


def closing(leg: OrderLeg) -> OrderLeg:
    """The leg that closes what this one opens; a closing leg is itself."""
    if leg.closes:
        return leg
    action = "Sell to Close" if leg.buys else "Buy to Close"
    return OrderLeg(leg.instrument_type, leg.symbol, action, leg.quantity)
