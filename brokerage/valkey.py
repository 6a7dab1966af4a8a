"""One Valkey (or Redis) client per process for keys of ours that are not Django's cache."""

from __future__ import annotations

from functools import lru_cache

import redis
from django.conf import settings


@lru_cache(maxsize=1)
def client() -> redis.Redis:
    """A thread-safe client; short time-outs, so that a dead server costs seconds, not minutes."""
    return redis.Redis.from_url(
        settings.REDIS_URL, socket_timeout=2, socket_connect_timeout=2, decode_responses=True
    )
