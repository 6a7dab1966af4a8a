"""The legs that names are given to."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import Enum

ONE_HUNDRED = Decimal(100)


class Form(Enum):
    """What a leg is: shares (or coins), a future, or an option."""

    STOCK = "stock"
    FUTURE = "future"
    CALL = "call"
    PUT = "put"


@dataclass(frozen=True, slots=True)
class StrategyLeg:
    """One leg of a position.

    ``quantity`` is signed. ``underlying`` is the symbol that is delivered: for options on futures
    the contract, so that legs on two contracts never join. ``deliverable`` is how many units of it
    one option stands for (100 shares, 150 after an adjustment, 1 future). ``is_morning`` tells
    index options that settle at the open from those of the same date that settle at the close.
    ``order`` is the order that opened the leg where it is known, ``price`` its open price.
    """

    key: str
    account: str
    underlying: str
    form: Form
    quantity: Decimal
    strike: Decimal | None = None
    expiration: date | None = None
    is_morning: bool = False
    deliverable: Decimal = ONE_HUNDRED
    order: str = ""
    price: Decimal | None = None

    @property
    def is_option(self) -> bool:
        return self.form in (Form.CALL, Form.PUT)

    @property
    def series(self) -> tuple[date, bool]:
        """Sorts by the moment of expiration: the morning's before the evening's."""
        return (self.expiration or date.max, not self.is_morning)


@dataclass(frozen=True, slots=True)
class Part:
    """A leg, or as much of it as a structure uses; ``quantity`` signed."""

    leg: StrategyLeg
    quantity: Decimal


@dataclass(frozen=True, slots=True)
class Item:
    """A leg as a shape sees it: form, strike, series, and its signed share of one unit."""

    form: Form
    ratio: int
    strike: Decimal
    series: tuple[date, bool]
