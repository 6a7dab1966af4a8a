"""Frames on a feed's channel, the latest book in a hash, the health of both streams."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Any, Protocol

import msgspec
import redis
import redis.asyncio
from django.conf import settings

from brokerage.market.cells import CELL_TYPES, Cells, Quote

BOOK_SECONDS = 86_400
HEALTH_SECONDS = 10


class StreamHealth(msgspec.Struct, omit_defaults=True):
    """One stream: up, quiet (open but silent), connecting, down or off; times are epoch seconds."""

    state: str = "off"
    since: float = 0.0
    # Plain words for people: why it is not up.
    reason: str = ""
    last_frame_at: float | None = None


class FeedHealth(msgspec.Struct, omit_defaults=True):
    """Both streams of a connection as its gateway last said."""

    at: float = 0.0
    gateway: str = ""
    market: StreamHealth = msgspec.field(default_factory=StreamHealth)
    account: StreamHealth = msgspec.field(default_factory=StreamHealth)
    # The quote token's level ("api" is real time) and whether its figures come delayed.
    level: str = ""
    delayed: bool | None = None
    # What the upstream would not take ("subscription size"); empty when all is served.
    capacity: str = ""

    def market_up(self) -> bool:
        return self.market.state == "up"

    def account_up(self) -> bool:
        return self.account.state in ("up", "quiet")


class Frame(msgspec.Struct, omit_defaults=True):
    """One message on a feed's channel."""

    sent_at: float
    cells: dict[str, Cells] = {}
    health: FeedHealth | None = None
    # Symbols that nobody follows any more: their cells are gone from the book.
    gone: list[str] = []
    # The book was emptied (another level): forget what is held.
    cleared: bool = False


class HasFeed(Protocol):
    """What names a feed: a connection's environment and id."""

    environment: Any
    pk: Any


def feed_key(connection: HasFeed) -> str:
    """The feed of a connection; stable for its life, whatever the level of its quote token."""
    return f"{connection.environment}:{connection.pk}"


def channel(feed: str) -> str:
    return f"market:{feed}"


def book_key(feed: str) -> str:
    return f"market:book:{feed}"


def health_key(feed: str) -> str:
    return f"market:health:{feed}"


_frames = msgspec.json.Decoder(Frame)
_health = msgspec.json.Decoder(FeedHealth)
_cell_decoders = {name: msgspec.json.Decoder(kind) for name, kind in CELL_TYPES.items()}
_encode = msgspec.json.Encoder().encode


def decode_frame(data: bytes | str) -> Frame:
    """A frame as published; raises msgspec.DecodeError on anything else."""
    return _frames.decode(data)


def async_valkey() -> redis.asyncio.Redis:
    """A client for the running event loop; the caller closes it."""
    return redis.asyncio.Redis.from_url(settings.REDIS_URL, socket_connect_timeout=2)


@lru_cache(maxsize=1)
def _bytes_client() -> redis.Redis:
    return redis.Redis.from_url(settings.REDIS_URL, socket_timeout=2, socket_connect_timeout=2)


# --- Publishing: the gateway's side --------------------------------------------------------------


def book_fields(cells: Mapping[str, Cells]) -> dict[Any, Any]:
    """The hash fields of these cells: ``<cell>:<symbol>`` to its JSON."""
    return {
        f"{name}:{symbol}": _encode(cell)
        for symbol, held in cells.items()
        for name in CELL_TYPES
        if (cell := getattr(held, name)) is not None
    }


async def publish(server: redis.asyncio.Redis, feed: str, frame: Frame) -> None:
    """Keep the frame's cells in the latest book, then tell the feed's channel.

    Raises redis.RedisError; a frame may then have been kept but not told, which does no harm.
    """
    async with server.pipeline(transaction=False) as batch:
        if frame.cleared:
            batch.delete(book_key(feed))
        if frame.gone:
            fields = [f"{name}:{symbol}" for symbol in frame.gone for name in CELL_TYPES]
            batch.hdel(book_key(feed), *fields)
        if frame.cells:
            batch.hset(book_key(feed), mapping=book_fields(frame.cells))
            batch.expire(book_key(feed), BOOK_SECONDS)
        if frame.health is not None:
            batch.set(health_key(feed), _encode(frame.health), ex=HEALTH_SECONDS)
        batch.publish(channel(feed), _encode(frame))
        await batch.execute()


# --- Reading -------------------------------------------------------------------------------------


def parse_book(fields: Mapping[Any, Any]) -> dict[str, Cells]:
    """Cells by symbol from a book's hash; fields of another version are left out."""
    book: dict[str, Cells] = {}
    for field, value in fields.items():
        name, _, symbol = field.decode().partition(":")
        decoder = _cell_decoders.get(name)
        if decoder is None:
            continue
        try:
            cell = decoder.decode(value)
        except msgspec.DecodeError:
            continue
        setattr(book.setdefault(symbol, Cells()), name, cell)
    return book


def load_book(feed: str) -> dict[str, Cells]:
    """The latest book as the gateway keeps it; for processes without a running hub."""
    return parse_book(_bytes_client().hgetall(book_key(feed)))


def load_quotes(feed: str, symbols: Sequence[str]) -> dict[str, Quote]:
    """Bid and ask of these streamer symbols alone, as the gateway keeps them."""
    if not symbols:
        return {}
    kept = _bytes_client().hmget(book_key(feed), [f"quote:{symbol}" for symbol in symbols])
    fields = {
        f"quote:{symbol}".encode(): value
        for symbol, value in zip(symbols, kept, strict=True)
        if value is not None
    }
    book = parse_book(fields)
    return {symbol: cells.quote for symbol, cells in book.items() if cells.quote is not None}


def parse_health(value: bytes | str | None) -> FeedHealth:
    """What a gateway said within the last seconds; without it both streams count as down."""
    if value is None:
        lost = StreamHealth(state="down", reason="no gateway serves this connection")
        return FeedHealth(market=lost, account=lost)
    return _health.decode(value)


def load_health(feed: str) -> FeedHealth:
    """The state of a feed's streams now; for processes without a running hub. While Valkey is
    away nobody can say, and both streams count as down.
    """
    try:
        return parse_health(_bytes_client().get(health_key(feed)))
    except redis.RedisError:
        unknown = StreamHealth(state="down", reason="the desk's own Valkey does not answer")
        return FeedHealth(market=unknown, account=unknown)


def health(connection: HasFeed) -> FeedHealth:
    """The state of a connection's streams now."""
    return load_health(feed_key(connection))
