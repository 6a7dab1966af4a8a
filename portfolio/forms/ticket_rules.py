"""Conditional orders: not before a time, once a price is reached, cancelled at a time or a price.

Times are typed in New York time, as the market's are everywhere on the desk.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from django import forms

from brokerage.execution.commands import (
    CRYPTOCURRENCY,
    EQUITY,
    EQUITY_OPTION,
    FUTURE,
    FUTURE_OPTION,
)
from brokerage.execution.rules import Condition, OrderRules, PriceComponent
from portfolio.formats import NEW_YORK
from portfolio.forms.ticket_fields import DecimalText, symbol_input

MAX_CONDITIONS = 4
_TERM = re.compile(
    r"\s*(?P<sign>[+\-−]?)\s*(?:(?P<count>\d+(?:\.\d+)?)\s*[x×*]?\s+)?(?P<symbol>\S+)"
)
_SHAPES = (
    (FUTURE_OPTION, re.compile(r"\./\S+")),
    (FUTURE, re.compile(r"/\S+")),
    (CRYPTOCURRENCY, re.compile(r"[A-Z0-9]+/USD")),
    (EQUITY_OPTION, re.compile(r"[A-Z0-9]{1,6}\s*\d{6}[CP]\d{8}")),
)
_WATCHED = "A symbol such as KO, or a sum such as KO - 2 PEP."


class MomentField(forms.DateTimeField):
    """A moment typed in New York time; aware, in UTC, once cleaned."""

    widget = forms.DateTimeInput(attrs={"type": "datetime-local", "step": "1"})

    def clean(self, value: Any) -> datetime | None:
        text = str(value or "").strip()
        if not text:
            return None
        try:
            moment = datetime.fromisoformat(text)
        except ValueError:
            raise forms.ValidationError("Enter a date and a time.", code="invalid") from None
        return (moment if moment.tzinfo else moment.replace(tzinfo=NEW_YORK)).astimezone(UTC)


class RuleForm(forms.Form):
    """The times of a conditional order."""

    route_after = MomentField(label="Not before, ET", required=False)
    cancel_at = MomentField(label="Cancel at, ET", required=False)

    def clean(self) -> dict[str, Any]:
        values = super().clean() or {}
        first, last = values.get("route_after"), values.get("cancel_at")
        if first and last and last <= first:
            self.add_error("cancel_at", "It would be cancelled before it may be sent.")
        return values


class ConditionForm(forms.Form):
    """One price that is waited for."""

    action = forms.ChoiceField(label="Do", choices=(("route", "Send"), ("cancel", "Cancel")))
    watched = forms.CharField(
        label="When",
        max_length=120,
        widget=symbol_input("KO, or KO - 2 PEP"),
        error_messages={"required": _WATCHED},
    )
    indicator = forms.ChoiceField(
        label="Price", choices=(("last", "last price"), ("nat", "natural price"))
    )
    comparator = forms.ChoiceField(
        label="Is", choices=(("gte", "at or above"), ("lte", "at or below"))
    )
    threshold = DecimalText(label="Level", error_messages={"required": "Enter a price."})

    @property
    def number(self) -> int:
        return int(str(self.prefix).rpartition("-")[2]) + 1

    @property
    def remove_label(self) -> str:
        return f"Remove condition {self.number}"

    def clean_watched(self) -> list[tuple[Decimal, str]]:
        terms = parse_watched(str(self.cleaned_data["watched"]))
        if not terms:
            raise forms.ValidationError(_WATCHED)
        return terms

    def condition(self) -> Condition:
        """What is waited for; after `is_valid()`."""
        values = self.cleaned_data
        terms = values["watched"]
        first = terms[0][1]
        return Condition(
            action=values["action"],
            symbol=first,
            instrument_type=instrument_type_of(first),
            indicator=values["indicator"],
            comparator=values["comparator"],
            threshold=values["threshold"],
            components=tuple(_component(count, symbol) for count, symbol in terms),
        )


def _component(count: Decimal, symbol: str) -> PriceComponent:
    direction = "Long" if count > 0 else "Short"
    return PriceComponent(symbol, instrument_type_of(symbol), abs(count), direction)


def instrument_type_of(symbol: str) -> str:
    """What kind of instrument a symbol names, by how it is written."""
    return next((kind for kind, shape in _SHAPES if shape.fullmatch(symbol)), EQUITY)


def parse_watched(text: str) -> list[tuple[Decimal, str]]:
    """`KO - 2 PEP` → [(1, KO), (−2, PEP)]; empty when it cannot be read."""
    terms: list[tuple[Decimal, str]] = []
    rest = text.strip().upper()
    while rest:
        found = _TERM.match(rest)
        if found is None or (terms and not found["sign"]) or len(terms) == MAX_CONDITIONS:
            return []
        count = Decimal(found["count"] or 1) * (-1 if found["sign"] in ("-", "−") else 1)
        if not count or found["symbol"] in "+-−":
            return []
        terms.append((count, found["symbol"]))
        rest = rest[found.end() :].strip()
    return terms


def watched_text(components: list[Mapping[str, Any]]) -> str:
    """The sum as a person types it, from a body."""
    words = []
    for part in components:
        count = Decimal(str(part.get("quantity", 1)))
        sign = "-" if part.get("quantity-direction") == "Short" else "+" if words else ""
        amount = "" if count == 1 else f"{count.normalize():f} "
        words.append(f"{sign} {amount}{part['symbol']}".strip())
    return " ".join(words)


def condition_count(values: Mapping[str, Any]) -> int:
    """How many conditions the values speak of: none to four."""
    try:
        count = int(values.get("conditions") or 0)
    except (TypeError, ValueError):
        count = 0
    return max(0, min(MAX_CONDITIONS, count))


def order_rules(times: RuleForm, conditions: Iterable[ConditionForm]) -> OrderRules | None:
    """The rules of the order; None when nothing is asked for. After `is_valid()`."""
    after, until = times.cleaned_data.get("route_after"), times.cleaned_data.get("cancel_at")
    found = tuple(form.condition() for form in conditions)
    if not (after or until or found):
        return None
    return OrderRules(after, until, found)
