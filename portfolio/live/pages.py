"""The live views of our pages: the same cells as the page was rendered with, when they change."""

from __future__ import annotations

import time
from collections.abc import Collection, Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Any

from portfolio import selectors
from portfolio.facts import Desk
from portfolio.live.cells import (
    Cell,
    account_cells,
    shell_cells,
    underlying_row_cells,
)
from portfolio.live.patches import LiveView, Patch, Wanted, register
from portfolio.live.valuation import Valuation
from portfolio.scope import resolve

if TYPE_CHECKING:
    from portfolio.live.hub import Hub

SPOT_EVENTS = ("Quote", "Trade")
# What the dashboard's bounds are measured by.
MARKET_SYMBOLS = ("VIX", "SPY")
OPTION_EVENTS = ("Quote", "Trade", "Greeks")


def wanted_by(desk: Desk) -> dict[str, set[tuple[str, str]]]:
    """The (event type, streamer symbol) pairs that value a desk, by feed."""
    wanted: dict[str, set[tuple[str, str]]] = {}
    for groups in desk.groups.values():
        for group in groups:
            symbols = wanted.setdefault(group.feed, set())
            symbols.update((event, group.streamer_symbol) for event in SPOT_EVENTS)
            for leg in group.legs:
                events = OPTION_EVENTS if leg.is_option else SPOT_EVENTS
                symbols.update((event, leg.streamer_symbol) for event in events)
    return {feed: {pair for pair in pairs if pair[1]} for feed, pairs in wanted.items() if feed}


@register("shell")
class ShellLive(LiveView):
    """The top bar alone. Pages with live figures of their own extend it.

    args: ``{"scope": "simulator/5WT00001"}`` as rendered into the page; a scope that holds none
    of the user's accounts is NotFound.
    """

    def __init__(self, user: Any, args: Mapping[str, Any]) -> None:
        super().__init__(user, args)
        accounts = selectors.accounts_of(user)
        text = str(args.get("scope") or "")
        self.desk = selectors.load_desk(accounts, resolve(text, accounts) if text else None)
        self._valuation: Valuation | None = None
        self._sent: dict[str, tuple[str, str]] = {}

    def feeds_and_symbols(self) -> Wanted:
        return wanted_by(self.desk)

    def patches(self, hub: Hub, dirty: Collection[tuple[str, str]] | None) -> list[Patch]:
        now = time.time()
        if self._valuation is None:
            self._valuation, dirty = Valuation(self.desk, hub.book), None
        touched = self._valuation.update(now, dirty)
        changed = self._changed(self.cells(self._valuation, touched, now))
        return [*changed, *self.further(now)]

    def cells(self, valuation: Valuation, touched: set[int], now: float) -> Iterator[Cell]:
        """The cells that may have changed, given the accounts whose legs did."""
        yield from shell_cells(valuation, now).values()

    def further(self, now: float) -> Iterable[Patch]:
        """What a page writes beside its cells, at the same instant."""
        return ()

    def _changed(self, cells: Iterator[Cell]) -> list[Patch]:
        patches: list[Patch] = []
        for cell in cells:
            if self._sent.get(cell.id) != (cell.text, cell.css):
                self._sent[cell.id] = (cell.text, cell.css)
                patches.append([cell.id, cell.text, cell.css])
        return patches


@register("dashboard")
class DashboardLive(ShellLive):
    """The top bar, the accounts' cards, the day by underlying; the VIX and the benchmark of the
    bounds are followed too."""

    def feeds_and_symbols(self) -> Wanted:
        found = {feed: set(pairs) for feed, pairs in super().feeds_and_symbols().items()}
        for feed in {account.feed for account in self.desk.accounts if account.feed}:
            pairs = {(event, symbol) for event in SPOT_EVENTS for symbol in MARKET_SYMBOLS}
            found.setdefault(feed, set()).update(pairs)
        return found

    def cells(self, valuation: Valuation, touched: set[int], now: float) -> Iterator[Cell]:
        yield from super().cells(valuation, touched, now)
        for account in self.desk.accounts:
            if account.pk in touched or not self.desk.legs_of(account.pk):
                totals = valuation.totals(self.desk.legs_of(account.pk))
                yield from account_cells(account, totals, now)
        for groups in self.desk.by_underlying().values():
            if any(group.account_pk in touched for group in groups):
                yield from underlying_row_cells(groups, valuation, now).values()
