"""Option prices and Greeks over numpy arrays.

European prices are Black on the forward; American ones a 51-step Leisen-Reimer tree, used only
where early exercise can be worth a tenth of a cent. `carry` is the cost of carry b (r - q for
shares, 0 for futures). Greeks: theta per day, vega and rho per one percent.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from simulator.market.rng import F64

STEPS = 51
CHUNK = 1024
FEW = 16  # options of a tree whose nodes are all laid out at once
NEGLIGIBLE = 0.001
Flags = np.ndarray


@dataclass(frozen=True, slots=True)
class Terms:
    """Inputs per option, all the same length; years and vol above zero."""

    forward: F64
    strike: F64
    years: F64
    vol: F64
    rate: F64
    carry: F64
    call: Flags
    european: Flags

    @property
    def spot(self) -> F64:
        """The underlying price that belongs to the forward."""
        result: F64 = self.forward * np.exp(-self.carry * self.years)
        return result

    def pick(self, rows: Flags) -> Terms:
        """A subset of the rows."""
        return Terms(
            self.forward[rows], self.strike[rows], self.years[rows], self.vol[rows],
            self.rate[rows], self.carry[rows], self.call[rows], self.european[rows],
        )  # fmt: skip

    def with_vol(self, vol: F64) -> Terms:
        """The same options at other volatilities."""
        return Terms(
            self.forward, self.strike, self.years, vol, self.rate, self.carry, self.call,
            self.european,
        )  # fmt: skip


def norm_cdf(x: F64) -> F64:
    """Standard normal distribution by Hart's double-precision rational form (1968).

    The same operations for every element, so that no price depends on its company.
    """
    z = np.minimum(np.abs(x), 37.0)
    e = np.exp(-0.5 * z * z)
    num = 3.52624965998911e-02 * z + 0.700383064443688
    for c in (6.37396220353165, 33.912866078383, 112.079291497871, 221.213596169931,
              220.206867912376):  # fmt: skip
        num = num * z + c
    den = 8.83883476483184e-02 * z + 1.75566716318264
    for c in (16.064177579207, 86.7807322029461, 296.564248779674, 637.333633378831,
              793.826512519948, 440.413735824752):  # fmt: skip
        den = den * z + c
    low = e * num / den
    tail = z > 7.07106781186547
    if tail.any():
        zt = z[tail]
        b = zt + 1.0 / (zt + 2.0 / (zt + 3.0 / (zt + 4.0 / (zt + 0.65))))
        low[tail] = e[tail] / b / 2.506628274631
    return np.where(x > 0, 1.0 - low, low)


def norm_pdf(x: F64) -> F64:
    """Standard normal density."""
    result: F64 = np.exp(-0.5 * x * x) * 0.3989422804014327
    return result


def _d1(t: Terms) -> tuple[F64, F64]:
    spread = t.vol * np.sqrt(t.years)
    d1 = np.log(t.forward / t.strike) / spread + 0.5 * spread
    return d1, d1 - spread


def european(t: Terms) -> F64:
    """Black's price on the forward."""
    return _values(t)[0]


def early_bound(t: Terms) -> F64:
    """An upper bound for what the right to exercise early is worth."""
    return _values(t)[1]


def _values(t: Terms) -> tuple[F64, F64]:
    """Black's price, and the bound of the right to exercise early."""
    d1, d2 = _d1(t)
    sign = np.where(t.call, 1.0, -1.0)
    first, second, near = norm_cdf(
        np.array([sign * d1, sign * d2, np.where(t.call, d1, -d2) + 0.5])
    )
    discount = np.exp(-t.rate * t.years)
    value = sign * (t.forward * first - t.strike * second)
    earned = np.exp(-np.maximum(t.rate - t.carry, 0) * t.years)
    lost = np.where(t.call, t.spot * (1 - earned), t.strike * (1 - discount))
    return discount * np.maximum(value, 0.0), np.where(t.european, 0.0, lost * near)


def price(t: Terms) -> F64:
    """Theoretical value, American where it matters."""
    value, early = _values(t)
    rows = np.nonzero(early > NEGLIGIBLE)[0]
    if rows.size:
        value[rows] = np.maximum(value[rows], _tree(t.pick(rows))[0])
    return value


def _peizer_pratt(z: F64) -> F64:
    n = STEPS
    inner = z / (n + 1.0 / 3.0 + 0.1 / (n + 1.0))
    result: F64 = 0.5 + np.sign(z) * 0.5 * np.sqrt(1.0 - np.exp(-(inner**2) * (n + 1.0 / 6.0)))
    return result


def _tree(t: Terms) -> tuple[F64, F64, F64]:
    if len(t.strike) <= CHUNK:
        return _tree_chunk(t)
    parts = [
        _tree_chunk(t.pick(np.arange(i, min(i + CHUNK, len(t.strike)))))
        for i in range(0, len(t.strike), CHUNK)
    ]
    return tuple(np.concatenate(column) for column in zip(*parts, strict=True))  # type: ignore


def _tree_chunk(t: Terms) -> tuple[F64, F64, F64]:
    """Price, delta and gamma of American options."""
    (up, down), (to_up, to_down) = _branches(t)
    # the node of step s with j moves up is worth the s-th base times the j-th climb
    count = np.arange(STEPS + 1)[:, None]
    sign = np.where(t.call, 1.0, -1.0)
    bases, climbs = t.spot * sign * np.exp(count * np.log(down)), np.exp(count * np.log(up / down))
    strike = sign * t.strike
    exercised = (bases[:, None] * climbs - strike) if len(strike) <= FEW else None
    value = np.maximum(bases[-1] * climbs - strike, 0.0)
    kept: dict[int, tuple[F64, F64]] = {}
    for step in range(STEPS - 1, -1, -1):
        stay = value[:-1] * to_down
        value = value[1:] * to_up
        value += stay
        now = bases[step] * climbs[: step + 1] - strike if exercised is None else (
            exercised[step, : step + 1])  # fmt: skip
        np.maximum(value, now, out=value)
        if step <= 2:
            kept[step] = (sign * bases[step] * climbs[: step + 1], value)
    return kept[0][1][0], *_slopes(*kept[2])


def _branches(t: Terms) -> tuple[tuple[F64, F64], tuple[F64, F64]]:
    """Factors of a move up and down, and the discounted weights of the two."""
    dt = t.years / STEPS
    d1, d2 = _d1(t)
    p = np.clip(_peizer_pratt(d2), 1e-9, 1 - 1e-9)
    q = np.clip(_peizer_pratt(d1), 1e-9, 1 - 1e-9)
    growth, discount = np.exp(t.carry * dt), np.exp(-t.rate * dt)
    moves = growth * q / p, growth * (1 - q) / (1 - p)
    return moves, (discount * p, discount * (1 - p))


def _slopes(node: F64, value: F64) -> tuple[F64, F64]:
    low = (value[1] - value[0]) / (node[1] - node[0])
    high = (value[2] - value[1]) / (node[2] - node[1])
    gamma = (high - low) / (0.5 * (node[2] - node[0]))
    weight = (node[2] - node[1]) / (node[2] - node[0])
    return weight * low + (1 - weight) * high, np.maximum(gamma, 0.0)


@dataclass(frozen=True, slots=True)
class GreekRows:
    """Model values per option, per unit of the underlying."""

    price: F64
    delta: F64
    gamma: F64
    theta: F64
    vega: F64
    rho: F64


def greeks(t: Terms) -> GreekRows:
    """Price and sensitivities; the American ones from the same tree as the price."""
    d1, d2 = _d1(t)
    spot, root = t.spot, np.sqrt(t.years)
    to_spot = np.exp((t.carry - t.rate) * t.years)
    value, early = _values(t)
    delta = to_spot * np.where(t.call, norm_cdf(d1), norm_cdf(d1) - 1.0)
    gamma = to_spot * norm_pdf(d1) / (spot * t.vol * root)
    vega = spot * to_spot * norm_pdf(d1) * root * 0.01
    sign = np.where(t.call, 1.0, -1.0)
    strike_part = sign * t.strike * np.exp(-t.rate * t.years) * norm_cdf(sign * d2)
    on_future = t.carry == 0.0
    rho = np.where(on_future, -value, strike_part) * t.years * 0.01
    rows = np.nonzero(early > NEGLIGIBLE)[0]
    if rows.size:
        sub = t.pick(rows)
        tree_price, tree_delta, tree_gamma = _tree(sub)
        bumped = _tree(sub.with_vol(sub.vol + 0.01))[0]
        value[rows] = np.maximum(value[rows], tree_price)
        delta[rows], gamma[rows] = tree_delta, tree_gamma
        vega[rows] = np.maximum(bumped - tree_price, 0.0)
    theta = _theta(t, value, delta, gamma)
    return GreekRows(value, delta, gamma, theta, vega, rho)


def _theta(t: Terms, value: F64, delta: F64, gamma: F64) -> F64:
    """From the pricing equation; none where immediate exercise is optimal."""
    spot = t.spot
    yearly = t.rate * value - t.carry * spot * delta - 0.5 * t.vol**2 * spot**2 * gamma
    intrinsic = np.where(t.call, spot - t.strike, t.strike - spot)
    exercised = ~t.european & (value <= intrinsic + 1e-9)
    result: F64 = np.where(exercised, 0.0, np.maximum(yearly / 365.0, -value))
    return result
