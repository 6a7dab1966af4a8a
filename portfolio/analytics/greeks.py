"""Greeks of positions: per-share values of the feed times signed quantity and multiplier.

Units: delta in account currency for a move of the underlying by 1.00 (for shares: the equivalent
number of shares; for futures: money per point), gamma the change of that for 1.00, theta a
calendar day, vega one volatility point.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from portfolio.analytics.facts import Holding, Kind, Total, total


@dataclass(frozen=True, slots=True)
class UnitGreeks:
    """Per share or contract unit, as the feed sends them; volatility as a fraction."""

    delta: float | None = None
    gamma: float | None = None
    theta: float | None = None
    vega: float | None = None
    volatility: float | None = None


@dataclass(frozen=True, slots=True)
class PositionGreeks:
    """Of a whole position; what the feed did not send is None."""

    delta: float | None
    gamma: float | None
    theta: float | None
    vega: float | None


@dataclass(frozen=True, slots=True)
class GreekTotals:
    """Sums over legs, each saying how many legs it holds."""

    delta: Total[float]
    gamma: Total[float]
    theta: Total[float]
    vega: Total[float]

    @property
    def words(self) -> str:
        """`3 of 4 legs` of the least complete sum; empty when all are complete."""
        sums = (self.delta, self.gamma, self.theta, self.vega)
        return min(sums, key=lambda item: item.present).words


NOTHING = PositionGreeks(None, None, None, None)


def position_greeks(holding: Holding, unit: UnitGreeks | None) -> PositionGreeks:
    """q · M · Greek. Shares, coins and futures have a delta of one and nothing else."""
    if holding.multiplier is None or holding.kind is Kind.UNKNOWN:
        return NOTHING
    scale = float(holding.quantity * holding.multiplier)
    if holding.kind is not Kind.OPTION:
        return PositionGreeks(scale, 0.0, 0.0, 0.0)
    if unit is None:
        return NOTHING
    return PositionGreeks(
        _scaled(scale, unit.delta),
        _scaled(scale, unit.gamma),
        _scaled(scale, unit.theta),
        _scaled(scale, unit.vega),
    )


def _scaled(scale: float, value: float | None) -> float | None:
    return None if value is None else scale * value


def sum_greeks(positions: Iterable[PositionGreeks]) -> GreekTotals:
    """Each sum over the legs that have the value; legs without it are counted, not zeroed."""
    rows: Sequence[PositionGreeks] = list(positions)
    return GreekTotals(
        total([row.delta for row in rows], 0.0),
        total([row.gamma for row in rows], 0.0),
        total([row.theta for row in rows], 0.0),
        total([row.vega for row in rows], 0.0),
    )


def dollar_delta(position_delta: float | None, underlying_price: float | None) -> float | None:
    """Position delta · S: the exposure in money."""
    if position_delta is None or underlying_price is None:
        return None
    return position_delta * underlying_price


def dollar_gamma(position_gamma: float | None, underlying_price: float | None) -> float | None:
    """Change of the dollar delta when the underlying moves by 1 %: gamma · S · 0.01 · S."""
    if position_gamma is None or underlying_price is None:
        return None
    return position_gamma * underlying_price * 0.01 * underlying_price


def beta_weighted_delta(
    position_delta: float | None,
    beta: float | None,
    underlying_price: float | None,
    benchmark_price: float | None,
) -> float | None:
    """Delta in units of the benchmark: position delta · β · S ÷ S of the benchmark."""
    if position_delta is None or beta is None or underlying_price is None or not benchmark_price:
        return None
    return position_delta * beta * underlying_price / benchmark_price
