"""Advisory locks of PostgreSQL: held by the database session, gone when it dies."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from uuid import UUID

import psycopg
from django.db import DatabaseError, connection
from psycopg import sql
from psycopg.errors import LockNotAvailable

# The first half of a lock's name: what kind of thing is locked.
_SYNC, _ACCOUNT, _REFRESH, _BACKFILL, _SEAL = 7301, 7302, 7303, 7304, 7305


def _half(key: int | UUID) -> int:
    """A signed 32-bit number from a key; a collision costs only an occasional wait."""
    number = key.int if isinstance(key, UUID) else key
    folded = (number ^ (number >> 32) ^ (number >> 64) ^ (number >> 96)) & 0xFFFFFFFF
    return folded - (1 << 32) if folded >= (1 << 31) else folded


@contextmanager
def _advisory(kind: int, key: int | UUID, *, wait: bool) -> Iterator[bool]:
    """Yields whether the lock is held. Enter and leave in one thread: it lives in its session."""
    names = [kind, _half(key)]
    with connection.cursor() as cursor:
        if wait:
            cursor.execute("SELECT pg_advisory_lock(%s, %s)", names)
            held = True
        else:
            cursor.execute("SELECT pg_try_advisory_lock(%s, %s)", names)
            held = bool(cursor.fetchone()[0])
    try:
        yield held
    finally:
        if held:
            # A lost session has released the lock already.
            with suppress(DatabaseError), connection.cursor() as cursor:
                cursor.execute("SELECT pg_advisory_unlock(%s, %s)", names)


@contextmanager
def sync_lock(connection_id: UUID, *, wait: bool) -> Iterator[bool]:
    """One sync at a time for each connection."""
    with _advisory(_SYNC, connection_id, wait=wait) as held:
        yield held


@contextmanager
def account_lock(account_id: int) -> Iterator[None]:
    """One complete read of an account at a time, whichever login it comes through."""
    with _advisory(_ACCOUNT, account_id, wait=True):
        yield


@contextmanager
def backfill_lock(backfill_id: int) -> Iterator[bool]:
    """One process at a time goes on with a backfill; does not wait."""
    with _advisory(_BACKFILL, backfill_id, wait=False) as held:
        yield held


@contextmanager
def seal_lock() -> Iterator[bool]:
    """One process at a time adds to the audit's hash chain; does not wait."""
    with _advisory(_SEAL, 0, wait=False) as held:
        yield held


_process_locks: dict[UUID, threading.Lock] = {}
_registry = threading.Lock()


@contextmanager
def refresh_lock(connection_id: UUID, *, timeout_seconds: float = 60.0) -> Iterator[None]:
    """One token refresh in flight for each grant, across processes.

    Held by a database session of its own, so that it may be entered in one thread and left in
    another and does not depend on the caller's transaction; within a process the threads queue
    for one such session. TimeoutError when it is not had in time.
    """
    with _registry:
        local = _process_locks.setdefault(connection_id, threading.Lock())
    if not local.acquire(timeout=timeout_seconds):
        raise TimeoutError("another refresh of this grant is taking too long")
    try:
        with _own_session() as session:
            milliseconds = int(timeout_seconds * 1000)
            session.execute(sql.SQL("SET lock_timeout = {}").format(milliseconds))
            try:
                session.execute("SELECT pg_advisory_lock(%s, %s)", [_REFRESH, _half(connection_id)])
            except LockNotAvailable:
                raise TimeoutError("another process's refresh is taking too long") from None
            # Closing the session releases the lock.
            yield
    finally:
        local.release()


def _own_session() -> psycopg.Connection:
    """A database session outside Django's, for a lock that outlives a thread's use of its own."""
    return psycopg.connect(**connection.get_connection_params(), autocommit=True)
