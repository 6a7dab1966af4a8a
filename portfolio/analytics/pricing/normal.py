"""The normal distribution over arrays, in double precision, without a call per element."""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[np.float64]

ROOT_TWO_PI = math.sqrt(2.0 * math.pi)
# A tail beyond this many deviations is below 1e-283: nothing, and still an ordinary double
# (subnormal ones are many times slower).
FAR = 36.0

# Rational approximation of the tail divided by exp(-x²/2), highest power first: Hart and others,
# Computer Approximations (1968), no. 5666. Its limit is 1/(x·√2π), so it holds far out as well.
_ABOVE = (
    3.52624965998911e-02,
    0.700383064443688,
    6.37396220353165,
    33.912866078383,
    112.079291497871,
    221.213596169931,
    220.206867912376,
)
_BELOW = (
    8.83883476483184e-02,
    1.75566716318264,
    16.064177579207,
    86.7807322029461,
    296.564248779674,
    637.333633378831,
    793.826512519948,
    440.413735824752,
)


def bell(x: Array, out: Array) -> Array:
    """exp(−x²/2), written to ``out``; beyond FAR it stays at its value there."""
    np.multiply(x, x, out=out)
    np.multiply(out, -0.5, out=out)
    np.maximum(out, -0.5 * FAR * FAR, out=out)
    return np.exp(out, out=out)


def signed_ratio(x: Array, out: Array, work: Array, more: Array) -> Array:
    """The tail beyond |x| divided by exp(−x²/2), with the sign of x; all arrays of one shape.

    N(x) = [x > 0] − signed ratio · exp(−x²/2): written so, there is no branch per element.
    """
    size = np.abs(x, out=out)
    _polynomial(size, _ABOVE, work)
    _polynomial(size, _BELOW, more)
    np.divide(work, more, out=work)
    return np.copysign(work, x, out=out)


def _polynomial(x: Array, coefficients: tuple[float, ...], out: Array) -> None:
    np.multiply(x, coefficients[0], out=out)
    for coefficient in coefficients[1:-1]:
        np.add(out, coefficient, out=out)
        np.multiply(out, x, out=out)
    np.add(out, coefficients[-1], out=out)


def cdf(x: npt.ArrayLike) -> Array:
    """N(x), the probability of a value below x: absolute error below 1e-15, relative below 1e-6."""
    values = np.clip(np.asarray(x, dtype=np.float64), -1e9, 1e9)
    bells, out, work, more = (np.empty_like(values) for _ in range(4))
    ratio = signed_ratio(values, out, work, more)
    return np.subtract(~np.signbit(values), ratio * bell(values, bells))


def pdf(x: npt.ArrayLike) -> Array:
    """The density of the normal distribution."""
    values = np.asarray(x, dtype=np.float64)
    return bell(values, np.empty_like(values)) / ROOT_TWO_PI
