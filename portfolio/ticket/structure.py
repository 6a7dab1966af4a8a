"""The structure block of a ticket: name, extremes, break-evens, chance, extrinsic value, Greeks.

Figures are those of the whole order: lots × units of a lot. Model values (chance, Greeks) need
quotes; what is missing is left unknown. The values are worked out here, their arithmetic in
`structure_arithmetic`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from functools import cached_property
from typing import Any

from brokerage.execution.commands import OrderLeg
from portfolio import formats
from portfolio.live.book import LatestBook
from portfolio.ticket.half import HalfLeg, chance_of_half
from portfolio.ticket.payoff import Payoff, PayoffLeg, chance, payoff

DAYS = 365.0


@dataclass(frozen=True, slots=True)
class StructureLeg:
    """One leg with where it is quoted and the units of one lot of it."""

    order: OrderLeg
    streamer: str
    units: Decimal

    @property
    def payoff(self) -> PayoffLeg:
        amount = self.order.quantity or Decimal(1)
        ratio = amount if self.order.buys else -amount
        part = formats.option_parts(self.order.symbol)
        if part is None:
            return PayoffLeg(ratio, units=self.units)
        return PayoffLeg(ratio, part.right, part.strike, part.day, self.units)

    @property
    def label(self) -> str:
        return formats.symbol_label(self.order.symbol, self.order.instrument_type)

    def as_args(self) -> dict[str, str]:
        """The leg for the query of a drawer."""
        amount = self.order.quantity
        return {
            "k": self.order.instrument_type,
            "y": self.order.symbol,
            "a": self.order.action,
            "q": "" if amount is None else f"{amount:f}",
            "s": self.streamer,
            "u": f"{self.units:f}",
        }


@dataclass(frozen=True, slots=True)
class StructureInput:
    """`net` signed, of all legs, received positive; None while a price is missing."""

    legs: Sequence[StructureLeg]
    net: Decimal | None
    spot: float | None
    today: date
    # The streamer symbol that the spot comes from.
    symbol: str = ""

    def as_args(self) -> dict[str, Any]:
        net = "" if self.net is None else f"{self.net:f}"
        return {"legs": [leg.as_args() for leg in self.legs], "n": net, "s": self.symbol}


def leg_from_args(value: Any) -> StructureLeg | None:
    """A leg as a page named it to its drawer; None for anything malformed."""
    try:
        amount = Decimal(value["q"]) if value.get("q") else None
        order = OrderLeg(*(str(value[key])[:64] for key in "kya"), amount)
        return StructureLeg(order, str(value["s"])[:64], Decimal(value["u"]))
    except (ArithmeticError, KeyError, TypeError, AttributeError):
        return None


class StructureValues:
    """The figures of a structure at the quotes of a book."""

    def __init__(self, given: StructureInput, book: LatestBook) -> None:
        self.given = given
        self.book = book
        self.lines = [leg.payoff for leg in given.legs]

    @cached_property
    def payoff(self) -> Payoff | None:
        """At expiration; None without a price, and where legs expire on different days."""
        return None if self.given.net is None else payoff(self.lines, self.given.net)

    @property
    def options(self) -> list[StructureLeg]:
        return [leg for leg in self.given.legs if leg.payoff.right]

    def greek(self, leg: StructureLeg, name: str) -> float | None:
        known = self.book.greeks(leg.streamer)
        return getattr(known, name) if known else None

    def mark(self, leg: StructureLeg) -> float | None:
        quote = self.book.quote(leg.streamer)
        return quote.mid if quote else None

    @property
    def volatility(self) -> float | None:
        """The mean of the options' implied volatilities; None as soon as one is unknown."""
        found = [value for leg in self.options if (value := self.greek(leg, "volatility"))]
        return sum(found) / len(found) if found and len(found) == len(self.options) else None

    @property
    def years(self) -> float:
        """To expiration; on the last day there is still part of a day to go."""
        days = [self._days(line) for line in self.lines if line.expiration is not None]
        return max(0.5, days[0]) / DAYS

    def _days(self, line: PayoffLeg) -> int:
        return (line.expiration - self.given.today).days if line.expiration else 0

    @cached_property
    def chance(self) -> float | None:
        """Of earning something at expiration: lognormal without drift."""
        if self.payoff is None or not self.given.spot or self.volatility is None:
            return None
        return chance(self.payoff.gains, self.given.spot, self.volatility, self.years)

    @cached_property
    def half(self) -> float | None:
        """P50; unknown while a quote or a volatility is missing, and for an unlimited profit."""
        found, given = self.payoff, self.given
        if found is None or found.max_profit is None or not given.spot or not given.net:
            return None
        legs = [self._half_leg(leg) for leg in given.legs]
        known = [leg for leg in legs if leg is not None]
        if len(known) != len(legs):
            return None
        return chance_of_half(known, given.spot, float(given.net), float(found.max_profit))

    def _half_leg(self, leg: StructureLeg) -> HalfLeg | None:
        line, mark = leg.payoff, self.mark(leg)
        volatility = self.greek(leg, "volatility") if line.right else 0.0
        if mark is None or volatility is None:
            return None
        scale = float(line.ratio * line.units)
        years = max(0.5, self._days(line)) / DAYS
        return HalfLeg(scale, line.right, float(line.strike), years, volatility, mark)

    @property
    def delta(self) -> float | None:
        shares = sum(float(line.ratio * line.units) for line in self.lines if not line.right)
        options = self.total("delta")
        return None if options is None else options + shares

    def total(self, name: str) -> float | None:
        """A Greek of all options; unknown as soon as one leg's is."""
        total = 0.0
        for leg in self.options:
            value = self.greek(leg, name)
            if value is None:
                return None
            total += float(leg.payoff.ratio * leg.units) * value
        return total

    @property
    def extrinsic(self) -> Decimal | None:
        """What is paid for time, negative, or received for it, positive."""
        if not self.given.spot:
            return None
        spot, total = Decimal(str(self.given.spot)), Decimal(0)
        for leg in self.options:
            mark = self.mark(leg)
            if mark is None:
                return None
            total -= leg.payoff.ratio * leg.units * Decimal(str(mark)) - leg.payoff.value(spot)
        return total


def signed_net(values: Mapping[str, Any], side: str, net: Decimal | None) -> Decimal | None:
    """The typed limit as a signed net price; the market's mid where no price is typed."""
    try:
        typed = formats.decimal(str(values.get("price") or "").replace("−", "-"))
    except ArithmeticError:
        return None
    if typed is None:
        return net
    effect = side or str(values.get("price_effect") or "")
    return typed if effect == "Credit" else -typed
