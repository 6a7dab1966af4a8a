"""The arithmetic of one leg in a scenario: what the model says that its value changes by."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from portfolio.analytics import exposure
from portfolio.analytics.arithmetic import Input, Unit, Worked, worked
from portfolio.analytics.exposure import Exposure
from portfolio.analytics.scenarios import Shocks, leg_changes
from portfolio.figures.legs import BROKER, title_of
from portfolio.risk.book import RiskBook
from portfolio.risk.legs import RiskLeg

# One scenario: a move as a fraction, days that pass, a factor on volatility.
Shock = tuple[float, float, float]
_MODEL = "the page's scenario"
_NOW = "{name}(S,K,T,v,r,y,c)"
_THEN = "{name}(max(S*(1+{move}*b),0),K,max(T-n/365,0),v*f,r,y,c)"


def change_terms(book: RiskBook, shock: Shock, *, by_beta: bool) -> list[Worked]:
    """A term a leg: Σ of them is the scenario's P/L. Legs that lack something have no value."""
    amounts = amounts_of(book, shock, by_beta=by_beta)
    return [
        worked(
            title_of(leg.value, "Change"),
            _expression(leg),
            scenario_inputs(leg, shock, by_beta=by_beta),
            amount,
            Unit.SIGNED,
        )
        for leg, amount in zip(book.legs, amounts, strict=True)
    ]


def slope_terms(
    book: RiskBook, shock: Shock, bump: float, spot: float, *, by_beta: bool
) -> list[Worked]:
    """A term a leg: the slope of its value between a step above the move and one below, per 1.00
    of what is moved."""
    move, days, factor = shock
    up, down = (
        amounts_of(book, (move + step, days, factor), by_beta=by_beta) for step in (bump, -bump)
    )
    found = []
    for leg, high, low in zip(book.legs, up, down, strict=True):
        slope = None if high is None or low is None else (high - low) / (2.0 * bump * spot)
        inputs = [
            *scenario_inputs(leg, shock, by_beta=by_beta),
            Input("h", "Half the step of the slope", bump, _MODEL),
            Input("Z", "Price of what is moved", spot, "now"),
        ]
        found.append(worked(title_of(leg.value, "Slope"), _slope(leg), inputs, slope, Unit.SIGNED))
    return found


def amounts_of(book: RiskBook, shock: Shock, *, by_beta: bool) -> list[float | None]:
    """The change of each leg in money; None for one that lacks something."""
    arrays = book.arrays(by_beta=by_beta)
    known = np.flatnonzero(arrays.known)
    move, days, factor = shock
    changes = leg_changes(arrays.pick(known), Shocks.of([move], [days], [factor])).ravel()
    found: list[float | None] = [None] * len(book.legs)
    for at, amount in zip(known, changes, strict=True):
        found[int(at)] = float(amount)
    return found


def _name(leg: RiskLeg) -> str:
    return "american" if leg.is_american else "european"


def _expression(leg: RiskLeg) -> str:
    if not leg.leg.is_option:
        return "q*M*(max(S*(1+x*b),0)-S)"
    name = _name(leg)
    return f"q*M*({_THEN.format(name=name, move='x')}-{_NOW.format(name=name)})"


def _slope(leg: RiskLeg) -> str:
    if not leg.leg.is_option:
        return "q*M*(max(S*(1+(x+h)*b),0)-max(S*(1+(x-h)*b),0))/(2*h*Z)"
    up, down = (_THEN.format(name=_name(leg), move=move) for move in ("(x+h)", "(x-h)"))
    return f"q*M*({up}-{down})/(2*h*Z)"


def scenario_inputs(leg: RiskLeg, shock: Shock, *, by_beta: bool) -> list[Input]:
    move, days, factor = shock
    facts, holding = leg.leg, leg.leg.holding
    beta = leg.beta if by_beta else 1.0
    found = [
        Input("q", "Quantity, signed", holding.quantity, BROKER),
        Input("M", "Multiplier", holding.multiplier, BROKER),
        Input("S", "Price of the underlying", leg.spot, "quotes of the feed"),
        Input("x", "Move", move, _MODEL),
        Input("b", "Beta", beta, leg.beta_from if by_beta else "moved by itself"),
    ]
    if not facts.is_option:
        return found
    return [
        *found,
        Input("K", "Strike", facts.strike, "instrument, by the broker"),
        Input("T", "Years to expiration", leg.years, "instrument, by the broker"),
        Input("n", "Days that pass", days, _MODEL),
        Input("v", "Implied volatility", leg.volatility, leg.volatility_from),
        Input("f", "Factor on volatility", factor, _MODEL),
        Input("r", "Interest rate", leg.rate, "the broker"),
        Input("y", "Dividend yield", leg.dividend_yield, "the broker"),
        Input("c", "Call (1) or put (0)", 1.0 if facts.right == "C" else 0.0, "the symbol"),
    ]


# --- Greeks in money ----------------------------------------------------------------------------

GREEKS: dict[str, tuple[str, str]] = {
    "ddelta": ("Dollar delta", "q*M*g*S"),
    "dgamma": ("Dollar gamma 1%", "q*M*g*S*0.01*S"),
    "theta": ("Theta a day", "q*M*g"),
    "vega": ("Vega a point", "q*M*g"),
    "beta": ("Beta delta", "q*M*g*b*S/B"),
}
_OF_UNIT = {"ddelta": "delta", "dgamma": "gamma", "theta": "theta", "vega": "vega", "beta": "delta"}


def greek_terms(legs: Sequence[RiskLeg], name: str, benchmark: float | None) -> list[Worked]:
    """A term a leg of one of the sums of the Greeks' table."""
    return [_greek(leg, name, benchmark) for leg in legs]


def _greek(leg: RiskLeg, name: str, benchmark: float | None) -> Worked:
    title, expression = GREEKS[name]
    inputs = [*scenario_inputs(leg, (0.0, 0.0, 1.0), by_beta=True)[:3], _unit_greek(leg, name)]
    if name == "beta":
        inputs.append(Input("b", "Beta", leg.beta, leg.beta_from))
        inputs.append(Input("B", "Price of the benchmark", benchmark, "quotes of the feed"))
    # The term's value is what the sum was made of: `exposure` over this leg alone.
    amount = amount_of(exposure.expose([leg.exposed], benchmark), name)
    return worked(
        title_of(leg.value, title), expression, inputs, amount, Unit.GREEK,
        marks=("by the model",) if leg.by_model else (),
    )  # fmt: skip


def amount_of(found: Exposure, name: str) -> float | None:
    """The sum of one of the table's Greeks."""
    holders = {"ddelta": "dollar_delta", "dgamma": "dollar_gamma", "beta": "beta_delta"}
    holder = found if name in holders else found.greeks
    value: float | None = getattr(holder, holders.get(name, name)).value
    return value


def _unit_greek(leg: RiskLeg, name: str) -> Input:
    greek = _OF_UNIT[name]
    words = f"{greek.capitalize()} of one unit"
    if not leg.leg.is_option:
        known = None if leg.greeks.delta is None else (1.0 if greek == "delta" else 0.0)
        return Input("g", words, known, "by definition")
    source = "the model" if leg.by_model else "Greeks of the feed"
    return Input("g", words, getattr(leg.unit, greek) if leg.unit else None, source)
