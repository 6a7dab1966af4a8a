"""Column types: exact amounts, and text that is encrypted at rest."""

from __future__ import annotations

from django.db import models


def amount_field(**options: object) -> models.DecimalField:
    """Money, price or fee: exact, ten decimals (fees need six, crypto prices eight)."""
    return models.DecimalField(max_digits=28, decimal_places=10, **{"null": True, **options})


def quantity_field(**options: object) -> models.DecimalField:
    """Shares, contracts or coins: exact, ten decimals (fractional and crypto need eight)."""
    return models.DecimalField(max_digits=28, decimal_places=10, **{"null": True, **options})
