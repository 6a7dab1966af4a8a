"""The market panel beside the ticket: level 1, depth and tape of one symbol, as live cells.

The page's first rendering and the socket's patches come from the same functions.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal

from django.conf import settings

from brokerage import market
from portfolio import formats
from portfolio.live.book import LatestBook
from portfolio.live.cells import Cell

DEPTH_ROWS = 5
TAPE_ROWS = 8
EVENTS = ("Quote", "Trade", "TradeETH", "Summary", "Profile", "Order", "TimeAndSale")


@dataclass(frozen=True, slots=True)
class DepthRow:
    bid_size: Cell
    bid: Cell
    ask: Cell
    ask_size: Cell


@dataclass(frozen=True, slots=True)
class TapeRow:
    time: Cell
    price: Cell
    size: Cell


@dataclass(frozen=True, slots=True)
class Panel:
    """Ready values for the templates; every Cell is patched by its id."""

    symbol: str
    title: str
    state: Cell
    level1: dict[str, Cell]
    depth: list[DepthRow]
    tape: list[TapeRow]
    # What the drawers of its figures need beside their references.
    query: str = ""

    def cells(self) -> Iterator[Cell]:
        yield self.state
        yield from self.level1.values()
        for depth in self.depth:
            yield from (depth.bid_size, depth.bid, depth.ask, depth.ask_size)
        for sale in self.tape:
            yield from (sale.time, sale.price, sale.size)


def build(
    book: LatestBook, symbol: str, title: str, tick: Decimal | None, now: float | None = None
) -> Panel:
    """The panel of a streamer symbol from the latest book."""
    moment = time.time() if now is None else now
    cells = book.cells(symbol)
    state = _css(cells.quote, moment, book.delayed)
    return Panel(
        symbol=symbol,
        title=title,
        state=state_cell(book, cells.quote, moment),
        level1=_level1(cells, tick, state),
        depth=_depth(cells.depth, tick, moment, book.delayed),
        tape=_tape(cells.tape, tick),
    )


def state_cell(book: LatestBook, quote: market.Cell | None, now: float) -> Cell:
    """How far the panel can be trusted, in words."""
    health = book.health(now)
    if not health.market_up():
        why = health.market.reason or f"the quote stream is {health.market.state}"
        return Cell("panel-state", f"No live quotes: {why}", "small missing")
    if quote is None:
        return Cell("panel-state", "Waiting for the first quote", "small missing")
    age = quote.age(now)
    if age > settings.STALE_QUOTE_SECONDS:
        return Cell("panel-state", f"Stale, {formats.age(age)} old", "small stale")
    words = "Delayed 15 min" if book.delayed else "Live"
    return Cell("panel-state", f"{words}, {formats.age(age)} old", "small secondary")


def _css(cell: market.Cell | None, now: float, delayed: bool | None) -> str:
    if cell is None:
        return "missing"
    if cell.age(now) > settings.STALE_QUOTE_SECONDS:
        return "stale"
    return "delayed" if delayed else ""


def exact_mid(quote: market.Quote | None) -> Decimal | None:
    """The mid in decimals: halves of ticks, without the dust of binary fractions."""
    if quote is None or quote.bid is None or quote.ask is None or quote.mid is None:
        return None
    return (Decimal(str(quote.bid)) + Decimal(str(quote.ask))) / 2


def _price(value: float | None, tick: Decimal | None) -> str:
    return formats.price(value, tick)


def _size(value: float | None) -> str:
    return formats.quantity(value, sign=False)


def _level1(cells: market.Cells, tick: Decimal | None, css: str) -> dict[str, Cell]:
    quote, summary = cells.quote, cells.summary
    trade = latest_trade(cells)
    last = trade.price if trade else None
    previous = summary.prev_close if summary else None
    change = last - previous if last is not None and previous is not None else None
    figures = {
        "bid": _price(quote.bid if quote else None, tick),
        "bid-size": _size(quote.bid_size if quote else None),
        "ask": _price(quote.ask if quote else None, tick),
        "ask-size": _size(quote.ask_size if quote else None),
        "mid": formats.price(exact_mid(quote)),
        "last": _price(last, tick),
        "open": _price(summary.open if summary else None, tick),
        "high": _price(summary.high if summary else None, tick),
        "low": _price(summary.low if summary else None, tick),
        "close": _price(previous, tick),
        "volume": _volume(trade),
    }
    level1 = {
        name: Cell(f"panel-{name}", text, _with_missing("num", text, css), is_figure=True)
        for name, text in figures.items()
    }
    return level1 | _change(change, previous)


def latest_trade(cells: market.Cells) -> market.Trade | None:
    """The last trade of any session."""
    found = [trade for trade in (cells.trade, cells.trade_eth) if trade and trade.price]
    return max(found, key=lambda trade: trade.time or 0, default=None)


def _volume(trade: market.Trade | None) -> str:
    return formats.fixed(trade.day_volume if trade else None, 0)


def _change(change: float | None, previous: float | None) -> dict[str, Cell]:
    """Against the close before, as an amount and as a share of it."""
    share = change / previous if change is not None and previous else None
    css = f"num {formats.tone(change)}".strip()
    texts = {"change": formats.signed_money(change), "share": formats.signed_percent(share)}
    return {
        name: Cell(f"panel-{name}", text, _with_missing(css, text, ""), is_figure=True)
        for name, text in texts.items()
    }


def _with_missing(base: str, text: str, css: str) -> str:
    if text == formats.UNKNOWN:
        return f"{base} missing"
    return f"{base} {css}".strip() if css != "missing" else base


def _depth(
    depth: market.Depth | None, tick: Decimal | None, now: float, delayed: bool | None
) -> list[DepthRow]:
    css = _css(depth, now, delayed)
    bids: Sequence[market.Level] = depth.bids if depth else ()
    asks: Sequence[market.Level] = depth.asks if depth else ()
    return [
        DepthRow(
            *_level(f"depth-{row}-bid", _at(bids, row), tick, css, "bid", size_first=True),
            *_level(f"depth-{row}-ask", _at(asks, row), tick, css, "ask", size_first=False),
        )
        for row in range(DEPTH_ROWS)
    ]


def _at(levels: Sequence[market.Level], row: int) -> market.Level | None:
    return levels[row] if row < len(levels) else None


def _level(
    id: str,
    level: market.Level | None,
    tick: Decimal | None,
    css: str,
    side: str,
    *,
    size_first: bool,
) -> tuple[Cell, Cell]:
    price = _price(level.price if level else None, tick)
    size = _size(level.size if level else None)
    price_cell = Cell(id, price, _with_missing(f"num {side}", price, css), is_figure=True)
    size_cell = Cell(f"{id}-size", size, _with_missing("num", size, css), is_figure=True)
    return (size_cell, price_cell) if size_first else (price_cell, size_cell)


def _tape(tape: market.Tape | None, tick: Decimal | None) -> list[TapeRow]:
    sales = tape.sales if tape else []
    return [_sale(row, sales[row] if row < len(sales) else None, tick) for row in range(TAPE_ROWS)]


def _sale(row: int, sale: market.Sale | None, tick: Decimal | None) -> TapeRow:
    name = f"tape-{row}"
    if sale is None:
        return TapeRow(
            Cell(f"{name}-time", "", "secondary"),
            Cell(f"{name}-price", "", "num", is_figure=True),
            Cell(f"{name}-size", "", "num", is_figure=True),
        )
    at = datetime.fromtimestamp(sale.time / 1000, UTC) if sale.time else None
    side = {"BUY": " buy", "SELL": " sell"}.get(sale.side or "", "")
    return TapeRow(
        Cell(f"{name}-time", formats.market_time(at).removesuffix(" ET"), "secondary"),
        Cell(f"{name}-price", _price(sale.price, tick), f"num{side}", is_figure=True),
        Cell(f"{name}-size", _size(sale.size), "num", is_figure=True),
    )
