"""The arithmetic of a ticket's figures: quotes of its legs (`ticket`), its structure
(`structure`), the market panel (`panel`, `depth`, `tape`).

What a ticket is about stands in the page's query: it is kept nowhere before it is previewed.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.core.exceptions import ValidationError
from django.http import QueryDict

from brokerage import access, clock, market
from brokerage.models import Connection
from portfolio.analytics.arithmetic import Input, Number, Unit, Worked, given, worked
from portfolio.desk import RequestDesk
from portfolio.figures.registry import explains
from portfolio.live.book import LatestBook
from portfolio.live.ticket import MAX_LEGS
from portfolio.market_panel import latest_trade
from portfolio.orders.arithmetic import net_inputs
from portfolio.ticket import quotes as ticket_quotes
from portfolio.ticket import structure, structure_arithmetic
from portfolio.ticket.quotes import QuotedLeg

FEED = "quote of the feed"


@dataclass(frozen=True, slots=True)
class _Asked:
    """What a drawer's query names, as far as this person may see it."""

    connection: Connection
    book: LatestBook
    values: dict[str, Any]

    def legs(self, part: str) -> list[QuotedLeg]:
        orders = self.values.get("orders")
        rows = orders.get(part) if isinstance(orders, dict) else None
        rows = rows[:MAX_LEGS] if isinstance(rows, list) else []
        return [leg for row in rows if (leg := ticket_quotes.leg_from_args(row))]


def _asked(desk: RequestDesk, query: QueryDict) -> _Asked | None:
    """None for a query that names nothing, or a login of somebody else."""
    try:
        values = json.loads(query.get("ticket", ""))
    except ValueError:
        return None
    if not isinstance(values, dict):
        return None
    connection = _connection(desk, values.get("connection"))
    if connection is None:
        return None
    return _Asked(connection, desk.book(market.feed_key(connection)), values)


def _connection(desk: RequestDesk, key: Any) -> Connection | None:
    try:
        return access.get_connection(desk.user, str(key or ""))
    except (access.NotFound, ValidationError, ValueError):
        return None


@explains("ticket")
def ticket(desk: RequestDesk, rest: str, query: QueryDict) -> Worked | None:
    """`ticket-<order>-leg-0-bid`, `-mid`, `-ask`; `ticket-<order>-nat`, `-mid`."""
    asked = _asked(desk, query)
    part, _, name = rest.partition("-")
    if asked is None:
        return None
    legs = asked.legs(part)
    if not legs and name in ("nat", "mid"):
        return given("Net of the whole", None, Unit.NET, "its legs are not known yet")
    if name.startswith("leg-"):
        place, _, side = name.removeprefix("leg-").partition("-")
        known = place.isdecimal() and int(place) < len(legs)
        return _side(legs[int(place)], asked.book, side, desk.now) if known else None
    return _net(legs, asked.book, name, desk.now)


def _side(leg: QuotedLeg, book: LatestBook, side: str, now: float) -> Worked | None:
    quote = book.quote(leg.streamer_symbol)
    at = now - quote.age(now) if quote else None
    ends = (
        Input("b", "Bid", _exact(quote.bid if quote else None), FEED, at, Unit.PRICE),
        Input("a", "Ask", _exact(quote.ask if quote else None), FEED, at, Unit.PRICE),
    )
    title = f"{side.capitalize()}: {leg.streamer_symbol}"
    if side == "mid":
        middle = ticket_quotes.exact_mid(quote)
        # A crossed market has two sides and no middle.
        shown = ends if quote is None or quote.mid is not None else ()
        if not shown:
            return given(title, None, Unit.PRICE, "the quote is crossed", at)
        return worked(title, "(b+a)/2", shown, middle, Unit.PRICE)
    if side not in ("bid", "ask"):
        return None
    value = ends[0 if side == "bid" else 1].value
    return given(title, value, Unit.PRICE, FEED, at, tick=leg.tick)


def _exact(value: float | None) -> Decimal | None:
    return None if value is None else Decimal(str(value))


def _net(legs: Sequence[QuotedLeg], book: LatestBook, name: str, now: float) -> Worked | None:
    """The whole at the natural price or in the middle; received is positive."""
    quotes = tuple(book.quote(leg.streamer_symbol) for leg in legs)
    net = ticket_quotes.net_of(book, legs, now)
    if any(quote is not None and quote.mid is None for quote in quotes):
        return given(f"Net: {name}", None, Unit.NET, "a quote is crossed or one-sided")
    if name == "mid":
        inputs, expression = net_inputs(legs, quotes, now)
        return worked("Mid of the whole", expression, inputs, net.mid, Unit.NET)
    if name != "nat":
        return None
    inputs, _ = net_inputs(legs, quotes, now)
    parts = [f"r{place}*{'a' if leg.ratio > 0 else 'b'}{place}" for place, leg in enumerate(legs)]
    return worked("Natural price", f"-({'+'.join(parts)})", inputs, net.natural, Unit.NET)


# --- The structure ------------------------------------------------------------------------------


@explains("structure")
def structure_figure(desk: RequestDesk, rest: str, query: QueryDict) -> Worked | None:
    asked = _asked(desk, query)
    values = asked.values.get("structure") if asked else None
    if asked is None or not isinstance(values, dict):
        return None
    rows = values.get("legs")
    named = rows[: 2 * MAX_LEGS] if isinstance(rows, list) else []
    legs = [leg for row in named if (leg := structure.leg_from_args(row))]
    symbol = str(values.get("s") or "")[:64]
    spot = asked.book.quote(symbol)
    known = structure.StructureInput(
        legs=legs,
        net=ticket_quotes.decimal_of(values.get("n")),
        spot=spot.mid if spot else None,
        today=clock.today(asked.connection),
        symbol=symbol,
    )
    return structure_arithmetic.figure_of(known, asked.book, rest)


# --- The market panel ---------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Panel:
    cells: market.Cells
    symbol: str
    tick: Decimal | None
    now: float

    def said(self, name: str, value: float | None, unit: Unit, cell: Any) -> Worked:
        at = self.now - cell.age(self.now) if cell is not None else None
        tick = self.tick if unit is Unit.PRICE else None
        title = f"{name}: {self.symbol}"
        return given(title, _exact(value), unit, "market data of the feed", at, tick=tick)


def _panel(desk: RequestDesk, query: QueryDict) -> _Panel | None:
    connection = _connection(desk, query.get("panel_feed"))
    symbol = query.get("panel_symbol", "")[:64]
    if connection is None or not symbol:
        return None
    book = desk.book(market.feed_key(connection))
    tick = ticket_quotes.decimal_of(query.get("panel_tick"))
    return _Panel(book.cells(symbol), symbol, tick, desk.now)


# Figure: title, kind of event, field, unit.
_SAID = {
    "bid": ("Bid", "quote", "bid", Unit.PRICE),
    "ask": ("Ask", "quote", "ask", Unit.PRICE),
    "bid-size": ("Size of the bid", "quote", "bid_size", Unit.UNITS),
    "ask-size": ("Size of the ask", "quote", "ask_size", Unit.UNITS),
    "open": ("Open", "summary", "open", Unit.PRICE),
    "high": ("High", "summary", "high", Unit.PRICE),
    "low": ("Low", "summary", "low", Unit.PRICE),
    "close": ("Close before", "summary", "prev_close", Unit.PRICE),
}


@explains("panel")
def panel(desk: RequestDesk, rest: str, query: QueryDict) -> Worked | None:
    """Level 1 of one symbol."""
    shown = _panel(desk, query)
    if shown is None:
        return None
    if rest in _SAID:
        name, kind, field, unit = _SAID[rest]
        cell = getattr(shown.cells, kind)
        return shown.said(name, getattr(cell, field, None), unit, cell)
    trade = latest_trade(shown.cells)
    if rest == "last":
        return shown.said("Last", trade.price if trade else None, Unit.PRICE, trade)
    if rest == "volume":
        return shown.said("Volume", trade.day_volume if trade else None, Unit.VOLUME, trade)
    if rest == "mid":
        quote, at = shown.cells.quote, None
        at = shown.now - quote.age(shown.now) if quote else None
        ends = (
            Input("b", "Bid", _exact(quote.bid if quote else None), FEED, at, Unit.PRICE),
            Input("a", "Ask", _exact(quote.ask if quote else None), FEED, at, Unit.PRICE),
        )
        return _middle(f"Mid: {shown.symbol}", ends, ticket_quotes.exact_mid(quote))
    return _change(shown, rest, trade)


def _middle(title: str, ends: tuple[Input, Input], value: Number | None) -> Worked:
    if value is None and all(item.value is not None for item in ends):
        return given(title, None, Unit.PRICE, "the quote is crossed")
    return worked(title, "(b+a)/2", ends, value, Unit.PRICE)


def _change(shown: _Panel, name: str, trade: market.Trade | None) -> Worked | None:
    """Last less the close before, as an amount or as a share of that close."""
    summary = shown.cells.summary
    last, close = trade.price if trade else None, summary.prev_close if summary else None
    at = shown.now - trade.age(shown.now) if trade else None
    inputs = (
        Input("l", "Last", last, FEED, at, Unit.PRICE),
        Input("c", "Close before", close, FEED, None, Unit.PRICE),
    )
    change = last - close if last is not None and close is not None else None
    if name == "change":
        return worked(f"Change: {shown.symbol}", "l-c", inputs, change, Unit.SIGNED)
    if name != "share":
        return None
    share = change / close if change is not None and close else None
    return worked(f"Change: {shown.symbol}", "(l-c)/c", inputs, share, Unit.PERCENT_SIGNED)


@explains("depth")
def depth(desk: RequestDesk, rest: str, query: QueryDict) -> Worked | None:
    """`depth-<row>-bid`, `-bid-size`, `-ask`, `-ask-size`."""
    shown = _panel(desk, query)
    row, _, name = rest.partition("-")
    side, _, size = name.partition("-")
    if shown is None or not row.isdecimal() or side not in ("bid", "ask"):
        return None
    book = shown.cells.depth
    levels = (book.bids if side == "bid" else book.asks) if book else ()
    level = levels[int(row)] if int(row) < len(levels) else None
    title = f"{side.capitalize()} of level {int(row) + 1}"
    if size:
        return shown.said(f"Size, {title}", level.size if level else None, Unit.UNITS, book)
    return shown.said(title, level.price if level else None, Unit.PRICE, book)


@explains("tape")
def tape(desk: RequestDesk, rest: str, query: QueryDict) -> Worked | None:
    """`tape-<row>-price`, `-size`: one of the latest sales."""
    shown = _panel(desk, query)
    row, _, name = rest.partition("-")
    if shown is None or not row.isdecimal() or name not in ("price", "size"):
        return None
    sales = shown.cells.tape.sales if shown.cells.tape else ()
    if int(row) >= len(sales):
        return None
    sale = sales[int(row)]
    unit = Unit.PRICE if name == "price" else Unit.UNITS
    found = shown.said(f"Sale, {name}", getattr(sale, name), unit, None)
    return found
