"""The legs of an account as the strategies that traders call them by.

The recogniser is pure and slow when it looks at many legs for the first time; what it found for
the same legs is remembered, whatever their prices do meanwhile: a name depends on the price of the
underlying only through the strikes that lie below it.
"""

from __future__ import annotations

from bisect import bisect_left
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from functools import lru_cache

from brokerage.models import Account
from portfolio import formats
from portfolio.analytics.facts import Kind
from portfolio.analytics.strategies.legs import Form, StrategyLeg
from portfolio.analytics.strategies.recognise import Structure, recognise
from portfolio.facts import Leg

# Pools (one underlying of one account) whose structures are remembered.
REMEMBERED = 4096
Pool = tuple[StrategyLeg, ...]


@dataclass(frozen=True, slots=True)
class NamedGroup:
    """A structure with the positions that make it.

    ``underlying`` is the product root that groups of the desk go by. ``quantities`` are signed
    and by position: a position may be parted among several groups.
    """

    name: str
    count: Decimal
    underlying: str
    structure: Structure
    quantities: tuple[tuple[int, Decimal], ...]

    @property
    def pks(self) -> tuple[int, ...]:
        return tuple(pk for pk, _ in self.quantities)

    @property
    def key(self) -> str:
        """Fit for a DOM id, and the same as long as the group holds the same positions."""
        return "-".join(str(pk) for pk in sorted(self.pks))

    @property
    def label(self) -> str:
        """`2 × Iron condor`; what holds shares alone is not counted."""
        parts = self.structure.parts
        alone = len(parts) == 1 and not parts[0].leg.is_option
        if alone or self.count == 1:
            return self.name
        return f"{formats.trimmed(self.count)} × {self.name}"


def strategies_of(
    legs: Iterable[Leg],
    *,
    spots: Mapping[str, Decimal] | None = None,
    orders: Mapping[int, str] | None = None,
    is_cash: bool = False,
) -> list[NamedGroup]:
    """The legs of ONE account in named groups; every open leg is in them exactly once.

    ``spots``: prices by what options deliver (`Leg.contract`); without one, names that need it take
    the usual case. ``orders``: by position, the order that opened all of it. ``is_cash``: short
    puts of this account are secured by cash (`secured_by_cash`). Raises ValueError for legs of
    two accounts.
    """
    held = [leg for leg in legs if leg.holding.quantity]
    if len({leg.account_pk for leg in held}) > 1:
        raise ValueError("strategies never span two accounts")
    pools: dict[str, list[StrategyLeg]] = defaultdict(list)
    roots = {leg.pk: leg.underlying for leg in held}
    for leg in held:
        made = strategy_leg(leg, (orders or {}).get(leg.pk, ""))
        pools[made.underlying].append(made)
    found: list[NamedGroup] = []
    for underlying, members in sorted(pools.items()):
        pool = tuple(sorted(members, key=lambda leg: leg.key))
        spot = _plain_spot((spots or {}).get(underlying), pool)
        found += [_named(one, roots) for one in _recognised(pool, spot, is_cash)]
    return found


def secured_by_cash(account: Account) -> bool:
    """Whether a short put of this account is backed by its whole price in cash."""
    status = getattr(account, "trading_status", None)
    calculation = status.equities_margin_calculation_type if status is not None else ""
    return account.margin_or_cash == "Cash" or calculation in ("Cash", "Cash Secured Margin")


def strategy_leg(leg: Leg, order: str = "") -> StrategyLeg:
    """A desk's leg as the recogniser sees it.

    An adjusted option that does not say what it delivers stands with its own class alone, so that
    it is never taken for cover of plain shares.
    """
    delivered = leg.delivered
    apart = leg.is_option and delivered is None
    parts = formats.option_parts(leg.symbol) if apart else None
    return StrategyLeg(
        key=str(leg.pk),
        account=str(leg.account_pk),
        underlying=f"{leg.contract} {parts.root}" if parts else _delivered_symbol(leg),
        form=_form(leg),
        quantity=leg.holding.quantity,
        strike=leg.strike,
        expiration=leg.expiration if leg.is_option else None,
        is_morning=leg.is_morning,
        deliverable=delivered or leg.holding.multiplier or Decimal(1),
        order=order,
        price=leg.holding.open_price,
    )


def _form(leg: Leg) -> Form:
    if leg.is_option:
        return Form.CALL if leg.right == "C" else Form.PUT
    return Form.FUTURE if leg.holding.kind is Kind.FUTURE else Form.STOCK


def _delivered_symbol(leg: Leg) -> str:
    """Options on a future join the contract that they deliver; a future is itself."""
    return leg.symbol if leg.holding.kind is Kind.FUTURE else leg.contract


def _plain_spot(spot: Decimal | None, pool: Pool) -> Decimal | None:
    """A price that lies the same way to every strike, so that a tick needs no new look."""
    if spot is None:
        return None
    strikes = sorted({leg.strike for leg in pool if leg.strike is not None})
    place = bisect_left(strikes, spot)
    if place < len(strikes) and strikes[place] == spot:
        return spot
    if not strikes:
        return None
    low = strikes[place - 1] if place else strikes[0] - 2
    high = strikes[place] if place < len(strikes) else low + 2
    return (low + high) / 2


@lru_cache(maxsize=REMEMBERED)
def _recognised(pool: Pool, spot: Decimal | None, is_cash: bool) -> tuple[Structure, ...]:
    spots = {pool[0].underlying: spot} if spot is not None else {}
    return tuple(recognise(pool, spots=spots, cash_accounts=[pool[0].account] if is_cash else ()))


def _named(structure: Structure, roots: Mapping[int, str]) -> NamedGroup:
    amounts = [(int(part.leg.key), part.quantity) for part in structure.parts]
    return NamedGroup(
        name=structure.name.value,
        count=structure.count,
        underlying=roots[amounts[0][0]],
        structure=structure,
        quantities=tuple(amounts),
    )
