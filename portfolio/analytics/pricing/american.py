"""American options over arrays: Leisen–Reimer lattices of 51 steps, extrapolated.

A lattice lets its holder exercise at its steps alone and so is a little too cheap, by an amount
that falls with 1 / steps. Two small lattices tell how much; their mean keeps the saw-tooth of
either out of the result. Against the method of Andersen, Lake and Offengenden the error is below
2 basis points of the strike for what is listed (a single lattice: up to 3).

Cash dividends are escrowed: the lattice carries the spot without the present value of the
dividends that fall before expiration, and early exercise is for the spot with those still to come.
Where numba is installed (the `compiled` extra) the lattice is compiled; the same numbers to the
last rounding come from numpy otherwise.

Source: Leisen and Reimer, Binomial models for option valuation (1996), inversion 2.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from portfolio.analytics.pricing import european, lattice
from portfolio.analytics.pricing.european import DAYS, Greeks
from portfolio.analytics.pricing.normal import Array

STEPS = 51
COARSE = (15, 19)
# Closer to 0 or 1 a probability leaves no second branch; the outcome is then as good as certain.
_EDGE = 1e-12
# A deviation σ√T up to this is none.
_STILL = 1e-9


@dataclass(frozen=True, slots=True)
class Dividend:
    """A cash dividend of the underlying: years until it goes ex, and the amount per share."""

    years: float
    amount: float


@dataclass(frozen=True, slots=True)
class _Flat:
    """Inputs as float arrays of one dimension and length."""

    spot: Array
    strike: Array
    years: Array
    volatility: Array
    rate: Array
    dividend: Array
    side: Array


def prices(
    spot: npt.ArrayLike,
    strike: npt.ArrayLike,
    years: npt.ArrayLike,
    volatility: npt.ArrayLike,
    rate: npt.ArrayLike,
    dividend_yield: npt.ArrayLike,
    is_call: npt.ArrayLike,
    *,
    dividends: Sequence[Dividend] = (),
    compiled: bool | None = None,
) -> Array:
    """Prices with the right to exercise at any time; arguments broadcast together.

    ``dividends`` are those of the one underlying that all options share. ``compiled`` None takes
    numba where it is installed. Raises ValueError for a negative or missing input, and where the
    dividends are worth more than the spot.
    """
    flat, shape = _flatten(spot, strike, years, volatility, rate, dividend_yield, is_call)
    due = [item for item in dividends if item.years > 0.0 and item.amount]
    escrowed = _escrow(flat, due, 0)[0]
    carried = flat.spot - escrowed
    if np.any(carried < 0.0):
        raise ValueError("the dividends are worth more than the spot")
    out = _floor(flat, carried)
    early = np.flatnonzero(_may_exercise_early(flat, carried, escrowed))
    if early.size:
        part, least = _pick(flat, early), out[early]
        out[early] = _extrapolated(part, carried[early], due, least, compiled)
    return out.reshape(shape)


def _flatten(*given: npt.ArrayLike) -> tuple[_Flat, tuple[int, ...]]:
    arrays = np.broadcast_arrays(*given)
    shape = arrays[0].shape
    values = [np.atleast_1d(a).ravel().astype(np.float64) for a in arrays[:-1]]
    for name, array in zip(("spot", "strike", "years", "volatility"), values, strict=False):
        if not np.all(array >= 0.0):
            raise ValueError(f"{name} must be a number that is not negative")
    call = np.atleast_1d(arrays[-1]).ravel().astype(bool)
    s, k, t, v, r, q = values
    return _Flat(s, k, t, v, r, q, np.where(call, 1.0, -1.0)), shape


def _pick(flat: _Flat, index: npt.NDArray[np.intp]) -> _Flat:
    return _Flat(
        flat.spot[index],
        flat.strike[index],
        flat.years[index],
        flat.volatility[index],
        flat.rate[index],
        flat.dividend[index],
        flat.side[index],
    )


def _escrow(flat: _Flat, due: Sequence[Dividend], steps: int) -> Array:
    """Value, at each step of each lattice, of the dividends still to come: (steps + 1, n)."""
    times = np.arange(steps + 1.0)[:, None] / max(steps, 1) * flat.years
    out = np.zeros((steps + 1, flat.spot.size))
    for item in due:
        still = (times < item.years) & (item.years <= flat.years)
        out += np.where(still, item.amount * np.exp(-flat.rate * (item.years - times)), 0.0)
    return out


def _floor(flat: _Flat, carried: Array) -> Array:
    """What the option is worth at least: held to the end, exercised now, or, where nothing can
    move, exercised at the best moment of the sure path."""
    is_call = flat.side > 0.0
    held = european.prices(
        carried, flat.strike, flat.years, flat.volatility, flat.rate, flat.dividend, is_call
    )
    out: Array = np.maximum(held, flat.side * (flat.spot - flat.strike))
    with np.errstate(all="ignore"):
        turn = np.log(flat.dividend * carried / (flat.rate * flat.strike))
        turn /= flat.dividend - flat.rate
    moment = np.clip(np.nan_to_num(turn, nan=0.0, posinf=0.0, neginf=0.0), 0.0, flat.years)
    late = carried * np.exp(-flat.dividend * moment) - flat.strike * np.exp(-flat.rate * moment)
    still = flat.volatility * np.sqrt(flat.years) <= _STILL
    return np.where(still, np.maximum(out, flat.side * late), out)


def _may_exercise_early(flat: _Flat, carried: Array, escrowed: Array) -> npt.NDArray[np.bool_]:
    """Calls that lose no dividend and puts that earn no interest are best held to the end."""
    call = flat.side > 0.0
    gains = np.where(call, flat.dividend > 0.0, flat.rate > 0.0)
    # Negative rates make paying the strike early a gain for calls, negative yields for puts.
    gains |= np.where(call, flat.rate < 0.0, flat.dividend < 0.0)
    gains |= call & (escrowed > 0.0)
    moves = flat.volatility * np.sqrt(flat.years) > _STILL
    wanted: npt.NDArray[np.bool_] = gains & moves & (carried > 0.0) & (flat.strike > 0.0)
    return wanted


def _extrapolated(
    flat: _Flat,
    carried: Array,
    due: Sequence[Dividend],
    least: Array,
    compiled: bool | None,
) -> Array:
    """Lattice values carried on to steps without end; ``least`` where no lattice is defined.

    With cash dividends the best moments are fixed dates, and the error is no longer 1 / steps: the
    fine lattice stands alone.
    """
    fine = _lattice(flat, carried, due, STEPS, compiled)
    if not due:
        coarse = sum(_lattice(flat, carried, due, n, compiled) for n in COARSE) / len(COARSE)
        gap = sum(1.0 / n for n in COARSE) / len(COARSE) * STEPS - 1.0
        fine = fine + (fine - coarse) / gap
    return np.fmax(least, fine)


def _lattice(
    flat: _Flat, carried: Array, due: Sequence[Dividend], steps: int, compiled: bool | None
) -> Array:
    """Values of lattices with so many steps; NaN where a branch all but vanishes."""
    growth = flat.rate - flat.dividend
    deviation = flat.volatility * np.sqrt(flat.years)
    second = (np.log(carried / flat.strike) + growth * flat.years) / deviation - 0.5 * deviation
    chance, in_spot = _inversion(second, steps), _inversion(second + deviation, steps)
    sound = (np.minimum(chance, in_spot) > _EDGE) & (np.maximum(chance, in_spot) < 1.0 - _EDGE)
    chance, in_spot = np.where(sound, chance, 0.5), np.where(sound, in_spot, 0.5)
    step = flat.years / steps
    drift, discount = np.exp(growth * step), np.exp(-flat.rate * step)
    tree = lattice.Tree(
        spot=carried,
        strike=flat.strike,
        side=flat.side,
        up=drift * in_spot / chance,
        down=drift * (1.0 - in_spot) / (1.0 - chance),
        weight_up=discount * chance,
        weight_down=discount * (1.0 - chance),
        escrow=_escrow(flat, due, steps) if due else None,
        steps=steps,
    )
    found: Array = np.where(sound, lattice.values(tree, compiled=compiled), np.nan)
    return found


def _inversion(z: Array, steps: int) -> Array:
    """Peizer and Pratt's second formula: the binomial chance that matches N(z)."""
    scaled = z / (steps + 1.0 / 3.0 + 0.1 / (steps + 1.0))
    root = np.sqrt(1.0 - np.exp(-scaled * scaled * (steps + 1.0 / 6.0)))
    return np.asarray(0.5 + 0.5 * np.copysign(root, z))


def greeks(
    spot: npt.ArrayLike,
    strike: npt.ArrayLike,
    years: npt.ArrayLike,
    volatility: npt.ArrayLike,
    rate: npt.ArrayLike,
    dividend_yield: npt.ArrayLike,
    is_call: npt.ArrayLike,
    *,
    dividends: Sequence[Dividend] = (),
    compiled: bool | None = None,
) -> Greeks:
    """Price and Greeks by differences: spot ±0.5 %, volatility ±0.5 points, the rate ±0.05 points,
    one day. Units and errors as in `european.Greeks` and `prices`."""
    s, k, t, v, r, q, call = np.broadcast_arrays(
        *(np.asarray(value, dtype=np.float64) for value in (spot, strike, years, volatility)),
        np.asarray(rate, dtype=np.float64),
        np.asarray(dividend_yield, dtype=np.float64),
        is_call,
    )

    def at(s_: Array, t_: Array, v_: Array, r_: Array, later: float = 0.0) -> Array:
        due = [Dividend(item.years - later, item.amount) for item in dividends]
        return prices(s_, k, t_, v_, r_, q, call, dividends=due, compiled=compiled)

    bump, point, tick = 0.005 * s, np.minimum(0.005, 0.5 * v), 0.0005
    base = at(s, t, v, r)
    up, down = at(s + bump, t, v, r), at(s - bump, t, v, r)
    day = np.minimum(t, 1.0 / DAYS)
    richer, poorer = at(s, t, v + point, r), at(s, t, v - point, r)
    with np.errstate(all="ignore"):
        return Greeks(
            price=base,
            delta=np.where(bump > 0, (up - down) / (2 * bump), np.minimum(call * 2.0 - 1.0, 0.0)),
            gamma=np.where(bump > 0, (up - 2 * base + down) / (bump * bump), 0.0),
            theta=at(s, t - day, v, r, 1.0 / DAYS) - base,
            vega=np.where(point > 0, (richer - poorer) / (200 * point), 0.0),
            rho=(at(s, t, v, r + tick) - at(s, t, v, r - tick)) / (200 * tick),
        )


def implied_volatility(
    price: npt.ArrayLike,
    spot: npt.ArrayLike,
    strike: npt.ArrayLike,
    years: npt.ArrayLike,
    rate: npt.ArrayLike,
    dividend_yield: npt.ArrayLike,
    is_call: npt.ArrayLike,
    *,
    dividends: Sequence[Dividend] = (),
    compiled: bool | None = None,
) -> Array:
    """The volatility at which the American price is the given one, between 0.01 % and 1,000 %.

    NaN where there is none: at or below what exercise now is worth, or above the upper bound.
    """
    target, s, k, t, r, q, call = np.broadcast_arrays(
        *(np.asarray(value, dtype=np.float64) for value in (price, spot, strike, years)),
        np.asarray(rate, dtype=np.float64),
        np.asarray(dividend_yield, dtype=np.float64),
        is_call,
    )

    def excess(volatility: Array) -> Array:
        found = prices(s, k, t, volatility, r, q, call, dividends=dividends, compiled=compiled)
        return np.asarray(found - target)

    return _bracketed(excess, np.full(target.shape, 1e-4), np.full(target.shape, 10.0))


def _bracketed(
    excess: Callable[[Array], Array], low: Array, high: Array, rounds: int = 60
) -> Array:
    """Roots of rising functions by the Illinois rule; NaN where the ends do not enclose one."""
    at_low, at_high = excess(low), excess(high)
    enclosed = (at_low < 0.0) & (at_high > 0.0)
    for _ in range(rounds):
        with np.errstate(all="ignore"):
            middle = (low * at_high - high * at_low) / (at_high - at_low)
        middle = np.where((middle > low) & (middle < high), middle, 0.5 * (low + high))
        value = excess(middle)
        under = value < 0.0
        # The end that stays put loses half its weight, so that both ends come in.
        at_high = np.where(under, 0.5 * at_high, value)
        at_low = np.where(under, value, 0.5 * at_low)
        low, high = np.where(under, middle, low), np.where(under, high, middle)
        if np.all((high - low < 1e-10) | (np.abs(value) < 1e-12) | ~enclosed):
            break
    found: Array = np.where(enclosed, middle, np.nan)
    return found
