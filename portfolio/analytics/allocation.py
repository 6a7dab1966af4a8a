"""How much of an account a common rule would have in use, and how much of the market it may carry.

The rule by the VIX is the one that teachers of selling options repeat: the dearer options are, the
more buying power may stand behind them. A rule of thumb, not a limit of the broker.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

# (from this VIX on, share of net liq in use at most)
_STEPS = (
    (Decimal(40), Decimal("0.50")),
    (Decimal(30), Decimal("0.40")),
    (Decimal(20), Decimal("0.35")),
    (Decimal(15), Decimal("0.30")),
    (Decimal(0), Decimal("0.25")),
)


@dataclass(frozen=True, slots=True)
class Band:
    """A step of the rule: VIX from ``low`` to below ``high`` (None: no end); ``share`` of net liq
    at most."""

    low: Decimal
    high: Decimal | None
    share: Decimal

    @property
    def words(self) -> str:
        if self.high is None:
            return f"VIX from {self.low} on"
        return f"VIX below {self.high}" if not self.low else f"VIX {self.low} to {self.high}"


def band_of(vix: Decimal | None) -> Band | None:
    """The step that a VIX lies in; None for an unknown or senseless one."""
    if vix is None or vix <= 0:
        return None
    high: Decimal | None = None
    for low, share in _STEPS:
        if vix >= low:
            return Band(low, high, share)
        high = low
    return None


def delta_bound(
    share: Decimal, net_liq: Decimal | None, benchmark_price: Decimal | None
) -> Decimal | None:
    """The beta-weighted delta, in units of the benchmark, at which a move of it by 1 % changes net
    liq by ``share`` (a fraction) of itself: share × net liq ÷ (price × 0.01)."""
    if net_liq is None or net_liq <= 0 or not benchmark_price or benchmark_price < 0:
        return None
    return share * net_liq / (benchmark_price * Decimal("0.01"))
