"""Finding instruments by symbol and name."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from simulator.dxlink_events import describe
from simulator.http import context_of, items, query, query_date, query_int, query_list, world_of
from simulator.market import chains
from simulator.market.contracts import listed
from simulator.market.instruments import exchange, stamp, text
from simulator.market.lines import CRYPTO, FUTURE
from simulator.market.market import Market

if TYPE_CHECKING:
    from simulator.world import World

Wire = dict[str, Any]
MOST = 50


def _market(request: Request) -> Market:
    market: Market = world_of(request).market  # type: ignore[assignment]
    return market


async def symbols(request: Request) -> Response:
    """`/symbols/search/{text}`: symbols that begin so, then names that contain it; no context."""
    wanted = request.path_params["text"].strip().upper()
    rows = list(_symbol_rows(_market(request))) if wanted else []
    starts = [r for r in rows if r["symbol"].startswith(wanted)]
    inside = [r for r in rows if r not in starts and wanted in r["description"].upper()]
    starts.sort(key=lambda r: (len(r["symbol"]), r["symbol"]))
    return items((starts + inside)[:MOST])


def _symbol_rows(market: Market) -> Iterator[Wire]:
    for row in market.levels.equities.values():
        yield {
            "symbol": row.symbol,
            "description": row.name,
            "listed-market": row.market,
            "price-increments": "0.01",
            "trading-hours": "09:30-16:00",
            "options": row.cycle != "none",
            "instrument-type": "Index" if row.kind == "Index" else "Equity",
        }
    for product in market.levels.products.values():
        for future in listed(product, market.now)[:4]:
            line = market.line(future.symbol)
            assert line is not None
            yield {
                "symbol": future.symbol,
                "description": describe(market, line),
                "listed-market": product.venue,
                "price-increments": text(product.tick),
                "trading-hours": "18:00-17:00",
                "options": bool(product.options),
                "instrument-type": FUTURE,
            }
    for coin in market.levels.coins.values():
        yield {
            "symbol": coin.symbol,
            "description": f"{coin.name} to USD",
            "listed-market": "CXTALP",
            "price-increments": coin.tick,
            "trading-hours": "00:00-24:00",
            "options": False,
            "instrument-type": CRYPTO,
        }


async def search(request: Request) -> Response:
    """`/instruments/search`: by words, kinds, venue; all filters are comma lists."""
    market = _market(request)
    words = (query(request, "query") or "").upper().split()
    rows = [r for r in _search_rows(market) if all(w in _haystack(r) for w in words)]
    for name, key in (("type", "instrument-type"), ("exchange", "exchange"),
                      ("category", "category")):  # fmt: skip
        wanted = {w.lower() for w in query_list(request, name)}
        rows = [r for r in rows if not wanted or str(r.get(key, "")).lower() in wanted]
    since = query_date(request, "from-date")
    if since is not None:
        rows = [r for r in rows if r.get("stops-trading-at", "9999") >= since.isoformat()]
    limit = query_int(request, "limit", 25, minimum=1, maximum=100)
    return items(rows[:limit], context_of(request))


def _haystack(row: Wire) -> str:
    return f"{row['symbol']} {row['description']}".upper()


def _search_rows(market: Market) -> Iterator[Wire]:
    for row in market.levels.equities.values():
        kind = "Index" if row.kind == "Index" else "Equity"
        yield {
            "symbol": row.symbol,
            "description": row.name,
            "instrument-type": kind,
            "exchange": "Equity",
        }
    for product in market.levels.products.values():
        for future in chains.futures(market, product):
            line = market.line(future.symbol)
            assert line is not None
            yield {
                "symbol": future.symbol,
                "description": describe(market, line),
                "instrument-type": FUTURE,
                "exchange": exchange(product),
                "stops-trading-at": stamp(future.expires),
            }
    for coin in market.levels.coins.values():
        yield {
            "symbol": coin.symbol,
            "description": f"{coin.name} to USD",
            "instrument-type": CRYPTO,
            "exchange": "Cryptocurrency",
        }


def routes(world: World) -> list[Route]:
    """Routes of this family."""
    return [
        Route("/symbols/search/{text:path}", symbols),
        Route("/instruments/search", search),
    ]
