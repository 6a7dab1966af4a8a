"""Greeks of many legs in money: by position, underlying, account and in all; weighted by beta.

Sums say how many legs they hold. A total over underlyings is only made of money and of
beta-weighted deltas: deltas of different underlyings are different things.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal

from portfolio.analytics.facts import Total, total
from portfolio.analytics.greeks import (
    GreekTotals,
    PositionGreeks,
    beta_weighted_delta,
    dollar_delta,
    dollar_gamma,
    sum_greeks,
)
from portfolio.analytics.pricing import american, european
from portfolio.analytics.pricing.european import Greeks


@dataclass(frozen=True, slots=True)
class ExposedLeg:
    """A leg with its position Greeks; ``spot`` is its underlying's price, never the option's.

    ``by_model`` says that the feed sent no Greeks and the model's stand in.
    """

    account: str
    underlying: str
    greeks: PositionGreeks
    spot: float | None
    beta: float | None
    by_model: bool = False


@dataclass(frozen=True, slots=True)
class Exposure:
    """Sums over legs: ``dollar_delta`` money, ``dollar_gamma`` the change of it for 1 %,
    ``beta_delta`` units of the benchmark, theta a calendar day, vega one volatility point."""

    greeks: GreekTotals
    dollar_delta: Total[float]
    dollar_gamma: Total[float]
    beta_delta: Total[float]
    beta_gamma: Total[float]
    model_legs: int

    @property
    def words(self) -> str:
        """`3 of 4 legs` of the least complete sum; empty when all are complete."""
        sums = (self.greeks.delta, self.dollar_delta, self.dollar_gamma, self.beta_delta)
        least = min(sums, key=lambda item: item.present)
        return least.words or self.greeks.words


def expose(legs: Iterable[ExposedLeg], benchmark: float | None) -> Exposure:
    """The sums over these legs; ``benchmark`` is the price of the benchmark of choice."""
    rows = list(legs)
    return Exposure(
        greeks=sum_greeks(row.greeks for row in rows),
        dollar_delta=total([dollar_delta(r.greeks.delta, r.spot) for r in rows], 0.0),
        dollar_gamma=total([dollar_gamma(r.greeks.gamma, r.spot) for r in rows], 0.0),
        beta_delta=total(
            [beta_weighted_delta(r.greeks.delta, r.beta, r.spot, benchmark) for r in rows], 0.0
        ),
        beta_gamma=total(
            [beta_weighted_gamma(r.greeks.gamma, r.beta, r.spot, benchmark) for r in rows], 0.0
        ),
        model_legs=sum(1 for row in rows if row.by_model),
    )


def by_underlying(legs: Iterable[ExposedLeg], benchmark: float | None) -> dict[str, Exposure]:
    return _grouped(((leg.underlying, leg) for leg in legs), benchmark)


def by_account(legs: Iterable[ExposedLeg], benchmark: float | None) -> dict[str, Exposure]:
    return _grouped(((leg.account, leg) for leg in legs), benchmark)


def _grouped(
    pairs: Iterable[tuple[str, ExposedLeg]], benchmark: float | None
) -> dict[str, Exposure]:
    groups: dict[str, list[ExposedLeg]] = {}
    for key, leg in pairs:
        groups.setdefault(key, []).append(leg)
    return {key: expose(rows, benchmark) for key, rows in groups.items()}


def beta_weighted_gamma(
    position_gamma: float | None,
    beta: float | None,
    spot: float | None,
    benchmark: float | None,
) -> float | None:
    """Change of the beta-weighted delta when the benchmark moves by 1.00: gamma · (β·S ÷ B)²."""
    if position_gamma is None or beta is None or spot is None or not benchmark:
        return None
    return position_gamma * (beta * spot / benchmark) ** 2


def benchmark_move(exposure: Exposure, benchmark: float, move: float) -> float | None:
    """P/L of the legs when the benchmark moves by a fraction: beta delta · ΔB + ½ gamma · ΔB²."""
    if exposure.beta_delta.value is None:
        return None
    points = benchmark * move
    bend = exposure.beta_gamma.value or 0.0
    return exposure.beta_delta.value * points + 0.5 * bend * points * points


def model_greeks(
    spot: float,
    strike: float,
    years: float,
    volatility: float,
    rate: float,
    dividend_yield: float,
    *,
    is_call: bool,
    is_american: bool,
    on_future: bool = False,
) -> Greeks:
    """Greeks of one unit where the feed has none; to be labelled as the model's.

    Errors as the pricers: ValueError for a negative or missing input.
    """
    if is_american:
        carry = rate if on_future else dividend_yield
        return american.greeks(spot, strike, years, volatility, rate, carry, is_call)
    if on_future:
        return european.black_76_greeks(spot, strike, years, volatility, rate, is_call)
    return european.greeks(spot, strike, years, volatility, rate, dividend_yield, is_call)


@dataclass(frozen=True, slots=True)
class Share:
    """One part of a whole: amount, and its fraction of the sum of absolute amounts."""

    key: str
    amount: Decimal
    share: Decimal | None


@dataclass(frozen=True, slots=True)
class Concentration:
    """Parts by size. ``index`` is the sum of squared shares: 1 for a single name, 1/n for n equal
    ones; None when there is nothing. ``missing`` are the keys without an amount."""

    parts: tuple[Share, ...]
    index: Decimal | None
    missing: tuple[str, ...]


def concentration(amounts: Mapping[str, Decimal | None]) -> Concentration:
    """How much of the whole each underlying (or account, or expiration) makes up."""
    known = {key: amount for key, amount in amounts.items() if amount is not None}
    whole = sum((abs(amount) for amount in known.values()), Decimal(0))
    parts = tuple(
        Share(key, amount, abs(amount) / whole if whole else None)
        for key, amount in sorted(known.items(), key=lambda item: (-abs(item[1]), item[0]))
    )
    shares = [part.share for part in parts if part.share is not None]
    index = sum((share * share for share in shares), Decimal(0)) if shares else None
    return Concentration(parts, index, tuple(sorted(set(amounts) - set(known))))


def requirement_shares(
    requirements: Mapping[str, Decimal | None], net_liq: Decimal | None
) -> dict[str, Decimal | None]:
    """Buying power by underlying: margin group requirement ÷ net liq; None where either lacks."""
    usable = net_liq is not None and net_liq > 0
    return {
        key: None if amount is None or not usable or net_liq is None else amount / net_liq
        for key, amount in requirements.items()
    }
