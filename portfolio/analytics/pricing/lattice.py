"""Backward induction on binomial lattices, many at once: by numpy, or compiled by numba."""

from __future__ import annotations

import importlib
import importlib.util
from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np

from portfolio.analytics.pricing.normal import Array

# Lattices of one piece by numpy: three arrays of 52 rows stay in a core's cache.
_PIECE = 512


@dataclass(frozen=True, slots=True)
class Tree:
    """One lattice per element of arrays of one length.

    ``escrow`` (steps + 1, n) is what is added to a node's spot when exercised there: the value of
    dividends still to come. The weights are discounted chances.
    """

    spot: Array
    strike: Array
    side: Array
    up: Array
    down: Array
    weight_up: Array
    weight_down: Array
    escrow: Array | None
    steps: int


def is_compilable() -> bool:
    """Whether numba is installed."""
    return importlib.util.find_spec("numba") is not None


def values(tree: Tree, *, compiled: bool | None = None) -> Array:
    """What each lattice is worth at its root when not exercised there: this is what can be carried
    on to more steps. ``compiled`` True without numba raises ImportError."""
    if is_compilable() if compiled is None else compiled:
        return _by_numba(tree)
    out = np.empty_like(tree.spot)
    for start in range(0, out.size, _PIECE):
        part = slice(start, start + _PIECE)
        out[part] = _by_numpy(tree, part)
    return out


def _by_numpy(tree: Tree, part: slice) -> Array:
    steps, side, down = tree.steps, tree.side[part], tree.down[part]
    # Signed by side, so that exercise is one subtraction: side·spot − side·strike.
    strike = side * tree.strike[part]
    spots = np.empty((steps + 1, side.size))
    np.power(tree.up[part] / down, np.arange(steps + 1.0)[:, None], out=spots)
    spots *= side * tree.spot[part] * down**steps
    held = np.maximum(spots - strike, 0.0)
    work = np.empty_like(held)
    back = 1.0 / down
    for step in range(steps - 1, -1, -1):
        rows, scratch = spots[: step + 1], work[: step + 1]
        np.multiply(rows, back, out=rows)
        np.multiply(held[1 : step + 2], tree.weight_up[part], out=scratch)
        np.multiply(held[: step + 1], tree.weight_down[part], out=held[: step + 1])
        np.add(held[: step + 1], scratch, out=held[: step + 1])
        if not step:
            break
        paid = strike if tree.escrow is None else strike - side * tree.escrow[step, part]
        np.subtract(rows, paid, out=scratch)
        np.maximum(held[: step + 1], scratch, out=held[: step + 1])
    root: Array = held[0]
    return root


def _by_numba(tree: Tree) -> Array:
    out = np.empty_like(tree.spot)
    escrow = np.empty((0, 0)) if tree.escrow is None else tree.escrow
    _machine()(
        tree.spot,
        tree.strike,
        tree.side,
        tree.up,
        tree.down,
        tree.weight_up,
        tree.weight_down,
        escrow,
        tree.steps,
        out,
    )
    return out


@cache
def _machine() -> Any:
    """The loop below, compiled at its first use and kept on disk where the folder allows it."""
    numba: Any = importlib.import_module("numba")
    return numba.njit(cache=True, error_model="numpy")(_induct)


def _induct(
    spot: Array,
    strike: Array,
    side: Array,
    up: Array,
    down: Array,
    weight_up: Array,
    weight_down: Array,
    escrow: Array,
    steps: int,
    out: Array,
) -> None:
    """One lattice after the other, in two short arrays."""
    spots = np.empty(steps + 1)
    held = np.empty(steps + 1)
    for item in range(spot.size):
        sign, paid = side[item], side[item] * strike[item]
        ratio, back = up[item] / down[item], 1.0 / down[item]
        rise, fall = weight_up[item], weight_down[item]
        spots[0] = sign * spot[item] * down[item] ** steps
        for row in range(steps):
            spots[row + 1] = spots[row] * ratio
        for row in range(steps + 1):
            held[row] = max(spots[row] - paid, 0.0)
        for step in range(steps - 1, 0, -1):
            due = paid
            if escrow.size:
                due = paid - sign * escrow[step, item]
            for row in range(step + 1):
                spots[row] = spots[row] * back
                held[row] = max(
                    fall * held[row] + rise * held[row + 1],
                    spots[row] - due,
                )
        out[item] = fall * held[0] + rise * held[1]
