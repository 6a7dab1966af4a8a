"""What pages want to see: interest per feed and owner, which runs out by itself."""

from __future__ import annotations

import time
from collections.abc import Iterable
from typing import Any

import msgspec
import redis.asyncio

from brokerage import valkey

INTEREST_SECONDS = 30.0

Wanted = Iterable[tuple[str, str]]

_encode = msgspec.json.Encoder().encode


def owners_key(feed: str) -> str:
    return f"market:owners:{feed}"


def interest_key(feed: str, owner: str) -> str:
    return f"market:interest:{feed}:{owner}"


def interest_channel(feed: str) -> str:
    return f"market:interest:{feed}"


def _register(batch: Any, feed: str, wanted: Wanted, owner: str, ttl: float) -> None:
    milliseconds = int(ttl * 1000)
    batch.set(interest_key(feed, owner), _encode(sorted(set(wanted))), px=milliseconds)
    batch.zadd(owners_key(feed), {owner: time.time() + ttl})
    batch.pexpire(owners_key(feed), max(milliseconds, int(INTEREST_SECONDS * 1000)))
    batch.publish(interest_channel(feed), owner)


def _withdraw(batch: Any, feed: str, owner: str) -> None:
    batch.delete(interest_key(feed, owner))
    batch.zrem(owners_key(feed), owner)
    batch.publish(interest_channel(feed), owner)


def register_interest(
    feed: str, wanted: Wanted, owner: str, *, ttl: float = INTEREST_SECONDS
) -> None:
    """Ask the gateway for (event type, streamer symbol) pairs until ``ttl`` seconds from now.

    An owner's newer set replaces its older one. Event types are the upstream's: Quote, Trade,
    TradeETH, Summary, Greeks, TheoPrice, Underlying, Profile, TimeAndSale, Order (depth).
    """
    with valkey.client().pipeline(transaction=False) as batch:
        _register(batch, feed, wanted, owner, ttl)
        batch.execute()


def withdraw_interest(feed: str, owner: str) -> None:
    """The owner no longer looks at anything of the feed."""
    with valkey.client().pipeline(transaction=False) as batch:
        _withdraw(batch, feed, owner)
        batch.execute()


async def register_interest_async(
    server: redis.asyncio.Redis,
    feed: str,
    wanted: Wanted,
    owner: str,
    *,
    ttl: float = INTEREST_SECONDS,
) -> None:
    """As register_interest, from an event loop; an empty set withdraws."""
    pairs = list(wanted)
    async with server.pipeline(transaction=False) as batch:
        if pairs:
            _register(batch, feed, pairs, owner, ttl)
        else:
            _withdraw(batch, feed, owner)
        await batch.execute()


async def current_interest(server: redis.asyncio.Redis, feed: str) -> list[tuple[str, str]]:
    """What all living owners want of the feed, in a stable order, without repetitions."""
    owners: list[Any] = await server.zrangebyscore(owners_key(feed), time.time(), "+inf")
    if not owners:
        return []
    values = await server.mget([interest_key(feed, owner.decode()) for owner in owners])
    pairs = (msgspec.json.decode(value, type=list[tuple[str, str]]) for value in values if value)
    return list(dict.fromkeys(pair for some in pairs for pair in some))
