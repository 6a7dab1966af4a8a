"""Strike grids: fine near the money, coarse in the wings, stable from day to day."""

from __future__ import annotations

from decimal import Decimal
from functools import lru_cache

# per tier: (step, lower reach, upper reach) as shares of the reference price
Tier = tuple[tuple[str, float, float], ...]

_DAILY: Tier = (("1", 0.88, 1.10), ("5", 0.55, 1.35))
_TIERS: dict[str, Tier] = {
    "SPX": (("5", 0.95, 1.04), ("25", 0.80, 1.15), ("100", 0.50, 1.40)),
    "NDX": (("25", 0.96, 1.04), ("100", 0.85, 1.12), ("500", 0.50, 1.40)),
    "RUT": (("5", 0.94, 1.05), ("20", 0.80, 1.15), ("50", 0.50, 1.40)),
    "XSP": _DAILY, "SPY": _DAILY, "QQQ": _DAILY, "IWM": _DAILY,
    "VIX": (("0.5", 0.60, 1.00), ("1", 0.60, 1.80), ("5", 0.60, 5.00)),
}  # fmt: skip
_BY_PRICE: tuple[tuple[float, Tier], ...] = (
    (12, (("0.5", 0.40, 1.80),)),
    (30, (("0.5", 0.85, 1.15), ("1", 0.50, 1.60))),
    (75, (("1", 0.85, 1.15), ("2.5", 0.50, 1.60), ("5", 0.40, 2.00))),
    (160, (("1", 0.94, 1.06), ("2.5", 0.80, 1.20), ("5", 0.45, 1.70))),
    (420, (("2.5", 0.90, 1.10), ("5", 0.75, 1.25), ("10", 0.40, 1.70))),
    (1e9, (("5", 0.90, 1.10), ("10", 0.75, 1.25), ("20", 0.40, 1.60))),
)
FUTURE_REACH = (("near", 0.94, 1.06, 1), ("mid", 0.80, 1.20, 5), ("far", 0.55, 1.45, 20))


def tier(underlying: str, typical: float) -> Tier:
    """The grid of an underlying, by its typical price so that it never changes."""
    if underlying in _TIERS:
        return _TIERS[underlying]
    return next(rows for limit, rows in _BY_PRICE if typical < limit)


@lru_cache(maxsize=4096)
def ladder(rows: Tier, reference: float) -> tuple[Decimal, ...]:
    """The strikes on the board for a reference price, ascending."""
    found: set[Decimal] = set()
    for step_text, low, high in rows:
        step = Decimal(step_text)
        first = int(Decimal(str(reference * low)) / step)
        last = int(Decimal(str(reference * high)) / step)
        found.update(step * n for n in range(max(first, 1), last + 1))
    return tuple(sorted(found))


def on_grid(rows: Tier, strike: Decimal) -> bool:
    """Whether a strike is a multiple of one of the steps."""
    return strike > 0 and any(strike % Decimal(step) == 0 for step, _, _ in rows)


def future_tier(step: Decimal) -> Tier:
    """The grid of a future option product from its step near the money."""
    return tuple((format(step * times, "f"), low, high) for _, low, high, times in FUTURE_REACH)
