"""`/instruments/…` but for search and precisions: every family, lists and single records."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from simulator.http import (
    context_of,
    items,
    not_found,
    not_permitted,
    ok,
    page,
    query,
    query_bool,
    query_list,
    world_of,
)  # fmt: skip
from simulator.market import chains, future_options, instruments
from simulator.market.lines import CRYPTO, EQUITY, FUTURE, FUTURE_OPTION, INDEX, OPTION, Line
from simulator.market.market import Market

if TYPE_CHECKING:
    from simulator.world import World

Wire = dict[str, Any]
PER_PAGE = 1000


def _market(request: Request) -> Market:
    market: Market = world_of(request).market  # type: ignore[assignment]
    return market


def _paged(request: Request, rows: list[Wire]) -> Response:
    chosen, block = page(request, rows, PER_PAGE)
    return items(chosen, context_of(request).rstrip("/"), pagination=block)


def _listed(request: Request, rows: Iterable[Wire]) -> Response:
    return items(rows, context_of(request).rstrip("/"))


def _known(market: Market, symbols: Iterable[str], *kinds: str) -> list[Line]:
    """The lines of the kinds wanted; every other symbol is passed over."""
    found = {}
    for symbol in symbols:
        line = market.line(symbol)
        if line is not None and line.kind in kinds:
            found[line.symbol] = line
    return list(found.values())


def _one(request: Request, kinds: tuple[str, ...], what: str, symbol: str) -> Line:
    line = _market(request).line(symbol)
    if line is None or line.kind not in kinds:
        raise not_found(what)
    return line


# -- shares, funds, indices ------------------------------------------------------------------


async def equities(request: Request) -> Response:
    """List, by symbols and by what they are; active ones alone under `/active`."""
    market = _market(request)
    symbols = query_list(request, "symbol")
    lines = _known(market, symbols or market.levels.equities, EQUITY, INDEX)
    rows = [instruments.equity(line.row) for line in lines if line.row is not None]
    if request.url.path.rstrip("/").endswith("/active"):
        rows = [row for row in rows if row["active"]]
    for name in ("is-etf", "is-index"):
        if query(request, name) is not None:
            rows = [row for row in rows if row[name] == query_bool(request, name)]
    wanted = query(request, "lendability")
    return _paged(request, [r for r in rows if wanted in (None, r["lendability"])])


async def equity(request: Request) -> Response:
    """One share, fund or index."""
    symbol = request.path_params["symbol"]
    if not symbol:
        return await equities(request)
    line = _one(request, (EQUITY, INDEX), "Equity", symbol)
    assert line.row is not None
    return ok(instruments.equity(line.row), context_of(request))


def _not_withdrawn(request: Request) -> None:
    """403 where the settings let the plural lists be withdrawn."""
    if not world_of(request).settings.option_lists:
        raise not_permitted()


async def equity_options(request: Request) -> Response:
    """The plural list, withdrawn from the public service but still asked for by clients."""
    _not_withdrawn(request)
    market = _market(request)
    lines = _known(market, query_list(request, "symbol"), OPTION)
    rows = [instruments.equity_option(line, market.now) for line in lines]
    if query(request, "active") is not None:
        rows = [row for row in rows if row["active"] == query_bool(request, "active")]
    if not query_bool(request, "with-expired"):
        rows = [row for row in rows if row["days-to-expiration"] >= 0]
    return _listed(request, rows)


async def equity_option(request: Request) -> Response:
    """One equity or index option, expired ones included."""
    symbol = request.path_params["symbol"]
    if not symbol:
        return await equity_options(request)
    line = _one(request, (OPTION,), "Equity Option", symbol)
    return ok(instruments.equity_option(line, _market(request).now), context_of(request))


# -- futures ---------------------------------------------------------------------------------


async def futures(request: Request) -> Response:
    """Contracts by symbol, else by product code, else all on the board."""
    market = _market(request)
    symbols = query_list(request, "symbol")
    if symbols:
        names = [s if s.startswith(("/", ".")) else f"/{s}" for s in symbols]
        found = [x.future for x in _known(market, names, FUTURE) if x.future is not None]
    else:
        codes = query_list(request, "product-code") or list(market.levels.products)
        products = [market.levels.products[c] for c in codes if c in market.levels.products]
        found = [f for p in products for f in chains.futures(market, p)]
    rows = [instruments.future(f, market.now) for f in found]
    for name in ("exchange", "security-id"):
        wanted = query_list(request, name)
        rows = [r for r in rows if not wanted or r[name] in wanted]
    return _paged(request, rows)


async def future(request: Request) -> Response:
    """One contract; the slash in front may be missing."""
    symbol = request.path_params["symbol"]
    if not symbol:
        return await futures(request)
    name = symbol if symbol.startswith("/") else f"/{symbol}"
    line = _one(request, (FUTURE,), "Future", name)
    assert line.future is not None
    return ok(instruments.future(line.future, _market(request).now), context_of(request))


async def future_products(request: Request) -> Response:
    """All products with their option products."""
    products = _market(request).levels.products.values()
    return _paged(request, [instruments.product(p, with_options=True) for p in products])


async def future_product(request: Request) -> Response:
    """One product by exchange and code."""
    row = _market(request).levels.products.get(request.path_params["code"])
    if row is None or instruments.exchange(row) != request.path_params["exchange"].upper():
        raise not_found("Future Product")
    return ok(instruments.product(row), context_of(request))


async def future_option_products(request: Request) -> Response:
    """All option products."""
    rows = [
        instruments.option_product(p, root, rule)
        for p in _market(request).levels.products.values()
        for root, rule in future_options.roots(p)
    ]
    return _paged(request, rows)


async def future_option_product(request: Request) -> Response:
    """One option product by root, with its future product."""
    root = request.path_params["root"]
    row = _market(request).registry.option_products.get(root)
    exchange = request.path_params.get("exchange")
    if row is None or (exchange and instruments.exchange(row) != exchange.upper()):
        raise not_found("Future Option Product")
    rule = dict(future_options.roots(row))[root]
    return ok(instruments.option_product(row, root, rule, True), context_of(request))


async def future_option_list(request: Request) -> Response:
    """The plural list, withdrawn from the public service but still asked for by clients."""
    _not_withdrawn(request)
    market = _market(request)
    lines = _known(market, query_list(request, "symbol"), FUTURE_OPTION)
    return _listed(request, [instruments.future_option(x, market.now) for x in lines])


async def future_option(request: Request) -> Response:
    """One future option."""
    symbol = request.path_params["symbol"]
    if not symbol:
        return await future_option_list(request)
    line = _one(request, (FUTURE_OPTION,), "Future Option", symbol)
    return ok(instruments.future_option(line, _market(request).now), context_of(request))


# -- coins and the rest ----------------------------------------------------------------------


async def cryptocurrencies(request: Request) -> Response:
    """All coins, or those asked for."""
    market = _market(request)
    symbols = query_list(request, "symbol") or list(market.levels.coins)
    lines = _known(market, symbols, CRYPTO)
    return _listed(request, [instruments.cryptocurrency(market, x.symbol) for x in lines])


async def cryptocurrency(request: Request) -> Response:
    """One coin."""
    symbol = request.path_params["symbol"]
    if not symbol:
        return await cryptocurrencies(request)
    line = _one(request, (CRYPTO,), "Cryptocurrency", symbol)
    return ok(instruments.cryptocurrency(_market(request), line.symbol), context_of(request))


async def warrants(request: Request) -> Response:
    """The warrants, or those asked for."""
    wanted = query_list(request, "symbol")
    return _listed(
        request, [w for w in instruments.warrants() if w["symbol"] in wanted or not wanted]
    )


async def warrant(request: Request) -> Response:
    """One warrant."""
    symbol = request.path_params["symbol"]
    found = next((w for w in instruments.warrants() if w["symbol"] == symbol), None)
    if found is None:
        raise not_found("Warrant")
    return ok(found, context_of(request))


async def currency_pairs(request: Request) -> Response:
    """Currency pairs: known by name, not holdable."""
    rows = [
        {
            "id": n,
            "symbol": symbol,
            "dx-symbol": symbol,
            "description": text,
            "instrument-type": "Currency Pair",
        }
        for n, (symbol, text) in enumerate(
            (("EUR/USD", "Euro to US Dollar"), ("USD/JPY", "US Dollar to Yen")), start=1
        )
    ]
    return _listed(request, rows)


async def closed_to_the_public(request: Request) -> Response:
    """Routes that the broker has and shows to nobody through this API: 403."""
    raise not_permitted()


def routes(world: World) -> list[Route]:
    """Routes of this family; lists answer with and without a slash at the end."""
    root = "/instruments"
    handlers: list[tuple[str, Callable[[Request], Any]]] = [
        ("/equities", equities),
        ("/equities/active", equities),
        ("/equities/{symbol:path}", equity),
        ("/equity-options", equity_options),
        ("/equity-options/{symbol:path}", equity_option),
        ("/futures", futures),
        ("/futures/{symbol:path}", future),
        ("/future-products", future_products),
        ("/future-products/", future_products),
        ("/future-products/{exchange}/{code}", future_product),
        ("/future-option-products", future_option_products),
        ("/future-option-products/", future_option_products),
        ("/future-option-products/{exchange}/{root}", future_option_product),
        ("/future-option-products/{root}", future_option_product),
        ("/future-options", future_option_list),
        ("/future-options/{symbol:path}", future_option),
        ("/cryptocurrencies", cryptocurrencies),
        ("/cryptocurrencies/{symbol:path}", cryptocurrency),
        ("/warrants", warrants),
        ("/warrants/{symbol}", warrant),
        ("/currency-pairs", currency_pairs),
        ("/equity-deliverables", closed_to_the_public),
        ("/future-spreads", closed_to_the_public),
    ]
    found = [Route(root + path, handler) for path, handler in handlers]
    return [*found, Route(f"{root}/ai-search-token", closed_to_the_public, methods=["POST"])]
