"""Quotes over REST: for the symbols that no stream serves, and where the stream is down."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from brokerage.tastytrade.calls import Call, get, many, one, raw_slashes
from brokerage.tastytrade.enums import InstrumentType
from brokerage.tastytrade.payloads.market_data import MarketData

LIMIT = 100

_KEYS: dict[str, str] = {
    InstrumentType.INDEX: "index",
    InstrumentType.EQUITY: "equity",
    InstrumentType.EQUITY_OPTION: "equity-option",
    InstrumentType.FUTURE: "future",
    InstrumentType.FUTURE_OPTION: "future-option",
    InstrumentType.CRYPTOCURRENCY: "cryptocurrency",
}


def by_type(
    symbols: Mapping[str, Sequence[str]], *, slashes_raw: bool = False
) -> Call[tuple[MarketData, ...]]:
    """Quotes of symbols grouped by instrument type, at most 100 over all types (ValueError).

    Unknown symbols are missing from the answer and its order is arbitrary: index it by symbol.
    Where a symbol with a slash is missing, ask once more with `slashes_raw`.
    """
    if sum(len(group) for group in symbols.values()) > LIMIT:
        raise ValueError(f"at most {LIMIT} symbols in one call")
    mark = raw_slashes if slashes_raw else str
    return get(
        "/market-data/by-type",
        parse=many(MarketData),
        query={
            _KEYS[kind]: ",".join(mark(symbol) for symbol in group) or None
            for kind, group in symbols.items()
        },
    )


def batches(symbols: Mapping[str, Sequence[str]]) -> Iterator[Call[tuple[MarketData, ...]]]:
    """As many calls as the symbols need."""
    pairs = [(kind, symbol) for kind, group in symbols.items() for symbol in group]
    for start in range(0, len(pairs), LIMIT):
        part: dict[str, list[str]] = {}
        for kind, symbol in pairs[start : start + LIMIT]:
            part.setdefault(kind, []).append(symbol)
        yield by_type(part)


def single(instrument_type: str, symbol: str) -> Call[MarketData]:
    """One quote, with the instrument it belongs to."""
    return get("/market-data/{}/{}", instrument_type, symbol, parse=one(MarketData))
