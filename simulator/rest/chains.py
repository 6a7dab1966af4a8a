"""Option chains of shares, funds, indices and future products: nested, compact, flat."""

from __future__ import annotations

from collections import OrderedDict
from datetime import datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from simulator.http import context_of, items, not_found, ok, world_of
from simulator.market import chains, contracts, expirations, instruments
from simulator.market.expirations import Root
from simulator.market.future_options import FutureExpiration
from simulator.market.instruments import number, stamp, text, ticks
from simulator.market.lines import (
    future_option_streamer,
    future_option_symbol,
    occ,
    option_streamer,
    option_ticks,
)  # fmt: skip
from simulator.market.market import Market
from simulator.market.universe.futures import FutureProduct

if TYPE_CHECKING:
    from simulator.world import World

Wire = dict[str, Any]
_cache: OrderedDict[tuple[Any, ...], Any] = OrderedDict()


def _market(request: Request) -> Market:
    market: Market = world_of(request).market  # type: ignore[assignment]
    return market


def _roots(request: Request) -> list[Root]:
    found = chains.roots(_market(request), request.path_params["symbol"])
    if not found:
        raise not_found("option chain")
    return found


def _head(market: Market, root: Root) -> Wire:
    head: Wire = {
        "underlying-symbol": root.underlying,
        "root-symbol": root.symbol,
        "option-chain-type": "Standard" if root.standard else "Non-standard",
        "shares-per-contract": 100,
    }
    if market.levels.equities[root.underlying].kind != "Index":
        head["deliverables"] = deliverables(root)
    return head


def deliverables(root: Root) -> list[Wire]:
    """What one contract delivers; adjusted classes may add cash and shares of others."""
    stocks = [(root.underlying, root.shares)] if root.shares else []
    stocks += list(root.also)
    percent = 100 // (len(stocks) + bool(root.cash)) if root.also or not root.shares else 100
    if root.cash and root.shares and not root.also:
        percent = 80
    rows = [_shares(root, index, *stock, percent) for index, stock in enumerate(stocks)]
    if root.cash:
        rows.append(
            {
                "id": number("deliverable-cash", root.symbol),
                "root-symbol": root.symbol,
                "deliverable-type": "Cash",
                "description": f"Cash in lieu ${root.cash:.2f}",
                "amount": text(root.cash),
                "percent": str(100 - percent * len(stocks)),
            }
        )
    return rows


def _shares(root: Root, index: int, symbol: str, shares: float, percent: int) -> Wire:
    name = "deliverable" if index == 0 else f"deliverable-{index}"
    return {
        "id": number(name, root.symbol),
        "root-symbol": root.symbol,
        "deliverable-type": "Shares",
        "description": f"{shares:g} shares of {symbol}",
        "amount": text(shares),
        "symbol": symbol,
        "instrument-type": "Equity",
        "percent": str(percent),
    }


# -- shares, funds, indices ------------------------------------------------------------------


async def nested(request: Request) -> Response:
    """One item per root, its expirations with their strikes."""
    market = _market(request)
    rows = [_nested(market, root) for root in _roots(request)]
    return items(rows, context_of(request))


def _nested(market: Market, root: Root) -> Wire:
    row = _head(market, root)
    row["tick-sizes"] = ticks(option_ticks(market.levels.equities[root.underlying]))
    row["expirations"] = [
        {
            "expiration-type": end.type,
            "expiration-date": end.date.isoformat(),
            "days-to-expiration": expirations.days_to(end.date, market.now),
            "settlement-type": end.settlement,
            "strikes": _strikes(root, end, rungs),
        }
        for end, rungs in chains.board(market, root)
    ]
    return row


def _strikes(root: Root, end: expirations.Expiration, rungs: tuple[Decimal, ...]) -> list[Wire]:
    key = (root.symbol, end.date, rungs)
    found: list[Wire] | None = _cache.get(key)
    if found is None:
        found = [
            {
                "strike-price": text(k),
                "call": occ(root.symbol, end.date, True, k),
                "call-streamer-symbol": option_streamer(root.symbol, end.date, True, k),
                "put": occ(root.symbol, end.date, False, k),
                "put-streamer-symbol": option_streamer(root.symbol, end.date, False, k),
            }
            for k in rungs
        ]
        _remember(key, found)
    return found


def _remember(key: tuple[Any, ...], value: Any) -> None:
    _cache[key] = value
    if len(_cache) > 1000:
        _cache.popitem(last=False)


async def compact(request: Request) -> Response:
    """One item per root and expiration with bare symbols."""
    market = _market(request)
    rows = []
    for root in _roots(request):
        for end, rungs in chains.board(market, root):
            strikes = _strikes(root, end, rungs)
            rows.append(
                {
                    **_head(market, root),
                    "settlement-type": end.settlement,
                    "expiration-type": end.type,
                    "symbols": [s[side] for s in strikes for side in ("call", "put")],
                    "streamer-symbols": [
                        s[f"{side}-streamer-symbol"] for s in strikes for side in ("call", "put")
                    ],
                }
            )
    return items(rows, context_of(request))


async def flat(request: Request) -> Response:
    """Every option as its own object."""
    market = _market(request)
    rows = [
        instruments.equity_option(line, market.now)
        for root in _roots(request)
        for end in expirations.listed(root, market.now)
        for line in chains.option_lines(market, root, end)
    ]
    return items(rows, context_of(request))


# -- futures ---------------------------------------------------------------------------------


def _product(request: Request) -> FutureProduct:
    code = request.path_params["code"].lstrip("/")
    found = _market(request).levels.products.get(code)
    if found is None or not found.options:
        raise not_found("futures option chain")
    return found


async def future_nested(request: Request) -> Response:
    """One object: the contracts, and their option expirations."""
    market, product = _market(request), _product(request)
    ends = chains.future_boards(market, product)
    data = {
        "futures": [_future(f, market.now) for f in chains.futures(market, product)],
        "option-chains": [
            {
                "underlying-symbol": f"/{product.code}",
                "root-symbol": f"/{product.code}",
                "exercise-style": "European" if product.rule == "gas" else "American",
                "expirations": [_future_expiration(market, end) for end in ends],
            }
        ],
    }
    return ok(data, context_of(request))


def _future(row: contracts.Future, now: datetime) -> Wire:
    front, second = contracts.active(row.product, now)
    return {
        "symbol": row.symbol,
        "root-symbol": f"/{row.product.code}",
        "streamer-symbol": row.streamer,
        "maturity-date": row.last_trade.isoformat(),
        "expiration-date": row.last_trade.isoformat(),
        "days-to-expiration": expirations.days_to(row.last_trade, now),
        "active-month": row == front,
        "next-active-month": row == second,
        "stops-trading-at": stamp(row.expires),
        "expires-at": stamp(row.expires),
    }


def _future_expiration(market: Market, end: FutureExpiration) -> Wire:
    product = end.product
    return {
        "underlying-symbol": end.future.symbol,
        "root-symbol": f"/{product.code}",
        "option-root-symbol": end.root,
        "option-contract-symbol": end.contract,
        "asset": end.root,
        "expiration-date": end.date.isoformat(),
        "days-to-expiration": expirations.days_to(end.date, market.now),
        "expiration-type": end.type,
        "settlement-type": end.settlement,
        "notional-value": text(product.point * product.display),
        "display-factor": text(product.display),
        "strike-factor": "1.0",
        "stops-trading-at": stamp(end.expires),
        "expires-at": stamp(end.expires),
        "tick-sizes": ticks(product.option_tick),
        "strikes": _future_strikes(market, end),
    }


def _future_strikes(market: Market, end: FutureExpiration) -> list[Wire]:
    rungs = chains.future_ladder(market, end)
    key = (end.future.streamer, end.contract, end.date, rungs)
    found: list[Wire] | None = _cache.get(key)
    if found is None:
        found = [_future_strike(end, strike) for strike in rungs]
        _remember(key, found)
    return found


def _future_strike(end: FutureExpiration, strike: Decimal) -> Wire:
    """One rung. Clients insist on the streamer symbols; the fault `missing` leaves them out."""
    return {
        "strike-price": text(strike),
        "call": future_option_symbol(end, True, strike),
        "call-streamer-symbol": future_option_streamer(end, True, strike),
        "put": future_option_symbol(end, False, strike),
        "put-streamer-symbol": future_option_streamer(end, False, strike),
    }


async def future_flat(request: Request) -> Response:
    """Every future option as its own object."""
    market, product = _market(request), _product(request)
    rows = [
        instruments.future_option(line, market.now)
        for end in chains.future_boards(market, product)
        for line in chains.future_option_lines(market, end)
    ]
    return items(rows, context_of(request))


def routes(world: World) -> list[Route]:
    """Routes of this family; the longer paths first, symbols may hold a slash."""
    return [
        Route("/option-chains/{symbol:path}/nested", nested),
        Route("/option-chains/{symbol:path}/compact", compact),
        Route("/option-chains/{symbol:path}", flat),
        Route("/futures-option-chains/{code:path}/nested", future_nested),
        Route("/futures-option-chains/{code:path}", future_flat),
    ]
