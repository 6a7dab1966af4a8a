"""The structure block of a ticket: name, extremes, break-evens, chance, extrinsic value, Greeks.

Figures are those of the whole order: lots × units of a lot. Model values (chance, Greeks) need
quotes; what is missing is left unknown.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from brokerage.execution.commands import OrderLeg
from portfolio import formats
from portfolio.live.book import LatestBook
from portfolio.ticket.half import TIP, HalfLeg, chance_of_half
from portfolio.ticket.payoff import Payoff, PayoffLeg, chance, name_of, payoff

DAYS = 365.0
UNLIMITED = "without limit"


@dataclass(frozen=True, slots=True)
class StructureRow:
    name: str
    text: str
    tip: str = ""


@dataclass(frozen=True, slots=True)
class Structure:
    """`rows` are ready texts; `words` say why something is not among them."""

    name: str
    rows: tuple[StructureRow, ...] = ()
    words: str = ""


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


@dataclass(frozen=True, slots=True)
class StructureInput:
    """`net` signed, of all legs, received positive; None while a price is missing."""

    legs: Sequence[StructureLeg]
    net: Decimal | None
    spot: float | None
    today: date


def structure_of(given: StructureInput, book: LatestBook) -> Structure | None:
    """The block for these legs; None where there is nothing to say (closing orders, no option)."""
    legs = [leg.payoff for leg in given.legs]
    if not any(leg.right for leg in legs) or any(leg.order.closes for leg in given.legs):
        return None
    found = None if given.net is None else payoff(legs, given.net)
    rows = _extremes(found) + _chance_row(found, given, legs, book)
    rows += _half_row(found, given, book) + _market_rows(given, book)
    return Structure(name_of(legs), tuple(rows), _words(given, legs))


def _words(given: StructureInput, legs: Sequence[PayoffLeg]) -> str:
    if len({leg.expiration for leg in legs if leg.right}) > 1:
        return "Legs expire on different days: profit and loss depend on what is left then."
    return "" if given.net is not None else "Set a price to see what can be made and lost."


def _extremes(found: Payoff | None) -> list[StructureRow]:
    if found is None:
        return []
    evens = " and ".join(formats.price(formats.rounded(item, 2)) for item in found.break_evens)
    name = "Break-even" if len(found.break_evens) < 2 else "Break-evens"
    return [
        StructureRow("Max profit", _money(found.max_profit), "At expiration, before fees"),
        StructureRow("Max loss", _money(found.max_loss), "At expiration, before fees"),
        StructureRow(name, evens or "none"),
    ]


def _money(value: Decimal | None) -> str:
    return UNLIMITED if value is None else formats.signed_money(value)


def _chance_row(
    found: Payoff | None, given: StructureInput, legs: Sequence[PayoffLeg], book: LatestBook
) -> list[StructureRow]:
    """The chance to earn something at expiration, from the legs' mean implied volatility."""
    if found is None:
        return []
    days = [(leg.expiration - given.today).days for leg in legs if leg.expiration is not None]
    volatilities = [value for leg in _options(given) if (value := _greek(leg, book, "volatility"))]
    value = None
    if given.spot and len(volatilities) == len(days):
        mean = sum(volatilities) / len(volatilities)
        # On the last day there is still part of a day to go.
        value = chance(found.gains, given.spot, mean, max(0.5, days[0]) / DAYS)
    tip = "Lognormal without drift, at the mean implied volatility of the legs"
    return [StructureRow("Probability of profit", formats.percent(value), tip)]


def _half_row(found: Payoff | None, given: StructureInput, book: LatestBook) -> list[StructureRow]:
    """P50; unknown while a quote or a volatility is missing, and for an unlimited profit."""
    if found is None:
        return []
    legs = [_half_leg(leg, given, book) for leg in given.legs]
    known = [leg for leg in legs if leg is not None]
    value = None
    if len(known) == len(legs) and found.max_profit is not None and given.spot and given.net:
        value = chance_of_half(known, given.spot, float(given.net), float(found.max_profit))
    tip = TIP if found.max_profit is not None else "A profit without limit has no half"
    return [StructureRow("P50", formats.percent(value), tip)]


def _half_leg(leg: StructureLeg, given: StructureInput, book: LatestBook) -> HalfLeg | None:
    line, quote = leg.payoff, book.quote(leg.streamer)
    mark = quote.mid if quote else None
    volatility = _greek(leg, book, "volatility") if line.right else 0.0
    if mark is None or volatility is None:
        return None
    days = (line.expiration - given.today).days if line.expiration else 0
    scale = float(line.ratio * line.units)
    years = max(0.5, days) / DAYS
    return HalfLeg(scale, line.right, float(line.strike), years, volatility, float(mark))


def _options(given: StructureInput) -> list[StructureLeg]:
    return [leg for leg in given.legs if leg.payoff.right]


def _greek(leg: StructureLeg, book: LatestBook, name: str) -> float | None:
    known = book.greeks(leg.streamer)
    return getattr(known, name) if known else None


def _market_rows(given: StructureInput, book: LatestBook) -> list[StructureRow]:
    shares = sum(float(leg.payoff.ratio * leg.units) for leg in given.legs if not leg.payoff.right)
    delta = _sum(given, book, "delta")
    return [
        StructureRow(
            "Extrinsic",
            formats.signed_money(_extrinsic(given, book)),
            "Received positive, paid negative",
        ),
        StructureRow("Delta", formats.greek(None if delta is None else delta + shares)),
        StructureRow("Theta per day", formats.greek(_sum(given, book, "theta"))),
    ]


def _sum(given: StructureInput, book: LatestBook, name: str) -> float | None:
    """A Greek of all options; unknown as soon as one leg's is."""
    total = 0.0
    for leg in _options(given):
        value = _greek(leg, book, name)
        if value is None:
            return None
        total += float(leg.payoff.ratio * leg.units) * value
    return total


def _extrinsic(given: StructureInput, book: LatestBook) -> Decimal | None:
    if not given.spot:
        return None
    spot, total = Decimal(str(given.spot)), Decimal(0)
    for leg in _options(given):
        quote = book.quote(leg.streamer)
        if quote is None or quote.mid is None:
            return None
        worth = leg.payoff.ratio * leg.units * Decimal(str(quote.mid))
        total -= worth - leg.payoff.value(spot)
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
