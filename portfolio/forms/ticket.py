"""The order ticket: a form whose choices are only those the contract allows.

A draft (GET) shows what was typed without judging it; a bound ticket (POST) is judged and gives a
command. Legs are small forms of their own under the prefixes leg-0 to leg-3.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django import forms

from brokerage.execution import matrix
from brokerage.execution.checks import Finding
from brokerage.execution.commands import (
    CREDIT,
    CRYPTOCURRENCY,
    DEBIT,
    EQUITY,
    EQUITY_OPTION,
    FUTURE,
    FUTURE_OPTION,
    OrderLeg,
    SubmitOrder,
)
from brokerage.execution.instruments import Expiration

MAX_LEGS = 4
OPTION_TYPES = (EQUITY_OPTION, FUTURE_OPTION)
INSTRUMENT_CHOICES = (
    (EQUITY, "Stock or ETF"),
    (EQUITY_OPTION, "Option"),
    (FUTURE, "Future"),
    (FUTURE_OPTION, "Option on a future"),
    (CRYPTOCURRENCY, "Crypto"),
)
EFFECTS = ((DEBIT, "debit (db), you pay"), (CREDIT, "credit (cr), you receive"))
ORDER_TYPE_WORDS = {
    "Market": "Market, at the best price now",
    "Limit": "Limit, at this price or better",
    "Stop": "Stop, market order once the trigger is reached",
    "Stop Limit": "Stop limit, limit order once the trigger is reached",
    "Notional Market": "Notional, for an amount of dollars",
}
TIME_WORDS = {
    "Day": "Day, until the close",
    "GTC": "GTC, until cancelled",
    "GTD": "GTD, until a date",
    "IOC": "IOC, at once or not at all",
    "Ext": "Ext, day with extended hours",
    "GTC Ext": "GTC Ext, until cancelled, extended hours",
    "Ext Overnight": "Ext Overnight, 24 hours",
    "GTC Ext Overnight": "GTC Ext Overnight, until cancelled, 24 hours",
}


def account_key(environment: str, number: str) -> str:
    return f"{environment}:{number}"


class DecimalText(forms.DecimalField):
    """A decimal that phones type with a numeric keyboard and that keeps its digits."""

    def __init__(self, **options: Any) -> None:
        attrs = {"inputmode": "decimal", "autocomplete": "off"} | options.pop("attrs", {})
        options.setdefault("widget", forms.TextInput(attrs=attrs))
        super().__init__(max_digits=24, decimal_places=10, **options)

    def to_python(self, value: Any) -> Decimal | None:
        # The desk writes a true minus; people paste it back.
        return super().to_python(value.replace("−", "-") if isinstance(value, str) else value)


class LegForm(forms.Form):
    """One leg; `chain` holds the expirations of the ticket's underlying, empty when unread."""

    action = forms.ChoiceField(
        label="Action",
        error_messages={"invalid_choice": "“%(value)s” does not exist for this instrument."},
    )
    quantity = DecimalText(label="Quantity", error_messages={"required": "Enter a quantity."})
    expiration = forms.ChoiceField(
        label="Expiration", error_messages={"required": "Choose an expiration."}
    )
    strike = DecimalText(label="Strike", error_messages={"required": "Enter a strike."})
    option_type = forms.ChoiceField(
        label="Call or put",
        choices=(("C", "Call"), ("P", "Put")),
        error_messages={"required": "Choose call or put."},
    )
    # A whole option symbol, when the leg comes from a position or the chain cannot be read.
    contract = forms.CharField(label="Contract symbol", required=False, strip=False)

    def __init__(
        self,
        *args: Any,
        instrument_type: str,
        chain: Mapping[str, Expiration],
        notional: bool = False,
        **options: Any,
    ) -> None:
        super().__init__(*args, **options)
        self.instrument_type = instrument_type
        self.chain = chain
        rule = matrix.INSTRUMENTS[instrument_type]
        self.fields["action"].choices = [(word, word) for word in rule.actions]
        if notional:
            del self.fields["quantity"]
        if self.is_option:
            self._offer_contracts()
        else:
            for name in ("expiration", "strike", "option_type", "contract"):
                del self.fields[name]

    @property
    def is_option(self) -> bool:
        return self.instrument_type in OPTION_TYPES

    @property
    def number(self) -> int:
        """The place of the leg, from 1, as people count."""
        return int(str(self.prefix).rpartition("-")[2]) + 1

    @property
    def datalist(self) -> str:
        return f"{self.prefix}-strikes"

    def _offer_contracts(self) -> None:
        blank = [("", "Choose…" if self.chain else "The option chain is not at hand")]
        self.fields["expiration"].choices = blank + [
            (key, item.label) for key, item in self.chain.items()
        ]
        self.fields["strike"].widget.attrs["list"] = self.datalist
        given = self.data if self.is_bound else self.initial
        name = self.add_prefix("contract") if self.is_bound else "contract"
        for needed in ("expiration", "strike", "option_type"):
            self.fields[needed].required = not given.get(name)

    def strikes(self) -> list[Decimal]:
        """Strikes of the expiration chosen, for the suggestions."""
        chosen = self.chain.get(str(self["expiration"].value() or "")) if self.is_option else None
        return sorted(chosen.strikes) if chosen else []

    def clean(self) -> dict[str, Any]:
        values = super().clean() or {}
        if self.is_option and not self.errors:
            values["symbol"] = self._contract(values)
        return values

    def _contract(self, values: dict[str, Any]) -> str:
        expiration, strike = self.chain.get(values.get("expiration") or ""), values.get("strike")
        if expiration is None or strike is None:
            return str(values.get("contract") or "")
        pair = expiration.strikes.get(strike)
        if pair is None:
            self.add_error("strike", f"There is no such strike; {expiration.nearest(strike)}.")
            return ""
        return pair.call if values.get("option_type") == "C" else pair.put


class OrderForm(forms.Form):
    """The order as a whole; what its type does not have is not among its fields."""

    ticket = forms.UUIDField(widget=forms.HiddenInput)
    account = forms.ChoiceField(label="Account")
    instrument_type = forms.ChoiceField(label="Instrument", choices=INSTRUMENT_CHOICES)
    symbol = forms.CharField(
        label="Symbol",
        max_length=32,
        widget=forms.TextInput(
            attrs={"autocomplete": "off", "autocapitalize": "characters", "spellcheck": "false"}
        ),
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

    def __init__(
        self,
        *args: Any,
        accounts: Iterable[tuple[str, str]],
        shape: Shape,
        **options: Any,
    ) -> None:
        super().__init__(*args, **options)
        self.fields["account"].choices = list(accounts)
        self.fields["order_type"].choices = [
            (name, ORDER_TYPE_WORDS.get(name, name)) for name in shape.order_types
        ]
        self.fields["time_in_force"].choices = [
            (name, TIME_WORDS.get(name, name)) for name in shape.times
        ]
        for name in shape.absent:
            del self.fields[name]

    def clean_symbol(self) -> str:
        return str(self.cleaned_data["symbol"]).strip().upper()


@dataclass(frozen=True, slots=True)
class Shape:
    """Which choices and fields a ticket has, from what was chosen so far."""

    instrument_type: str
    legs: int
    order_type: str
    order_types: list[str]
    times: list[str]
    absent: frozenset[str]

    @property
    def notional(self) -> bool:
        return self.order_type == matrix.NOTIONAL_MARKET


def shape_of(values: Mapping[str, Any]) -> Shape:
    """The shape that these values ask for; what is not allowed falls back to the first allowed."""
    kind = str(values.get("instrument_type") or EQUITY)
    kind = kind if kind in matrix.INSTRUMENTS else EQUITY
    legs = min(leg_count(values), matrix.INSTRUMENTS[kind].max_legs)
    order_types = matrix.offered_order_types(kind, legs)
    chosen = str(values.get("order_type") or "")
    order_type = chosen if chosen in order_types else order_types[0]
    actions = [str(values.get(f"leg-{index}-action") or "") for index in range(legs)]
    closing = all(action.endswith("to Close") for action in actions)
    times = matrix.offered_times(order_type, kind, legs, closing=closing)
    time = str(values.get("time_in_force") or "")
    return Shape(kind, legs, order_type, order_types, times, _absent(order_type, legs, time, times))


def _absent(order_type: str, legs: int, time: str, times: list[str]) -> frozenset[str]:
    requires = matrix.ORDER_TYPES[order_type].requires
    absent = {"price", "stop_trigger", "value"} - requires
    # One leg has one side: a purchase is paid for, a sale is received.
    if legs == 1 or "price" in absent:
        absent.add("price_effect")
    if time != "GTD" or "GTD" not in times:
        absent.add("gtc_date")
    return frozenset(absent)


def leg_count(values: Mapping[str, Any]) -> int:
    """How many legs the values speak of, one to four."""
    try:
        count = int(values.get("legs") or 1)
    except (TypeError, ValueError):
        count = 1
    return max(1, min(MAX_LEGS, count))


class Ticket:
    """Order form and leg forms together."""

    def __init__(
        self,
        values: Mapping[str, Any],
        *,
        accounts: Iterable[tuple[str, str]],
        chain: Mapping[str, Expiration],
        draft: bool,
    ) -> None:
        self.values = dict(values)
        self.values.setdefault("ticket", str(uuid.uuid4()))
        self.shape = shape_of(self.values)
        self.draft = draft
        self.order = self._form(OrderForm, "", accounts=accounts, shape=self.shape)
        self.legs = [self._leg(index, chain) for index in range(self.shape.legs)]

    def _form(self, kind: type[forms.Form], prefix: str, **options: Any) -> Any:
        lead = f"{prefix}-" if prefix else ""
        own = {
            key.removeprefix(lead): value
            for key, value in self.values.items()
            if key.startswith(lead)
        }
        if self.draft:
            return kind(initial=own, prefix=prefix or None, **options)
        return kind(data=self.values, prefix=prefix or None, **options)

    def _leg(self, index: int, chain: Mapping[str, Expiration]) -> LegForm:
        form: LegForm = self._form(
            LegForm,
            f"leg-{index}",
            instrument_type=self.shape.instrument_type,
            chain=chain,
            notional=self.shape.notional,
        )
        return form

    @property
    def may_add_leg(self) -> bool:
        rule = matrix.INSTRUMENTS[self.shape.instrument_type]
        return self.shape.legs < rule.max_legs

    @property
    def client_order_id(self) -> str:
        return str(self.values["ticket"])

    def is_valid(self) -> bool:
        # Every form is judged, so that all mistakes are shown at once.
        return all([self.order.is_valid(), *[leg.is_valid() for leg in self.legs]])

    def command(self) -> SubmitOrder:
        """The order meant; after `is_valid()`."""
        values = self.order.cleaned_data
        legs = tuple(self._order_leg(leg.cleaned_data, values["symbol"]) for leg in self.legs)
        side = DEBIT if legs[0].buys else CREDIT
        price = values.get("price")
        amount = values.get("value")
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
        )

    def _order_leg(self, leg: Mapping[str, Any], symbol: str) -> OrderLeg:
        return OrderLeg(
            instrument_type=self.shape.instrument_type,
            symbol=leg.get("symbol") or symbol,
            action=leg["action"],
            quantity=leg.get("quantity"),
        )

    def add_findings(self, findings: Iterable[Finding]) -> None:
        """Put each finding at its field, or above the form where the ticket has no such field."""
        for finding in findings:
            form, name = self._place(finding.field)
            form.add_error(name, finding.text)

    def _place(self, field: str) -> tuple[forms.Form, str | None]:
        if field.startswith("leg-"):
            _, index, name = field.split("-", 2)
            return self._leg_place(int(index), name)
        if field == "value_effect" or field not in self.order.fields:
            return self.order, None
        return self.order, field

    def _leg_place(self, index: int, name: str) -> tuple[forms.Form, str | None]:
        if index >= len(self.legs):
            return self.order, None
        leg = self.legs[index]
        if name == "symbol":
            return (leg, "strike") if leg.is_option else (self.order, "symbol")
        return (leg, name) if name in leg.fields else (self.order, None)
