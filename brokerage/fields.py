"""Column types: exact amounts; and how a column is compared with many values at once."""

from __future__ import annotations

from typing import Any

from django.db import models


@models.CharField.register_lookup
class AnyOf(models.Lookup):
    """``symbol__any=[…]``: one parameter, where ``in`` has one for each value."""

    lookup_name = "any"
    prepare_rhs = False

    def as_sql(self, compiler: Any, connection: Any) -> tuple[str, list[Any]]:
        column, params = self.process_lhs(compiler, connection)
        return f"{column} = ANY(%s)", [*params, self.rhs]

    def get_db_prep_lookup(self, value: Any, connection: Any) -> tuple[str, list[Any]]:
        return "%s", [value]


def amount_field(**options: object) -> models.DecimalField:
    """Money, price or fee: exact, ten decimals (fees need six, crypto prices eight)."""
    return models.DecimalField(max_digits=28, decimal_places=10, **{"null": True, **options})


def quantity_field(**options: object) -> models.DecimalField:
    """Shares, contracts or coins: exact, ten decimals (fractional and crypto need eight)."""
    return models.DecimalField(max_digits=28, decimal_places=10, **{"null": True, **options})
