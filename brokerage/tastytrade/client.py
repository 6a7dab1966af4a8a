"""The two clients: thin shells that carry out the same conversations, one blocking, one not."""

from __future__ import annotations

import asyncio
import ssl
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Sequence
from datetime import UTC, datetime
from functools import lru_cache
from types import TracebackType
from typing import Any, Self, TypeVar

import httpx

from brokerage.tastytrade.auth import (
    EXPIRY_BUFFER,
    AccessToken,
    Credentials,
    OAuth,
    TokenKeeper,
    TokenStore,
)
from brokerage.tastytrade.calls import Call
from brokerage.tastytrade.environments import Environment
from brokerage.tastytrade.errors import OAuthError, OAuthUnavailable, TastytradeError
from brokerage.tastytrade.exchange import Attempt, Exchange, NoticeHandler, Observer, settle
from brokerage.tastytrade.paging import Walk
from brokerage.tastytrade.payloads.oauth import Grant
from brokerage.tastytrade.resources import oauth
from brokerage.tastytrade.retry import RetryPolicy
from brokerage.tastytrade.secret import Secret

T = TypeVar("T")
TIMEOUT = 15.0
MAX_CONNECTIONS = 5


def _options(environment: Environment, timeout: float, max_connections: int) -> dict[str, Any]:
    if not 1 <= max_connections <= MAX_CONNECTIONS:
        raise ValueError(f"a client holds at most {MAX_CONNECTIONS} connections")
    return {
        "timeout": timeout,
        "limits": httpx.Limits(max_connections=max_connections),
        "follow_redirects": False,
        # A proxy of the surroundings must not come between us and a loopback simulator.
        "trust_env": not environment.is_simulator,
        "verify": _trust(),
    }


@lru_cache(maxsize=1)
def _trust() -> ssl.SSLContext:
    """The trusted authorities, read once: reading them anew costs each order tens of ms."""
    return httpx.create_ssl_context()


class _Line:
    """Carries out conversations over one blocking httpx client."""

    def __init__(
        self, exchange: Exchange, http: httpx.Client, sleep: Callable[[float], None]
    ) -> None:
        self.exchange = exchange
        self.http = http
        self._sleep = sleep

    def send(self, call: Call[T], auth: httpx.Auth | None, attempts: int | None = None) -> T:
        conversation = self.exchange.converse(call, attempts)
        step = next(conversation)
        while True:
            if isinstance(step, Attempt):
                reply = self._attempt(step, call.route, auth)
            else:
                self._sleep(step.seconds)
                reply = None
            try:
                step = conversation.send(reply)
            except StopIteration as done:
                result: T = done.value
                return result

    def _attempt(
        self, step: Attempt, route: str, auth: httpx.Auth | None
    ) -> httpx.Response | TastytradeError:
        try:
            return self.http.send(step.request, auth=auth if step.authenticated else None)
        except (httpx.HTTPError, TastytradeError) as failure:
            return settle(failure, route)

    def grant(self, credentials: Credentials) -> Grant:
        """A refresh grant; raises OAuthError whatever goes wrong."""
        call = oauth.refresh(
            credentials.client_secret,
            credentials.refresh_token,
            credentials.client_id,
            credentials.scope,
        )
        return self._sign_in(call)

    def trade(self, call: Call[Grant]) -> Grant:
        return self._sign_in(call)

    def _sign_in(self, call: Call[Grant]) -> Grant:
        try:
            return self.send(call, None)
        except OAuthError as failure:
            found: TastytradeError = failure
        except TastytradeError as failure:
            # The token endpoint was out of reach: the call that waited for it was not sent.
            found = OAuthUnavailable(
                failure.message, status=failure.status, retry_after=failure.retry_after
            )
        raise found


class TastytradeClient:
    """The blocking client. Thread-safe; close it or use it as a context manager.

    `observer` gets a CallRecord per exchange, `on_notice` an ApiNotice per announcement.
    Raises the errors of brokerage.tastytrade.errors and nothing else.
    """

    def __init__(
        self,
        environment: Environment,
        credentials: Credentials,
        store: TokenStore,
        *,
        user_agent: str,
        timeout: float = TIMEOUT,
        max_connections: int = MAX_CONNECTIONS,
        observer: Observer | None = None,
        on_notice: NoticeHandler | None = None,
        transport: httpx.BaseTransport | None = None,
        retry: RetryPolicy | None = None,
        expiry_buffer: float = EXPIRY_BUFFER,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        exchange = Exchange(environment, user_agent, retry or RetryPolicy(), observer, on_notice)
        http = httpx.Client(transport=transport, **_options(environment, timeout, max_connections))
        self._line = _Line(exchange, http, sleep)
        self._keeper = TokenKeeper(
            credentials, store, self._line.grant, buffer=expiry_buffer, now=now
        )
        self._auth = OAuth(self._keeper)

    @property
    def environment(self) -> Environment:
        return self._line.exchange.environment

    @property
    def broker_clock_offset(self) -> float | None:
        """The broker's time minus ours, in seconds; None before the first answer."""
        return self._line.exchange.clock_offset

    def send(self, call: Call[T], *, attempts: int | None = None) -> T:
        """The parsed answer. `attempts` overrides the retry policy's count."""
        return self._line.send(call, self._auth, attempts)

    def pages(self, call: Call[Sequence[T]]) -> Iterator[T]:
        """The items of all pages, each once."""
        walk = Walk(call)
        while walk.call is not None:
            yield from walk.take(self.send(walk.call))

    def access_token(self) -> AccessToken:
        """A fresh access token; raises OAuthError."""
        return self._keeper.current()

    def refresh(self) -> AccessToken:
        """A new access token even if the present one is fresh; raises OAuthError."""
        return self._keeper.replace(self._keeper.current())

    def close(self) -> None:
        self._line.http.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def __repr__(self) -> str:
        return f"TastytradeClient({self.environment.name})"


class AsyncTastytradeClient:
    """The awaiting client: the same calls, policies and errors. Belongs to one event loop.

    Tokens are renewed in a thread, over a small blocking client, so that the store stays
    synchronous; `token_transport` stands in for its network.
    """

    def __init__(
        self,
        environment: Environment,
        credentials: Credentials,
        store: TokenStore,
        *,
        user_agent: str,
        timeout: float = TIMEOUT,
        max_connections: int = MAX_CONNECTIONS,
        observer: Observer | None = None,
        on_notice: NoticeHandler | None = None,
        transport: httpx.AsyncBaseTransport | None = None,
        token_transport: httpx.BaseTransport | None = None,
        retry: RetryPolicy | None = None,
        expiry_buffer: float = EXPIRY_BUFFER,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self._exchange = Exchange(
            environment, user_agent, retry or RetryPolicy(), observer, on_notice
        )
        self._http = httpx.AsyncClient(
            transport=transport, **_options(environment, timeout, max_connections)
        )
        both: object = transport
        if token_transport is None and isinstance(both, httpx.BaseTransport):
            token_transport = both
        tokens = httpx.Client(transport=token_transport, **_options(environment, timeout, 1))
        self._line = _Line(self._exchange, tokens, time.sleep)
        self._keeper = TokenKeeper(
            credentials, store, self._line.grant, buffer=expiry_buffer, now=now
        )
        self._auth = OAuth(self._keeper)
        self._sleep = sleep

    @property
    def environment(self) -> Environment:
        return self._exchange.environment

    @property
    def broker_clock_offset(self) -> float | None:
        """The broker's time minus ours, in seconds; None before the first answer."""
        return self._exchange.clock_offset

    async def send(self, call: Call[T], *, attempts: int | None = None) -> T:
        """The parsed answer. `attempts` overrides the retry policy's count."""
        conversation = self._exchange.converse(call, attempts)
        step = next(conversation)
        while True:
            if isinstance(step, Attempt):
                reply = await self._attempt(step, call.route)
            else:
                await self._sleep(step.seconds)
                reply = None
            try:
                step = conversation.send(reply)
            except StopIteration as done:
                result: T = done.value
                return result

    async def _attempt(self, step: Attempt, route: str) -> httpx.Response | TastytradeError:
        try:
            auth = self._auth if step.authenticated else None
            return await self._http.send(step.request, auth=auth)
        except (httpx.HTTPError, TastytradeError) as failure:
            return settle(failure, route)

    async def pages(self, call: Call[Sequence[T]]) -> AsyncIterator[T]:
        """The items of all pages, each once."""
        walk = Walk(call)
        while walk.call is not None:
            for item in walk.take(await self.send(walk.call)):
                yield item

    async def access_token(self) -> AccessToken:
        """A fresh access token; raises OAuthError."""
        return await self._auth.fresh()

    async def aclose(self) -> None:
        await self._http.aclose()
        self._line.http.close()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self.aclose()

    def __repr__(self) -> str:
        return f"AsyncTastytradeClient({self.environment.name})"


def exchange_code(
    environment: Environment,
    code: str,
    *,
    client_id: str,
    client_secret: str,
    redirect_uri: str,
    user_agent: str,
    timeout: float = TIMEOUT,
    transport: httpx.BaseTransport | None = None,
    observer: Observer | None = None,
) -> Grant:
    """Trades an authorization code for a grant: access and refresh token. Raises OAuthError."""
    # Hidden from here on, in this frame too: a debug page prints the locals of a failure.
    code, client_secret = Secret(code), Secret(client_secret)
    call = oauth.trade_code(
        code, client_id=client_id, client_secret=client_secret, redirect_uri=redirect_uri
    )
    exchange = Exchange(environment, user_agent, observer=observer)
    with httpx.Client(transport=transport, **_options(environment, timeout, 1)) as http:
        return _Line(exchange, http, time.sleep).trade(call)
