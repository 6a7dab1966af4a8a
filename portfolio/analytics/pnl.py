"""Profit and loss of positions, before fees. Signs and multipliers are the broker's.

A short position gains when its price falls: the signed quantity carries that, no rule of its own
does. Amounts are in the account's currency, exact.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal

from portfolio.analytics.facts import ZERO, Figure, Holding, Note


def open_pnl(holding: Holding, mark: Decimal | None) -> Figure:
    """P/L Open = q · (m − p₀) · M, since the position was opened."""
    notes = _missing(holding, mark)
    if holding.open_price is None:
        notes += (Note.NO_OPEN_PRICE,)
    if notes or mark is None or holding.open_price is None or holding.multiplier is None:
        return Figure(None, notes)
    return Figure(holding.quantity * (mark - holding.open_price) * holding.multiplier)


def day_pnl(holding: Holding, mark: Decimal | None) -> Figure:
    """P/L Day = q · (m − c) · M + what was realized today against the previous close.

    ``c`` is the holding's day base; without one the open price stands in and the figure says so.
    A position closed today (quantity 0) needs no mark: its day is what was realized.
    """
    if holding.quantity == 0:
        return Figure(holding.realized_day)
    notes = _missing(holding, mark)
    base = holding.open_price if holding.day_base is None else holding.day_base
    assumed = (Note.NO_CLOSE,) if holding.day_base is None else ()
    if base is None:
        notes += (Note.NO_OPEN_PRICE,)
    if notes or mark is None or base is None or holding.multiplier is None:
        return Figure(None, notes)
    moved = holding.quantity * (mark - base) * holding.multiplier
    return Figure(moved + holding.realized_day, assumed)


def _missing(holding: Holding, mark: Decimal | None) -> tuple[Note, ...]:
    notes: tuple[Note, ...] = ()
    if mark is None:
        notes += (Note.NO_MARK,)
    if holding.multiplier is None:
        notes += (Note.NO_MULTIPLIER,)
    return notes


def cost(holding: Holding) -> Decimal | None:
    """Cost = −q · p₀ · M, gross of fees: positive for what a short position received."""
    if holding.open_price is None or holding.multiplier is None:
        return None
    return -holding.quantity * holding.open_price * holding.multiplier


def market_value(holding: Holding, mark: Decimal | None) -> Decimal | None:
    """q · m · M: what the position adds to net liq (options, shares, coins; not futures)."""
    if mark is None or holding.multiplier is None:
        return None
    return holding.quantity * mark * holding.multiplier


def pnl_ratio(pnl: Decimal | None, cost: Decimal | None) -> Decimal | None:
    """P/L Open ÷ |cost| as a ratio; None without a cost."""
    return None if pnl is None or not cost else pnl / abs(cost)


@dataclass(frozen=True, slots=True)
class Carried:
    """Held since before today: counted from the previous close."""

    quantity: Decimal
    close: Decimal


@dataclass(frozen=True, slots=True)
class OpenedToday:
    """Opened today and still held: counted from its fill."""

    quantity: Decimal
    fill: Decimal


@dataclass(frozen=True, slots=True)
class ClosedToday:
    """Closed today. ``quantity`` has the sign it had while open; ``base`` is the previous close,
    or the fill when it was opened today as well."""

    quantity: Decimal
    exit: Decimal
    base: Decimal


Lot = Carried | OpenedToday | ClosedToday


def day_pnl_by_lots(
    lots: Iterable[Lot], mark: Decimal | None, multiplier: Decimal | None
) -> Figure:
    """P/L Day from lots: Σ held q·(m−c)·M + Σ opened today q·(m−fill)·M + Σ closed q·(exit−base)·M.

    A mark is needed only when something is still held.
    """
    if multiplier is None:
        return Figure(None, (Note.NO_MULTIPLIER,))
    amount = ZERO
    for lot in lots:
        if isinstance(lot, ClosedToday):
            amount += lot.quantity * (lot.exit - lot.base) * multiplier
            continue
        if mark is None:
            return Figure(None, (Note.NO_MARK,))
        base = lot.close if isinstance(lot, Carried) else lot.fill
        amount += lot.quantity * (mark - base) * multiplier
    return Figure(amount)


def buying_power_use(
    net_liq: Decimal | None, option_buying_power: Decimal | None
) -> Decimal | None:
    """(net liq − option buying power) ÷ net liq as a ratio; None when net liq is not positive."""
    if net_liq is None or option_buying_power is None or net_liq <= 0:
        return None
    return (net_liq - option_buying_power) / net_liq
