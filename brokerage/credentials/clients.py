"""Clients of the broker for a connection; secrets go from the row to the adapter, nowhere else."""

from __future__ import annotations

from typing import Any

from django.conf import settings

from brokerage.credentials.fields import opened
from brokerage.credentials.journal import AsyncJournal, Journal
from brokerage.credentials.store import RowTokenStore
from brokerage.environments import environment_for, narrowed_scope
from brokerage.models import Connection
from brokerage.tastytrade.auth import Credentials
from brokerage.tastytrade.client import AsyncTastytradeClient, TastytradeClient


def _credentials(connection: Connection) -> Credentials:
    return Credentials(
        client_secret=opened(connection.client_secret),
        refresh_token=opened(connection.refresh_token),
        client_id=connection.client_id or None,
        scope=narrowed_scope(connection.environment),
    )


def _options() -> dict[str, Any]:
    return {
        "user_agent": settings.USER_AGENT,
        "timeout": settings.BROKER_TIMEOUT_SECONDS,
        "max_connections": settings.BROKER_MAX_CONNECTIONS,
        "expiry_buffer": settings.REFRESH_AHEAD_SECONDS,
    }


def client_for(connection: Connection, *, user: Any = None, **overrides: Any) -> TastytradeClient:
    """A blocking client; use it as a context manager. ``user``: on whose behalf, for the audit.

    Raises UndecryptableSecret and UnknownEnvironment before anything is sent.
    """
    journal = Journal(connection, user)
    client = TastytradeClient(
        environment_for(connection.environment),
        _credentials(connection),
        RowTokenStore(connection.pk),
        observer=journal.on_call,
        on_notice=journal.on_notice,
        **{**_options(), **overrides},
    )
    journal.clock_offset = lambda: client.broker_clock_offset
    return client


def async_client_for(
    connection: Connection, *, user: Any = None, **overrides: Any
) -> AsyncTastytradeClient:
    """The awaiting client. The row must have been loaded with its secrets (no deferred columns).

    Raises UndecryptableSecret and UnknownEnvironment before anything is sent.
    """
    journal = Journal(connection, user)
    aside = AsyncJournal(journal)
    client = AsyncTastytradeClient(
        environment_for(connection.environment),
        _credentials(connection),
        RowTokenStore(connection.pk, borrows_threads=True),
        observer=aside.on_call,
        on_notice=aside.on_notice,
        **{**_options(), **overrides},
    )
    journal.clock_offset = lambda: client.broker_clock_offset
    return client
