"""The live cells of a chain page; the first rendering and the socket's patches come from here."""

from __future__ import annotations

from collections.abc import Iterator, Set
from decimal import Decimal

from django.conf import settings

from brokerage import market
from brokerage.execution import ticks
from portfolio import formats
from portfolio.analytics import marks
from portfolio.live.book import LatestBook
from portfolio.live.cells import Cell
from portfolio.live.valuation import last_of, quote_of
from portfolio.market_panel import exact_mid
from portfolio.option_chain import math as chain_math
from portfolio.option_chain.shown import Shown, ShownDay, ShownRow

COLUMNS = ("oi", "vol", "iv", "delta", "bid", "ask")


# --- spot -------------------------------------------------------------------------------------


def spot_of(book: LatestBook, shown: Shown, now: float) -> Decimal | None:
    """The price of the underlying: its mark, else its last trade, else the last known one.

    An index has trades and no quotes.
    """
    last = last_of(book.trade(shown.underlying), now)
    quote = quote_of(book.quote(shown.underlying), now)
    mark = marks.choose(quote, last, None, limit=settings.STALE_QUOTE_SECONDS)
    if mark is not None:
        return mark.price
    return last.price if last is not None else shown.spot


def spot_cells(book: LatestBook, shown: Shown, now: float) -> Iterator[Cell]:
    """Price and change of the underlying, and whether it may be traded at all."""
    spot, cells = spot_of(book, shown, now), book.cells(shown.underlying)
    css = _state(cells.quote or cells.trade, now, book, settings.STALE_QUOTE_SECONDS)
    text = formats.price(_cents(spot), shown.tick)
    yield Cell("chain-spot", text, f"key num {css}".strip(), "", True, "strip-spot")
    change, share = change_of(spot, cells.summary.prev_close if cells.summary else None)
    tone = "num" if change is None else f"num {formats.tone(change)}".strip()
    words = "" if change is None else formats.signed_money(change)
    part = "" if share is None else formats.signed_percent(share)
    yield Cell("chain-change", words, tone, "", True, "strip-change")
    yield Cell("chain-share", part, tone, "", True, "strip-share")
    halted = (cells.profile.trading_status or "") if cells.profile else ""
    reason = (cells.profile.status_reason or "") if cells.profile else ""
    words = f"Trading is halted {reason}".strip() if halted.upper() == "HALTED" else ""
    yield Cell("chain-halt", words, "chip chip--bad" if words else "")
    yield Cell("chain-state", _stream_words(book, now), "small secondary")


def change_of(spot: Decimal | None, previous: float | None) -> tuple[float | None, float | None]:
    """(amount, share) against the close before; both None where one of the prices is."""
    if spot is None or not previous:
        return None, None
    change = float(spot) - previous
    return change, change / previous


def _stream_words(book: LatestBook, now: float) -> str:
    health = book.health(now)
    if not health.market_up():
        return f"No live quotes: {health.market.reason or f'the stream is {health.market.state}'}"
    return "Quotes are delayed by 15 minutes" if book.delayed else ""


def _cents(value: Decimal | None) -> Decimal | None:
    return None if value is None else formats.rounded(value, 6)


# --- the strip --------------------------------------------------------------------------------


def expected_move(
    book: LatestBook, day: ShownDay, spot: Decimal | None
) -> tuple[Decimal | None, str]:
    """(move, how it was found): from quotes at the money, else one deviation of the volatility."""
    mids = [exact_mid(book.quote(symbol)) if symbol else None for symbol in day.quoted]
    pairs = [_sum(mids[at : at + 2]) for at in range(0, len(mids), 2)]
    move = chain_math.quoted_move(pairs[0], pairs[1:]) if pairs else None
    if move is not None:
        return move, "quoted"
    base = float(spot) if spot is not None else None
    return chain_math.sigma_move(base, day.volatility, day.days), "model"


def _sum(pair: list[Decimal | None]) -> Decimal | None:
    return None if len(pair) < 2 or pair[0] is None or pair[1] is None else pair[0] + pair[1]


MOVE_TIPS = {
    "quoted": "Expected move: 0.6 × straddle + 0.3 × first + 0.1 × second strangle",
    "model": "Expected move: one standard deviation, spot × IV × √(days / 365)",
}


def day_cells(book: LatestBook, shown: Shown, spot: Decimal | None) -> Iterator[Cell]:
    for at, day in enumerate(shown.days):
        move, how = expected_move(book, day, spot)
        text = formats.either_way(move)
        css = "num missing" if move is None else "num model" if how == "model" else "num"
        yield Cell(f"em-{at}", text, css, MOVE_TIPS[how], is_figure=True)


# --- strikes ----------------------------------------------------------------------------------


def strike_cells(book: LatestBook, shown: Shown, spot: Decimal | None) -> Iterator[Cell]:
    """The strikes: which side is in the money, the line of the spot price, the expected move."""
    move = None
    if 0 <= shown.chosen < len(shown.days):
        move, _ = expected_move(book, shown.days[shown.chosen], spot)
    below = [row.strike for row in shown.rows if spot is not None and row.strike <= spot]
    line = max(below, default=None)
    for row in shown.rows:
        names = ["strike"]
        if spot is not None:
            names.append("itm-c" if row.strike < spot else "itm-p" if row.strike > spot else "")
            if move is not None and abs(row.strike - spot) <= move:
                names.append("in-move")
        if row.strike == line:
            names.append("at-spot")
        text = formats.trimmed(row.strike)
        yield Cell(f"{row.name}-k", text, " ".join(name for name in names if name))


def row_cells(
    book: LatestBook, shown: Shown, row: ShownRow, spot: Decimal | None, now: float
) -> Iterator[Cell]:
    """Both sides of one strike, in the order of COLUMNS."""
    for side, symbol in row.sides():
        yield from _side_cells(book, shown, row, side, symbol, spot, now)


def _side_cells(
    book: LatestBook,
    shown: Shown,
    row: ShownRow,
    side: str,
    symbol: str,
    spot: Decimal | None,
    now: float,
) -> Iterator[Cell]:
    cells, name = book.cells(symbol), f"{row.name}-{side}"
    interest = cells.summary.open_interest if cells.summary else None
    volume = cells.trade.day_volume if cells.trade else None
    yield _count(f"{name}-oi", interest)
    yield _count(f"{name}-vol", volume)
    yield from _greek_cells(book, shown, row, name, cells, spot, now)
    quote = cells.quote
    css = _state(quote, now, book, settings.STALE_QUOTE_SECONDS)
    crossed = quote is not None and quote.mid is None and None not in (quote.bid, quote.ask)
    for word, value in (
        ("bid", quote.bid if quote else None),
        ("ask", quote.ask if quote else None),
    ):
        own = "zero" if value == 0 else "crossed" if crossed else ""
        text = formats.price(value, tick_of(shown, value))
        yield Cell(f"{name}-{word}", text, _join("num pick", word, css, own))


def _greek_cells(
    book: LatestBook,
    shown: Shown,
    row: ShownRow,
    name: str,
    cells: market.Cells,
    spot: Decimal | None,
    now: float,
) -> Iterator[Cell]:
    greeks = cells.greeks
    css = _state(greeks, now, book, settings.STALE_GREEKS_SECONDS)
    volatility = greeks.volatility if greeks else None
    text = formats.volatility(volatility)
    yield Cell(f"{name}-iv", text, _join("num c-iv", css))
    delta = greeks.delta if greeks else None
    if delta is None and cells.quote is not None:
        delta, css = model_delta_of(shown, row.strike, name[-1], spot), "model"
    text = formats.fixed(delta, 2)
    yield Cell(f"{name}-delta", text, _join("num c-delta", css if delta is not None else "missing"))


def model_delta_of(shown: Shown, strike: Decimal, side: str, spot: Decimal | None) -> float | None:
    """Where the feed sends no Greeks: by the volatility of the expiration."""
    if spot is None or not 0 <= shown.chosen < len(shown.days):
        return None
    day = shown.days[shown.chosen]
    if day.volatility is None:
        return None
    right = "C" if side == "c" else "P"
    return chain_math.model_delta(
        right, float(spot), float(strike), day.volatility, float(day.days)
    )


def _count(id: str, value: float | int | None) -> Cell:
    css = f"num c-{id.rsplit('-', 1)[1]}"
    return Cell(id, formats.count_short(value), css if value is not None else f"{css} missing")


def tick_of(shown: Shown, value: float | None) -> Decimal | None:
    if value is None or not shown.increments:
        return None
    return ticks.tick_at(Decimal(str(value)), shown.increments)


def _state(cell: market.Cell | None, now: float, book: LatestBook, limit: float) -> str:
    if cell is None:
        return "missing"
    return "stale" if cell.age(now) > limit else ""


def _join(*names: str) -> str:
    return " ".join(name for name in names if name)


# --- all of it --------------------------------------------------------------------------------


def cells(
    book: LatestBook, shown: Shown, now: float, symbols: Set[str] | None = None
) -> Iterator[Cell]:
    """Every live cell, or those that these streamer symbols may have changed."""
    spot = spot_of(book, shown, now)
    if symbols is None or shown.underlying in symbols:
        yield from spot_cells(book, shown, now)
        yield from strike_cells(book, shown, spot)
    if symbols is None or any(not symbols.isdisjoint(day.quoted) for day in shown.days):
        yield from day_cells(book, shown, spot)
    for row in shown.rows:
        if symbols is None or row.call in symbols or row.put in symbols:
            yield from row_cells(book, shown, row, spot, now)
