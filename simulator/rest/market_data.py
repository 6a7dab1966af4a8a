"""Snapshots of prices: `/market-data/by-type` and single symbols."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from simulator.http import context_of, invalid, items, not_found, ok, query_list, world_of
from simulator.market import calendar, corporate
from simulator.market.days import Summary
from simulator.market.instruments import exchange, text
from simulator.market.levels import moment
from simulator.market.lines import CRYPTO, EQUITY, FUTURE, FUTURE_OPTION, INDEX, OPTION, Line
from simulator.market.market import Market, exact
from simulator.market.view import Price

if TYPE_CHECKING:
    from simulator.world import World

Wire = dict[str, Any]
MOST = 100
KINDS = {
    "index": (INDEX,),
    # an index is an equity to the instruments, and clients ask for it as such
    "equity": (EQUITY, INDEX),
    "equity-option": (OPTION,),
    "future": (FUTURE,),
    "future-option": (FUTURE_OPTION,),
    "cryptocurrency": (CRYPTO,),
}


def _market(request: Request) -> Market:
    market: Market = world_of(request).market  # type: ignore[assignment]
    return market


async def by_type(request: Request) -> Response:
    """Up to 100 symbols over all kinds; what is unknown or of another kind is left out."""
    market = _market(request)
    asked = {name: query_list(request, name) for name in KINDS}
    if sum(len(symbols) for symbols in asked.values()) > MOST:
        raise invalid(("symbols", f"must not be more than {MOST}"))
    lines = [
        line
        for name, symbols in asked.items()
        for symbol in symbols
        if (line := market.line(symbol)) is not None and line.kind in KINDS[name]
    ]
    market.prepare(lines)
    market.days.prepare(market.view, lines)
    market.days.prepare_ranges(market.view, lines)
    return items([row(market, line) for line in lines], context_of(request))


async def single(request: Request) -> Response:
    """One symbol, with its instrument; the kind in the path must fit."""
    market = _market(request)
    line = market.line(request.path_params["symbol"])
    if line is None or line.kind != request.path_params["kind"]:
        raise not_found("market data")
    return ok({**row(market, line), "instrument": instrument(line)}, context_of(request))


async def bare(request: Request) -> Response:
    """`/market-data?symbols=A,B&instrument-type=Equity`, undocumented but asked for."""
    market = _market(request)
    kinds = query_list(request, "instrument-type")
    lines = [line for s in query_list(request, "symbols") if (line := market.line(s))]
    rows = [row(market, line) for line in lines if not kinds or line.kind in kinds]
    return items(rows, context_of(request))


def row(market: Market, line: Line) -> Wire:
    """The prices of a line at this instant; facts without a value are left out."""
    found = market.view.rows.get(line.symbol)
    if found is None:
        found = market.view.rows[line.symbol] = _row(market, line)
    return found


def _row(market: Market, line: Line) -> Wire:
    price, day = market.view.price(line), market.days.summary(market.view, line)
    found = {
        "symbol": line.symbol,
        "instrument-type": line.kind,
        "updated-at": _zulu(moment(market.view.resting(line.hours))),
        **_level_one(line, price),
        **_last(market, line, day),
    }
    found |= _equity_facts(market, line)
    found |= _day(line, day)
    if line.kind != INDEX:
        found["volume"] = text(day.volume)
    if line.is_option:
        found["open-interest"] = text(day.open_interest)
    if line.kind == EQUITY:
        found |= _bounds(market, line, price)
    return found


def _zulu(at: datetime) -> str:
    return f"{at:%Y-%m-%dT%H:%M:%S}.{at.microsecond // 1000:03d}Z"


def _level_one(line: Line, price: Price) -> Wire:
    bid, ask = exact(price.bid), exact(price.ask)
    mid = text((bid + ask) / 2)
    found = {"bid": text(bid), "bid-size": text(price.bid_size)} if price.bid > 0 else {}
    return found | {"ask": text(ask), "ask-size": text(price.ask_size), "mid": mid, "mark": mid}


def _last(market: Market, line: Line, day: Summary) -> Wire:
    regular = text(market.days.regular_last(market.view, line)[0])
    found = {"last": regular, "last-mkt": regular}
    state = calendar.state(market.now)
    if line.kind == EQUITY and state != "Open":
        found["last-ext"] = text(day.last)
    return found


def _equity_facts(market: Market, line: Line) -> Wire:
    if line.kind != EQUITY or line.row is None:
        return {}
    found: Wire = {"beta": text(line.row.beta)}
    paid = corporate.last_dividend(line.row, calendar.new_york_date(market.now))
    if paid:
        found["dividend-amount"] = text(paid.amount)
        found["dividend-frequency"] = text(line.row.frequency)
    return found


def _day(line: Line, day: Summary) -> Wire:
    found: Wire = {
        "open": text(day.open),
        "day-high-price": text(day.high),
        "day-low-price": text(day.low),
        "close-price-type": "Regular" if day.close is None else "Final",
        "prev-close": text(day.prev_close),
        "prev-close-price-type": "Final",
        "summary-date": day.day.isoformat(),
        "prev-close-date": day.prev_day.isoformat(),
        "is-trading-halted": False,
        "halt-start-time": -1,
        "halt-end-time": -1,
    }
    if day.close is not None:
        found["close"] = text(day.close)
    return found


def _bounds(market: Market, line: Line, price: Price) -> Wire:
    high, low = market.candles.year_range(line, calendar.new_york_date(market.now))
    return {
        "year-low-price": text(low),
        "year-high-price": text(high),
        "low-limit-price": text(round(price.mid * 0.95, 2)),
        "high-limit-price": text(round(price.mid * 1.05, 2)),
    }


def instrument(line: Line) -> Wire:
    """What a price belongs to."""
    venue = {CRYPTO: "Cryptocurrency"}.get(line.kind, "Equity")
    root = line.root.symbol if line.root else line.symbol
    if line.future is not None:
        venue, root = exchange(line.future.product), f"/{line.future.product.code}"
    return {
        "symbol": line.symbol,
        "instrument-type": line.kind,
        "instrument-key": {"symbol": line.symbol, "instrument-type": line.kind},
        "underlying-instrument": line.underlying,
        "root-symbol": root,
        "exchange": venue,
    }


def routes(world: World) -> list[Route]:
    """Routes of this family."""
    return [
        Route("/market-data", bare),
        Route("/market-data/by-type", by_type),
        Route("/market-data/{kind}/{symbol:path}", single),
    ]
