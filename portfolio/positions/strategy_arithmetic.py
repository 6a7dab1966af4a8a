"""The arithmetic of a strategy's own figures: nets, extremes, break-evens, chances."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal

from portfolio.analytics.arithmetic import (
    Input,
    Number,
    Unit,
    Worked,
    added,
    evaluate,
    given,
    worked,
)
from portfolio.analytics.facts import ZERO
from portfolio.analytics.payoff import Payoff, levels
from portfolio.analytics.probability import CENT
from portfolio.analytics.strategies.legs import Form
from portfolio.figures.legs import BROKER
from portfolio.positions import modelled
from portfolio.positions.cells import MODELLED
from portfolio.positions.columns import Column
from portfolio.positions.legs import LegView, mark
from portfolio.positions.strategies import Strategy, open_sum

FEED, LINE = "quotes of the feed", "the line at expiration, from open prices"


def explain(
    strategy: Strategy, column: Column, amount: Number | None, unit: Unit, now: float, ref: str
) -> Worked:
    """How a column's number came about; the number is the one that the row shows."""
    title = f"{column.label}: {strategy.label}"
    if amount is None:
        why = strategy.why_no_line if strategy.line is None else "an input is missing"
        return given(title, None, unit, why, ref=ref)
    made = _FIGURES[column.key](strategy, amount, unit)
    if column.key in MODELLED and strategy.is_modelled:
        made = replace(made, marks=(*made.marks, modelled.MARK))
    return replace(made, title=title, ref=ref)


def _line_source(strategy: Strategy) -> str:
    return modelled.SOURCE if strategy.is_modelled else LINE


def _count(strategy: Strategy, amount: Number, unit: Unit) -> Worked:
    return given("", amount, unit, "recognised from the quantities of its legs")


def _open_net(strategy: Strategy, amount: Number, unit: Unit) -> Worked:
    return _net(strategy, amount, unit, lambda view: view.leg.holding.open_price, "open price")


def _mark_net(strategy: Strategy, amount: Number, unit: Unit) -> Worked:
    def at(view: LegView) -> Decimal | None:
        found = mark(view)
        return found if isinstance(found, Decimal) else None

    return _net(strategy, amount, unit, at, "mark")


def _net(
    strategy: Strategy, amount: Number, unit: Unit, price: Callable[[LegView], Decimal | None],
    word: str,
) -> Worked:  # fmt: skip
    """−Σ q·p·M over money a point of one unit."""
    inputs, parts = [], []
    for place, view in enumerate(strategy.views, 1):
        holding = view.leg.holding
        inputs += [
            Input(f"q{place}", f"Quantity of {view.leg.label}", holding.quantity, BROKER),
            Input(f"p{place}", f"Its {word}", price(view), FEED if word == "mark" else BROKER,
                  None, Unit.PRICE),
            Input(f"M{place}", "Its multiplier", holding.multiplier, BROKER),
        ]  # fmt: skip
        parts.append(f"q{place}*p{place}*M{place}")
    inputs.append(Input("U", "Money a point of all units", strategy.unit, "units × multiplier"))
    return worked("", f"-({'+'.join(parts)})/U", inputs, amount, unit)


def _ratio(strategy: Strategy, amount: Number, unit: Unit) -> Worked:
    inputs = (
        Input("P", "P/L open of its legs", open_sum(strategy), "this row", None, Unit.SIGNED),
        Input("C", "Net credit or debit", strategy.cost, BROKER, None, Unit.SIGNED),
    )
    return worked("", "P/abs(C)", inputs, amount, unit)


def _share(strategy: Strategy, amount: Number, unit: Unit) -> Worked:
    assert strategy.line is not None
    inputs = (
        Input("P", "P/L open of its legs", open_sum(strategy), "this row", None, Unit.SIGNED),
        Input("B", "Max profit", strategy.line.best, _line_source(strategy), None, Unit.SIGNED),
    )
    return worked("", "P/B", inputs, amount, unit)


def _extreme(strategy: Strategy, amount: Number, unit: Unit) -> Worked:
    """The legs at the price at which the line has its best, or worst."""
    line = strategy.line
    assert line is not None
    place = next((spot for spot, pnl in line.points if pnl == amount), None)
    if place is None:
        return given("", amount, unit, _line_source(strategy))
    note = f"With the underlying at {place.normalize():f}"
    if strategy.is_modelled:
        return added("", _by_model(strategy, place), amount, unit, note=f"{note}; {_MODEL_NOTE}")
    assert strategy.payoff_legs is not None
    terms = [
        _at_expiration(view, leg.pnl(place), place, leg.form)
        for view, leg in zip(strategy.views, strategy.payoff_legs, strict=True)
    ]
    return added("", terms, amount, unit, note=note)


_MODEL_NOTE = (
    "later expirations at today's volatility by the European model, rate and dividends 0; between"
    " its points the line is straight"
)


def _by_model(strategy: Strategy, place: Decimal) -> list[Worked]:
    """What each leg makes until the near expiration: at its mark now, and by the model from now."""
    legs = modelled.legs_of(strategy)
    assert legs is not None and strategy.spot is not None
    near = min(leg.years for leg in legs if leg.right)
    return [
        _leg_by_model(view, leg, float(strategy.spot), float(place), near)
        for view, leg in zip(strategy.views, legs, strict=True)
    ]


def _leg_by_model(
    view: LegView, leg: modelled.ModelLeg, spot: float, place: float, near: float
) -> Worked:
    inputs = [
        Input("P", "P/L open", leg.gain, "this row", None, Unit.SIGNED),
        Input("w", "Quantity × multiplier", leg.scale, BROKER),
        Input("s", "Price of the underlying now", spot, FEED),
        Input("S", "Price of the underlying then", place or spot * 1e-6, modelled.SOURCE),
    ]
    if not leg.right:
        return worked(view.leg.label, "P+w*(S-s)", inputs, _again("P+w*(S-s)", inputs), Unit.SIGNED)
    inputs += [
        Input("K", "Strike", leg.strike, "the instrument"),
        Input("t", "Years left now", leg.years, "the instrument"),
        Input("T", "Years left then", max(leg.years - near, 0.0), "the instrument"),
        Input("v", "Volatility", leg.volatility, "Greeks of the feed"),
        Input("c", "1 for a call", 1 if leg.right == "C" else 0, "the instrument"),
    ]
    formula = "P+w*(european(S,K,T,v,0,0,c)-european(s,K,t,v,0,0,c))"
    return worked(view.leg.label, formula, inputs, _again(formula, inputs), Unit.SIGNED)


def _again(formula: str, inputs: list[Input]) -> Number:
    return evaluate(formula, {item.name: item.value for item in inputs})


def _at_expiration(view: LegView, value: Decimal, place: Decimal, form: Form) -> Worked:
    holding, leg = view.leg.holding, view.leg
    inputs = [
        Input("q", "Quantity, signed", holding.quantity, BROKER),
        Input("S", "Price of the underlying then", place, LINE, None, Unit.PRICE),
        Input("p", "Open price", holding.open_price, BROKER, None, Unit.PRICE),
        Input("M", "Multiplier", holding.multiplier, BROKER),
    ]
    formula = "q*(S-p)*M"
    if form in (Form.CALL, Form.PUT):
        inputs.append(Input("K", "Strike", leg.strike, "the instrument"))
        worth = "S*M-K*M" if leg.is_plain else "D*S-K*M"
        if not leg.is_plain:
            inputs.append(Input("D", "Units delivered", leg.delivered, "the instrument"))
        if form is Form.PUT:
            left, _, right = worth.partition("-")
            worth = f"{right}-{left}"
        formula = f"q*(max(0,{worth})-p*M)"
    return worked(leg.label, formula, inputs, value, Unit.SIGNED)


# --- Break-evens, chances -------------------------------------------------------------------------


def _break_even(strategy: Strategy, amount: Number, unit: Unit) -> Worked:
    """Where a straight piece of the line crosses zero."""
    line, source = strategy.line, _line_source(strategy)
    assert line is not None
    left, right = _piece(line, Decimal(amount))
    inputs = [
        Input("a", "Price where the piece begins", left[0], source, None, Unit.PRICE),
        Input("A", "P/L there", left[1], source, None, Unit.SIGNED),
    ]
    if right is None:
        inputs.append(Input("g", "P/L for 1.00 beyond it", line.slope, source))
        return worked("", "a-A/g", inputs, amount, unit)
    inputs += [
        Input("b", "Price where it ends", right[0], source, None, Unit.PRICE),
        Input("B", "P/L there", right[1], source, None, Unit.SIGNED),
    ]
    return worked("", "a-A*(b-a)/(B-A)", inputs, amount, unit)


Point = tuple[Decimal, Decimal]


def _piece(line: Payoff, level: Decimal) -> tuple[Point, Point | None]:
    """The ends of the piece of the line that crosses at a level; None for the last one's."""
    for left, right in zip(line.points, line.points[1:], strict=False):
        if left[0] <= level <= right[0] and left[1] != right[1]:
            crossing = left[0] - left[1] * (right[0] - left[0]) / (right[1] - left[1])
            if abs(crossing - level) < CENT / 100:
                return left, right
    return line.points[-1], None


def _distance(strategy: Strategy, amount: Number, unit: Unit) -> Worked:
    spot = strategy.spot
    level = None if spot is None else spot * (1 + Decimal(amount))
    inputs = (
        Input("B", "Nearest break-even", level, _line_source(strategy), None, Unit.PRICE),
        Input("S", "Price of the underlying", spot, FEED, None, Unit.PRICE),
    )
    return worked("", "(B-S)/S", inputs, amount, unit)


def _move(strategy: Strategy, amount: Number, unit: Unit) -> Worked:
    inputs = (
        *_outlook(strategy)[:2],
        Input("d", "Days to expiration", strategy.days, "the instrument"),
    )
    return worked("", "S*v*sqrt(d/365)", inputs, amount, unit)


def _outlook(strategy: Strategy) -> tuple[Input, Input, Input]:
    found = strategy.outlook
    assert found is not None
    return (
        Input("S", "Price of the underlying", found.spot, FEED),
        Input("v", "Mean volatility of its legs", found.volatility, "Greeks of the feed"),
        Input("T", "Years to expiration", found.years, "the instrument"),
    )


def _chance(strategy: Strategy, amount: Number, unit: Unit) -> Worked:
    """The sum of the chances of each stretch of prices in which it makes a cent."""
    line, source = strategy.line, _line_source(strategy)
    assert line is not None
    inputs, parts = list(_outlook(strategy)), []
    edges = [ZERO, *levels(line.points, line.slope, CENT)]
    for place, edge in enumerate(edges):
        last = place + 1 == len(edges)
        probe = edge + 1 if last else (edge + edges[place + 1]) / 2
        if edge:
            inputs.append(Input(f"L{place}", "Makes a cent from or to", float(edge), source))
        if line.pnl(probe) < CENT:
            continue
        upper = "1" if last else _below(place + 1)
        parts.append(upper if not edge else f"({upper}-{_below(place)})")
    if not parts:
        return given("", amount, unit, source, note="No price at expiration makes a cent")
    note = "Lognormal price without drift: a model, not a forecast"
    return worked("", "+".join(parts), inputs, amount, unit, note=note)


def _below(place: int) -> str:
    return f"N(ln(L{place}/S)/(v*sqrt(T))+v*sqrt(T)/2)"


_FIGURES: dict[str, Callable[[Strategy, Number, Unit], Worked]] = {
    "qty": _count, "price": _open_net, "mark": _mark_net, "ratio": _ratio, "max": _share,
    "best": _extreme, "worst": _extreme, "pop": _chance, "move": _move, "below": _break_even,
    "above": _break_even, "distance": _distance,
}  # fmt: skip
