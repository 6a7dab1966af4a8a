"""A database session besides the test's own, to stand for another process."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from uuid import UUID

import psycopg
from django.db import connection

from brokerage.locks import _half


@contextmanager
def holding(statement: str, key: UUID) -> Iterator[None]:
    with psycopg.connect(**connection.get_connection_params(), autocommit=True) as session:
        session.execute(statement, [_half(key)])
        yield
        session.execute("SELECT pg_advisory_unlock_all()")
