"""Small definitions of the screen: intrinsic and extrinsic value, volatility rank, returns.

Formulas as in the glossary; None where a figure is not defined, never 0.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from decimal import Decimal

from portfolio.analytics.facts import ZERO

YEAR_DAYS = 365


def intrinsic(spot: Decimal, strike: Decimal, *, is_call: bool) -> Decimal:
    """max(0, S − K) for a call, max(0, K − S) for a put."""
    return max(ZERO, spot - strike if is_call else strike - spot)


def extrinsic(mark: Decimal, spot: Decimal, strike: Decimal, *, is_call: bool) -> Decimal:
    """max(0, m − intrinsic). Below 0 the mark is older than the spot: 0, see `is_inconsistent`."""
    return max(ZERO, mark - intrinsic(spot, strike, is_call=is_call))


def is_inconsistent(mark: Decimal, spot: Decimal, strike: Decimal, *, is_call: bool) -> bool:
    """Whether a mark is below intrinsic value, so that one of the two prices is stale."""
    return mark < intrinsic(spot, strike, is_call=is_call)


def volatility_rank(now: float, low: float, high: float) -> float | None:
    """IV rank: where the volatility stands between its low and high of a year, 0 to 100."""
    return None if high <= low else 100.0 * (now - low) / (high - low)


def volatility_percentile(now: float, history: Sequence[float]) -> float | None:
    """IV percentile: per cent of the past days whose volatility was below today's."""
    if not history:
        return None
    return 100.0 * sum(1 for value in history if value < now) / len(history)


def return_on_capital(profit: Decimal, buying_power: Decimal | None) -> Decimal | None:
    """ROC: (max) profit ÷ buying-power effect, as a ratio."""
    return None if not buying_power else profit / abs(buying_power)


def annualised(ratio: Decimal, days: int) -> Decimal | None:
    """Simple: ROC · 365 ÷ days."""
    return None if days <= 0 else ratio * YEAR_DAYS / days


def annualised_compound(ratio: Decimal, days: int) -> float | None:
    """(1 + ROC) ^ (365 ÷ days) − 1."""
    if days <= 0 or ratio <= -1:
        return None
    return math.pow(float(1 + ratio), YEAR_DAYS / days) - 1.0


def theta_share(theta: float | None, net_liq: Decimal | None) -> float | None:
    """Theta a day ÷ net liq, as a ratio."""
    if theta is None or net_liq is None or net_liq <= 0:
        return None
    return theta / float(net_liq)


def quick_profit_chance(credit: Decimal, width: Decimal) -> Decimal | None:
    """The rule of thumb for a credit spread: 1 − credit ÷ width. To be labelled as a rule."""
    return None if width <= 0 else 1 - credit / width


def wash_sale_disallowed(loss: Decimal, sold: Decimal, rebought: Decimal) -> Decimal:
    """The part of a loss (given as a positive amount) that repurchased units defer."""
    return loss * min(sold, rebought) / sold


def wash_sale_basis(price: Decimal, disallowed: Decimal, rebought: Decimal) -> Decimal:
    """Basis per repurchased unit with the deferred loss added."""
    return price + disallowed / rebought


def section_1256(gain: Decimal) -> tuple[Decimal, Decimal]:
    """60 % long-term and the rest short-term."""
    long_term = gain * 6 / 10
    return long_term, gain - long_term
