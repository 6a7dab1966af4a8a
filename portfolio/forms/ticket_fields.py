"""Fields and words that the forms of a ticket share."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from django import forms

from brokerage.execution.commands import (
    CREDIT,
    CRYPTOCURRENCY,
    DEBIT,
    EQUITY,
    EQUITY_OPTION,
    FUTURE,
    FUTURE_OPTION,
)

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
    "Marketable Limit": "Marketable limit, the broker sets the limit",
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


class DecimalText(forms.DecimalField):
    """A decimal that phones type with a numeric keyboard and that keeps its digits."""

    def __init__(self, **options: Any) -> None:
        attrs = {"inputmode": "decimal", "autocomplete": "off"} | options.pop("attrs", {})
        options.setdefault("widget", forms.TextInput(attrs=attrs))
        super().__init__(max_digits=24, decimal_places=10, **options)

    def to_python(self, value: Any) -> Decimal | None:
        # The desk writes a true minus; people paste it back.
        return super().to_python(value.replace("−", "-") if isinstance(value, str) else value)


def symbol_input(placeholder: str = "") -> forms.TextInput:
    """A field for a ticker: capitals, no spell checker."""
    attrs = {"autocomplete": "off", "autocapitalize": "characters", "spellcheck": "false"}
    return forms.TextInput(attrs=attrs | ({"placeholder": placeholder} if placeholder else {}))
