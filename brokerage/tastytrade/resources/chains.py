"""Option chains of equities and futures. Prefer the nested form."""

from __future__ import annotations

from brokerage.tastytrade.calls import Call, get, many, one
from brokerage.tastytrade.payloads.chains import CompactChain, FutureNestedChain, NestedChain
from brokerage.tastytrade.payloads.instruments import EquityOption, FutureOption


def nested(symbol: str) -> Call[tuple[NestedChain, ...]]:
    """One chain per root symbol of the underlying."""
    return get("/option-chains/{}/nested", symbol, parse=many(NestedChain))


def compact(symbol: str) -> Call[tuple[CompactChain, ...]]:
    return get("/option-chains/{}/compact", symbol, parse=many(CompactChain))


def flat(symbol: str) -> Call[tuple[EquityOption, ...]]:
    return get("/option-chains/{}", symbol, parse=many(EquityOption))


def futures_nested(product_code: str) -> Call[FutureNestedChain]:
    """`product_code` is ES, with or without its slash."""
    code = product_code.lstrip("/")
    return get("/futures-option-chains/{}/nested", code, parse=one(FutureNestedChain))


def futures_flat(product_code: str) -> Call[tuple[FutureOption, ...]]:
    code = product_code.lstrip("/")
    return get("/futures-option-chains/{}", code, parse=many(FutureOption))
