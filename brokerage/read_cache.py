"""Read-through of what is not mirrored: cached in Valkey with its age, asked for once at a time."""

from __future__ import annotations

import hashlib
import json
import logging
import secrets
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any, Generic, TypeVar

import msgspec
import redis
from django.utils import timezone

from brokerage import connection_state, valkey
from brokerage.credentials.clients import client_for
from brokerage.credentials.fields import UndecryptableSecret
from brokerage.environments import UnknownEnvironment
from brokerage.models import Connection
from brokerage.tastytrade import errors
from brokerage.tastytrade.calls import Call
from brokerage.tastytrade.payloads.base import Payload

T = TypeVar("T")

# How long a value is kept beyond its freshness, to stand in while the broker is away.
KEEP_SECONDS = 86_400
# How long to wait for another process that is asking the same.
WAIT_SECONDS = 6.0
LOCK_SECONDS = 20
_POLL_SECONDS = 0.05

_encode = msgspec.json.Encoder(decimal_format="number").encode
_decode = msgspec.json.Decoder(float_hook=Decimal).decode

logger = logging.getLogger(__name__)


class ReadError(Exception):
    """Nothing to show; the message is plain words for the page."""


class NotAvailable(ReadError):
    """This environment does not serve it."""


class Missing(ReadError):
    """The broker does not know it."""


@dataclass(frozen=True, slots=True)
class Read(Generic[T]):
    """A value with the local time of its receipt; ``stale_because`` when it stands in."""

    value: T
    as_of: datetime
    stale_because: str = ""


@dataclass(frozen=True, slots=True)
class Question(Generic[T]):
    """What to ask and how to keep it. ``name`` and ``arguments`` make the key of the cache.

    ``parse`` builds the value from the raw rows, cached or fresh alike.
    """

    name: str
    arguments: tuple[str, ...]
    calls: Callable[[], Iterable[Call[Any]]]
    parse: Callable[[list[dict[str, Any]]], T]
    fresh_seconds: float

    def key(self, scope: str) -> str:
        text = json.dumps(self.arguments)
        return f"read:{scope}:{self.name}:{hashlib.sha256(text.encode()).hexdigest()[:32]}"


def ask(
    connection: Connection, question: Question[T], *, user: Any = None, private: bool = False
) -> Read[T]:
    """The cached value while fresh, else the broker's; an old one where the broker is away.

    ``private`` values belong to one login; others are shared by all logins of an environment.
    Raises ReadError.
    """
    scope = str(connection.pk) if private else connection.environment
    key = question.key(scope)
    found = _load(key)
    if found is not None and _is_fresh(found, question):
        return _read(question, found)
    holder = secrets.token_hex(8)
    # Whoever held the lock may have answered between our look and our turn: look again.
    other = _load(key) if _take_lock(key, holder) else _await_other(key)
    try:
        if other is not None and _is_fresh(other, question):
            return _read(question, other)
        return _fetch(connection, question, key, user)
    except ReadError as problem:
        if found is None or isinstance(problem, NotAvailable | Missing):
            raise
        return _read(question, found, stale_because=str(problem))
    finally:
        _release_lock(key, holder)


Stored = tuple[datetime, list[dict[str, Any]]]


def _read(question: Question[T], stored: Stored, stale_because: str = "") -> Read[T]:
    at, rows = stored
    return Read(question.parse(rows), at, stale_because)


def _is_fresh(stored: Stored, question: Question[Any]) -> bool:
    return timezone.now() - stored[0] < timedelta(seconds=question.fresh_seconds)


def _fetch(connection: Connection, question: Question[T], key: str, user: Any) -> Read[T]:
    try:
        with client_for(connection, user=user) as client:
            rows = [row for call in question.calls() for row in _raw(client.send(call))]
    except errors.NotAvailableHere:
        raise NotAvailable("Not available in this environment.") from None
    except errors.NotFound:
        raise Missing("The broker does not know this.") from None
    except (errors.TastytradeError, UndecryptableSecret, UnknownEnvironment) as error:
        connection_state.failed(connection, error)
        raise ReadError(connection_state.reason(error)) from None
    connection_state.worked(connection)
    stored = (timezone.now(), rows)
    _save(key, stored, question.fresh_seconds)
    return _read(question, stored)


def _raw(answer: Any) -> list[dict[str, Any]]:
    payloads = [answer] if isinstance(answer, Payload) else list(answer)
    return [payload.raw for payload in payloads]


# --- Valkey; a server that does not answer costs the cache, not the page ------------------------


def _load(key: str) -> Stored | None:
    try:
        text = valkey.client().get(key)
    except redis.RedisError:
        return None
    if not text:
        return None
    kept = _decode(text)
    return datetime.fromisoformat(kept["at"]), kept["rows"]


def _save(key: str, stored: Stored, fresh_seconds: float) -> None:
    kept = _encode({"at": stored[0].isoformat(), "rows": stored[1]})
    try:
        valkey.client().set(key, kept, ex=round(fresh_seconds) + KEEP_SECONDS)
    except redis.RedisError:
        logger.warning("a read could not be cached")


def _take_lock(key: str, holder: str) -> bool:
    try:
        return bool(valkey.client().set(f"{key}:lock", holder, nx=True, ex=LOCK_SECONDS))
    except redis.RedisError:
        return True


def _release_lock(key: str, holder: str) -> None:
    try:
        if valkey.client().get(f"{key}:lock") == holder:
            valkey.client().delete(f"{key}:lock")
    except redis.RedisError:
        pass


def _await_other(key: str) -> Stored | None:
    """What is there once somebody else has asked; old or None when they failed or were slow."""
    deadline = time.monotonic() + WAIT_SECONDS
    while time.monotonic() < deadline and _is_locked(key):
        time.sleep(_POLL_SECONDS)
    return _load(key)


def _is_locked(key: str) -> bool:
    try:
        return bool(valkey.client().exists(f"{key}:lock"))
    except redis.RedisError:
        return False
