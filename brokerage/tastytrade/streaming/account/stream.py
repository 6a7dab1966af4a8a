"""The account stream over a socket."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Iterable
from typing import Protocol

from brokerage.tastytrade.streaming.account.protocol import (
    AccountProtocol,
    AccountTimings,
    Output,
)
from brokerage.tastytrade.streaming.backoff import Backoff
from brokerage.tastytrade.streaming.connection import WireRunner, open_socket
from brokerage.tastytrade.streaming.stream import ReconnectingStream


class AccessTokenProvider(Protocol):
    """The access token of this moment; with ``renew`` one that is not the last one.

    It raises TokenUnavailable to be asked again later, GiveUp to end the stream.
    """

    async def __call__(self, *, renew: bool) -> str: ...


class AccountStream(ReconnectingStream[Output]):
    """Notifications of the accounts, notices and changes of state.

    Nothing is replayed after a reconnect: at each ``up`` the consumer reads over REST again while
    the notifications that come meanwhile wait in the stream.
    """

    def __init__(
        self,
        url: str,
        accounts: Iterable[str],
        access_token_provider: AccessTokenProvider,
        *,
        user_agent: str = "strikedesk/0.1",
        timings: AccountTimings | None = None,
        actions: Iterable[str] = (),
        backoff: Backoff | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        super().__init__(user_agent=user_agent, backoff=backoff, clock=clock)
        self._url, self._accounts = url, list(accounts)
        self._provider = access_token_provider
        self._timings = timings or AccountTimings()
        self._actions = list(actions)
        self._protocol: AccountProtocol | None = None

    @property
    def last_frame(self) -> float | None:
        """When the open connection last heard anything (the stream's clock)."""
        return self._protocol.last_frame if self._protocol is not None else None

    async def _session(self) -> None:
        token = await self._provider(renew=self._refused)
        async with open_socket(self._url, self._user_agent) as socket:
            now = self._clock()
            self._protocol = protocol = AccountProtocol(
                self._accounts, now, timings=self._timings, source=self._user_agent
            )
            protocol.connect(token, now)
            self._runner = WireRunner(socket, protocol, self._deliver, self._clock, self._opened)
            try:
                await self._runner.run(self._beat(self._runner, protocol))
            finally:
                self._protocol = self._runner = None

    async def _beat(self, runner: WireRunner[Output], protocol: AccountProtocol) -> None:
        """Further actions, then heartbeats, each with the access token of its moment."""
        await runner.opened.wait()
        for action in self._actions:
            protocol.subscribe(action, await self._provider(renew=False), self._clock())
            runner.poke()
        while True:
            await asyncio.sleep(self._timings.heartbeat)
            protocol.heartbeat(await self._provider(renew=False), self._clock())
            runner.poke()
