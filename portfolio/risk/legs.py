"""One leg with all that a scenario needs: price of what it delivers, volatility, beta, rate, style.

What is missing is named by a gap: the leg is left out of scenarios, or an assumption stands in.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from portfolio.analytics.exposure import ExposedLeg
from portfolio.analytics.facts import Kind
from portfolio.analytics.greeks import PositionGreeks, UnitGreeks, position_greeks
from portfolio.analytics.pricing import american, european
from portfolio.analytics.pricing.european import DAYS
from portfolio.analytics.pricing.implied import implied_volatility
from portfolio.facts import Leg
from portfolio.live.book import LatestBook
from portfolio.live.valuation import LegValue, stream_mark
from portfolio.risk.inputs import Inputs

EUROPEAN = "European"
FUTURE_OPTION = "Future Option"
FEED, MARK, ASSUMED = "feed", "implied by the mark", "assumed"


@dataclass(frozen=True, slots=True)
class Gap:
    """What a leg lacks, and what was done about it: left out, or assumed."""

    leg: Leg
    lacks: str
    done: str

    @property
    def is_left_out(self) -> bool:
        return self.done == "left out"


@dataclass(frozen=True, slots=True)
class RiskLeg:
    """A leg with all that a scenario needs; None where it is not known.

    ``spot`` is of what one unit of the leg delivers (of an adjusted option, of its deliverable per
    unit of the multiplier); ``beta`` is against the benchmark of the book.
    """

    leg: Leg
    value: LegValue
    account: str
    spot: float | None
    volatility: float | None
    volatility_from: str
    beta: float | None
    beta_from: str
    rate: float
    dividend_yield: float
    is_american: bool
    greeks: PositionGreeks
    unit: UnitGreeks | None
    by_model: bool

    @property
    def years(self) -> float | None:
        """Until expiration, of 365 days; 0 once it has come."""
        return _years(self.leg)

    @property
    def scale(self) -> float | None:
        holding = self.leg.holding
        if holding.multiplier is None or holding.kind is Kind.UNKNOWN:
            return None
        return float(holding.quantity * holding.multiplier)

    @property
    def exposed(self) -> ExposedLeg:
        return ExposedLeg(
            self.account, self.leg.underlying, self.greeks, self.spot, self.beta, self.by_model
        )


def _years(leg: Leg) -> float | None:
    """In whole minutes: a figure and its arithmetic, asked for a moment later, then agree."""
    if leg.seconds_left is not None:
        return max(0.0, leg.seconds_left // 60 * 60) / (DAYS * 86_400)
    return None if leg.days is None else max(0, leg.days) / DAYS


def stream_spot(book: LatestBook, symbol: str, now: float) -> float | None:
    """The price of an underlying on the stream, old ones included; None when none ever came."""
    mark = stream_mark(book, symbol, now)
    return float(mark.price) if mark is not None else None


@dataclass(frozen=True, slots=True)
class Draft:
    """A valued leg with the price of what it delivers and what that pays."""

    value: LegValue
    account: str
    spot: float | None
    dividend_yield: float


def risk_legs(
    values: Sequence[tuple[LegValue, LatestBook, str]], inputs: Inputs, now: float, *, assume: bool
) -> tuple[list[RiskLeg], list[Gap]]:
    """Valued legs, each with the quotes of its feed and its account's name, and what scenarios need
    of them; with what they lack. What the model has to say is asked for all of them at once."""
    drafts = [
        Draft(value, account, _spot(value, book, inputs, now), _dividends(value.leg, inputs))
        for value, book, account in values
    ]
    made, gaps = list[RiskLeg](), list[Gap]()
    for draft, implied in zip(drafts, _implied(drafts, inputs.rate), strict=True):
        leg, lacks = _risk_leg(draft, implied, inputs, assume=assume)
        made.append(leg)
        gaps += lacks
    return _with_greeks(made), gaps


def _dividends(leg: Leg, inputs: Inputs) -> float:
    """The yield of the underlying; of a future the rate, as Black-76 has it."""
    if leg.instrument_type == FUTURE_OPTION:
        return inputs.rate
    metric = inputs.metric(leg.underlying)
    return (metric.dividend_yield if metric else None) or 0.0


def _risk_leg(
    draft: Draft, implied: float | None, inputs: Inputs, *, assume: bool
) -> tuple[RiskLeg, list[Gap]]:
    leg, gaps = draft.value.leg, list[Gap]()
    volatility, source = (draft.value.volatility or None), FEED
    if volatility is None:
        volatility, source = implied, MARK
    if leg.is_option and volatility is None:
        metric = inputs.metric(leg.underlying)
        known = metric.volatility if metric and assume else None
        volatility, source = known, ASSUMED
        gaps.append(Gap(leg, "implied volatility", _done(known, "that of the underlying")))
    beta, beta_from = inputs.beta(leg.underlying)
    if beta is None:
        beta = 1.0 if assume else None
        gaps.append(Gap(leg, "beta", _done(beta, "1")))
    gaps += _missing(leg, draft.spot)
    risk = RiskLeg(
        leg=leg, value=draft.value, account=draft.account, spot=draft.spot,
        volatility=volatility, volatility_from=source, beta=beta, beta_from=beta_from,
        rate=inputs.rate, dividend_yield=draft.dividend_yield,
        is_american=leg.is_option and inputs.styles.get(leg.symbol) != EUROPEAN,
        greeks=draft.value.greeks, unit=draft.value.unit, by_model=False,
    )  # fmt: skip
    return risk, gaps


def _done(value: float | None, words: str) -> str:
    return "left out" if value is None else f"assumed: {words}"


def _missing(leg: Leg, spot: float | None) -> list[Gap]:
    lacks = []
    if spot is None:
        lacks.append("price of the underlying")
    if leg.holding.multiplier is None:
        lacks.append("multiplier")
    if leg.holding.kind is Kind.UNKNOWN:
        lacks.append("kind of instrument")
    if leg.is_option and leg.days is None:
        lacks.append("expiration")
    if leg.is_option and leg.delivered is None:
        lacks.append("what the adjusted option delivers")
    return [Gap(leg, word, "left out") for word in lacks]


def _spot(value: LegValue, book: LatestBook, inputs: Inputs, now: float) -> float | None:
    """Of the leg's own underlying; a share or a future is its own."""
    leg = value.leg
    if not leg.is_option:
        return float(value.mark.price) if value.mark is not None else None
    spot = stream_spot(book, leg.underlying_streamer or leg.contract, now)
    if spot is None:
        spot = inputs.prices.get(leg.contract)
    return None if spot is None or leg.units is None else spot * float(leg.units)


def _implied(drafts: Sequence[Draft], rate: float) -> list[float | None]:
    """What the marks say by the European model, of options without the feed's volatility."""
    found: list[float | None] = [None] * len(drafts)
    rows, places = [], []
    for at, draft in enumerate(drafts):
        value, leg, years = draft.value, draft.value.leg, _years(draft.value.leg)
        is_asked = leg.is_option and not value.volatility and years and leg.strike is not None
        if is_asked and value.mark is not None and draft.spot is not None and leg.strike:
            places.append(at)
            rows.append(
                (float(value.mark.price), draft.spot, float(leg.strike), years,
                 draft.dividend_yield, leg.right == "C")
            )  # fmt: skip
    if rows:
        price, spot, strike, left, carry, call = (
            np.array(column) for column in zip(*rows, strict=True)
        )
        solved = implied_volatility(price, spot, strike, left, rate, carry, call)
        for at, number in zip(places, solved, strict=True):
            found[at] = float(number) if np.isfinite(number) else None
    return found


def _with_greeks(legs: Sequence[RiskLeg]) -> list[RiskLeg]:
    """Greeks of the model where the feed has none, labelled so."""
    found = list(legs)
    for style, greeks in ((True, american.greeks), (False, european.greeks)):
        places = [
            at for at, leg in enumerate(legs) if leg.is_american == style and _needs_greeks(leg)
        ]
        if not places:
            continue
        rows = [_model_inputs(legs[at]) for at in places]
        made = greeks(*(np.array(column) for column in zip(*rows, strict=True)))
        for row, at in enumerate(places):
            parts = (made.delta, made.gamma, made.theta, made.vega)
            unit = UnitGreeks(*(float(part[row]) for part in parts), volatility=legs[at].volatility)
            greek = position_greeks(legs[at].leg.holding, unit)
            found[at] = replace(legs[at], greeks=greek, unit=unit, by_model=True)
    return found


def _needs_greeks(risk: RiskLeg) -> bool:
    leg = risk.leg
    if not leg.is_option or risk.value.greeks.delta is not None or risk.scale is None:
        return False
    return bool(risk.spot and risk.volatility and leg.strike and risk.years)


def _model_inputs(risk: RiskLeg) -> tuple[float, float, float, float, float, float, bool]:
    return (
        risk.spot or 0.0, float(risk.leg.strike or 0), risk.years or 0.0, risk.volatility or 0.0,
        risk.rate, risk.dividend_yield, risk.leg.right == "C",
    )  # fmt: skip
