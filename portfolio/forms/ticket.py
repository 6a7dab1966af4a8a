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
from brokerage.execution.commands import Submission, SubmitComplexOrder
from portfolio.forms.ticket_groups import (
    OTO,
    PAIRS,
    RatioForm,
    group_of,
    order_count,
    specs_of,
)
from portfolio.forms.ticket_leg import LegForm
from portfolio.forms.ticket_order import HeadForm, OrderForm, Shape
from portfolio.forms.ticket_part import Chain, Forms, Part, own_values, part_shape


def account_key(environment: str, number: str) -> str:
    return f"{environment}:{number}"


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
        self._make = Forms(self.values, draft)
        self.head: HeadForm = self._make.make(HeadForm, accounts=accounts)
        self.parts = self._parts(chains)
        self.ratio: RatioForm | None = self._make.make(RatioForm) if self.group == PAIRS else None

    def _parts(self, chains: Sequence[Chain]) -> list[Part]:
        parts = []
        for index, spec in enumerate(specs_of(self.values)):
            values = own_values(self.values, spec)
            shape = part_shape(values, spec, self.values)
            chain = chains[index] if index < len(chains) else {}
            parts.append(Part(spec, shape, values, chain, self._make))
        return parts

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
    def client_order_id(self) -> str:
        return str(self.values["ticket"])

    @property
    def _forms(self) -> list[Any]:
        return [self.head, *self.parts, *([self.ratio] if self.ratio is not None else [])]

    def is_valid(self) -> bool:
        # Every form is judged, so that all mistakes are shown at once.
        judged = [form.is_valid() for form in self._forms]
        return all(judged)

    def command(self) -> Submission:
        """The order or the group of orders meant; after `is_valid()`."""
        if not self.group:
            return self.parts[0].command()
        first = self.parts[0].command()
        rest = [part.command(first.legs) for part in self.parts[1:]]
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
            for form in (self.head, self.ratio):
                if form is not None and field in form.fields:
                    return form, field
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
