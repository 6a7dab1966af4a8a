"""Which life of the web tier this is: a preview from before a restart must not be confirmed after.

All web processes share one random word in Valkey. A starting web process replaces it, so what any
process had shown before becomes void, also when one of several restarts. If Valkey loses the word
a new one is made, which voids what was shown before: the safe side.
"""

from __future__ import annotations

import secrets
import threading

from redis.exceptions import RedisError

from brokerage.valkey import client

KEY = "strikedesk:web-boot"

_pending = threading.Event()


def announce_restart() -> None:
    """A web process starts. When Valkey does not answer now, the first use tries again."""
    _pending.set()
    try:
        _replace()
    except RedisError:
        return


def current() -> str:
    """The word of this life; RedisError when Valkey does not answer (then nothing is confirmed)."""
    if _pending.is_set():
        _replace()
    together = client().pipeline(transaction=False)
    together.set(KEY, secrets.token_hex(16), nx=True)
    together.get(KEY)
    return str(together.execute()[1])


def _replace() -> None:
    client().set(KEY, secrets.token_hex(16))
    _pending.clear()
