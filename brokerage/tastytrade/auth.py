"""OAuth as an httpx auth flow: the bearer token on each request, one replacement after a 401."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Generator

import httpx

from brokerage.tastytrade.errors import TastytradeError
from brokerage.tastytrade.keeper import AsyncTokens, TokenKeeper
from brokerage.tastytrade.secret import Secret
from brokerage.tastytrade.tokens import (
    EXPIRY_BUFFER,
    AccessToken,
    Credentials,
    MemoryTokenStore,
    TokenStore,
)

__all__ = [
    "EXPIRY_BUFFER",
    "AccessToken",
    "Credentials",
    "MemoryTokenStore",
    "OAuth",
    "TokenKeeper",
    "TokenStore",
]


class OAuth(httpx.Auth):
    """Puts the bearer token on a request; after a 401 replaces it once.

    The request is replayed unless its extension ``replay`` is False: a refused order may have
    been taken all the same, so for orders the token is replaced and the 401 goes up.
    """

    def __init__(self, keeper: TokenKeeper) -> None:
        self._keeper = keeper
        self._tasks = AsyncTokens(keeper)

    def sync_auth_flow(
        self, request: httpx.Request
    ) -> Generator[httpx.Request, httpx.Response, None]:
        token = self._keeper.current()
        _bear(request, token)
        response = yield request
        if response.status_code != 401:
            return
        # Read to its end, so that its connection is free for the refresh.
        response.read()
        if request.extensions.get("replay", True):
            _bear(request, self._keeper.replace(token))
            yield request
            return
        try:
            self._keeper.replace(token)
        except TastytradeError:
            # The 401 itself is the news; a dead grant shows at the next call.
            return

    async def async_auth_flow(
        self, request: httpx.Request
    ) -> AsyncGenerator[httpx.Request, httpx.Response]:
        token = await self._tasks.current()
        _bear(request, token)
        response = yield request
        if response.status_code != 401:
            return
        await response.aread()
        if request.extensions.get("replay", True):
            _bear(request, await self._tasks.replace(token))
            yield request
            return
        try:
            await self._tasks.replace(token)
        except TastytradeError:
            return

    async def fresh(self) -> AccessToken:
        """For streams: a fresh token without a request."""
        return await self._tasks.current()


def _bear(request: httpx.Request, token: AccessToken) -> None:
    request.headers["Authorization"] = Secret(f"Bearer {token.value}")
