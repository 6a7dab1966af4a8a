"""What the maths works on: frozen facts of a position, and figures with their diagnostics."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from enum import Enum
from typing import Generic, TypeVar

ZERO = Decimal(0)


class Kind(Enum):
    """How a position takes part in Greeks: a spot moves one for one, an option by the model."""

    SPOT = "spot"
    FUTURE = "future"
    OPTION = "option"
    UNKNOWN = "unknown"


class Note(Enum):
    """Why a figure is missing or less than exact, in words for people."""

    NO_MARK = "no quote and no mark from the broker"
    NO_OPEN_PRICE = "the broker sent no average open price"
    NO_MULTIPLIER = "the broker sent no multiplier"
    NO_CLOSE = "previous close missing: counted from the open price"
    NO_YEAR_END = "mark of 31 December missing: counted from the open price"
    OPENING_ASSUMED = "bookings do not explain all of it: the broker's open price stands in"
    POSITION_BEHIND = "bookings are newer than the position"
    NO_PRICE = "a booking without a price"
    FEES_PENDING = "fees of the latest fills are not booked yet"
    NO_GREEKS = "the feed has sent no Greeks"
    UNKNOWN_KIND = "unknown kind of instrument"


@dataclass(frozen=True, slots=True)
class Holding:
    """One position as the formulas see it.

    ``quantity`` is signed. Prices are per unit, without the multiplier. ``day_base`` is the price
    that the day counts from: the previous close, or the open price of what was opened today;
    averaged by the broker where both occur. ``realized_day`` is today's realized gain against the
    previous close, already tested for its date.
    """

    quantity: Decimal
    multiplier: Decimal | None
    open_price: Decimal | None
    day_base: Decimal | None
    realized_day: Decimal = ZERO
    kind: Kind = Kind.SPOT


@dataclass(frozen=True, slots=True)
class Figure:
    """A figure, or None with the notes that say why; an assumption is noted beside a value."""

    value: Decimal | None
    notes: tuple[Note, ...] = ()

    @property
    def is_missing(self) -> bool:
        return self.value is None


N = TypeVar("N", Decimal, float)


@dataclass(frozen=True, slots=True)
class Total(Generic[N]):
    """A sum over legs that says how many of them it holds: "3 of 4 legs"."""

    value: N | None
    present: int
    expected: int

    @property
    def is_partial(self) -> bool:
        return self.present < self.expected

    @property
    def words(self) -> str:
        """`3 of 4 legs`; empty when nothing is missing."""
        return f"{self.present} of {self.expected} legs" if self.is_partial else ""


def total(values: Iterable[N | None], zero: N) -> Total[N]:
    """The sum of what is known; None when nothing is. An empty sum is zero."""
    listed = list(values)
    known = [value for value in listed if value is not None]
    if listed and not known:
        return Total(None, 0, len(listed))
    return Total(sum(known, zero), len(known), len(listed))
