"""What an order of options and shares can make or lose at expiration. Pure functions.

The value at expiration is a broken line over the price of the underlying: all that is asked of it
(extremes, zeros, the chance to end above zero) follows from its corners and its last slope.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from itertools import pairwise
from math import erf, inf, log, sqrt

ZERO = Decimal(0)


@dataclass(frozen=True, slots=True)
class PayoffLeg:
    """`ratio` signed, buys positive; `right` C, P or empty for the underlying itself.

    `units` of the underlying in one lot of the leg: 100 for an option on shares.
    """

    ratio: Decimal
    right: str = ""
    strike: Decimal = ZERO
    expiration: date | None = None
    units: Decimal = Decimal(1)

    def value(self, price: Decimal) -> Decimal:
        """Worth at expiration with the underlying at `price`."""
        if self.right == "C":
            each = max(ZERO, price - self.strike)
        elif self.right == "P":
            each = max(ZERO, self.strike - price)
        else:
            each = price
        return self.ratio * self.units * each


@dataclass(frozen=True, slots=True)
class Payoff:
    """In the currency of the net. Profit or loss None: without limit. Break-evens ascend."""

    max_profit: Decimal | None
    max_loss: Decimal | None
    break_evens: tuple[Decimal, ...]
    # Intervals of the underlying's price in which something is earned.
    gains: tuple[tuple[float, float], ...]


def payoff(legs: Sequence[PayoffLeg], net: Decimal) -> Payoff | None:
    """None where legs expire on different days: there is no one day on which to ask.

    `net` is what the legs bring (positive) or cost, all in all.
    """
    if len({leg.expiration for leg in legs if leg.right}) > 1 or not legs:
        return None
    corners = [ZERO, *sorted({leg.strike for leg in legs if leg.right})]
    values = [sum((leg.value(price) for leg in legs), net) for price in corners]
    slope = sum((leg.ratio * leg.units for leg in legs if leg.right != "P"), ZERO)
    zeros = _zeros(corners, values, slope)
    return Payoff(
        max_profit=None if slope > 0 else max(values),
        max_loss=None if slope < 0 else min(values),
        break_evens=zeros,
        gains=_gains(legs, net, zeros),
    )


def _zeros(
    corners: Sequence[Decimal], values: Sequence[Decimal], slope: Decimal
) -> tuple[Decimal, ...]:
    """Prices at which the broken line crosses zero."""
    found = []
    pairs = list(zip(corners, values, strict=True))
    for (left, low), (right, high) in pairwise(pairs):
        if low * high < 0:
            found.append(left + (right - left) * -low / (high - low))
        elif high == 0 and (low or right == corners[-1]):
            found.append(right)
    last, value = pairs[-1]
    if slope and -value / slope > 0:
        found.append(last - value / slope)
    return tuple(sorted(set(found)))


def _gains(
    legs: Sequence[PayoffLeg], net: Decimal, zeros: Sequence[Decimal]
) -> tuple[tuple[float, float], ...]:
    edges = [0.0, *(float(zero) for zero in zeros), inf]
    found = []
    for left, right in pairwise(edges):
        if left == right:
            continue
        # Twice and a bit beyond the last edge lies on the last piece of the line.
        inside = Decimal(str((left + right) / 2 if right < inf else _beyond(left, legs)))
        if sum((leg.value(inside) for leg in legs), net) > 0:
            found.append((left, right))
    return tuple(found)


def _beyond(edge: float, legs: Sequence[PayoffLeg]) -> float:
    return max([edge, *(float(leg.strike) for leg in legs)]) * 2 + 1


def chance(
    gains: Sequence[tuple[float, float]], spot: float, volatility: float, years: float
) -> float | None:
    """Probability that a lognormal price without drift ends inside one of the intervals."""
    if spot <= 0 or volatility <= 0 or years <= 0:
        return None
    spread = volatility * sqrt(years)

    def below(price: float) -> float:
        if price <= 0:
            return 0.0
        if price == inf:
            return 1.0
        return 0.5 * (1 + erf((log(price / spot) / spread + spread / 2) / sqrt(2)))

    return sum(below(right) - below(left) for left, right in gains)


# --- the name -----------------------------------------------------------------------------------


def name_of(legs: Sequence[PayoffLeg]) -> str:
    """What traders call it: `put credit spread`, `iron condor`; `4 legs` for what has no name."""
    options = sorted((leg for leg in legs if leg.right), key=lambda leg: (leg.strike, leg.right))
    stock = [leg for leg in legs if not leg.right]
    if not options:
        return ("long" if stock[0].ratio > 0 else "short") if stock else ""
    if stock:
        return _with_stock(stock[0], options)
    if len({leg.expiration for leg in options}) > 1:
        return _over_time(options)
    return _NAMERS.get(len(options), lambda _: f"{len(options)} legs")(options)


def _side(leg: PayoffLeg) -> str:
    return "long" if leg.ratio > 0 else "short"


def _kind(leg: PayoffLeg) -> str:
    return "call" if leg.right == "C" else "put"


def _one(legs: Sequence[PayoffLeg]) -> str:
    return f"{_side(legs[0])} {_kind(legs[0])}"


def _two(legs: Sequence[PayoffLeg]) -> str:
    low, high = legs
    if low.right != high.right:
        if (low.ratio > 0) != (high.ratio > 0):
            return "risk reversal" if low.strike != high.strike else "synthetic"
        return f"{_side(low)} {'straddle' if low.strike == high.strike else 'strangle'}"
    if (low.ratio > 0) == (high.ratio > 0):
        return f"2 {_side(low)} {_kind(low)}s"
    if abs(low.ratio) != abs(high.ratio):
        return f"{_kind(low)} ratio spread"
    # A call spread that sells the lower strike brings money in, a put spread the higher one.
    credit = low.ratio < 0 if low.right == "C" else high.ratio < 0
    return f"{_kind(low)} {'credit' if credit else 'debit'} spread"


def _three(legs: Sequence[PayoffLeg]) -> str:
    rights = {leg.right for leg in legs}
    ratios = [leg.ratio for leg in legs]
    if len(rights) == 1 and ratios[1] == -(ratios[0] + ratios[2]) and ratios[0] * ratios[2] > 0:
        even = legs[1].strike - legs[0].strike == legs[2].strike - legs[1].strike
        wings = "" if even and ratios[0] == ratios[2] else "broken-wing "
        return f"{'long' if ratios[0] > 0 else 'short'} {wings}{_kind(legs[0])} butterfly"
    puts = [leg for leg in legs if leg.right == "P"]
    calls = [leg for leg in legs if leg.right == "C"]
    if (
        len(puts) == 1
        and puts[0].ratio < 0
        and len(calls) == 2
        and _two(calls) == "call credit spread"
    ):
        return "jade lizard"
    return "3 legs"


def _four(legs: Sequence[PayoffLeg]) -> str:
    puts = [leg for leg in legs if leg.right == "P"]
    calls = [leg for leg in legs if leg.right == "C"]
    sizes = {abs(leg.ratio) for leg in legs}
    if len(puts) == 2 and len(calls) == 2 and len(sizes) == 1:
        names = (_two(puts), _two(calls))
        shape = "butterfly" if puts[1].strike == calls[0].strike else "condor"
        if names == ("put credit spread", "call credit spread"):
            return f"iron {shape}"
        if names == ("put debit spread", "call debit spread"):
            return f"reverse iron {shape}"
    ratios = [leg.ratio for leg in legs]
    if (
        len(sizes) == 1
        and not (puts and calls)
        and ratios[0] == ratios[3] == -ratios[1] == -ratios[2]
    ):
        return f"{'long' if ratios[0] > 0 else 'short'} {_kind(legs[0])} condor"
    return "4 legs"


_NAMERS = {1: _one, 2: _two, 3: _three, 4: _four}


def _over_time(legs: Sequence[PayoffLeg]) -> str:
    if len(legs) != 2 or (legs[0].ratio > 0) == (legs[1].ratio > 0):
        return f"{len(legs)} legs, several expirations"
    if legs[0].right != legs[1].right:
        return "2 legs, several expirations"
    return f"{_kind(legs[0])} {'calendar' if legs[0].strike == legs[1].strike else 'diagonal'}"


def _with_stock(stock: PayoffLeg, options: Sequence[PayoffLeg]) -> str:
    kinds = [(leg.right, leg.ratio > 0) for leg in options]
    if stock.ratio > 0 and kinds == [("C", False)]:
        return "covered call"
    if stock.ratio > 0 and kinds == [("P", True), ("C", False)]:
        return "collar"
    if stock.ratio > 0 and kinds == [("P", True)]:
        return "protective put"
    if stock.ratio < 0 and kinds == [("P", False)]:
        return "covered put"
    return f"stock and {len(options)} option{'s' if len(options) > 1 else ''}"
