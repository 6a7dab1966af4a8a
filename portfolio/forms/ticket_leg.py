"""One leg of an order: action and quantity, and for options the contract."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from django import forms

from brokerage.execution import matrix
from brokerage.execution.instruments import Expiration
from portfolio.forms.ticket_fields import OPTION_TYPES, DecimalText


class LegForm(forms.Form):
    """One leg; `chain` holds the expirations of the order's underlying, empty when unread."""

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
        actions: tuple[str, ...] = (),
        notional: bool = False,
        **options: Any,
    ) -> None:
        super().__init__(*args, **options)
        self.instrument_type = instrument_type
        self.chain = chain
        words = actions or matrix.INSTRUMENTS[instrument_type].actions
        self.fields["action"].choices = [(word, word) for word in words]
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
    def remove_label(self) -> str:
        return f"Remove leg {self.number}"

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
