"""Profit and loss over a span of time, from lots: day, year, realized, before fees and after.

A span counts each lot from its base: the mark at the span's start where it was held then, else the
price it was opened at. For a day the base is the previous close (for a future the last settlement:
the cash of earlier days has already moved), for a year the mark of 31 December.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal

from portfolio.analytics.facts import ZERO, Figure, Note
from portfolio.analytics.lots import Closing, Ledger, Lot


@dataclass(frozen=True, slots=True)
class Pnl:
    """The figures of one position, gross of fees, and the fees that belong to each.

    ``realized`` and ``unrealized`` are since the position was opened; ``total`` is their sum.
    ``day_realized`` and ``year_realized`` are the parts of day and year that are already cash.
    """

    open: Figure
    day: Figure
    day_realized: Figure
    realized: Figure
    unrealized: Figure
    total: Figure
    year: Figure
    year_realized: Figure
    fees: Decimal
    fees_day: Decimal
    fees_year: Decimal
    fees_open: Decimal

    def after_fees(self, figure: Figure, fees: Decimal) -> Figure:
        """A figure less the fees of its trades; what is missing stays missing."""
        return figure if figure.value is None else Figure(figure.value - fees, figure.notes)


@dataclass(frozen=True, slots=True)
class Span:
    """From the start of ``first``; ``base`` is the mark that stood just before it, if known;
    ``note`` says what it means when it is not."""

    first: date
    base: Decimal | None
    note: Note = Note.NO_CLOSE


def position_pnl(
    ledger: Ledger,
    mark: Decimal | None,
    multiplier: Decimal | None,
    *,
    day: Span,
    year: Span,
) -> Pnl:
    """All figures of one symbol in one account, over all that the ledger holds."""
    opened = _open(ledger, mark, multiplier)
    realized = _realized(ledger.closings, multiplier)
    in_day = tuple(c for c in ledger.closings if c.closed >= day.first)
    in_year = tuple(c for c in ledger.closings if c.closed >= year.first)
    return Pnl(
        open=opened,
        day=span_pnl(ledger, mark, multiplier, day),
        day_realized=_closed_in(in_day, multiplier, day),
        realized=realized,
        unrealized=opened,
        total=plus(realized, opened),
        year=span_pnl(ledger, mark, multiplier, year),
        year_realized=_realized(in_year, multiplier),
        fees=_fees(ledger.lots, ledger.closings, None),
        fees_day=_fees(ledger.lots, ledger.closings, day.first),
        fees_year=_fees(ledger.lots, ledger.closings, year.first),
        fees_open=sum((lot.fees for lot in ledger.lots), ZERO),
    )


def present_pnl(
    ledger: Ledger, mark: Decimal | None, multiplier: Decimal | None, *, day: Span, year: Span
) -> Pnl:
    """The figures of the position that is open now (or was last): what had been realized before it
    was last flat is no part of realized, total and fees; it is of day and year."""
    whole = position_pnl(ledger, mark, multiplier, day=day, year=year)
    if not ledger.since:
        return whole
    now = position_pnl(ledger.present, mark, multiplier, day=day, year=year)
    return replace(whole, realized=now.realized, total=now.total, fees=now.fees)


def plus(*figures: Figure) -> Figure:
    """A sum; None as soon as a part is missing, with every note once."""
    notes = tuple(dict.fromkeys(note for figure in figures for note in figure.notes))
    amounts = [figure.value for figure in figures]
    if any(amount is None for amount in amounts):
        return Figure(None, notes)
    return Figure(sum((amount for amount in amounts if amount is not None), ZERO), notes)


def span_pnl(
    ledger: Ledger, mark: Decimal | None, multiplier: Decimal | None, span: Span
) -> Figure:
    """What the span made: Σ held q·(m − base)·M + Σ closed in it q·(exit − base)·M."""
    closed = tuple(c for c in ledger.closings if c.closed >= span.first)
    return plus(_held_in(ledger.lots, mark, multiplier, span), _closed_in(closed, multiplier, span))


def _open(ledger: Ledger, mark: Decimal | None, multiplier: Decimal | None) -> Figure:
    """P/L Open = Σ q·(m − p)·M over the open lots."""
    if not ledger.lots:
        return Figure(ZERO)
    if notes := _lacking(mark, multiplier):
        return Figure(None, notes)
    assert mark is not None and multiplier is not None
    return Figure(sum((q.quantity * (mark - q.price) * multiplier for q in ledger.lots), ZERO))


def _realized(closings: tuple[Closing, ...], multiplier: Decimal | None) -> Figure:
    """P/L Realized = Σ q·(exit − open)·M over what was closed."""
    if not closings:
        return Figure(ZERO)
    if multiplier is None:
        return Figure(None, (Note.NO_MULTIPLIER,))
    gains = (c.quantity * (c.closed_at_price - c.opened_at_price) * multiplier for c in closings)
    return Figure(sum(gains, ZERO))


def _held_in(
    lots: tuple[Lot, ...], mark: Decimal | None, multiplier: Decimal | None, span: Span
) -> Figure:
    if not lots:
        return Figure(ZERO)
    if missing := _lacking(mark, multiplier):
        return Figure(None, missing)
    assert mark is not None and multiplier is not None
    amount, notes = ZERO, set()
    for lot in lots:
        base, note = _base(lot.day, lot.price, span)
        notes |= note
        amount += lot.quantity * (mark - base) * multiplier
    return Figure(amount, tuple(notes))


def _closed_in(closings: tuple[Closing, ...], multiplier: Decimal | None, span: Span) -> Figure:
    if not closings:
        return Figure(ZERO)
    if multiplier is None:
        return Figure(None, (Note.NO_MULTIPLIER,))
    amount, notes = ZERO, set()
    for closing in closings:
        base, note = _base(closing.opened, closing.opened_at_price, span)
        notes |= note
        amount += closing.quantity * (closing.closed_at_price - base) * multiplier
    return Figure(amount, tuple(notes))


def _base(opened: date, price: Decimal, span: Span) -> tuple[Decimal, set[Note]]:
    """The price a lot counts from; without the span's mark its own price, and a note says so."""
    if opened >= span.first:
        return price, set()
    return (price, {span.note}) if span.base is None else (span.base, set())


def _lacking(mark: Decimal | None, multiplier: Decimal | None) -> tuple[Note, ...]:
    wanted = ((mark, Note.NO_MARK), (multiplier, Note.NO_MULTIPLIER))
    return tuple(note for value, note in wanted if value is None)


def _fees(lots: tuple[Lot, ...], closings: tuple[Closing, ...], since: date | None) -> Decimal:
    """Costs of the trades made since a day, or of all."""
    amount = ZERO
    for lot in lots:
        amount += lot.fees if since is None or lot.day >= since else ZERO
    for closing in closings:
        amount += closing.opening_fees if since is None or closing.opened >= since else ZERO
        amount += closing.closing_fees if since is None or closing.closed >= since else ZERO
    return amount


def future_value(
    ledger: Ledger, mark: Decimal | None, multiplier: Decimal | None, settlement: Span
) -> Figure:
    """What a future adds to net liq: only the variation since the last settlement, or since the
    fill for what was opened after it. Closed lots are cash."""
    return _held_in(ledger.lots, mark, multiplier, settlement)


def settlement_variation(
    quantity: Decimal, multiplier: Decimal, previous: Decimal, settlement: Decimal
) -> Decimal:
    """Cash that moves at a settlement for what was carried into the day: q·(s − s₋₁)·M."""
    return quantity * (settlement - previous) * multiplier


def share_of_max(pnl: Decimal | None, best: Decimal | None) -> Decimal | None:
    """P/L Open ÷ max profit at entry; None where the best is unlimited, missing or not a gain."""
    if pnl is None or best is None or not best.is_finite() or best <= 0:
        return None
    return pnl / best


def assigned_stock_basis(strike: Decimal, premium: Decimal, *, is_call: bool) -> Decimal:
    """Basis (puts) or proceeds (calls) per share after a short option was assigned.

    A short put's premium lowers what the shares cost; a short call's raises what they fetch.
    """
    return strike + premium if is_call else strike - premium


def exercised_stock_basis(strike: Decimal, premium: Decimal, *, is_call: bool) -> Decimal:
    """Basis (calls) or proceeds (puts) per share after a long option was exercised."""
    return strike + premium if is_call else strike - premium


@dataclass(frozen=True, slots=True)
class ClosingGain:
    """One row of what was closed: the amount, before fees and after the fees of both trades."""

    closing: Closing
    gross: Decimal
    net: Decimal


def closing_gains(ledger: Ledger, multiplier: Decimal) -> tuple[ClosingGain, ...]:
    rows = []
    for closing in ledger.closings:
        moved = closing.closed_at_price - closing.opened_at_price
        gross = closing.quantity * moved * multiplier
        rows.append(
            ClosingGain(closing, gross, gross - closing.opening_fees - closing.closing_fees)
        )
    return tuple(rows)
