"""Instruments, family by family. Symbols are given whole, as positions and orders name them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from brokerage.tastytrade.calls import Call, Page, get, get_pages, many, one
from brokerage.tastytrade.payloads.instruments import (
    Cryptocurrency,
    CurrencyPair,
    Equity,
    EquityOption,
    Future,
    FutureOption,
    FutureOptionProduct,
    FutureProduct,
    InstrumentMatch,
    QuantityPrecision,
    Warrant,
)

_PER_PAGE = 1000


def list_equities(
    symbols: Sequence[str] = (),
    *,
    is_etf: bool | None = None,
    is_index: bool | None = None,
    lendability: str | None = None,
) -> Call[Page[Equity]]:
    return get_pages(
        "/instruments/equities",
        of=Equity,
        identity=lambda row: row.symbol,
        query={
            "symbol[]": symbols,
            "is-etf": is_etf,
            "is-index": is_index,
            "lendability": lendability,
            "per-page": _PER_PAGE,
            "page-offset": 0,
        },
    )


def list_active_equities(lendability: str | None = None) -> Call[Page[Equity]]:
    """Many thousands."""
    return get_pages(
        "/instruments/equities/active",
        of=Equity,
        identity=lambda row: row.symbol,
        query={"lendability": lendability, "per-page": _PER_PAGE, "page-offset": 0},
    )


def get_equity(symbol: str) -> Call[Equity]:
    return get("/instruments/equities/{}", symbol, parse=one(Equity))


def get_equity_option(symbol: str, *, active: bool | None = None) -> Call[EquityOption]:
    """One option by its OCC symbol; the broker has withdrawn the list."""
    return get(
        "/instruments/equity-options/{}",
        symbol,
        parse=one(EquityOption),
        query={"active": active},
    )


def list_futures(
    symbols: Sequence[str] = (),
    *,
    product_codes: Sequence[str] = (),
    exchange: str | None = None,
    only_active_futures: bool | None = None,
) -> Call[Page[Future]]:
    """Product codes count only where no symbol is given."""
    return get_pages(
        "/instruments/futures",
        of=Future,
        identity=lambda row: row.symbol,
        query={
            "symbol[]": [symbol.lstrip("/") for symbol in symbols],
            "product-code[]": product_codes,
            "exchange": exchange,
            "only-active-futures": only_active_futures,
            "per-page": _PER_PAGE,
            "page-offset": 0,
        },
    )


def get_future(symbol: str) -> Call[Future]:
    return get("/instruments/futures/{}", symbol.lstrip("/"), parse=one(Future))


def list_future_products() -> Call[Page[FutureProduct]]:
    return get_pages(
        "/instruments/future-products",
        of=FutureProduct,
        identity=lambda row: (row.exchange, row.root_symbol),
        query={"per-page": _PER_PAGE, "page-offset": 0},
    )


def get_future_product(exchange: str, code: str) -> Call[FutureProduct]:
    return get(
        "/instruments/future-products/{}/{}", exchange, code.lstrip("/"), parse=one(FutureProduct)
    )


def list_future_option_products() -> Call[Page[FutureOptionProduct]]:
    return get_pages(
        "/instruments/future-option-products",
        of=FutureOptionProduct,
        identity=lambda row: (row.exchange, row.root_symbol),
        query={"per-page": _PER_PAGE, "page-offset": 0},
    )


def get_future_option_product(exchange: str, root: str) -> Call[FutureOptionProduct]:
    return get(
        "/instruments/future-option-products/{}/{}",
        exchange,
        root,
        parse=one(FutureOptionProduct),
    )


def get_future_option(symbol: str) -> Call[FutureOption]:
    return get("/instruments/future-options/{}", symbol, parse=one(FutureOption))


def list_cryptocurrencies(symbols: Sequence[str] = ()) -> Call[tuple[Cryptocurrency, ...]]:
    return get(
        "/instruments/cryptocurrencies",
        parse=many(Cryptocurrency),
        query={"symbol[]": symbols},
    )


def get_cryptocurrency(symbol: str) -> Call[Cryptocurrency]:
    return get("/instruments/cryptocurrencies/{}", symbol, parse=one(Cryptocurrency))


def list_warrants(symbols: Sequence[str] = ()) -> Call[tuple[Warrant, ...]]:
    return get("/instruments/warrants", parse=many(Warrant), query={"symbol[]": symbols})


def get_warrant(symbol: str) -> Call[Warrant]:
    return get("/instruments/warrants/{}", symbol, parse=one(Warrant))


def list_currency_pairs() -> Call[tuple[CurrencyPair, ...]]:
    return get("/instruments/currency-pairs", parse=many(CurrencyPair))


def search(
    text: str,
    *,
    types: Sequence[str] = (),
    categories: Sequence[str] = (),
    exchanges: Sequence[str] = (),
    from_date: date | None = None,
    limit: int = 25,
) -> Call[tuple[InstrumentMatch, ...]]:
    """At most 100 findings."""
    return get(
        "/instruments/search",
        parse=many(InstrumentMatch),
        query={
            "query": text,
            "type": ",".join(types) or None,
            "category": ",".join(categories) or None,
            "exchange": ",".join(exchanges) or None,
            "from-date": from_date,
            "limit": limit,
        },
    )


def quantity_precisions() -> Call[tuple[QuantityPrecision, ...]]:
    return get("/instruments/quantity-decimal-precisions", parse=many(QuantityPrecision))
