"""Fresh access tokens: however many threads, tasks and processes ask, one refresh is in flight."""

from __future__ import annotations

import asyncio
import copy
import threading
from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from brokerage.tastytrade.errors import OAuthError, TastytradeError
from brokerage.tastytrade.payloads.oauth import Grant
from brokerage.tastytrade.tokens import EXPIRY_BUFFER, AccessToken, Credentials, TokenStore


class TokenKeeper:
    """Hands out fresh tokens for one grant; however many ask, one refresh is in flight."""

    def __init__(
        self,
        credentials: Credentials,
        store: TokenStore,
        refresh: Callable[[Credentials], Grant],
        *,
        buffer: float = EXPIRY_BUFFER,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._credentials = credentials
        self._store = store
        self._refresh = refresh
        self._buffer = buffer
        self._now = now
        self._token: AccessToken | None = None
        self._lock = threading.Lock()
        self._flight: Future[AccessToken] | None = None
        # The lasting refusal of this refresh token: asking again could lock the login.
        self._refusal: OAuthError | None = None
        # A rotated refresh token that the store has not taken yet.
        self._unsaved: str | None = None

    def current(self) -> AccessToken:
        """A token that is fresh; raises OAuthError."""
        return self.peek() or self._shared(None)

    def peek(self, refused: AccessToken | None = None) -> AccessToken | None:
        """The token at hand, when it is fresh and not the refused one."""
        token = self._token
        return token if token is not None and self._usable(token, refused) else None

    def replace(self, refused: AccessToken) -> AccessToken:
        """Another token than the one the broker refused; raises OAuthError."""
        return self.peek(refused) or self._shared(refused)

    def _usable(self, token: AccessToken, refused: AccessToken | None) -> bool:
        if refused is not None and token.value == refused.value:
            return False
        return token.is_fresh(self._now(), self._buffer)

    def _shared(self, refused: AccessToken | None) -> AccessToken:
        """Leads the refresh, or waits for the one under way and shares its outcome."""
        with self._lock:
            at_hand = self.peek(refused)
            if at_hand is not None:
                return at_hand
            under_way = self._flight
            mine: Future[AccessToken] = Future()
            if under_way is None:
                self._flight = mine
        if under_way is not None:
            return _outcome(under_way)
        return self._lead(mine, refused)

    def _lead(self, mine: Future[AccessToken], refused: AccessToken | None) -> AccessToken:
        try:
            token = self._renew(refused)
        except BaseException as failure:
            self._land()
            mine.set_exception(failure)
            raise
        self._land()
        mine.set_result(token)
        return token

    def _land(self) -> None:
        with self._lock:
            self._flight = None

    def _renew(self, refused: AccessToken | None) -> AccessToken:
        found = self._load(refused)
        if found is not None:
            return found
        with self._store.refresh_lock():
            # Whoever held the lock before may have done the work.
            found = self._load(refused)
            if found is not None:
                return found
            self._adopt_rotation()
            if self._refusal is not None:
                raise copy.copy(self._refusal)
            return self._ask()

    def _load(self, refused: AccessToken | None) -> AccessToken | None:
        stored = self._store.load()
        if stored is None or not self._usable(stored, refused):
            return None
        self._token = stored
        return stored

    def _adopt_rotation(self) -> None:
        if self._unsaved is not None:
            self._rotate(self._unsaved)
        load = getattr(self._store, "load_refresh_token", None)
        stored = load() if load is not None else None
        if stored and stored != self._credentials.refresh_token:
            self._credentials = replace(self._credentials, refresh_token=stored)
            self._refusal = None

    def _ask(self) -> AccessToken:
        asked_at = self._now()
        try:
            grant = self._refresh(self._credentials)
        except OAuthError as refusal:
            if refusal.terminal:
                self._refusal = copy.copy(refusal)
            raise
        token = AccessToken(
            grant.access_token, asked_at + timedelta(seconds=grant.lifetime), asked_at
        )
        self._token = token
        if grant.refresh_token and grant.refresh_token != self._credentials.refresh_token:
            self._rotate(grant.refresh_token)
        self._store.save(token)
        return token

    def _rotate(self, refresh_token: str) -> None:
        """Saved first, then taken into use: a crash between loses neither."""
        self._unsaved = refresh_token
        self._store.save_refresh_token(refresh_token)
        self._credentials = replace(self._credentials, refresh_token=refresh_token)
        self._unsaved = None


def _outcome(flight: Future[AccessToken]) -> AccessToken:
    """The shared outcome; each waiter raises a copy, since a traceback belongs to one thread."""
    failure = flight.exception()
    if failure is None:
        return flight.result()
    raise copy.copy(failure) if isinstance(failure, TastytradeError) else failure


class AsyncTokens:
    """The same keeper for tasks: the refresh runs in one thread, all tasks await it."""

    def __init__(self, keeper: TokenKeeper) -> None:
        self._keeper = keeper
        self._flight: asyncio.Task[AccessToken] | None = None

    async def current(self) -> AccessToken:
        return self._keeper.peek() or await self._shared(self._keeper.current)

    async def replace(self, refused: AccessToken) -> AccessToken:
        token = self._keeper.peek(refused)
        while token is None:
            joined = self._flight
            token = await self._shared(lambda: self._keeper.replace(refused))
            # A flight that began before the refusal may bring the refused token again.
            if joined is not None and token.value == refused.value:
                token = None
        return token

    async def _shared(self, work: Callable[[], AccessToken]) -> AccessToken:
        flight = self._flight
        if flight is None or flight.done():
            flight = self._flight = asyncio.create_task(asyncio.to_thread(work))
            flight.add_done_callback(self._landed)
        # Waited for, not awaited: the refresh goes on when a task that asked is cancelled.
        await asyncio.wait([flight])
        failure = flight.exception()
        if failure is None:
            return flight.result()
        raise copy.copy(failure) if isinstance(failure, TastytradeError) else failure

    def _landed(self, flight: asyncio.Task[AccessToken]) -> None:
        self._flight = None
        if not flight.cancelled():
            flight.exception()
