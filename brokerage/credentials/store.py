"""Tokens of a connection, kept encrypted in its row; one refresh in flight across processes."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from functools import wraps
from typing import Any, Concatenate, ParamSpec, TypeVar
from uuid import UUID

from django.db import connection as database
from django.utils import timezone

from brokerage import events, locks
from brokerage.credentials.fields import SealedSecret
from brokerage.models import Connection
from brokerage.tastytrade.auth import AccessToken
from brokerage.tastytrade.errors import OAuthUnavailable

P = ParamSpec("P")
R = TypeVar("R")


def fingerprint(refresh_token: str) -> str:
    """Tells grants apart without keeping or showing them: a SHA-256 in hexadecimal."""
    return hashlib.sha256(refresh_token.encode()).hexdigest()


def _tidy(
    method: Callable[Concatenate[RowTokenStore, P], R],
) -> Callable[Concatenate[RowTokenStore, P], R]:
    """Give the thread's database session back afterwards, where nobody else will."""

    @wraps(method)
    def call(store: RowTokenStore, *args: P.args, **kwargs: P.kwargs) -> R:
        try:
            return method(store, *args, **kwargs)
        finally:
            if store.borrows_threads:
                database.close()

    return call


class RowTokenStore:
    """The adapter's TokenStore over one Connection row.

    Every method reads or writes columns of the row at once, so that several processes agree and
    a page that saves other columns takes nothing away. ``borrows_threads``: called on threads
    that are not Django's (an event loop's helpers), which must not keep database sessions.
    """

    def __init__(self, connection_id: UUID, *, borrows_threads: bool = False) -> None:
        self._id = connection_id
        self.borrows_threads = borrows_threads

    def __repr__(self) -> str:
        return f"RowTokenStore({self._id})"

    def _columns(self, *names: str) -> tuple[Any, ...] | None:
        return Connection.objects.filter(pk=self._id).values_list(*names).first()

    @_tidy
    def load(self) -> AccessToken | None:
        """The stored access token, expired or not; None when there is none that can be opened."""
        row = self._columns("access_token", "access_token_expires_at", "last_refresh_at")
        if row is None:
            return None
        value, expires_at, issued_at = row
        if not value or isinstance(value, SealedSecret) or expires_at is None:
            return None
        return AccessToken(value, expires_at, issued_at)

    @_tidy
    def save(self, token: AccessToken) -> None:
        """Keep a fresh access token; a refresh that worked ends the count of failures."""
        Connection.objects.filter(pk=self._id).update(
            access_token=token.value,
            access_token_expires_at=token.expires_at,
            last_refresh_at=token.issued_at or timezone.now(),
            refresh_failures=0,
        )
        events.publish(events.CONNECTION_UPDATED, connection=Connection(pk=self._id))

    @_tidy
    def load_refresh_token(self) -> str | None:
        row = self._columns("refresh_token")
        if row is None or not row[0] or isinstance(row[0], SealedSecret):
            return None
        return str(row[0])

    @_tidy
    def save_refresh_token(self, text: str) -> None:
        """Keep a rotated refresh token, before the old one is let go."""
        Connection.objects.filter(pk=self._id).update(
            refresh_token=text, grant_fingerprint=fingerprint(text)
        )

    @contextmanager
    def refresh_lock(self) -> Iterator[None]:
        """Raises OAuthUnavailable when another holder takes too long."""
        with ExitStack() as held:
            try:
                held.enter_context(locks.refresh_lock(self._id))
            except TimeoutError as late:
                raise OAuthUnavailable(str(late)) from None
            yield
