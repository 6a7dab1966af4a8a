"""Counter-based randomness: a number is a pure function of its key.

No generator is ever advanced, so any value can be asked for in any order, in any process,
and always comes out the same.
"""

from __future__ import annotations

from hashlib import blake2b

import numpy as np
from numpy.typing import NDArray

U64 = NDArray[np.uint64]
F64 = NDArray[np.float64]

MASK = (1 << 64) - 1
_GOLDEN = 0x9E3779B97F4A7C15
_SECOND = np.uint64(0xD1B54A32D192ED03)
_M1 = np.uint64(0xBF58476D1CE4E5B9)
_M2 = np.uint64(0x94D049BB133111EB)
_SCALE = 2.0**-53


def key(*parts: object) -> int:
    """A 64-bit key from any printable parts."""
    text = "\x1f".join(str(part) for part in parts)
    return int.from_bytes(blake2b(text.encode(), digest_size=8).digest(), "big")


def mix(values: U64) -> U64:
    """Avalanche 64-bit counters (the splitmix64 finaliser)."""
    x = values ^ (values >> np.uint64(30))
    x = x * _M1
    x ^= x >> np.uint64(27)
    x *= _M2
    x ^= x >> np.uint64(31)
    return x


def spread(base: int | U64, counters: U64) -> U64:
    """Keys for a run of counters below one base key (or one base per row)."""
    start = np.uint64(base) if isinstance(base, int) else base
    return start + counters * np.uint64(_GOLDEN)


def uniforms(keys: U64) -> F64:
    """Uniform in (0, 1)."""
    return ((mix(keys) >> np.uint64(11)).astype(np.float64) + 0.5) * _SCALE


def normals(keys: U64) -> F64:
    """Standard normal (Box-Muller on two hashes of the key)."""
    radius = np.sqrt(-2.0 * np.log(uniforms(keys)))
    angle = uniforms(keys ^ _SECOND) * (2.0 * np.pi)
    return radius * np.cos(angle)


def uniform(*parts: object) -> float:
    """One uniform number for printable parts; for the odd scalar, not for loops."""
    return ((key(*parts) >> 11) + 0.5) * _SCALE
