"""Numbers and opaque texts drawn from the seed: two worlds alike hand out the same ones."""

from __future__ import annotations

import base64
import hashlib
import uuid
from datetime import date

FIRST = {"order": 401_300_000, "transaction": 300_100_000, "exec": 101_000, "complex": 77_100}
STEP = {"order": 37, "transaction": 7}


class Ids:
    """Counters per kind; the state of the counters is all that has to be saved."""

    def __init__(self, seed: int) -> None:
        self.seed = seed
        self.counters: dict[str, int] = {}

    def next(self, kind: str) -> int:
        """The next integer id of a kind: growing, with gaps where the broker has them."""
        count = self.counters.get(kind, 0) + 1
        self.counters[kind] = count
        return FIRST.get(kind, 0) + count * STEP.get(kind, 1)

    def digest(self, kind: str, *parts: object, size: int = 16) -> bytes:
        """Bytes that depend on the seed, the kind and the parts alone."""
        text = ":".join([str(self.seed), kind, *map(str, parts)])
        return hashlib.blake2b(text.encode(), digest_size=size).digest()

    def token(self, kind: str, size: int = 32) -> str:
        """A fresh opaque credential."""
        raw = self.digest(kind, self.next(f"token:{kind}"), size=size)
        return base64.urlsafe_b64encode(raw).decode().rstrip("=")

    def hex(self, kind: str, size: int = 16) -> str:
        """A fresh hexadecimal text of `2 × size` digits."""
        return self.digest(kind, self.next(f"hex:{kind}"), size=size).hex()

    def uuid(self, kind: str) -> str:
        """A fresh UUID text."""
        raw = self.digest(kind, self.next(f"uuid:{kind}"), size=16)
        return str(uuid.UUID(bytes=raw, version=4))

    def daily(self, kind: str, day: date) -> int:
        """A counter that starts at 1 again on every date."""
        return self.next(f"{kind}:{day.isoformat()}")
