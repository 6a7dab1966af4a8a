"""A recognised strategy of the table: what it cost, what it can make, where it turns.

The line at expiration comes from the payoff engine over the prices at which the legs were opened.
Legs that expire on different days have none: the model's at the near expiration stands in, and says
so.
"""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from functools import cached_property, lru_cache

from portfolio import formats
from portfolio.analytics import performance, pnl, probability
from portfolio.analytics.expected_move import one_sigma
from portfolio.analytics.facts import ZERO, Kind
from portfolio.analytics.payoff import Payoff, PayoffLeg, payoff
from portfolio.analytics.pricing.european import DAYS
from portfolio.analytics.probability import Outlook
from portfolio.analytics.strategies.legs import Form
from portfolio.ledger.strategies import NamedGroup
from portfolio.positions import modelled
from portfolio.positions.legs import BLANK, Amount, Blank, LegView, mark, open_pnl

_line = lru_cache(maxsize=4096)(payoff)


class Strategy:
    """``views`` are its legs, parts of positions where other strategies use the rest."""

    def __init__(self, group: NamedGroup, views: Sequence[LegView], key: str) -> None:
        self.group, self.views, self.key = group, tuple(views), key
        self.label = group.label
        self.scene = views[0].scene

    @cached_property
    def payoff_legs(self) -> tuple[PayoffLeg, ...] | None:
        """None where a price, a multiplier or a deliverable is not known."""
        found = []
        for view in self.views:
            leg, holding = view.leg, view.leg.holding
            if holding.open_price is None or holding.multiplier is None:
                return None
            if holding.kind is Kind.UNKNOWN or (leg.is_option and leg.delivered is None):
                return None
            form = _form(view)
            units = None if not leg.is_option or leg.is_plain else leg.delivered
            found.append(
                PayoffLeg(
                    form, holding.quantity, holding.multiplier, holding.open_price,
                    leg.strike, units,
                )
            )  # fmt: skip
        return tuple(found)

    @property
    def expirations(self) -> set[tuple[object, bool]]:
        return {(v.leg.expiration, v.leg.is_morning) for v in self.views if v.leg.is_option}

    @cached_property
    def is_modelled(self) -> bool:
        """Whether its legs expire on different days."""
        return len(self.expirations) > 1

    @property
    def line(self) -> Payoff | None:
        """Profit and loss at the (near) expiration; None without options, or without an input."""
        return modelled.line_of(self) if self.is_modelled else self._exact_line

    @cached_property
    def _exact_line(self) -> Payoff | None:
        if not self.expirations or self.payoff_legs is None:
            return None
        return _line(self.payoff_legs)

    @property
    def why_no_line(self) -> str:
        if not self.expirations:
            return "nothing in it expires"
        if self.is_modelled:
            return "an input of the model is missing: a mark, a volatility or what is delivered"
        return "an open price, a multiplier or a deliverable is missing"

    @property
    def unit(self) -> Decimal | None:
        """Money per point of one unit of it; None where the legs have none."""
        sizes = [view.leg.holding.multiplier for view in self.views]
        largest = max((size for size in sizes if size is not None), default=None)
        if None in sizes or not largest or not self.group.count:
            return None
        return largest * self.group.count

    @cached_property
    def cost(self) -> Decimal | None:
        """Σ −q·p·M: positive for a net credit."""
        parts = [pnl.cost(view.leg.holding) for view in self.views]
        known = [part for part in parts if part is not None]
        return sum(known, ZERO) if len(known) == len(parts) else None

    @property
    def volatility(self) -> float | None:
        """The mean of its options' implied volatilities; None as soon as one lacks it."""
        found = [view.value.volatility for view in self.views if view.leg.is_option]
        known = [value for value in found if value is not None]
        return sum(known) / len(known) if known and len(known) == len(found) else None

    @property
    def spot(self) -> Decimal | None:
        """Of what its options deliver."""
        option = next((view for view in self.views if view.leg.is_option), None)
        found = self.scene.spot_of(option.leg) if option else None
        return found.price if found else None

    @property
    def days(self) -> float | None:
        """To the expiration, with the part of the last day."""
        left = [v.leg.seconds_left for v in self.views if v.leg.is_option and v.leg.seconds_left]
        return min(left) / 86_400 if left else None

    @property
    def outlook(self) -> Outlook | None:
        spot, volatility, days = self.spot, self.volatility, self.days
        if spot is None or not volatility or not days or days <= 0:
            return None
        return Outlook(float(spot), volatility, days / DAYS)


def _form(view: LegView) -> Form:
    leg = view.leg
    if leg.is_option:
        return Form.CALL if leg.right == "C" else Form.PUT
    return Form.FUTURE if leg.holding.kind is Kind.FUTURE else Form.STOCK


# --- Numbers of a strategy ----------------------------------------------------------------------


def count(strategy: Strategy) -> Amount:
    """Units of the structure; what holds shares alone is not counted."""
    return strategy.group.count if strategy.expirations else BLANK


def open_net(strategy: Strategy) -> Amount:
    """What one unit brought, per point: a credit is positive."""
    unit, cost = strategy.unit, strategy.cost
    return None if unit is None or cost is None else cost / unit


def mark_net(strategy: Strategy) -> Amount:
    """What one unit would bring if it were opened at the marks of now."""
    unit, amount = strategy.unit, ZERO
    for view in strategy.views:
        price, holding = mark(view), view.leg.holding
        if price is None or isinstance(price, Blank | float) or holding.multiplier is None:
            return None
        amount -= holding.quantity * price * holding.multiplier
    return None if unit is None else amount / unit


def open_sum(strategy: Strategy) -> Decimal | None:
    """P/L Open of all its legs; None as soon as one is missing."""
    amount = ZERO
    for view in strategy.views:
        part = open_pnl(view)
        if not isinstance(part, Decimal):
            return None
        amount += part
    return amount


def pnl_ratio(strategy: Strategy) -> Amount:
    """P/L Open ÷ |net credit or debit|; missing where that is less than a tick."""
    cost, unit = strategy.cost, strategy.unit
    tick = next((view.leg.tick for view in strategy.views if view.leg.tick), Decimal("0.01"))
    if cost is None or unit is None or abs(cost) < tick * unit:
        return None
    return pnl.pnl_ratio(open_sum(strategy), cost)


def best(strategy: Strategy) -> Amount:
    line = strategy.line
    return _extreme(strategy, line.best if line else None)


def worst(strategy: Strategy) -> Amount:
    line = strategy.line
    return _extreme(strategy, line.worst if line else None)


def _extreme(strategy: Strategy, amount: Decimal | None) -> Amount:
    return amount if strategy.expirations else BLANK


def share_of_max(strategy: Strategy) -> Amount:
    """P/L Open ÷ max profit; not defined where that is unlimited."""
    if not strategy.expirations:
        return BLANK
    line = strategy.line
    if line is None:
        return None
    if not line.best.is_finite():
        return BLANK
    return performance.share_of_max(open_sum(strategy), line.best)


def chance(strategy: Strategy) -> Amount:
    """POP: P(P/L at expiration ≥ 0.01) under a lognormal price without drift."""
    if not strategy.expirations:
        return BLANK
    line, outlook = strategy.line, strategy.outlook
    if line is None or outlook is None:
        return None
    return probability.profit(outlook, line)


def expected_move(strategy: Strategy) -> Amount:
    """S·σ·√(days ÷ 365) to its expiration: one standard deviation."""
    if not strategy.expirations:
        return BLANK
    found = strategy.outlook
    if found is None or strategy.days is None:
        return None
    return one_sigma(found.spot, found.volatility, strategy.days)


def break_even_below(strategy: Strategy) -> Amount:
    return _break_even(strategy, below=True)


def break_even_above(strategy: Strategy) -> Amount:
    return _break_even(strategy, below=False)


def _break_even(strategy: Strategy, *, below: bool) -> Amount:
    """The nearest on one side of the price."""
    if not strategy.expirations:
        return BLANK
    line, spot = strategy.line, strategy.spot
    if line is None or spot is None:
        return None
    found = [level for level in line.break_evens if (level < spot) == below]
    if not found:
        return BLANK
    return formats.rounded(max(found) if below else min(found), 8)


def distance(strategy: Strategy) -> Amount:
    """From the price to the nearest break-even, as a share of the price."""
    line, spot = strategy.line, strategy.spot
    if not strategy.expirations:
        return BLANK
    if line is None or not spot:
        return None
    if not line.break_evens:
        return BLANK
    nearest = min(line.break_evens, key=lambda level: abs(level - spot))
    return (formats.rounded(nearest, 8) - spot) / spot
