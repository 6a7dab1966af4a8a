"""Chances at expiration under a lognormal price: in the money, touched, profitable.

A model of the displayed volatility, not a forecast. The drift is rate less dividend yield; the
worked numbers of the glossary take both as 0.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from decimal import Decimal

from portfolio.analytics.payoff import Payoff, levels

CENT = Decimal("0.01")


@dataclass(frozen=True, slots=True)
class Outlook:
    """The underlying's price, volatility (decimal) and years until the date asked about."""

    spot: float
    volatility: float
    years: float
    rate: float = 0.0
    dividend_yield: float = 0.0


@dataclass(frozen=True, slots=True)
class Chances:
    """Of a structure at expiration; each between 0 and 1."""

    profit: float
    best: float
    worst: float


def below(outlook: Outlook, level: float) -> float:
    """P(price at the date < level)."""
    if level <= 0.0:
        return 0.0
    deviation = outlook.volatility * math.sqrt(max(outlook.years, 0.0))
    drift = (outlook.rate - outlook.dividend_yield) * outlook.years
    distance = math.log(level / outlook.spot) - drift
    if deviation <= 0.0:
        return 1.0 if distance > 0.0 else 0.0
    return _normal(distance / deviation + 0.5 * deviation)


def _normal(x: float) -> float:
    return 0.5 * math.erfc(-x / math.sqrt(2.0))


def in_the_money(outlook: Outlook, strike: float, *, is_call: bool) -> float:
    """N(d₂) for a call, N(−d₂) for a put."""
    under = below(outlook, strike)
    return 1.0 - under if is_call else under


def touch(outlook: Outlook, strike: float, *, is_call: bool) -> float:
    """About twice the chance of ending in the money, at most 1: an approximation, to be labelled.

    1 where the price is at or beyond the strike already.
    """
    reached = outlook.spot >= strike if is_call else outlook.spot <= strike
    return 1.0 if reached else min(1.0, 2.0 * in_the_money(outlook, strike, is_call=is_call))


def profit(outlook: Outlook, line: Payoff, least: Decimal = CENT) -> float:
    """P(P/L at expiration ≥ ``least``), by default one cent of the whole structure."""
    edges = [Decimal(0), *levels(line.points, line.slope, least)]
    return _mass(outlook, line, edges, least)


def _mass(outlook: Outlook, line: Payoff, edges: list[Decimal], least: Decimal) -> float:
    chance = 0.0
    for index, edge in enumerate(edges):
        is_last = index + 1 == len(edges)
        probe = edge + 1 if is_last else (edge + edges[index + 1]) / 2
        if line.pnl(probe) >= least:
            upper = 1.0 if is_last else below(outlook, float(edges[index + 1]))
            chance += upper - below(outlook, float(edge))
    return chance


def chances(outlook: Outlook, line: Payoff) -> Chances:
    """Of at least a cent, and of the best and the worst outcome, each where it is limited."""
    best = profit(outlook, line, line.best) if line.best.is_finite() else 0.0
    worst = 0.0
    if line.worst.is_finite():
        tick = max(abs(line.worst), Decimal(1)) * Decimal("1e-12")
        worst = 1.0 - profit(outlook, line, line.worst + tick)
    return Chances(profit(outlook, line), best, worst)
