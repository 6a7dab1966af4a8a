"""Lots from executions: first in, first out, exact.

Rows of equal time are brought into one order of their own, so that the order in which they arrive
never changes a figure.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from decimal import Decimal

from portfolio.analytics.facts import ZERO


@dataclass(frozen=True, slots=True)
class Execution:
    """A change of one position: ``quantity`` signed, ``price`` per unit, ``fees`` as a cost (≥ 0
    paid). ``day`` is the trading day that the broker gives; ``key`` tells rows apart."""

    at: datetime
    day: date
    quantity: Decimal
    price: Decimal
    fees: Decimal = ZERO
    key: str = ""


@dataclass(frozen=True, slots=True)
class Lot:
    """What is still open of one execution; ``quantity`` signed, ``fees`` its share of the cost."""

    quantity: Decimal
    price: Decimal
    day: date
    fees: Decimal = ZERO
    key: str = ""


@dataclass(frozen=True, slots=True)
class Closing:
    """A piece of a lot that was closed; ``quantity`` has the sign it had while open."""

    quantity: Decimal
    opened_at_price: Decimal
    closed_at_price: Decimal
    opened: date
    closed: date
    opening_fees: Decimal = ZERO
    closing_fees: Decimal = ZERO
    opening_key: str = ""
    closing_key: str = ""


@dataclass(frozen=True, slots=True)
class Ledger:
    """The lots of one symbol in one account, oldest first, and what was closed before.

    ``since`` is how many of the closings were made before the present position was opened (or,
    when nothing is open, the last one).
    """

    lots: tuple[Lot, ...]
    closings: tuple[Closing, ...]
    since: int = 0

    @property
    def present(self) -> Ledger:
        """Without what was closed before the present position."""
        return Ledger(self.lots, self.closings[self.since :])

    @property
    def quantity(self) -> Decimal:
        return sum((lot.quantity for lot in self.lots), ZERO)

    @property
    def open_price(self) -> Decimal | None:
        """Mean of the open lots by quantity, gross of fees; None when nothing is open."""
        quantity = self.quantity
        if not quantity:
            return None
        return sum((lot.quantity * lot.price for lot in self.lots), ZERO) / quantity


def match(executions: Iterable[Execution]) -> Ledger:
    """The lots and closings that the executions leave behind."""
    matcher = Matcher()
    for execution in sorted(executions, key=_order):
        matcher.apply(execution)
    return matcher.ledger()


@dataclass(slots=True)
class Matcher:
    """One symbol in one account while executions come in, in order of time."""

    lots: list[Lot] = field(default_factory=list)
    closings: list[Closing] = field(default_factory=list)
    since: int = 0

    def apply(self, execution: Execution) -> None:
        """Closes the oldest lots of the other side; what is left over opens a lot."""
        left = _close(execution, self.lots, self.closings)
        if left is not None:
            if not self.lots:
                self.since = len(self.closings)
            self.lots.append(left)

    def ledger(self) -> Ledger:
        return Ledger(tuple(self.lots), tuple(self.closings), self.since)

    @property
    def quantity(self) -> Decimal:
        return sum((lot.quantity for lot in self.lots), ZERO)


def _order(execution: Execution) -> tuple[datetime, Decimal, Decimal, Decimal, str]:
    return (
        execution.at,
        execution.quantity,
        execution.price,
        execution.fees,
        execution.key,
    )


def _close(execution: Execution, lots: list[Lot], closings: list[Closing]) -> Lot | None:
    left, fees = execution.quantity, execution.fees
    while left and lots and (lots[0].quantity > 0) != (left > 0):
        lot = lots[0]
        # The part in the lot's own sign that this execution closes.
        part = lot.quantity if abs(lot.quantity) <= abs(left) else -left
        paid = _share(fees, part, left)
        opening = _share(lot.fees, part, lot.quantity)
        closings.append(
            Closing(
                part,
                lot.price,
                execution.price,
                lot.day,
                execution.day,
                opening,
                paid,
                lot.key,
                execution.key,
            )
        )
        _shrink(lots, part, opening)
        left, fees = left + part, fees - paid
    return Lot(left, execution.price, execution.day, fees, execution.key) if left else None


def _shrink(lots: list[Lot], part: Decimal, fees: Decimal) -> None:
    rest = lots[0].quantity - part
    if rest:
        lots[0] = replace(lots[0], quantity=rest, fees=lots[0].fees - fees)
    else:
        lots.pop(0)


def _share(amount: Decimal, part: Decimal, whole: Decimal) -> Decimal:
    """The part's share; the last part takes what is left, so shares always add up."""
    return amount if abs(part) == abs(whole) else amount * abs(part) / abs(whole)


def split_lots(lots: Sequence[Lot], numerator: Decimal, denominator: Decimal) -> tuple[Lot, ...]:
    """Lots after a split of numerator for denominator: more units, each at a lower price."""
    return tuple(
        replace(
            lot,
            quantity=lot.quantity * numerator / denominator,
            price=lot.price * denominator / numerator,
        )
        for lot in lots
    )


def exchange_lots(lots: Sequence[Lot], arrived: Decimal, points: Decimal) -> tuple[Lot, ...]:
    """Lots given for ``arrived`` units (signed) of something else; what they cost goes with them.

    ``points`` is the new multiplier over the old one. The last lot takes what thirds leave over.
    """
    before = sum((lot.quantity for lot in lots), ZERO)
    made: list[Lot] = []
    left = arrived
    for lot in lots:
        last = len(made) == len(lots) - 1
        quantity = left if last else lot.quantity * arrived / before
        price = lot.price * lot.quantity / (quantity * points)
        made.append(replace(lot, quantity=quantity, price=price))
        left -= quantity
    return tuple(made)


def exchange_closings(
    closings: Sequence[Closing], ratio: Decimal, points: Decimal
) -> tuple[Closing, ...]:
    """What was closed before, in the new units: the same money."""
    each = ratio * points
    return tuple(
        replace(
            closing,
            quantity=closing.quantity * ratio,
            opened_at_price=closing.opened_at_price / each,
            closed_at_price=closing.closed_at_price / each,
        )
        for closing in closings
    )
