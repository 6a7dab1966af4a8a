"""European options: Black–Scholes–Merton with a dividend yield, and Black-76 on futures.

Every argument is a number or an array; they broadcast together, so strikes of shape (legs, 1) and
spots of shape (1, points) make a grid of (legs, points). Work is done in pieces that stay in the
processor's cache.

Source: Black and Scholes (1973), Merton (1973), Black (1976); Haug, The Complete Guide to Option
Pricing Formulas, chapter 1. A volatility or time of 0 gives the discounted payoff of the forward.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from portfolio.analytics.pricing.normal import ROOT_TWO_PI, SCALE, Array, bell, signed_ratio

DAYS = 365.0
# Elements of a piece: half a dozen arrays of this size fit a core's own cache.
PIECE = 32_768
# A deviation below this is treated as none: the model's price is then the payoff to the last digit.
_NO_DEVIATION = 1e-14


@dataclass(frozen=True, slots=True)
class Greeks:
    """Arrays of one shape: price and its slopes per unit of the underlying.

    ``delta`` for a move of 1.00, ``gamma`` the change of delta, ``theta`` a calendar day (negative
    where time costs), ``vega`` one volatility point, ``rho`` one percentage point of the rate.
    """

    price: Array
    delta: Array
    gamma: Array
    theta: Array
    vega: Array
    rho: Array


@dataclass(frozen=True, slots=True)
class _Inputs:
    """Validated arguments as float arrays of equal rank, not yet spread out."""

    spot: Array
    strike: Array
    years: Array
    volatility: Array
    rate: Array
    dividend: Array
    side: Array
    shape: tuple[int, ...]


def prices(
    spot: npt.ArrayLike,
    strike: npt.ArrayLike,
    years: npt.ArrayLike,
    volatility: npt.ArrayLike,
    rate: npt.ArrayLike,
    dividend_yield: npt.ArrayLike,
    is_call: npt.ArrayLike,
) -> Array:
    """Black–Scholes–Merton prices.

    Raises ValueError where a spot, strike, time or volatility is negative or not a number, or the
    shapes do not broadcast.
    """
    inputs = _inputs(spot, strike, years, volatility, rate, dividend_yield, is_call)
    out = np.empty(inputs.shape or (1,))
    room = _Room(out.shape)
    for rows in _pieces(out.shape):
        _price_piece(_take(inputs, rows, out.shape), room, out[rows])
    return out.reshape(inputs.shape)


def black_76_prices(
    forward: npt.ArrayLike,
    strike: npt.ArrayLike,
    years: npt.ArrayLike,
    volatility: npt.ArrayLike,
    rate: npt.ArrayLike,
    is_call: npt.ArrayLike,
) -> Array:
    """Prices of options on a futures price: its carry equals the rate. Errors as `prices`."""
    return prices(forward, strike, years, volatility, rate, rate, is_call)


def greeks(
    spot: npt.ArrayLike,
    strike: npt.ArrayLike,
    years: npt.ArrayLike,
    volatility: npt.ArrayLike,
    rate: npt.ArrayLike,
    dividend_yield: npt.ArrayLike,
    is_call: npt.ArrayLike,
) -> Greeks:
    """Black–Scholes–Merton prices and Greeks. Errors as `prices`."""
    inputs = _inputs(spot, strike, years, volatility, rate, dividend_yield, is_call)
    return _all_greeks(inputs, on_future=False)


def black_76_greeks(
    forward: npt.ArrayLike,
    strike: npt.ArrayLike,
    years: npt.ArrayLike,
    volatility: npt.ArrayLike,
    rate: npt.ArrayLike,
    is_call: npt.ArrayLike,
) -> Greeks:
    """Prices and Greeks of options on a future: delta to the futures price, which stands still
    when the rate moves. Errors as `prices`."""
    inputs = _inputs(forward, strike, years, volatility, rate, rate, is_call)
    return _all_greeks(inputs, on_future=True)


def _inputs(
    spot: npt.ArrayLike,
    strike: npt.ArrayLike,
    years: npt.ArrayLike,
    volatility: npt.ArrayLike,
    rate: npt.ArrayLike,
    dividend: npt.ArrayLike,
    is_call: npt.ArrayLike,
) -> _Inputs:
    side = np.where(np.asarray(is_call, dtype=bool), 1.0, -1.0)
    given = [spot, strike, years, volatility, rate, dividend]
    arrays = [np.asarray(value, dtype=np.float64) for value in given] + [side]
    for name, values in zip(("spot", "strike", "years", "volatility"), arrays, strict=False):
        if not np.all(values >= 0.0):
            raise ValueError(f"{name} must be a number that is not negative")
    shape = np.broadcast_shapes(*(values.shape for values in arrays))
    rank = max(1, len(shape))
    padded = [values.reshape((1,) * (rank - values.ndim) + values.shape) for values in arrays]
    s, k, t, v, r, q, sides = padded
    return _Inputs(s, k, t, v, r, q, sides, shape)


def _pieces(shape: tuple[int, ...]) -> Iterator[slice]:
    """Slices of the first axis, each of about PIECE elements."""
    rows = max(1, PIECE // max(1, math.prod(shape[1:])))
    for start in range(0, shape[0], rows):
        yield slice(start, min(start + rows, shape[0]))


def _take(inputs: _Inputs, rows: slice, whole: tuple[int, ...]) -> _Inputs:
    """One piece; an axis of length one stays as it is and spreads by itself."""

    def cut(values: Array) -> Array:
        return values if values.shape[0] == 1 else values[rows]

    return _Inputs(
        cut(inputs.spot),
        cut(inputs.strike),
        cut(inputs.years),
        cut(inputs.volatility),
        cut(inputs.rate),
        cut(inputs.dividend),
        cut(inputs.side),
        (rows.stop - rows.start, *whole[1:]),
    )


@dataclass(frozen=True, slots=True)
class _Parts:
    """What price and Greeks share; full arrays lie in the room, the rest spreads by itself."""

    first: Array
    second: Array
    bell_first: Array
    ratio_first: Array
    ratio_second: Array
    work: Array
    more: Array
    deviation: Array
    spot_now: Array
    strike_now: Array


class _Room:
    """Scratch arrays of one piece, used again and again: fresh memory costs as much as the sums."""

    def __init__(self, whole: tuple[int, ...]) -> None:
        rows = next(_pieces(whole), slice(0, 0)).stop
        self._rest = whole[1:]
        self._single, self._double = (
            [np.empty(count * rows * math.prod(whole[1:])) for _ in range(number)]
            for count, number in ((1, 3), (2, 4))
        )

    def arrays(self, rows: int) -> tuple[list[Array], list[Array]]:
        """Three arrays of the piece, and four of two such, one after the other."""
        shape = (rows, *self._rest)
        size = math.prod(shape)
        single = [values[:size].reshape(shape) for values in self._single]
        double = [values[: 2 * size].reshape((2, *shape)) for values in self._double]
        return single, double


def _parts(piece: _Inputs, room: _Room) -> _Parts:
    (bells, work, more), (both, ratios, upper, lower) = room.arrays(piece.shape[0])
    deviation = np.maximum(piece.volatility * np.sqrt(piece.years), _NO_DEVIATION)
    log_forward = _log(piece.spot) + (piece.rate - piece.dividend) * piece.years
    per, half = 1.0 / deviation, 0.5 * deviation
    shift = _log(piece.strike) * per
    np.multiply(log_forward, per, out=work)
    np.subtract(work, shift - half, out=both[0])
    np.subtract(work, shift + half, out=both[1])
    signed_ratio(both, ratios, upper, lower)
    return _Parts(
        both[0],
        both[1],
        bell(both[0], bells),
        ratios[0],
        ratios[1],
        work,
        more,
        deviation,
        piece.spot * np.exp(-piece.dividend * piece.years),
        piece.strike * np.exp(-piece.rate * piece.years),
    )


def _log(values: Array) -> Array:
    """The logarithm; that of 0 is merely very low, so that 0 against 0 stays a number."""
    return np.log(np.maximum(values, 1e-300))


def _price_piece(piece: _Inputs, room: _Room, out: Array) -> _Parts:
    """Sure part less tails. Both tails share one bell, as S′·exp(−d₁²/2) = K′·exp(−d₂²/2), so
    what is far out of the money is not the difference of two large values."""
    parts = _parts(piece, room)
    _where_exercised(parts.first, parts.spot_now, piece.side, out)
    _where_exercised(parts.second, parts.strike_now, piece.side, parts.work)
    np.subtract(out, parts.work, out=out)
    np.multiply(out, piece.side, out=out)
    np.subtract(parts.ratio_first, parts.ratio_second, out=parts.work)
    np.multiply(parts.bell_first, parts.spot_now * SCALE, out=parts.more)
    np.multiply(parts.work, parts.more, out=parts.work)
    np.subtract(out, parts.work, out=out)
    return parts


def _where_exercised(deviation: Array, amount: Array, side: Array, out: Array) -> None:
    """The amount where the deviation is in the option's favour, else 0: by masks of bits, since a
    choice per element costs as much as a logarithm."""
    mask = out.view(np.int64)
    np.right_shift(deviation.view(np.int64), 63, out=mask)
    np.bitwise_xor(mask, -(side > 0.0).astype(np.int64), out=mask)
    np.bitwise_and(mask, amount.view(np.int64), out=mask)


def _all_greeks(inputs: _Inputs, *, on_future: bool) -> Greeks:
    arrays = [np.empty(inputs.shape or (1,)) for _ in range(6)]
    room = _Room(arrays[0].shape)
    for rows in _pieces(arrays[0].shape):
        piece = _take(inputs, rows, arrays[0].shape)
        _greeks_piece(piece, room, [values[rows] for values in arrays], on_future=on_future)
    return Greeks(*(values.reshape(inputs.shape) for values in arrays))


def _greeks_piece(piece: _Inputs, room: _Room, out: list[Array], *, on_future: bool) -> None:
    price, delta, gamma, theta, vega, rho = out
    parts = _price_piece(piece, room, price)
    carried = np.exp(-piece.dividend * piece.years)
    is_call = piece.side > 0.0
    root = np.sqrt(piece.years)
    # The tail part of S′·N(d₁) and of K′·N(d₂); both by the one bell.
    tail = parts.more
    np.multiply(parts.bell_first, parts.ratio_first, out=delta)
    np.multiply(delta, SCALE, out=delta)
    np.subtract(piece.side * (np.signbit(parts.first) ^ is_call), delta, out=delta)
    np.multiply(delta, carried, out=delta)
    np.multiply(tail, parts.ratio_second, out=rho)
    sure = piece.side * (np.signbit(parts.second) ^ is_call)
    np.subtract(sure * parts.strike_now, rho, out=rho)
    np.divide(tail, SCALE * ROOT_TWO_PI, out=vega)  # S′·φ(d₁)
    vega *= parts.deviation > _NO_DEVIATION
    np.divide(vega, np.maximum(piece.spot, 1e-150) ** 2 * parts.deviation, out=gamma)
    np.multiply(vega, piece.volatility / np.maximum(2.0 * root, _NO_DEVIATION), out=theta)
    np.subtract(piece.dividend * piece.spot * delta - piece.rate * rho, theta, out=theta)
    theta /= DAYS
    vega *= root / 100.0
    if on_future:
        np.multiply(price, -1.0, out=rho)
    rho *= piece.years / 100.0
