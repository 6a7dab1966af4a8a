"""What the trade chains that hold the table's positions have made in all.

A chain is everything from its opening on, through rolls: its P/L is all its cash and what it still
holds at the marks. A row shows the chains that hold any of its legs, each once; so the same chain
may stand at two strategies, and the sum of a group counts it once.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from decimal import Decimal
from typing import NamedTuple

from portfolio.analytics.chains.events import Chain
from portfolio.analytics.facts import ZERO, Total
from portfolio.live.valuation import Valuation
from portfolio.positions.legs import LegView
from portfolio.trade_chains.histories import AccountHistory, Histories, slug
from portfolio.trade_chains.worth import Pricer, Worth

Place = tuple[int, str]


class Held(NamedTuple):
    """An open chain in the history of its account."""

    one: AccountHistory
    chain: Chain

    @property
    def ref(self) -> str:
        """Of its arithmetic."""
        return f"chain-{self.one.account.pk}-{slug(self.chain.key)}"


class Chained:
    """The open chains by what they hold; each valued once an instant."""

    def __init__(self, histories: Histories, valuation: Valuation, now: float) -> None:
        self._histories, self._valuation, self._now = histories, valuation, now
        self._holding: dict[Place, list[Held]] = defaultdict(list)
        for one, chain in histories.chains():
            for symbol in chain.holdings:
                self._holding[one.account.pk, symbol].append(Held(one, chain))
        self._pricer: Pricer | None = None
        self._worths: dict[str, Worth] = {}

    def tick(self, now: float) -> None:
        """Marks may be others now."""
        self._now, self._pricer = now, None
        self._worths.clear()

    def of(self, views: Iterable[LegView]) -> list[Held]:
        """The chains that hold any of these legs, each once, in order of their opening."""
        found = {held.ref: held for view in views for held in self.holding(view)}
        return list(found.values())

    def holding(self, view: LegView) -> Sequence[Held]:
        return self._holding.get((view.leg.account_pk, view.leg.symbol), ())

    def worth(self, held: Held) -> Worth:
        found = self._worths.get(held.ref)
        if found is None:
            if self._pricer is None:
                self._pricer = Pricer(self._histories, self._valuation, self._now)
            found = self._worths[held.ref] = self._pricer.worth(held.one, held.chain)
        return found


def amount_of(views: Sequence[LegView], held: Held, name: str) -> Decimal | None:
    """``name``: `credit`, or `total`, which is after fees where the page shows figures so."""
    scene = views[0].scene
    assert scene.chained is not None
    pnl = scene.chained.worth(held).pnl
    if name == "credit":
        return pnl.credit
    return (pnl.net if scene.after_fees else pnl.total).value


def _summed(views: Sequence[LegView], name: str) -> Total[Decimal]:
    """Over the chains of a row's legs; counts the legs that a chain with a known amount holds."""
    open_ = [view for view in views if not view.is_closed]
    chained = open_[0].scene.chained if open_ else None
    if chained is None:
        return Total(None, 0, len(open_))
    known = {held.ref: amount_of(open_, held, name) for held in chained.of(open_)}
    present = [view for view in open_ if _is_known(chained.holding(view), known)]
    if not present:
        return Total(None, 0, len(open_))
    whole = sum((amount for amount in known.values() if amount is not None), ZERO)
    return Total(whole, len(present), len(open_))


def _is_known(holding: Sequence[Held], known: dict[str, Decimal | None]) -> bool:
    return bool(holding) and all(known[held.ref] is not None for held in holding)


def chain_pnl(views: Sequence[LegView]) -> Total[Decimal]:
    return _summed(views, "total")


def chain_credit(views: Sequence[LegView]) -> Total[Decimal]:
    return _summed(views, "credit")
