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


def cells(order: WatchedOrder, book: LatestBook, now: float | None = None) -> dict[str, Cell]:
    """Live cells by name: mark, away, bar, age."""
    moment = time.time() if now is None else now
    net = ticket_quotes.net_of(book, order.legs, moment)
    css = "missing" if net.mid is None else "stale" if net.stale else ""
    name = f"order-{order.pk}"
    return {
        "mark": Cell(f"{name}-mark", formats.structure_net(net.mid), f"num {css}".strip()),
        "away": Cell(f"{name}-away", away_words(order, net), f"num {css}".strip()),
        "bar": bar_cell(name, net, order.limit),
        "age": Cell(f"{name}-age", _age(order, moment), "num secondary"),
    }


def away_words(order: WatchedOrder, net: Net) -> str:
    """From the mid to the limit or trigger: `+0.07 5.2%`; above nought the market must come."""
    if net.mid is None:
        return formats.UNKNOWN
    if order.limit is not None:
        if net.natural is not None and order.limit <= net.natural:
            return "marketable"
        return _difference(order.limit - net.mid, net.mid)
    if order.trigger is None:
        return "at the market"
    return _difference(order.trigger - abs(net.mid), net.mid)


def _difference(gap: Decimal, mid: Decimal) -> str:
    """The gap, below one with as many places as it has, and its share of the mid."""
    share = f" {formats.percent(abs(gap / mid), 1)}" if mid else ""
    most = 2 if abs(gap) >= 1 else 4
    places = max(2, min(most, -int(gap.normalize().as_tuple().exponent)))
    return f"{formats.signed(gap, places)}{share}"


def _age(order: WatchedOrder, moment: float) -> str:
    if order.since is None:
        return formats.UNKNOWN
    return formats.age(moment + order.clock_offset - order.since.timestamp())
