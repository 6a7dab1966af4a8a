"""The basket as it is shown: its legs in words, their live quotes, the net, the way to a ticket."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal

from brokerage.execution import instruments
from brokerage.execution.commands import OrderLeg
from brokerage.models import Account, Connection
from portfolio import formats
from portfolio.live.book import LatestBook
from portfolio.live.cells import Cell
from portfolio.option_chain import basket as chain_basket
from portfolio.option_chain import structures
from portfolio.option_chain.basket import Basket
from portfolio.option_chain.facts import Chain
from portfolio.option_chain.structures import Part
from portfolio.ticket import quotes as ticket_quotes
from portfolio.ticket.quotes import QuotedLeg
from portfolio.ticket.values import order_url

# Before the ids of the basket's cells: a ticket may stand beside it.
PREFIX = "basket"


@dataclass(frozen=True, slots=True)
class LegView:
    """One leg: its words, its side, its live bid, mid and ask."""

    symbol: str
    quantity: str
    words: str
    action: str
    side: str
    cells: tuple[Cell, ...] = ()


@dataclass
class BasketView:
    """Ready values for the template."""

    basket: Basket
    legs: list[LegView] = field(default_factory=list)
    quoted: list[QuotedLeg] = field(default_factory=list)
    cells: dict[str, Cell] = field(default_factory=dict)
    ticket_url: str = ""
    mixed: bool = False

    @property
    def picked_json(self) -> str:
        """Signed ratio by order symbol, for marking the strikes."""
        return json.dumps(self.basket.picked)


def basket_view(
    chain: Chain,
    connection: Connection,
    basket: Basket,
    held: Mapping[str, Decimal],
    account: Account | None,
    book: LatestBook,
    now: float,
) -> BasketView:
    """The basket with quotes; `held` is what the account has of each contract."""
    if not basket.parts:
        return BasketView(basket)
    legs = structures.order_legs(chain, basket.parts, basket.lots, held)
    quoted = quoted_legs(chain, connection, basket)
    cells = ticket_quotes.cells(book, quoted, now, PREFIX)
    effects = {leg.closes for leg in legs if leg.closes or leg.opens}
    return BasketView(
        basket,
        [
            _leg_view(chain, part, leg, index, cells)
            for index, (part, leg) in enumerate(zip(basket.parts, legs, strict=True))
        ],
        quoted,
        cells,
        order_url(account, legs, origin="chain"),
        mixed=len(effects) > 1,
    )


def _leg_view(
    chain: Chain, part: Part, leg: OrderLeg, index: int, cells: Mapping[str, Cell]
) -> LegView:
    names = [f"{PREFIX}-leg-{index}-{name}" for name in ("bid", "mid", "ask")]
    return LegView(
        symbol=part.symbol,
        quantity=formats.quantity(leg.signed_quantity),
        words=leg_words(chain, part),
        action=leg.action,
        side="buy" if part.ratio > 0 else "sell",
        cells=tuple(cells[name] for name in names if name in cells),
    )


def leg_words(chain: Chain, part: Part) -> str:
    """`18 Dec (25d) 590 P`; the underlying by its symbol."""
    if not part.is_option:
        return f"{part.symbol} shares" if chain.underlying_type == "Equity" else part.symbol
    item = chain.by_key[part.key]
    marks = "".join(f" {mark}" for mark in item.marks)
    day = f"{formats.short_date(item.day)} ({item.days}d){marks}"
    return f"{day} {formats.trimmed(part.strike)} {part.right}"


def quoted_legs(chain: Chain, connection: Connection, basket: Basket) -> list[QuotedLeg]:
    """The legs as they are quoted; none at all where one has no name on the stream."""
    shares = chain_basket.shares_of_unit(chain, basket)
    found = []
    for part in basket.parts:
        leg = _quoted(chain, connection, part, shares[part.symbol])
        if leg is None:
            return []
        found.append(leg)
    return found


def _quoted(chain: Chain, connection: Connection, part: Part, ratio: Decimal) -> QuotedLeg | None:
    place = chain.place(part.symbol)
    if place is not None:
        increments = place.expiration.increments
        tick = increments[-1].value if len(increments) == 1 else None
        return QuotedLeg(place.contract.streamer, ratio, tick) if place.contract.streamer else None
    facts = instruments.facts(connection, chain.underlying_type, part.symbol)
    if facts is None or not facts.streamer_symbol:
        return None
    return QuotedLeg(facts.streamer_symbol, ratio, facts.ticks[-1].value if facts.ticks else None)
