"""Quotes of a ticket's legs and the net price of the whole: natural, mid, the other side.

Net prices are per unit of the order (per share for options), signed from the account's side:
positive is received. A price is only stated when every leg has one that may be used.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from functools import reduce
from math import gcd
from typing import Any

from django.conf import settings

from brokerage import market
from brokerage.execution import ticks
from portfolio import formats
from portfolio.live.book import LatestBook
from portfolio.live.cells import Cell
from portfolio.market_panel import exact_mid

# The first order of a ticket, in references of figures.
MAIN = "main"


@dataclass(frozen=True, slots=True)
class QuotedLeg:
    """A leg to be quoted: `ratio` is its signed share of the order's unit, buys positive."""

    streamer_symbol: str
    ratio: Decimal
    tick: Decimal | None = None

    def as_args(self) -> dict[str, str]:
        return {
            "s": self.streamer_symbol,
            "r": f"{self.ratio:f}",
            "t": "" if self.tick is None else f"{self.tick:f}",
        }


def leg_from_args(value: Any) -> QuotedLeg | None:
    """A leg as a page named it to its socket; None for anything malformed."""
    try:
        tick = Decimal(value["t"]) if value.get("t") else None
        return QuotedLeg(str(value["s"])[:64], Decimal(str(value["r"])), tick)
    except (ArithmeticError, KeyError, TypeError, AttributeError):
        return None


def decimal_of(text: Any) -> Decimal | None:
    """A number of a query; None for none."""
    try:
        return Decimal(str(text)) if text else None
    except ArithmeticError:
        return None


def ratios(quantities: Sequence[Decimal]) -> list[Decimal]:
    """Shares of one unit of the order: 2, 4 → 1, 2. Fractions and zeros count as they are."""
    if not all(value and value == value.to_integral_value() for value in quantities):
        return [Decimal(1) for _ in quantities] if len(quantities) == 1 else list(quantities)
    unit = reduce(gcd, (int(value) for value in quantities))
    return [value / unit for value in quantities]


@dataclass(frozen=True, slots=True)
class Net:
    """Signed net prices per unit; None where a leg has no usable quote."""

    natural: Decimal | None = None
    mid: Decimal | None = None
    opposite: Decimal | None = None
    stale: bool = False

    @property
    def is_wide(self) -> bool:
        """Spread above a tenth of the mid: a market in which a limit should be placed with care."""
        if self.natural is None or self.opposite is None or not self.mid:
            return False
        return abs(self.opposite - self.natural) > abs(self.mid) / 10


def net_of(book: LatestBook, legs: Sequence[QuotedLeg], now: float | None = None) -> Net:
    moment = time.time() if now is None else now
    quotes = [book.quote(leg.streamer_symbol) for leg in legs]
    if not legs or any(not _usable(quote) for quote in quotes):
        return Net()
    pairs = list(zip(legs, quotes, strict=True))
    natural = sum((_side(leg, quote, near=True) for leg, quote in pairs), Decimal(0))
    opposite = sum((_side(leg, quote, near=False) for leg, quote in pairs), Decimal(0))
    stale = any(quote.age(moment) > settings.STALE_QUOTE_SECONDS for quote in quotes if quote)
    return Net(natural, (natural + opposite) / 2, opposite, stale)


def _usable(quote: market.Quote | None) -> bool:
    """Both sides there and not crossed."""
    return quote is not None and quote.mid is not None


def _side(leg: QuotedLeg, quote: market.Quote | None, *, near: bool) -> Decimal:
    """What the leg pays or brings at once (near) or at best: buying pays the ask."""
    assert quote is not None and quote.ask is not None and quote.bid is not None
    takes_ask = (leg.ratio > 0) == near
    price = Decimal(str(quote.ask if takes_ask else quote.bid))
    return -leg.ratio * price


def limit_at(net: Decimal, increments: Sequence[ticks.Tick]) -> tuple[Decimal, str]:
    """A limit (magnitude, effect) for a signed net price, rounded against the account."""
    effect = "Credit" if net > 0 else "Debit"
    return ticks.against_the_user(abs(net), effect, increments or ticks.CENT), effect


def cells(
    book: LatestBook, legs: Sequence[QuotedLeg], now: float | None = None, prefix: str = ""
) -> dict[str, Cell]:
    """The live cells of one order by id: bid, mid, ask per leg, natural and mid of the whole.

    `prefix` names the order within a ticket of several; the first one has none.
    """
    moment = time.time() if now is None else now
    lead = f"{prefix}-" if prefix else ""
    found = [
        cell
        for index, leg in enumerate(legs)
        for cell in _leg_cells(book, leg, f"{lead}leg-{index}", moment)
    ]
    found += _net_cells(net_of(book, legs, moment), prefix or "ticket")
    found = [replace(cell, ref=reference(prefix, cell.id)) for cell in found]
    return {cell.id: cell for cell in found}


def reference(prefix: str, name: str) -> str:
    """Where a cell's arithmetic is found: `ticket-<order>-leg-0-bid`, `ticket-<order>-nat`."""
    own = name.removeprefix(f"{prefix or 'ticket'}-")
    return f"ticket-{prefix or MAIN}-{own}"


def _leg_cells(book: LatestBook, leg: QuotedLeg, name: str, moment: float) -> list[Cell]:
    quote = book.quote(leg.streamer_symbol)
    css = f"num {_state(quote, moment, book.delayed)}".strip()
    texts = {
        "bid": formats.price(quote.bid if quote else None, leg.tick),
        "mid": formats.price(exact_mid(quote)),
        "ask": formats.price(quote.ask if quote else None, leg.tick),
    }
    return [Cell(f"{name}-{side}", text, css, is_figure=True) for side, text in texts.items()]


def _net_cells(net: Net, name: str) -> list[Cell]:
    found = []
    for side, value in (("nat", net.natural), ("mid", net.mid)):
        css = "missing" if value is None else "stale" if net.stale else ""
        text = formats.structure_net(value)
        found.append(Cell(f"{name}-{side}", text, f"figure {css}".strip(), is_figure=True))
    wide = "Wide market: the spread is more than a tenth of the mid." if net.is_wide else ""
    return [*found, Cell(f"{name}-wide", wide, "small secondary")]


def _state(quote: market.Quote | None, now: float, delayed: bool | None) -> str:
    if quote is None:
        return "missing"
    if quote.age(now) > settings.STALE_QUOTE_SECONDS:
        return "stale"
    return "delayed" if delayed else ""


def wanted(
    panel_symbol: str, legs: Sequence[QuotedLeg], panel_events: Sequence[str]
) -> set[tuple[str, str]]:
    """The (event type, streamer symbol) pairs that a ticket shows."""
    pairs = {("Quote", leg.streamer_symbol) for leg in legs if leg.streamer_symbol}
    # Streamer symbols of options begin with a dot; the structure block needs their Greeks.
    pairs |= {("Greeks", symbol) for _, symbol in pairs if symbol.startswith(".")}
    if panel_symbol:
        pairs |= {(event, panel_symbol) for event in panel_events}
    return pairs
