"""Which accounts somebody is looking at: those are read before others."""

from __future__ import annotations

from collections.abc import Iterable

import redis

from brokerage import valkey
from brokerage.models import Account

# A page that is open asks again within this time.
SECONDS = 120


def looked_at(accounts: Iterable[Account]) -> None:
    """Note that a page shows these accounts; a Valkey that is away costs only the order."""
    pks = [account.pk for account in accounts]
    try:
        pipe = valkey.client().pipeline(transaction=False)
        for pk in pks:
            pipe.set(f"watched:{pk}", "1", ex=SECONDS)
        pipe.execute()
    except redis.RedisError:
        return


def watched(pks: Iterable[int]) -> set[int]:
    """Those of the accounts that somebody looked at lately."""
    asked = list(pks)
    if not asked:
        return set()
    try:
        found = valkey.client().mget([f"watched:{pk}" for pk in asked])
    except redis.RedisError:
        return set()
    return {pk for pk, mark in zip(asked, found, strict=True) if mark}  # type: ignore[arg-type]
