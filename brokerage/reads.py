"""Read-through of what is not mirrored: chains, search, metrics, quotes over REST, sessions.

Each function takes a connection opened through ``access`` and returns a ``Read``: the value, the
local time of its receipt and, when the broker is away, why an older value stands in. Raises
ReadError (NotAvailable, Missing) when there is nothing to show.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal
from typing import Any, TypeVar

from django.utils import timezone

from brokerage.models import Account, Connection, Instrument
from brokerage.read_cache import Missing, NotAvailable, Question, Read, ReadError, ask
from brokerage.sync import instruments as instrument_store
from brokerage.tastytrade.calls import Call
from brokerage.tastytrade.payloads.balances import NetLiqBar
from brokerage.tastytrade.payloads.base import Payload
from brokerage.tastytrade.payloads.chains import FutureNestedChain, NestedChain
from brokerage.tastytrade.payloads.instruments import QuantityPrecision
from brokerage.tastytrade.payloads.margin import MarginRequirements, PublicConfiguration
from brokerage.tastytrade.payloads.market_data import MarketData, MarketMetrics, SymbolMatch
from brokerage.tastytrade.payloads.market_time import CurrentSession
from brokerage.tastytrade.resources import (
    chains,
    margin,
    market_metrics,
    market_time,
    net_liq,
)
from brokerage.tastytrade.resources import instruments as instrument_calls
from brokerage.tastytrade.resources import market_data as market_data_calls
from brokerage.tastytrade.resources import search as search_calls

__all__ = [
    "Missing",
    "NotAvailable",
    "Read",
    "ReadError",
    "future_option_chain",
    "instrument",
    "margin_requirements",
    "market_data",
    "metrics",
    "net_liq_history",
    "option_chain",
    "quantity_precisions",
    "risk_free_rate",
    "search",
    "sessions",
]

# Seconds for which a value counts as fresh.
CHAIN, SEARCH, METRICS, QUOTES, SESSIONS, MARGIN, HISTORY, PRECISIONS = (
    900.0,
    3600.0,
    300.0,
    2.0,
    60.0,
    15.0,
    300.0,
    86_400.0,
)
COLLECTIONS = ("Equity", "CME", "CFE")

P = TypeVar("P", bound=Payload)


def _rows(kind: type[P]) -> Callable[[list[dict[str, Any]]], tuple[P, ...]]:
    return lambda rows: tuple(kind.read(row) for row in rows)


def _one(kind: type[P]) -> Callable[[list[dict[str, Any]]], P]:
    return lambda rows: kind.read(rows[0])


def _question(
    name: str, arguments: Sequence[str], call: Call[Any], parse: Any, fresh: float
) -> Question[Any]:
    return Question(name, tuple(arguments), lambda: [call], parse, fresh)


def option_chain(connection: Connection, symbol: str) -> Read[tuple[NestedChain, ...]]:
    """One chain per root of an equity or index underlying, strikes with their symbols."""
    call = chains.nested(symbol)
    return ask(connection, _question("chain", [symbol], call, _rows(NestedChain), CHAIN))


def future_option_chain(connection: Connection, product_code: str) -> Read[FutureNestedChain]:
    """All option chains of a futures product ("ES"), per contract and expiration."""
    call = chains.futures_nested(product_code)
    arguments = [product_code.lstrip("/")]
    return ask(
        connection, _question("future-chain", arguments, call, _one(FutureNestedChain), CHAIN)
    )


def search(connection: Connection, text: str) -> Read[tuple[SymbolMatch, ...]]:
    """Symbols and names that begin with the text; an empty text finds nothing."""
    wanted = text.strip().upper()
    if not wanted:
        return Read((), timezone.now())
    call = search_calls.symbols(wanted)
    return ask(connection, _question("search", [wanted], call, _rows(SymbolMatch), SEARCH))


def metrics(connection: Connection, symbols: Sequence[str]) -> Read[dict[str, MarketMetrics]]:
    """Volatility, liquidity, dividends and earnings by symbol; unknown ones are absent."""
    wanted = sorted(set(symbols))
    if not wanted:
        return Read({}, timezone.now())
    return ask(
        connection,
        _question(
            "metrics", wanted, market_metrics.metrics(wanted), _by_symbol(MarketMetrics), METRICS
        ),
    )


def market_data(
    connection: Connection, symbols: Mapping[str, Sequence[str]]
) -> Read[dict[str, MarketData]]:
    """Quotes over REST by tastytrade symbol, asked by instrument type; unknown ones are absent.

    For pages without a stream. Belongs to the login: one may be delayed, another live.
    """
    groups = {kind: sorted(set(group)) for kind, group in sorted(symbols.items()) if group}
    if not groups:
        return Read({}, timezone.now())
    arguments = tuple(f"{kind}:{symbol}" for kind, group in groups.items() for symbol in group)
    question = Question(
        "market-data",
        arguments,
        lambda: market_data_calls.batches(groups),
        _by_symbol(MarketData),
        QUOTES,
    )
    return ask(connection, question, private=True)


def _by_symbol(kind: type[Any]) -> Callable[[list[dict[str, Any]]], dict[str, Any]]:
    return lambda rows: {payload.symbol: payload for payload in map(kind.read, rows)}


def sessions(connection: Connection) -> Read[tuple[CurrentSession, ...]]:
    """The present session of equities and of the futures exchanges, in the broker's words."""
    call = market_time.current_sessions(COLLECTIONS)
    return ask(
        connection, _question("sessions", COLLECTIONS, call, _rows(CurrentSession), SESSIONS)
    )


def margin_requirements(connection: Connection, account: Account) -> Read[MarginRequirements]:
    """The margin report of an account, per underlying and strategy."""
    question = _question(
        "margin",
        [account.number],
        margin.requirements(account.number),
        _one(MarginRequirements),
        MARGIN,
    )
    return ask(connection, question, private=True)


def net_liq_history(
    connection: Connection, account: Account, time_back: str = "1m"
) -> Read[tuple[NetLiqBar, ...]]:
    """Bars of net liquidating value: 1d, 1w, 1m, 3m, 6m, 1y or all."""
    call = net_liq.history(account.number, time_back=time_back)
    question = _question("net-liq", [account.number, time_back], call, _rows(NetLiqBar), HISTORY)
    return ask(connection, question, private=True)


def quantity_precisions(connection: Connection) -> Read[tuple[QuantityPrecision, ...]]:
    """How many decimals a quantity may have, by type and symbol."""
    call = instrument_calls.quantity_precisions()
    return ask(connection, _question("precisions", [], call, _rows(QuantityPrecision), PRECISIONS))


def risk_free_rate(connection: Connection) -> Read[Decimal | None]:
    """The broker's risk-free rate as a fraction; None where it does not say."""
    call = margin.public_configuration()
    return ask(connection, _question("rate", [], call, _risk_free, PRECISIONS))


def _risk_free(rows: list[dict[str, Any]]) -> Decimal | None:
    return PublicConfiguration.read(rows[0]).risk_free_rate


_SINGLE: dict[str, Callable[[str], Call[Any]]] = {
    "Equity": instrument_calls.get_equity,
    "Equity Option": instrument_calls.get_equity_option,
    "Future": instrument_calls.get_future,
    "Future Option": instrument_calls.get_future_option,
    "Cryptocurrency": instrument_calls.get_cryptocurrency,
    "Warrant": instrument_calls.get_warrant,
}


def instrument(connection: Connection, instrument_type: str, symbol: str) -> Instrument:
    """The mirrored facts of an instrument, fetched and mirrored when they are not known or old.

    An old row stands in when the broker is away. Missing for an unknown symbol or type.
    """
    now = timezone.now()
    environment = connection.environment
    if instrument_type not in _SINGLE:
        raise Missing("Not a kind of instrument this desk can look up.")
    known = Instrument.objects.filter(
        environment=environment, instrument_type=instrument_type, symbol=symbol
    ).first()
    if not instrument_store.missing(environment, {instrument_type: {symbol}}, now):
        assert known is not None
        return known
    try:
        _fetch_instrument(connection, instrument_type, symbol)
    except Missing:
        raise
    except ReadError:
        if known is None:
            raise
        return known
    return Instrument.objects.get(
        environment=environment, instrument_type=instrument_type, symbol=symbol
    )


def _fetch_instrument(connection: Connection, instrument_type: str, symbol: str) -> None:
    call = _SINGLE[instrument_type](symbol)
    question: Question[Any] = Question(
        "instrument",
        (instrument_type, symbol),
        lambda: [call],
        lambda rows: call.parse({"data": rows[0]}),
        SESSIONS,
    )
    read = ask(connection, question)
    instrument_store.store_instruments(connection.environment, [read.value], read.as_of)
