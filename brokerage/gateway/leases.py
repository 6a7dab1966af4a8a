"""Who serves which connection: leases in Valkey, so that several gateways may run and one die."""

from __future__ import annotations

import uuid
from collections.abc import Iterable

import redis.asyncio

# Renew or give back only what is still ours: another gateway may hold it by now.
_RENEW = (
    "if redis.call('get', KEYS[1]) == ARGV[1] "
    "then return redis.call('pexpire', KEYS[1], ARGV[2]) else return 0 end"
)
_RELEASE = (
    "if redis.call('get', KEYS[1]) == ARGV[1] "
    "then return redis.call('del', KEYS[1]) else return 0 end"
)


def lease_key(name: str) -> str:
    return f"gateway:lease:{name}"


class Leases:
    """The leases of one gateway. Names are connection ids; every method may raise RedisError."""

    def __init__(
        self, server: redis.asyncio.Redis, seconds: float, holder: str | None = None
    ) -> None:
        self.holder = holder or f"gateway-{uuid.uuid4().hex[:12]}"
        self._server = server
        self._milliseconds = int(seconds * 1000)

    async def acquire(self, name: str) -> bool:
        """True when the lease is ours now: it was free, or is ours already."""
        key = lease_key(name)
        if await self._server.set(key, self.holder, nx=True, px=self._milliseconds):
            return True
        return await self._renew(name)

    async def renew(self, names: Iterable[str]) -> set[str]:
        """Those that are no longer ours."""
        return {name for name in names if not await self.acquire(name)}

    async def release(self, names: Iterable[str]) -> None:
        for name in names:
            await self._server.eval(_RELEASE, 1, lease_key(name), self.holder)

    async def _renew(self, name: str) -> bool:
        done = await self._server.eval(
            _RENEW, 1, lease_key(name), self.holder, str(self._milliseconds)
        )
        return bool(done)
