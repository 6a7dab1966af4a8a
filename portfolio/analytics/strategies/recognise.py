"""From the legs of positions to named structures.

Legs join only within one account and one underlying, and options only with the same deliverable.
First what one order opened, when it is a whole structure; then the whole of what is left; then the
largest structures that can be cut out of it, the best-known first; last each leg by itself. Legs of
one order that no name fits stay together as custom.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from math import gcd

from portfolio.analytics.strategies.legs import Form, Item, Part, StrategyLeg
from portfolio.analytics.strategies.names import RANK, Strategy, name_of
from portfolio.analytics.strategies.trials import trials

ZERO = Decimal(0)


@dataclass(frozen=True, slots=True)
class Structure:
    """A named group of legs: ``count`` units of it; shares alone count each share."""

    name: Strategy
    account: str
    underlying: str
    parts: tuple[Part, ...]
    count: Decimal

    @property
    def order(self) -> str:
        """The order that opened all of it, if one did."""
        orders = {part.leg.order for part in self.parts}
        return orders.pop() if len(orders) == 1 else ""


@dataclass(frozen=True, slots=True)
class _Candidate:
    name: Strategy
    ratios: tuple[tuple[str, Decimal], ...]
    preference: tuple[int, int, int, Decimal, tuple[str, ...]]


class _Pool:
    """Legs of one account and underlying, with what is left of each."""

    def __init__(self, legs: Sequence[StrategyLeg], spot: Decimal | None, has_cash: bool) -> None:
        self.legs = {leg.key: leg for leg in legs}
        self.left = {leg.key: leg.quantity for leg in legs}
        self.spot, self.has_cash = spot, has_cash
        self.found: list[Structure] = []

    def open_legs(self) -> list[StrategyLeg]:
        return [leg for key, leg in self.legs.items() if self.left[key]]

    def take(self, name: Strategy, ratios: Iterable[tuple[str, Decimal]], count: Decimal) -> None:
        parts = []
        for key, ratio in ratios:
            used = ratio * count
            self.left[key] -= used
            parts.append(Part(self.legs[key], used))
        leg = parts[0].leg
        self.found.append(Structure(name, leg.account, leg.underlying, tuple(parts), count))

    def whole(self, legs: Sequence[StrategyLeg]) -> _Candidate | None:
        """All of what is left of these legs as equal units of one shape, if it is that."""
        units = [self.left[leg.key] / _unit(leg, legs) for leg in legs]
        if any(unit != unit.to_integral_value() for unit in units):
            return None
        common = gcd(*(int(abs(unit)) for unit in units))
        return self._named(legs, [int(unit) // common for unit in units])

    def _named(self, legs: Sequence[StrategyLeg], ratios: Sequence[int]) -> _Candidate | None:
        deliverables = {leg.deliverable for leg in legs if leg.is_option}
        if len(deliverables) > 1:
            return None
        items = [
            Item(leg.form, ratio, leg.strike or ZERO, leg.series)
            for leg, ratio in zip(legs, ratios, strict=True)
        ]
        name = name_of(items, self.spot, has_cash=self.has_cash)
        if name is None:
            return None
        amounts = tuple(
            (leg.key, ratio * _unit(leg, legs)) for leg, ratio in zip(legs, ratios, strict=True)
        )
        count = self.possible(amounts)
        is_exact = all(self.left[key] == amount * count for key, amount in amounts)
        strikes = [leg.strike for leg in legs if leg.strike is not None]
        width = max(strikes) - min(strikes) if strikes else ZERO
        keys = tuple(key for key, _ in amounts)
        return _Candidate(name, amounts, (-len(legs), int(not is_exact), RANK[name], width, keys))

    def possible(self, ratios: Iterable[tuple[str, Decimal]]) -> Decimal:
        """How many whole units of this can still be made."""
        return min(
            (self.left[key] / ratio).to_integral_value("ROUND_FLOOR") for key, ratio in ratios
        )

    def candidates(self) -> list[_Candidate]:
        made = []
        for legs, ratios in trials(self.open_legs(), self.left):
            candidate = self._named(legs, ratios)
            if candidate is not None and self.possible(candidate.ratios) >= 1:
                made.append(candidate)
        return sorted(made, key=lambda candidate: candidate.preference)


def _unit(leg: StrategyLeg, legs: Sequence[StrategyLeg]) -> Decimal:
    """How many of a leg make one unit: shares by the deliverable of the options beside them."""
    if leg.form is not Form.STOCK:
        return Decimal(1)
    beside = [other.deliverable for other in legs if other.is_option]
    return beside[0] if beside else Decimal(1)


def recognise(
    legs: Iterable[StrategyLeg],
    *,
    spots: Mapping[str, Decimal] | None = None,
    cash_accounts: Iterable[str] = (),
) -> list[Structure]:
    """Named structures that together hold every leg exactly once.

    ``spots`` by underlying tell ITM from OTM where a name needs it. In ``cash_accounts`` a short
    put is secured by cash. Keys of legs must be unique; a leg of quantity 0 is left out.
    """
    pools: dict[tuple[str, str], list[StrategyLeg]] = defaultdict(list)
    for leg in legs:
        if leg.quantity:
            pools[leg.account, leg.underlying].append(leg)
    cash, found = set(cash_accounts), []
    for (account, underlying), members in sorted(pools.items()):
        members.sort(key=lambda leg: (leg.series, leg.strike or ZERO, leg.form.value, leg.key))
        pool = _Pool(members, (spots or {}).get(underlying), account in cash)
        _by_order(pool)
        _by_size(pool)
        found += pool.found
    return found


def _by_order(pool: _Pool) -> None:
    """What one order opened: a whole structure, or several, or custom."""
    orders: dict[str, list[StrategyLeg]] = defaultdict(list)
    for leg in pool.open_legs():
        orders[leg.order].append(leg)
    for order, legs in sorted(orders.items()):
        if not order or len(legs) < 2:
            continue
        candidate = pool.whole(legs)
        if candidate is not None:
            pool.take(candidate.name, candidate.ratios, pool.possible(candidate.ratios))
        else:
            amounts = [(leg.key, pool.left[leg.key]) for leg in legs]
            pool.take(Strategy.CUSTOM, amounts, Decimal(1))


def _by_size(pool: _Pool) -> None:
    left = pool.open_legs()
    candidate = pool.whole(left) if len(left) > 1 else None
    if candidate is not None:
        pool.take(candidate.name, candidate.ratios, pool.possible(candidate.ratios))
    for candidate in pool.candidates():
        count = pool.possible(candidate.ratios)
        if count >= 1:
            pool.take(candidate.name, candidate.ratios, count)
    for leg in pool.open_legs():
        _single(pool, leg)


def _single(pool: _Pool, leg: StrategyLeg) -> None:
    quantity = pool.left[leg.key]
    sign = Decimal(1).copy_sign(quantity)
    name = name_of([Item(leg.form, int(sign), leg.strike or ZERO, leg.series)], pool.spot)
    if pool.has_cash and name is Strategy.SHORT_PUT:
        name = Strategy.CASH_SECURED_PUT
    pool.take(name or Strategy.CUSTOM, [(leg.key, sign)], abs(quantity))
