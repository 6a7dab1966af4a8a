"""What a chain is worth now: its cash, and what it still holds at the marks of the page.

Marks, multipliers and ages are those of the valuation that the rest of the page shows.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from decimal import Decimal

from portfolio.analytics.chains import figures
from portfolio.analytics.chains.events import Chain
from portfolio.analytics.chains.figures import ChainPnl, Price
from portfolio.analytics.facts import ZERO, Figure
from portfolio.live.valuation import LegValue, Totals, Valuation, add_up, value_leg
from portfolio.trade_chains.futures import Unsettled, unsettled
from portfolio.trade_chains.histories import AccountHistory, Histories


@dataclass(frozen=True, slots=True)
class Worth:
    """``pnl`` in money. ``legs`` are the positions as far as they are the chain's, valued;
    ``unpriced`` symbols that it holds and no position of the desk shows. ``pending``: what futures
    that are closed have made and the broker has not paid yet; counted as realized. ``prices`` are
    what `pnl` was made with, by symbol."""

    pnl: ChainPnl
    legs: tuple[LegValue, ...]
    unpriced: tuple[str, ...]
    pending: Decimal = ZERO
    prices: Mapping[str, Price] = field(default_factory=dict)

    @property
    def totals(self) -> Totals:
        """Sums of the Greeks, and how old the figures are."""
        return add_up(self.legs)


@dataclass(frozen=True, slots=True)
class Mismatch:
    """A symbol of which the chains hold something else than the account does: bookings are
    missing, or wait to be read."""

    account_pk: int
    symbol: str
    in_chains: Decimal
    held: Decimal


class Pricer:
    """Values chains against one valuation; what it found of an account is kept."""

    def __init__(self, histories: Histories, valuation: Valuation, now: float) -> None:
        self.histories, self.valuation, self.now = histories, valuation, now
        self._legs = {
            (leg.account_pk, leg.symbol): valuation.values[leg.pk]
            for leg in valuation.desk.legs
            if not leg.closed_today
        }
        self._futures: dict[int, dict[tuple[str, str], Unsettled]] = {}

    def worth(self, one: AccountHistory, chain: Chain) -> Worth:
        """A missing mark of something open leaves open, total and net missing, with the reason."""
        held = chain.holdings
        legs = [self._share(one, chain, symbol, held[symbol]) for symbol in held]
        found = [leg for leg in legs if leg is not None]
        prices = {leg.leg.symbol: self._price(one, chain, leg) for leg in found}
        pending = self._pending(one, chain, held)
        unpriced = tuple(symbol for symbol, leg in zip(held, legs, strict=True) if leg is None)
        pnl = figures.pnl(chain, prices)
        pnl = _with(pnl, pending) if pending else pnl
        return Worth(pnl, tuple(found), unpriced, pending, prices)

    def _share(
        self, one: AccountHistory, chain: Chain, symbol: str, quantity: Decimal
    ) -> LegValue | None:
        """The position as far as it is the chain's, opened at what the chain paid for it."""
        value = self._legs.get((one.account.pk, symbol))
        if value is None:
            return None
        leg, points = value.leg, value.leg.holding.multiplier
        price = leg.holding.open_price
        if points and not symbol.startswith("/"):
            price = -open_cash(chain, symbol) / (quantity * points)
        holding = replace(
            leg.holding, quantity=quantity, open_price=price, day_base=None, realized_day=ZERO
        )
        own = replace(leg, holding=holding)
        return value_leg(own, self.valuation.book(leg.feed), self.now)

    def _price(self, one: AccountHistory, chain: Chain, value: LegValue) -> Price:
        leg = value.leg
        mark = value.mark.price if value.mark else None
        points = leg.holding.multiplier
        open_ = self._unsettled(one).get((chain.key, leg.symbol))
        made = open_.made(mark) if open_ is not None else None
        if mark is None or points is None or open_ is None:
            base = self._day_base(one, leg.symbol) if leg.symbol.startswith("/") else ZERO
            return Price(mark, points, base)
        if made is None:
            return Price(mark, points, self._day_base(one, leg.symbol))
        # The price from which the units held would have made the same.
        return Price(mark, points, mark - made / (leg.holding.quantity * points))

    def _day_base(self, one: AccountHistory, symbol: str) -> Decimal:
        """The broker's own base of the day stands in for an unknown settlement price."""
        value = self._legs.get((one.account.pk, symbol))
        base = value.leg.holding.day_base if value is not None else None
        return base if base is not None else ZERO

    def _pending(self, one: AccountHistory, chain: Chain, held: dict[str, Decimal]) -> Decimal:
        amount = ZERO
        for (key, symbol), part in self._unsettled(one).items():
            if key == chain.key and symbol not in held:
                amount += part.made(None) or ZERO
        return amount

    def _unsettled(self, one: AccountHistory) -> dict[tuple[str, str], Unsettled]:
        if one.account.pk not in self._futures:
            self._futures[one.account.pk] = unsettled(one.history)
        return self._futures[one.account.pk]

    def mismatches(self) -> list[Mismatch]:
        """Where chains and positions of the desk disagree, by account and symbol."""
        sums: dict[tuple[int, str], Decimal] = defaultdict(Decimal)
        for one, chain in self.histories.chains():
            for symbol, quantity in chain.holdings.items():
                sums[one.account.pk, symbol] += quantity
        known = {one.account.pk for one in self.histories.accounts}
        held = {
            place: value.leg.holding.quantity
            for place, value in self._legs.items()
            if place[0] in known and not _is_over(value)
        }
        places = sorted(sums.keys() | held.keys())
        found = [
            Mismatch(*place, in_chains=sums.get(place, ZERO), held=held.get(place, ZERO))
            for place in places
        ]
        return [one for one in found if one.in_chains != one.held]


def _is_over(value: LegValue) -> bool:
    """Expired: the broker still lists it for a while, the bookings have ended it."""
    return value.leg.seconds_left is not None and value.leg.seconds_left <= 0


def open_cash(chain: Chain, symbol: str) -> Decimal:
    """The opening cash of what is still open of one symbol, first in, first out."""
    entries = tuple(entry for entry in chain.entries if entry.event.symbol == symbol)
    return figures.open_cash(replace(chain, entries=entries))


def _with(pnl: ChainPnl, pending: Decimal) -> ChainPnl:
    return replace(
        pnl,
        realized=pnl.realized + pending,
        total=_more(pnl.total, pending),
        net=_more(pnl.net, pending),
    )


def _more(figure: Figure, amount: Decimal) -> Figure:
    return figure if figure.value is None else Figure(figure.value + amount, figure.notes)
