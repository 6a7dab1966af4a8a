"""Exact amounts and quantities on their way to the wire and back."""

from __future__ import annotations

from decimal import Decimal


def amount_text(value: Decimal) -> str:
    """Plain decimal text with at least two decimals: 229.4 → "229.40", 0.03125 stays."""
    text = f"{value.normalize():f}"
    decimals = len(text.partition(".")[2])
    return text if decimals > 2 else f"{value:.2f}"


def quantity_value(value: Decimal) -> int | str:
    """Whole quantities as a number, fractional ones as exact text."""
    return int(value) if value == value.to_integral_value() else f"{value.normalize():f}"


def decimal_of(value: object) -> Decimal | None:
    """The exact amount of a stored body; None when it has none."""
    return None if value is None else Decimal(str(value))
