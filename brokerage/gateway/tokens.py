"""Tokens of both streams, from the connection's own client; failures become the streams' words."""

from __future__ import annotations

from uuid import UUID

from brokerage import connection_state
from brokerage.credentials import async_client_for, client_for
from brokerage.credentials.fields import UndecryptableSecret
from brokerage.gateway.threads import in_thread
from brokerage.models import Connection
from brokerage.tastytrade.client import AsyncTastytradeClient
from brokerage.tastytrade.errors import TastytradeError
from brokerage.tastytrade.resources import quote_tokens
from brokerage.tastytrade.streaming import GiveUp, QuoteToken, TokenUnavailable


class StreamTokens:
    """Access tokens for the account stream and quote tokens for the market stream.

    Both providers raise TokenUnavailable (asked again later) or GiveUp (only the user can mend
    it; the connection is then in state reconnect).
    """

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._client: AsyncTastytradeClient | None = None

    def __repr__(self) -> str:
        return f"StreamTokens({self._connection.pk})"

    async def access(self, *, renew: bool) -> str:
        """An AccessTokenProvider."""
        try:
            if renew:
                return await in_thread(_refreshed, self._connection.pk)
            return str((await self._open().access_token()).value)
        except (TastytradeError, UndecryptableSecret) as error:
            raise await self._translated(error) from None

    async def quote(self, *, renew: bool) -> QuoteToken:
        """A QuoteTokenProvider; the broker decides itself whether it hands out a new one."""
        try:
            answer = await self._open().send(quote_tokens.get())
        except (TastytradeError, UndecryptableSecret) as error:
            raise await self._translated(error) from None
        return QuoteToken(answer.token, answer.dxlink_url, answer.level, answer.expires_at)

    async def close(self) -> None:
        if self._client is not None:
            await self._client.aclose()
            self._client = None

    def _open(self) -> AsyncTastytradeClient:
        if self._client is None:
            self._client = async_client_for(self._connection)
        return self._client

    async def _translated(self, error: Exception) -> TokenUnavailable | GiveUp:
        await in_thread(connection_state.failed, self._connection, error)
        reason = connection_state.reason(error)
        return GiveUp(reason) if connection_state.is_terminal(error) else TokenUnavailable(reason)


def _refreshed(connection_id: UUID) -> str:
    """A new access token, whatever the stored one says of its age."""
    connection = Connection.objects.get(pk=connection_id)
    with client_for(connection) as client:
        return client.refresh().value
