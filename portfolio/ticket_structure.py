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
from portfolio import formats, ticket_quotes
from portfolio.live.book import LatestBook
from portfolio.ticket_payoff import Payoff, PayoffLeg, chance, name_of, payoff

DAYS = 365.0
UNLIMITED = "without limit"


@dataclass(frozen=True, slots=True)
class StructureRow:
    name: str
    text: str
    tip: str = ""


@dataclass(frozen=True, slots=True)
class Structure:
    """`rows` are ready texts; `words` say why extremes are not stated."""

    name: str
    rows: tuple[StructureRow, ...] = ()
    words: str = ""
    max_profit: Decimal | None = None


@dataclass(frozen=True, slots=True)
class StructureInput:
    """Legs of one order with their streamer symbols; `net` signed per unit, received positive."""

    legs: Sequence[OrderLeg]
    streamers: Sequence[str]
    multiplier: Decimal
    net: Decimal | None
    spot: float | None
    today: date


def structure_of(given: StructureInput, book: LatestBook) -> Structure | None:
    """The block for these legs; None where there is nothing to say (closing orders, no option)."""
    terms = [formats.option_parts(leg.symbol) for leg in given.legs]
    if not given.legs or not any(terms) or any(leg.closes for leg in given.legs):
        return None
    shares = ticket_quotes.ratios([leg.quantity or Decimal(1) for leg in given.legs])
    legs = [
        _leg(leg, share, part) for leg, share, part in zip(given.legs, shares, terms, strict=True)
    ]
    lots = (given.legs[0].quantity or Decimal(1)) / shares[0]
    units = lots * given.multiplier
    found = None if given.net is None else payoff(legs, given.net)
    rows = (
        _extremes(found, units)
        + _chance_row(found, given, legs, book)
        + _market_rows(given, legs, units, book)
    )
    words = _words(given, legs)
    most = found.max_profit * units if found and found.max_profit is not None else None
    return Structure(name_of(legs), tuple(rows), words, most)


def _leg(leg: OrderLeg, share: Decimal, part: Any) -> PayoffLeg:
    ratio = share if leg.buys else -share
    if part is None:
        return PayoffLeg(ratio)
    return PayoffLeg(ratio, part.right, part.strike, part.day)


def _words(given: StructureInput, legs: Sequence[PayoffLeg]) -> str:
    if len({leg.expiration for leg in legs if leg.right}) > 1:
        return "Legs expire on different days: profit and loss depend on what is left then."
    return "" if given.net is not None else "Set a price to see what can be made and lost."


def _extremes(found: Payoff | None, units: Decimal) -> list[StructureRow]:
    if found is None:
        return []
    evens = " and ".join(formats.price(formats.rounded(item, 2)) for item in found.break_evens)
    return [
        StructureRow("Max profit", _money(found.max_profit, units), "At expiration, before fees"),
        StructureRow("Max loss", _money(found.max_loss, units), "At expiration, before fees"),
        StructureRow(
            "Break-even" if len(found.break_evens) < 2 else "Break-evens", evens or "none"
        ),
    ]


def _money(value: Decimal | None, units: Decimal) -> str:
    return UNLIMITED if value is None else formats.signed_money(value * units)


def _chance_row(
    found: Payoff | None, given: StructureInput, legs: Sequence[PayoffLeg], book: LatestBook
) -> list[StructureRow]:
    """The chance to earn something at expiration, from the legs' mean implied volatility."""
    if found is None:
        return []
    days = [(leg.expiration - given.today).days for leg in legs if leg.expiration is not None]
    volatilities = [item for item in _greeks(given, book, "volatility") if item]
    value = None
    if given.spot and volatilities and len(volatilities) == sum(1 for leg in legs if leg.right):
        mean = sum(volatilities) / len(volatilities)
        # On the last day there is still part of a day to go.
        value = chance(found.gains, given.spot, mean, max(0.5, days[0]) / DAYS)
    tip = "Lognormal without drift, at the mean implied volatility of the legs"
    return [StructureRow("Probability of profit", formats.percent(value), tip)]


def _greeks(given: StructureInput, book: LatestBook, name: str) -> list[float | None]:
    """One Greek per option leg; None where it never came."""
    found: list[float | None] = []
    for leg, streamer in zip(given.legs, given.streamers, strict=True):
        if formats.option_parts(leg.symbol) is not None:
            known = book.greeks(streamer)
            found.append(getattr(known, name) if known else None)
    return found


def _market_rows(
    given: StructureInput, legs: Sequence[PayoffLeg], units: Decimal, book: LatestBook
) -> list[StructureRow]:
    options = [leg for leg in legs if leg.right]
    extrinsic = _extrinsic(given, legs, book)
    shares = float(sum((leg.ratio for leg in legs if not leg.right), Decimal(0)))
    delta = _sum(options, _greeks(given, book, "delta"))
    theta = _sum(options, _greeks(given, book, "theta"))
    size = float(units)
    return [
        StructureRow(
            "Extrinsic",
            formats.signed_money(None if extrinsic is None else extrinsic * units),
            "Received positive, paid negative",
        ),
        StructureRow("Delta", formats.greek(None if delta is None else (delta + shares) * size)),
        StructureRow("Theta per day", formats.greek(None if theta is None else theta * size)),
    ]


def _sum(legs: Sequence[PayoffLeg], values: Sequence[float | None]) -> float | None:
    """The ratios' sum; unknown as soon as one leg is."""
    if not values or None in values:
        return None
    return sum(float(leg.ratio) * (value or 0.0) for leg, value in zip(legs, values, strict=True))


def _extrinsic(
    given: StructureInput, legs: Sequence[PayoffLeg], book: LatestBook
) -> Decimal | None:
    if not given.spot:
        return None
    spot, total = Decimal(str(given.spot)), Decimal(0)
    for leg, streamer in zip(legs, given.streamers, strict=True):
        if not leg.right:
            continue
        quote = book.quote(streamer)
        if quote is None or quote.mid is None:
            return None
        total -= leg.ratio * Decimal(str(quote.mid)) - leg.value(spot)
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
