"""Where the market stands against a working order: its mark, the distance, the bar, its age.

Net prices are per unit of the order and signed from the account's side: positive is received.
Everything is computed from memory, so that the same cells serve pages and sockets.
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from brokerage import market, selectors
from brokerage.execution import instruments
from brokerage.models import Account, Connection, Instrument, Order
from portfolio import formats
from portfolio.live.book import LatestBook
from portfolio.live.cells import Cell
from portfolio.selectors import connection_of
from portfolio.ticket import quotes as ticket_quotes
from portfolio.ticket.bar import bar_cell
from portfolio.ticket.quotes import Net, QuotedLeg


@dataclass(frozen=True, slots=True)
class WatchedOrder:
    """A working order with what is needed to hold it against the market."""

    pk: int
    feed: str
    legs: tuple[QuotedLeg, ...]
    # Signed like the net prices; None for an order without a limit.
    limit: Decimal | None
    trigger: Decimal | None
    since: datetime | None
    # The broker's clock against ours, in seconds.
    clock_offset: float = 0.0

    @property
    def symbols(self) -> frozenset[str]:
        return frozenset(leg.streamer_symbol for leg in self.legs)


def watch(orders: Sequence[Order], accounts: Iterable[Account]) -> list[WatchedOrder]:
    """Working orders of these accounts (of one environment) as the market sees them."""
    held = {account.pk: account for account in accounts}
    connections = {pk: connection_of(account) for pk, account in held.items()}
    symbols = {leg.symbol for order in orders for leg in order.legs.all()}
    known: dict[str, Instrument] = {}
    for environment in {account.environment for account in held.values()}:
        known |= selectors.instruments_for(environment, symbols) if symbols else {}
    return [_watched(order, connections.get(order.account_id), known) for order in orders]


def _watched(
    order: Order, connection: Connection | None, known: Mapping[str, Instrument]
) -> WatchedOrder:
    return WatchedOrder(
        pk=order.pk,
        feed=market.feed_key(connection) if connection else "",
        legs=_legs(order, known),
        limit=_signed_limit(order),
        trigger=order.stop_trigger,
        since=order.received_at or order.live_at,
        clock_offset=connection.clock_offset_seconds if connection else 0.0,
    )


def _legs(order: Order, known: Mapping[str, Instrument]) -> tuple[QuotedLeg, ...]:
    """Quoted legs; none at all when one of them has no stream."""
    rows = list(order.legs.all())
    shares = ticket_quotes.ratios([leg.quantity or Decimal(1) for leg in rows])
    legs = []
    for leg, share in zip(rows, shares, strict=True):
        instrument = known.get(leg.symbol)
        streamer = (instrument.streamer_symbol if instrument else "") or (
            instruments.derived_streamer(leg.instrument_type, leg.symbol)
        )
        if not streamer:
            return ()
        legs.append(QuotedLeg(streamer, share if leg.action.startswith("Buy") else -share))
    return tuple(legs)


def _signed_limit(order: Order) -> Decimal | None:
    if order.price is None:
        return None
    return -order.price if order.price_effect == "Debit" else order.price


@dataclass(frozen=True, slots=True)
class Held:
    """An order held against the quotes of one instant (``now``, epoch seconds)."""

    order: WatchedOrder
    quotes: tuple[market.Quote | None, ...]
    net: Net
    now: float

    @property
    def legs(self) -> tuple[QuotedLeg, ...]:
        return self.order.legs

    @property
    def is_marketable(self) -> bool:
        """Whether the limit reaches what the other side asks for now."""
        limit, natural = self.order.limit, self.net.natural
        return limit is not None and natural is not None and limit <= natural

    @property
    def gap(self) -> Decimal | None:
        """From the mid to the limit or trigger; above nought the market must come."""
        if self.net.mid is None:
            return None
        if self.order.limit is not None:
            return self.order.limit - self.net.mid
        return None if self.order.trigger is None else self.order.trigger - abs(self.net.mid)

    @property
    def share(self) -> Decimal | None:
        """The gap's size as a share of the mid."""
        return abs(self.gap / self.net.mid) if self.gap is not None and self.net.mid else None


def held(order: WatchedOrder, book: LatestBook, now: float | None = None) -> Held:
    moment = time.time() if now is None else now
    quotes = tuple(book.quote(leg.streamer_symbol) for leg in order.legs)
    return Held(order, quotes, ticket_quotes.net_of(book, order.legs, moment), moment)


def cells(order: WatchedOrder, book: LatestBook, now: float | None = None) -> dict[str, Cell]:
    """Live cells by name: mark, away, share, bar, age."""
    found = held(order, book, now)
    net, name = found.net, f"order-{order.pk}"
    css = "missing" if net.mid is None else "stale" if net.stale else ""
    away, share = away_words(found)
    return {
        "mark": _cell(f"{name}-mark", formats.structure_net(net.mid), css),
        "away": _cell(f"{name}-away", away, css),
        "share": _cell(f"{name}-share", share, f"secondary {css}"),
        "bar": bar_cell(name, net, order.limit),
        "age": Cell(f"{name}-age", _age(order, found.now), "num w-age secondary"),
    }


def _cell(id: str, text: str, css: str) -> Cell:
    """A figure where the text is a number or says that there is none."""
    is_figure = text == formats.UNKNOWN or any(sign.isdigit() for sign in text)
    return Cell(id, text, f"num {css}".strip(), is_figure=is_figure)


def away_words(found: Held) -> tuple[str, str]:
    """The gap and its share of the mid: `+0.07`, `5.2%`; or what stands in place of them."""
    if found.net.mid is None:
        return formats.UNKNOWN, ""
    if found.is_marketable:
        return "marketable", ""
    if found.gap is None:
        return "at the market", ""
    share = found.share
    return formats.price_gap(found.gap), "" if share is None else formats.percent(share, 1)


def _age(order: WatchedOrder, moment: float) -> str:
    if order.since is None:
        return formats.UNKNOWN
    return formats.age(moment + order.clock_offset - order.since.timestamp())
