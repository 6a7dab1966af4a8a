"""P&L explained: what moved a position over one day, by its Greeks at the start of that day.

delta·ΔS + ½·gamma·ΔS² + theta·Δt + vega·Δσ + trades + fees + dividends and interest + residual.
Each part is rounded to the cent and the residual takes what is left, so the parts always add up to
the P&L. Several days are the sum of their rows: one step over many days from the first day's Greeks
explains nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, fields
from decimal import ROUND_HALF_UP, Decimal

from portfolio.analytics.facts import ZERO
from portfolio.analytics.greeks import PositionGreeks

CENT = Decimal("0.01")


@dataclass(frozen=True, slots=True)
class Moves:
    """From the start of the day to its end: the underlying in points, calendar days, volatility in
    points. None where it is not known."""

    spot: float | None
    days: float
    volatility: float | None


@dataclass(frozen=True, slots=True)
class Day:
    """One leg over one day, in money.

    ``greeks`` are of the position carried into the day. ``trades`` is what the day's executions
    made against the mark at its end, before fees: Σ q·(m − fill)·M. ``fees`` is a cost (≥ 0 paid).
    ``pnl`` is all that the day made, after fees.
    """

    pnl: Decimal
    greeks: PositionGreeks
    moves: Moves
    trades: Decimal = ZERO
    fees: Decimal = ZERO
    income: Decimal = ZERO
    account: str = ""
    underlying: str = ""
    chain: str = ""


@dataclass(frozen=True, slots=True)
class Explained:
    """Parts of a P&L to the cent; they add up to ``total`` exactly. ``is_complete`` is False where
    a Greek or a move was missing: its part is 0 and its money is in the residual."""

    delta: Decimal
    gamma: Decimal
    theta: Decimal
    vega: Decimal
    trades: Decimal
    fees: Decimal
    income: Decimal
    residual: Decimal
    total: Decimal
    is_complete: bool = True

    @property
    def parts(self) -> Decimal:
        return (
            self.delta
            + self.gamma
            + self.theta
            + self.vega
            + self.trades
            + self.fees
            + self.income
            + self.residual
        )


NOTHING = Explained(ZERO, ZERO, ZERO, ZERO, ZERO, ZERO, ZERO, ZERO, ZERO)


def explain(day: Day) -> Explained:
    """One leg over one day."""
    greeks, moves = day.greeks, day.moves
    bend = None if moves.spot is None else 0.5 * moves.spot**2
    raw = (
        (greeks.delta, moves.spot),
        (greeks.gamma, bend),
        (greeks.theta, moves.days),
        (greeks.vega, moves.volatility),
    )
    delta, gamma, theta, vega = (_part(slope, move) for slope, move in raw)
    known = delta + gamma + theta + vega
    trades, fees, income, whole = (
        _cent(value) for value in (day.trades, -day.fees, day.income, day.pnl)
    )
    return Explained(
        delta,
        gamma,
        theta,
        vega,
        trades,
        fees,
        income,
        whole - known - trades - fees - income,
        whole,
        is_complete=all(slope is not None and move is not None for slope, move in raw),
    )


def _part(slope: float | None, move: float | None) -> Decimal:
    if slope is None or move is None:
        return ZERO
    return _cent(Decimal(str(slope * move)))


def _cent(value: Decimal) -> Decimal:
    return value.quantize(CENT, ROUND_HALF_UP)


def add(rows: Iterable[Explained]) -> Explained:
    """Sums of the parts: over legs, chains or days."""
    whole = NOTHING
    for row in rows:
        sums = {
            part.name: getattr(whole, part.name) + getattr(row, part.name)
            for part in fields(Explained)
            if part.name != "is_complete"
        }
        whole = Explained(**sums, is_complete=whole.is_complete and row.is_complete)
    return whole


def explain_by(days: Iterable[Day], key: Callable[[Day], str]) -> dict[str, Explained]:
    """Explained P&L in groups: by chain, underlying or account."""
    groups: dict[str, list[Explained]] = {}
    for day in days:
        groups.setdefault(key(day), []).append(explain(day))
    return {name: add(rows) for name, rows in groups.items()}
