"""`/market-metrics`: volatility, liquidity, dividends and earnings per underlying."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from simulator import announcements
from simulator.http import invalid, items, query_date, query_list, world_of
from simulator.market import calendar, chains, corporate, metrics, rng
from simulator.market.instruments import text
from simulator.market.lines import EQUITY, INDEX, Line
from simulator.market.market import Market
from simulator.market.universe.equities import Underlying

if TYPE_CHECKING:
    from simulator.world import World

Wire = dict[str, Any]


def _market(request: Request) -> Market:
    market: Market = world_of(request).market  # type: ignore[assignment]
    return market


async def market_metrics(request: Request) -> Response:
    """One item per known symbol; unknown ones are missing. No context."""
    wanted = query_list(request, "symbols")
    if not wanted:
        raise invalid(("symbols", "is missing"))
    world, market = world_of(request), _market(request)
    found = [(s, line) for s in wanted if (line := _line(market, s)) is not None]
    rows = [{**row(market, line), "symbol": symbol} for symbol, line in found]
    return items([told | _announced(world, told) for told in rows])


def _announced(world: World, told: Wire) -> Wire:
    """Dividends that were announced by hand, where they come before the usual ones."""
    coming = announcements.dividends(world, told["symbol"])
    paid = announcements.paid_dividends(world, told["symbol"])
    found: Wire = {}
    if coming and coming[0].ex_date.isoformat() <= told.get("dividend-next-date", "9"):
        found["dividend-next-date"] = coming[0].ex_date.isoformat()
    if paid and paid[-1].ex_date.isoformat() >= told.get("dividend-ex-date", ""):
        found["dividend-ex-date"] = paid[-1].ex_date.isoformat()
        found["dividend-pay-date"] = paid[-1].pay_date.isoformat()
    return found


def _line(market: Market, symbol: str) -> Line | None:
    """A share, fund, index or future; a product root means its active contract."""
    line = market.line(symbol)
    product = market.levels.products.get(symbol.removeprefix("/")) if line is None else None
    if product is not None and symbol.startswith("/"):
        from simulator.market.contracts import active

        line = market.line(active(product, market.now)[0].symbol)
    return line if line is None or not line.is_option else None


def row(market: Market, line: Line) -> Wire:
    """All figures of one underlying."""
    found: Wire = {"symbol": line.symbol}
    now = market.now
    if chains.has_options(market, line):
        found |= _volatility(market, line)
    # clients insist on a market value, be it of a fund, an index, a future or a coin
    found |= {"updated-at": _zulu(now), "market-cap": 0}
    if line.kind in (EQUITY, INDEX) and line.row is not None:
        found |= _company(market, line, line.row)
    return found


def _volatility(market: Market, line: Line) -> Wire:
    vol = metrics.implied(market, line)
    prices = metrics.closes(market, line)
    as_of = _zulu(market.now.replace(second=0, microsecond=0))
    rank = _figure(vol.rank)
    hv = {n: metrics.historical(prices, n) for n in (30, 60, 90)}
    iv = vol.index * 100
    spread = rng.uniform("liquidity", line.symbol)
    worth = (line.row.adv if line.row else 1e6) / 90 * (0.8 + 0.4 * spread)
    return {
        "implied-volatility-index": _figure(vol.index),
        "implied-volatility-index-5-day-change": _figure(vol.index - vol.five_days_ago),
        "implied-volatility-index-rank": rank,
        "tos-implied-volatility-index-rank": rank,
        "tw-implied-volatility-index-rank": _figure(min(1.0, vol.rank * 1.1)),
        "tos-implied-volatility-index-rank-updated-at": as_of,
        "implied-volatility-index-rank-source": "tos",
        "implied-volatility-percentile": _figure(vol.percentile),
        "implied-volatility-updated-at": as_of,
        "liquidity-value": _figure(worth),
        "liquidity-rank": _figure(min(worth / 500_000, 2.0)),
        "liquidity-rating": min(4, 1 + int(worth / 40_000)),
        "liquidity-running-state": {
            "sum": _figure(worth * 48),
            "count": 48,
            "started-at": _zulu(market.now - timedelta(days=4)),
            "updated-at": as_of,
        },
        "option-expiration-implied-volatilities": _term(market, line),
        "implied-volatility-30-day": _figure(iv),
        "historical-volatility-30-day": _percent(hv[30]),
        "historical-volatility-60-day": _percent(hv[60]),
        "historical-volatility-90-day": _percent(hv[90]),
        "iv-hv-30-day-difference": _percent(iv - hv[30]),
    }


def _term(market: Market, line: Line) -> list[Wire]:
    return [
        {
            "expiration-date": end.date.isoformat(),
            "option-chain-type": "Standard",
            "settlement-type": end.settlement,
            "implied-volatility": _figure(vol),
        }
        for end, vol, _ in chains.term_structure(market, market.view, line)
    ]


def _company(market: Market, line: Line, facts: Underlying) -> Wire:
    spy = market.line("SPY")
    assert spy is not None
    prices = metrics.closes(market, line)
    related = metrics.correlation(prices, metrics.closes(market, spy))
    found: Wire = {
        "corr-spy-3month": _percent(related),
        "listed-market": facts.market,
        "lendability": "Locate Required" if line.kind == INDEX else "Easy To Borrow",
        "borrow-rate": "0.0",
        "beta": _figure(facts.beta),
        "beta-updated-at": _zulu(_sunday(market.now)),
    }
    if facts.shares:
        found["market-cap"] = int(facts.shares * float(prices[0]))
    if facts.eps:
        found["earnings-per-share"] = text(facts.eps)
        if facts.eps > 0:
            found["price-earnings-ratio"] = _percent(float(prices[0]) / facts.eps)
    return found | _earnings(market, facts) | _dividends(market, facts, float(prices[0]))


def _earnings(market: Market, facts: Underlying) -> Wire:
    today = calendar.new_york_date(market.now)
    coming = corporate.next_report(facts, today)
    past = [r for r in corporate.reports(facts) if r.date < today]
    if coming is None or not past:
        return {}
    return {
        "earnings": {
            "visible": True,
            "expected-report-date": coming.date.isoformat(),
            "estimated": (coming.date - today).days > 20,
            "late-flag": 0,
            "quarter-end-date": coming.quarter_end.isoformat(),
            "actual-eps": text(past[-1].eps),
            "consensus-estimate": text(coming.consensus),
            "time-of-day": coming.time_of_day,
            "updated-at": _zulu(calendar.at(today, 6)),
        }
    }


def _dividends(market: Market, facts: Underlying, price: float) -> Wire:
    today = calendar.new_york_date(market.now)
    last, coming = corporate.last_dividend(facts, today), corporate.next_dividend(facts, today)
    if last is None or coming is None:
        return {}
    yearly = last.amount * facts.frequency
    return {
        "dividend-rate-per-share": text(last.amount),
        "annual-dividend-per-share": text(round(yearly, 6)),
        "dividend-yield": _figure(yearly / price),
        "dividend-ex-date": last.ex_date.isoformat(),
        "dividend-next-date": coming.ex_date.isoformat(),
        "dividend-pay-date": last.pay_date.isoformat(),
        "dividend-updated-at": _zulu(calendar.at(last.pay_date, 20)),
    }


async def dividends(request: Request) -> Response:
    """Payments of a symbol up to today, newest first."""
    market = _market(request)
    facts = market.levels.equities.get(request.path_params["symbol"])
    today = calendar.new_york_date(market.now)
    past = [d for d in corporate.dividends(facts) if d.ex_date <= today] if facts else []
    past += announcements.paid_dividends(world_of(request), request.path_params["symbol"])
    past.sort(key=lambda d: d.ex_date)
    rows = [
        {"occurred-date": d.ex_date.isoformat(), "amount": text(d.amount)} for d in reversed(past)
    ]
    return items(rows)


async def earnings(request: Request) -> Response:
    """Reports of a symbol since a date, oldest first."""
    market = _market(request)
    since = query_date(request, "start-date")
    if since is None:
        raise invalid(("start-date", "is missing"))
    today = calendar.new_york_date(market.now)
    until = min(query_date(request, "end-date") or today, today)
    facts = market.levels.equities.get(request.path_params["symbol"])
    found = corporate.reports(facts) if facts else ()
    rows = [
        {"occurred-date": r.quarter_end.isoformat(), "eps": text(r.eps)}
        for r in found
        if since <= r.quarter_end and r.date <= until
    ]
    return items(rows)


def _sunday(now: datetime) -> datetime:
    day = calendar.new_york_date(now)
    return calendar.at(day - timedelta(days=(day.weekday() + 1) % 7), 13)


def _figure(value: float) -> str:
    return text(round(value, 9))


def _percent(value: float) -> str:
    return text(round(value, 2))


def _zulu(at: datetime) -> str:
    return f"{at:%Y-%m-%dT%H:%M:%S}.{at.microsecond // 1000:03d}Z"


def routes(world: World) -> list[Route]:
    """Routes of this family."""
    events = "/market-metrics/historic-corporate-events"
    return [
        Route("/market-metrics", market_metrics),
        Route(f"{events}/dividends/{{symbol:path}}", dividends),
        Route(f"{events}/earnings-reports/{{symbol:path}}", earnings),
    ]
