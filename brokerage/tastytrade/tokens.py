"""What signs us in, what it yields, and where that is kept."""

from __future__ import annotations

import threading
from collections.abc import Generator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Protocol

from brokerage.tastytrade.secret import Secret

# Seconds before its end at which a token counts as spent.
EXPIRY_BUFFER = 60.0


@dataclass(frozen=True, slots=True)
class Credentials:
    """What a grant is renewed with. The texts hide themselves in reprs.

    `scope`: ask for these scopes alone (separated by blanks), fewer than the grant may hold.
    """

    client_secret: str
    refresh_token: str
    client_id: str | None = None
    scope: str | None = None

    def __post_init__(self) -> None:
        object.__setattr__(self, "client_secret", Secret(self.client_secret))
        object.__setattr__(self, "refresh_token", Secret(self.refresh_token))


@dataclass(frozen=True, slots=True)
class AccessToken:
    """A bearer token; times are aware. `issued_at` is ours, where it is known."""

    value: str
    expires_at: datetime
    issued_at: datetime | None = None

    def __post_init__(self) -> None:
        object.__setattr__(self, "value", Secret(self.value))
        if self.expires_at.tzinfo is None:
            raise ValueError("the end of a token needs a zone")

    def is_fresh(self, now: datetime, buffer: float = EXPIRY_BUFFER) -> bool:
        """Whether it will last beyond the buffer, or beyond half its life if that is shorter."""
        margin = timedelta(seconds=buffer)
        if self.issued_at is not None:
            margin = min(margin, (self.expires_at - self.issued_at) / 2)
        return now + margin < self.expires_at


class TokenStore(Protocol):
    """Where a grant's tokens live between clients and processes. Synchronous and thread-safe.

    `refresh_lock` admits one holder per grant, over all processes that share the store; it is
    entered and left on one thread. `load_refresh_token` lets a process see that another has had
    the refresh token rotated; a store without it keeps the one the client was made with.
    """

    def load(self) -> AccessToken | None: ...
    def save(self, token: AccessToken) -> None: ...
    def load_refresh_token(self) -> str | None: ...
    def save_refresh_token(self, text: str) -> None: ...
    def refresh_lock(self) -> AbstractContextManager[object]: ...


@dataclass(slots=True)
class MemoryTokenStore:
    """A store for one process: tests and tools."""

    token: AccessToken | None = None
    refresh_token: str | None = field(default=None, repr=False)
    _lock: threading.Lock = field(default_factory=threading.Lock, repr=False)

    def load(self) -> AccessToken | None:
        return self.token

    def save(self, token: AccessToken) -> None:
        self.token = token

    def load_refresh_token(self) -> str | None:
        return self.refresh_token

    def save_refresh_token(self, text: str) -> None:
        self.refresh_token = text

    @contextmanager
    def refresh_lock(self) -> Generator[None]:
        with self._lock:
            yield
