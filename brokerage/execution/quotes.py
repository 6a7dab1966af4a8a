"""Present bids and asks of an order's legs for the guards: the stream's, else a read over REST."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

import redis
from django.conf import settings
from django.utils import timezone

from brokerage import market, reads
from brokerage.execution import matrix
from brokerage.execution.check_facts import InstrumentFacts
from brokerage.execution.commands import OrderLeg, Submission
from brokerage.execution.guard_facts import GuardRules, Key, QuoteFact
from brokerage.models import Connection

logger = logging.getLogger(__name__)

_MARKET = (matrix.MARKET, matrix.NOTIONAL_MARKET, matrix.MARKETABLE_LIMIT)


def needed(command: Submission, rules: GuardRules) -> bool:
    """Whether any guard will look at a quote: else nobody waits for one."""
    limits = rules.max_notional is not None or rules.limit_band_percent is not None
    return limits or any(order.order_type in _MARKET for order in command.orders)


def gather(
    connection: Connection,
    command: Submission,
    instruments: Mapping[Key, InstrumentFacts],
    *,
    ask_broker: bool,
) -> dict[Key, QuoteFact]:
    """Quotes by (instrument type, symbol); a leg without a present one is absent."""
    legs = {(leg.instrument_type, leg.symbol): leg for leg in command.legs}
    found = _streamed(connection, legs, instruments)
    missing = [leg for key, leg in legs.items() if key not in found]
    if missing and ask_broker:
        found |= _read(connection, missing)
    return found


def _streamed(
    connection: Connection,
    legs: Iterable[Key],
    instruments: Mapping[Key, InstrumentFacts],
) -> dict[Key, QuoteFact]:
    """A quote holds until the next one while the stream is up; without it, it ages at once."""
    streamers = {
        instruments[key].streamer_symbol: key
        for key in legs
        if key in instruments and instruments[key].streamer_symbol
    }
    try:
        if not market.health(connection).market_up():
            return {}
        cells = market.load_quotes(market.feed_key(connection), list(streamers))
    except redis.RedisError:
        logger.warning("the latest book could not be read", exc_info=True)
        return {}
    return {
        streamers[symbol]: QuoteFact(_exact(cell.bid), _exact(cell.ask), cell.received)
        for symbol, cell in cells.items()
    }


def _read(connection: Connection, legs: Iterable[OrderLeg]) -> dict[Key, QuoteFact]:
    wanted: dict[str, list[str]] = {}
    for leg in legs:
        wanted.setdefault(leg.instrument_type, []).append(leg.symbol)
    try:
        read = reads.market_data(connection, wanted)
    except reads.ReadError:
        return {}
    if timezone.now() - read.as_of > timedelta(seconds=settings.STALE_QUOTE_SECONDS):
        return {}
    return {
        (kind, symbol): QuoteFact(data.bid, data.ask, read.as_of)
        for kind, symbols in wanted.items()
        for symbol in symbols
        if (data := read.value.get(symbol)) is not None
    }


def kept(quotes: Mapping[Key, QuoteFact]) -> dict[str, Any]:
    """As a preview keeps them."""
    return {
        f"{kind}:{symbol}": [_text(quote.bid), _text(quote.ask), quote.at.isoformat()]
        for (kind, symbol), quote in quotes.items()
    }


def of_preview(stored: Mapping[str, Any]) -> dict[Key, QuoteFact]:
    """The quotes that a preview was judged by; it lives too short for them to be old."""
    found = {}
    for name, (bid, ask, at) in stored.items():
        kind, _, symbol = name.partition(":")
        found[kind, symbol] = QuoteFact(_number(bid), _number(ask), datetime.fromisoformat(at))
    return found


def _exact(value: float | None) -> Decimal | None:
    return None if value is None else Decimal(repr(value))


def _text(value: Decimal | None) -> str | None:
    return None if value is None else f"{value:f}"


def _number(value: str | None) -> Decimal | None:
    return None if value is None else Decimal(value)
