"""The arithmetic of a chain's figures: families `x` (a strike), `em` (an expiration of the strip)
and `strip` (the underlying). The page's own address, in the query, names chain and expiration.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from functools import cached_property

from django.http import Http404, QueryDict

from brokerage import access, market
from brokerage.models import Connection
from portfolio.analytics.arithmetic import Input, Unit, Worked, given, worked
from portfolio.desk import RequestDesk
from portfolio.figures.registry import explains
from portfolio.live.book import LatestBook
from portfolio.option_chain import cells as chain_cells
from portfolio.option_chain import facts as chain_facts
from portfolio.option_chain import math as chain_math
from portfolio.option_chain import page as chain_page
from portfolio.option_chain import wish as chain_wish
from portfolio.option_chain.deltas import volatilities
from portfolio.option_chain.facts import CALL, PUT, NoChain
from portfolio.option_chain.rows import shown_of
from portfolio.option_chain.shown import Shown, ShownDay

FEED, METRICS = "market data of the feed", "market metrics, by the broker"
_RIGHTS = {"c": CALL, "p": PUT}


@dataclass(frozen=True)
class _Scene:
    """The chain that a page shows, as its drawers see it."""

    shown: Shown
    book: LatestBook
    now: float

    @cached_property
    def spot(self) -> Decimal | None:
        return chain_cells.spot_of(self.book, self.shown, self.now)

    @property
    def day(self) -> ShownDay | None:
        """The expiration whose strikes are shown."""
        place = self.shown.chosen
        return self.shown.days[place] if 0 <= place < len(self.shown.days) else None

    def spot_input(self) -> Input:
        value = None if self.spot is None else float(self.spot)
        return Input("S", "Price of the underlying", value, FEED, None, Unit.PRICE)

    def at(self, cell: market.Cell | None) -> float | None:
        return None if cell is None else self.now - cell.age(self.now)


def _scene(desk: RequestDesk, query: QueryDict) -> _Scene | None:
    """None for a query without a chain, and for an account of somebody else."""
    wish = chain_wish.read(query)
    try:
        page = chain_page.begun(desk.request, wish)
        connection = page.connection
        if connection is None or not wish.symbol:
            return None
        chain = chain_facts.load(connection, wish.kind, wish.symbol)
    except (access.NotFound, Http404, NoChain):
        return None
    return _of(desk, page, connection, chain)


def _of(
    desk: RequestDesk,
    page: chain_page.ChainPage,
    connection: Connection,
    chain: chain_facts.Chain,
) -> _Scene:
    book, wish = desk.book(market.feed_key(connection)), page.wish
    item = chain_page.expiration_of(chain, wish)
    shown = chain_page.underlying_of(page, chain, item, connection, book)
    known = volatilities(connection, chain)
    spot = chain_cells.spot_of(book, shown, desk.now)
    shown = shown_of(shown, chain, item, wish, known, spot, book, desk.now)
    return _Scene(shown, book, desk.now)


# --- Strikes ------------------------------------------------------------------------------------


@explains("x")
def strike(desk: RequestDesk, rest: str, query: QueryDict) -> Worked | None:
    """`x590-c-bid`: strike, side, column."""
    text, _, rest = rest.partition("-")
    side, _, column = rest.partition("-")
    try:
        level = Decimal(text)
    except InvalidOperation:
        return None
    scene = _scene(desk, query) if side in _RIGHTS else None
    row = next((row for row in scene.shown.rows if row.strike == level), None) if scene else None
    if scene is None or row is None:
        return None
    symbol = dict(row.sides())[side]
    title = f"{column.capitalize()}: {symbol or text}"
    cells = scene.book.cells(symbol)
    if column == "delta":
        return _delta(scene, title, level, side, cells)
    return _said(scene, title, column, cells)


def _said(scene: _Scene, title: str, column: str, cells: market.Cells) -> Worked | None:
    """What the feed states."""
    kinds = {
        "bid": (cells.quote, "bid", Unit.PRICE),
        "ask": (cells.quote, "ask", Unit.PRICE),
        "oi": (cells.summary, "open_interest", Unit.COUNT_SHORT),
        "vol": (cells.trade, "day_volume", Unit.COUNT_SHORT),
        "iv": (cells.greeks, "volatility", Unit.VOLATILITY),
    }
    if column not in kinds:
        return None
    cell, field, unit = kinds[column]
    value = getattr(cell, field, None)
    tick = chain_cells.tick_of(scene.shown, value) if unit is Unit.PRICE else None
    return given(title, value, unit, FEED, scene.at(cell), tick=tick)


def _delta(
    scene: _Scene, title: str, level: Decimal, side: str, cells: market.Cells
) -> Worked | None:
    greeks = cells.greeks
    if greeks is not None and greeks.delta is not None:
        return given(title, greeks.delta, Unit.DELTA, "Greeks of the feed", scene.at(greeks))
    if cells.quote is None:
        return given(title, None, Unit.DELTA, "neither Greeks nor a quote came")
    volatility, days = (scene.day.volatility, scene.day.days) if scene.day else (None, 0)
    inputs = (
        scene.spot_input(),
        Input("K", "Strike", float(level), "the instrument"),
        Input("v", "Implied volatility of the expiration", volatility, METRICS),
        Input("T", "Years to expiration", chain_math.years_of(days), "the market's day"),
    )
    call = "N(ln(S/K)/(v*sqrt(T))+v*sqrt(T)/2)"
    value = chain_cells.model_delta_of(scene.shown, level, side, scene.spot)
    formula = call if side == "c" else f"{call}-1"
    return worked(title, formula, inputs, value, Unit.DELTA, marks=("by the model",))


# --- The strip ----------------------------------------------------------------------------------


@explains("em")
def expiration(desk: RequestDesk, rest: str, query: QueryDict) -> Worked | None:
    """`em-<n>` the expected move, `em-<n>-iv` the volatility, `em-<n>-dte` the days left."""
    place, _, name = rest.partition("-")
    scene = _scene(desk, query) if place.isdecimal() else None
    if scene is None or int(place) >= len(scene.shown.days):
        return None
    day = scene.shown.days[int(place)]
    if name == "iv":
        return given("Implied volatility", day.volatility, Unit.VOLATILITY, METRICS)
    if name == "dte":
        source = "expiration less the market's day"
        return given("Days to expiration", day.days, Unit.WHOLE_DAYS, source)
    return _quoted(scene, day) or _model(scene, day)


def _quoted(scene: _Scene, day: ShownDay) -> Worked | None:
    """0.6 of the straddle, 0.3 and 0.1 of the strangles around; None where a quote is missing."""
    move, how = chain_cells.expected_move(scene.book, day, scene.spot)
    if how != "quoted":
        return None
    inputs, parts = [], []
    for place, symbol in enumerate(day.quoted):
        quote = scene.book.quote(symbol)
        middle = chain_cells.exact_mid(quote)
        inputs.append(Input(f"m{place}", f"Mid: {symbol}", middle, FEED, scene.at(quote)))
    for weight, (one, other) in zip(("0.6", "0.3", "0.1"), ((0, 1), (2, 3), (4, 5)), strict=True):
        parts.append(f"{weight}*(m{one}+m{other})")
    return worked("Expected move", "+".join(parts), inputs, move, Unit.MOVE)


def _model(scene: _Scene, day: ShownDay) -> Worked:
    move, _ = chain_cells.expected_move(scene.book, day, scene.spot)
    inputs = (
        scene.spot_input(),
        Input("v", "Implied volatility of the expiration", day.volatility, METRICS),
        Input("T", "Years to expiration", chain_math.years_of(day.days), "the market's day"),
    )
    formula = "S*v*sqrt(T)"
    return worked("Expected move", formula, inputs, move, Unit.MOVE, marks=("by the model",))


# --- The underlying -----------------------------------------------------------------------------


@explains("strip")
def underlying(desk: RequestDesk, rest: str, query: QueryDict) -> Worked | None:
    """`strip-spot`, `strip-change`, `strip-share`."""
    scene = _scene(desk, query)
    if scene is None:
        return None
    cells, title = scene.book.cells(scene.shown.underlying), scene.shown.underlying
    if rest == "spot":
        source = "middle of the quote, else the last trade, else the last price known"
        at = scene.at(cells.quote or cells.trade)
        return given(title, scene.spot, Unit.PRICE, source, at, tick=scene.shown.tick)
    close = cells.summary.prev_close if cells.summary else None
    inputs = (scene.spot_input(), Input("c", "Close before", close, FEED, scene.at(cells.summary)))
    change, share = chain_cells.change_of(scene.spot, close)
    if rest == "change":
        return worked(f"Change: {title}", "S-c", inputs, change, Unit.SIGNED)
    if rest != "share":
        return None
    return worked(f"Change: {title}", "(S-c)/c", inputs, share, Unit.PERCENT_SIGNED)
