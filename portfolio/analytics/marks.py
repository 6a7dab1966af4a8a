"""Which price a position is valued at."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from enum import Enum


class Source(Enum):
    """Where a mark comes from, in words for people."""

    MID = "middle of bid and ask"
    LAST = "last trade, inside the quote"
    BROKER = "the broker's mark"


@dataclass(frozen=True, slots=True)
class Priced:
    """A price and the age of its input in seconds."""

    price: Decimal
    age: float


@dataclass(frozen=True, slots=True)
class Market:
    """A two-sided quote with the age of its receipt; either side may be missing."""

    bid: Decimal | None
    ask: Decimal | None
    age: float


@dataclass(frozen=True, slots=True)
class Mark:
    """The price used, its source, the age of its input (seconds), and whether that is too old."""

    price: Decimal
    source: Source
    age: float
    is_stale: bool


def mid(market: Market | None) -> Decimal | None:
    """(bid + ask) / 2; None when a side is missing or negative, or the quote is crossed or locked
    at zero."""
    if market is None or market.bid is None or market.ask is None:
        return None
    if market.bid < 0 or market.ask < market.bid or market.ask == 0:
        return None
    return (market.bid + market.ask) / 2


def fresh_middle(market: Market | None, *, limit: float) -> Mark | None:
    """The middle of a quote not older than ``limit`` seconds, which nothing else comes before."""
    if market is None or market.age > limit:
        return None
    middle = mid(market)
    return None if middle is None else Mark(middle, Source.MID, market.age, False)


def choose(
    market: Market | None, last: Priced | None, broker: Priced | None, *, limit: float
) -> Mark | None:
    """The mark of a position, None when there is nothing to go by.

    The stream is newer than the broker's mark of the last sync, so the order is: the middle of a
    quote not older than ``limit`` seconds; a last trade not older than that and inside the quote;
    then whichever of the old quote and the broker's mark was received later, marked as stale when
    it is older than ``limit``.
    """
    fresh = fresh_middle(market, limit=limit)
    if fresh is not None:
        return fresh
    middle = mid(market)
    if last is not None and last.age <= limit and _inside(last.price, market):
        return Mark(last.price, Source.LAST, last.age, False)
    candidates = []
    if market is not None and middle is not None:
        candidates.append(Mark(middle, Source.MID, market.age, True))
    if broker is not None:
        candidates.append(Mark(broker.price, Source.BROKER, broker.age, broker.age > limit))
    return min(candidates, key=lambda mark: mark.age, default=None)


def _inside(price: Decimal, market: Market | None) -> bool:
    if market is None:
        return False
    above = market.bid is None or price >= market.bid
    below = market.ask is None or price <= market.ask
    return above and below
