"""Margin requirements by strategy: pure functions over holdings, in exact Decimals.

`strategies(holdings, facts, rules)` splits the holdings of **one** underlying into recognised
strategies, each with its initial and maintenance requirement. Premiums are not netted here: the
buying-power identity does that (`buying_power.py`).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from decimal import Decimal

from simulator.margin_futures import futures
from simulator.margin_stock import equity
from simulator.margin_terms import (
    BROAD_INDICES,
    VOLATILITY,
    ZERO,
    Delivery,
    Facts,
    Holding,
    Rules,
    Strategy,
)

__all__ = [
    "BROAD_INDICES",
    "VOLATILITY",
    "Delivery",
    "Facts",
    "Holding",
    "Rules",
    "Strategy",
    "strategies",
    "totals",
]


def strategies(holdings: Iterable[Holding], facts: Facts, rules: Rules) -> list[Strategy]:
    """Split the holdings of one underlying into strategies with their requirements."""
    book = [h for h in holdings if h.quantity]
    if facts.kind == "Future":
        return futures(book, facts, rules)
    if facts.kind == "Cryptocurrency":
        return [_full("LONG_UNDERLYING", h) for h in book]
    return equity(book, facts, rules)


def totals(found: Sequence[Strategy]) -> tuple[Decimal, Decimal]:
    """Sum of initial and of maintenance requirements."""
    return (
        sum((s.initial for s in found), ZERO),
        sum((s.maintenance for s in found), ZERO),
    )


def _full(name: str, holding: Holding) -> Strategy:
    need = abs(holding.quantity) * holding.price * holding.multiplier
    return Strategy(name, need, need, (holding,))
