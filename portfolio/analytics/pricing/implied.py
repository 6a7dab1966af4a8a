"""Implied volatility of European options, over arrays.

Newton steps inside a bracket that only shrinks, on a scale where the price is nearly straight: the
reciprocal of its logarithm below the inflection, the logarithm of its distance from the upper
bound above it. The idea of the two scales is P. Jäckel's, Let's Be Rational (2015).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from portfolio.analytics.pricing.normal import ROOT_TWO_PI, Array, cdf, pdf

# Total deviation σ√T beyond which a price says nothing any more.
_WIDEST = 30.0
_ROUNDS = 100
_CLOSE = 1e-13


@dataclass(frozen=True, slots=True)
class _Problem:
    """Out-of-the-money prices in units of √(F·K): value b(x, s) = target, x ≤ 0."""

    x: Array
    target: Array
    bound: Array


def implied_volatility(
    price: npt.ArrayLike,
    spot: npt.ArrayLike,
    strike: npt.ArrayLike,
    years: npt.ArrayLike,
    rate: npt.ArrayLike,
    dividend_yield: npt.ArrayLike,
    is_call: npt.ArrayLike,
) -> Array:
    """The volatility at which the Black–Scholes–Merton price is the given one.

    NaN where there is none: a price at or below the intrinsic value of the forward, at or above
    its upper bound, no time left, or an input that is missing.
    """
    given = [price, spot, strike, years, rate, dividend_yield]
    arrays = np.broadcast_arrays(*(np.asarray(v, dtype=np.float64) for v in given), is_call)
    shape = arrays[0].shape
    value, s, k, t, r, q, call = (np.atleast_1d(v).ravel() for v in arrays)
    out = np.full(value.shape, np.nan)
    with np.errstate(all="ignore"):
        problem, usable = _problem(value, s, k, t, r, q, call.astype(bool))
        if usable.any():
            picked = _Problem(problem.x[usable], problem.target[usable], problem.bound[usable])
            out[usable] = _solve(picked) / np.sqrt(t[usable])
    return out.reshape(shape)


def black_76_implied_volatility(
    price: npt.ArrayLike,
    forward: npt.ArrayLike,
    strike: npt.ArrayLike,
    years: npt.ArrayLike,
    rate: npt.ArrayLike,
    is_call: npt.ArrayLike,
) -> Array:
    """The same for an option on a future."""
    return implied_volatility(price, forward, strike, years, rate, rate, is_call)


def _problem(
    price: Array,
    spot: Array,
    strike: Array,
    years: Array,
    rate: Array,
    dividend: Array,
    call: Array,
) -> tuple[_Problem, npt.NDArray[np.bool_]]:
    forward = spot * np.exp((rate - dividend) * years)
    undiscounted = price * np.exp(rate * years)
    intrinsic = np.maximum(np.where(call, forward - strike, strike - forward), 0.0)
    x = -np.abs(np.log(forward / strike))
    target = (undiscounted - intrinsic) / np.sqrt(forward * strike)
    bound = np.exp(0.5 * x)
    usable = (years > 0) & (spot > 0) & (strike > 0) & np.isfinite(x)
    # What is left of a price after taking off its intrinsic value must be more than rounding.
    noise = 4e-16 * undiscounted / np.sqrt(forward * strike)
    usable &= (target > np.maximum(noise, 1e-290)) & (target < bound)
    return _Problem(x, target, bound), usable


def _value(x: Array, s: Array) -> tuple[Array, Array]:
    """b(x, s) and its slope in s."""
    first, second = x / s + 0.5 * s, x / s - 0.5 * s
    up = np.exp(0.5 * x)
    return up * cdf(first) - cdf(second) / up, up * pdf(first)


def _solve(problem: _Problem) -> Array:
    x, target = problem.x, problem.target
    bend = np.maximum(np.sqrt(-2.0 * x), target * ROOT_TWO_PI)
    bend = np.clip(bend, 1e-8, _WIDEST / 2)
    low, high = np.zeros_like(x), np.full_like(x, _WIDEST)
    lower = target < _value(x, bend)[0]
    s = bend
    for _ in range(_ROUNDS):
        value, slope = _value(x, s)
        above = value > target
        high, low = np.where(above, s, high), np.where(above, low, s)
        step = np.where(
            lower,
            _step_low(value, slope, target),
            _step_high(value, slope, target, problem.bound),
        )
        moved = s + step
        inside = (moved > low) & (moved < high)
        moved = np.where(inside, moved, 0.5 * (low + high))
        done = np.abs(moved - s) <= _CLOSE * s
        s = moved
        if done.all():
            break
    return np.where(s > 0.99 * _WIDEST, np.nan, s)


def _step_low(value: Array, slope: Array, target: Array) -> Array:
    """Newton on 1/ln b: near zero deviation 1/ln b is about a parabola."""
    log_value, log_target = np.log(value), np.log(target)
    return (log_target - log_value) / log_target * log_value * value / slope


def _step_high(value: Array, slope: Array, target: Array, bound: Array) -> Array:
    """Newton on ln(bound − b): the upper bound is approached like a bell."""
    left = bound - value
    return (np.log(left) - np.log(bound - target)) * left / slope
