"""Secrets of the connections: encrypted at rest, rotated, and turned into clients.

``client_for`` is imported from its module lazily: models import ``credentials.fields`` while
Django is still loading them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from brokerage.credentials.clients import async_client_for, client_for

__all__ = ["async_client_for", "client_for"]


def __getattr__(name: str) -> Any:
    if name in __all__:
        from brokerage.credentials import clients

        return getattr(clients, name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
