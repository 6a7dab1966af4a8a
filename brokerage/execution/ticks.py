"""Price increments: which tick holds at a price, and the nearest valid price.

A list of increments is ordered; an entry with a threshold holds for prices below it, the one
without is the rest.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import ROUND_CEILING, ROUND_FLOOR, ROUND_HALF_UP, Decimal
from typing import Any


@dataclass(frozen=True, slots=True)
class Tick:
    value: Decimal
    threshold: Decimal | None = None


CENT = (Tick(Decimal("0.01")),)


def parse_ticks(rows: Iterable[Mapping[str, Any]]) -> tuple[Tick, ...]:
    """Increments of an instrument; entries for spreads with another symbol left out."""
    ticks = []
    for row in rows:
        if row.get("symbol") or row.get("value") in (None, ""):
            continue
        threshold = row.get("threshold")
        limit = None if threshold in (None, "") else Decimal(str(threshold))
        value = Decimal(str(row["value"]))
        if value > 0:
            ticks.append(Tick(value, limit))
    return tuple(ticks)


def tick_at(price: Decimal, ticks: Sequence[Tick]) -> Decimal | None:
    """The increment that holds at this price; None when nothing is known."""
    for tick in ticks:
        if tick.threshold is None or price < tick.threshold:
            return tick.value
    return ticks[-1].value if ticks else None


def on_tick(price: Decimal, ticks: Sequence[Tick]) -> bool:
    tick = tick_at(price, ticks)
    return tick is None or price % tick == 0


def neighbours(price: Decimal, ticks: Sequence[Tick]) -> tuple[Decimal, Decimal]:
    """The valid prices at or below and at or above `price`."""
    tick = tick_at(price, ticks)
    if tick is None:
        return price, price
    below = (price / tick).to_integral_value(ROUND_FLOOR) * tick
    above = (price / tick).to_integral_value(ROUND_CEILING) * tick
    return below, above


def round_to_tick(price: Decimal, ticks: Sequence[Tick], rounding: str = ROUND_HALF_UP) -> Decimal:
    tick = tick_at(price, ticks)
    if tick is None:
        return price
    return (price / tick).to_integral_value(rounding) * tick


def against_the_user(price: Decimal, effect: str, ticks: Sequence[Tick]) -> Decimal:
    """A computed limit on a valid tick, rounded so that it never flatters: pays up, takes less."""
    return round_to_tick(price, ticks, ROUND_CEILING if effect == "Debit" else ROUND_FLOOR)


def step(price: Decimal, ticks: Sequence[Tick], count: int) -> Decimal:
    """`count` ticks up (positive) or down (negative), never below zero."""
    for _ in range(abs(count)):
        if count > 0:
            tick = tick_at(price, ticks) or Decimal("0.01")
            price += tick
        else:
            # At a threshold the smaller increment below it applies on the way down.
            tick = tick_at(price - Decimal("0.00000001"), ticks) or Decimal("0.01")
            price = max(Decimal(0), price - tick)
    return price
