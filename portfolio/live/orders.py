"""The live view of the order book: the top bar, and the market against each working order."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from typing import TYPE_CHECKING, Any

from portfolio import selectors
from portfolio.live.cells import Cell
from portfolio.live.pages import ShellLive
from portfolio.live.patches import Patch, Wanted, register
from portfolio.live.valuation import Valuation
from portfolio.orders import market as order_market

if TYPE_CHECKING:
    from portfolio.live.hub import Hub

MAX_WATCHED = 200


@register("orders")
class OrdersLive(ShellLive):
    """args: those of the shell. Watches the working orders of the accounts in scope."""

    def __init__(self, user: Any, args: Mapping[str, Any]) -> None:
        super().__init__(user, args)
        accounts = [item.account for item in self.desk.accounts]
        orders = selectors.working_orders(accounts)[:MAX_WATCHED]
        self.orders = order_market.watch(orders, accounts)
        self._hub: Hub | None = None
        self._dirty: Collection[tuple[str, str]] | None = None

    def feeds_and_symbols(self) -> Wanted:
        wanted = {feed: set(pairs) for feed, pairs in super().feeds_and_symbols().items()}
        for order in self.orders:
            if order.feed:
                pairs = wanted.setdefault(order.feed, set())
                pairs.update(("Quote", symbol) for symbol in order.symbols)
        return wanted

    def patches(self, hub: Hub, dirty: Collection[tuple[str, str]] | None) -> list[Patch]:
        self._hub, self._dirty = hub, dirty
        return super().patches(hub, dirty)

    def cells(self, valuation: Valuation, touched: set[int], now: float) -> Iterator[Cell]:
        yield from super().cells(valuation, touched, now)
        assert self._hub is not None
        for order in self.orders:
            if order.feed and self._concerns(order):
                yield from order_market.cells(order, self._hub.book(order.feed), now).values()

    def _concerns(self, order: order_market.WatchedOrder) -> bool:
        if self._dirty is None:
            return True
        return any((order.feed, symbol) in self._dirty for symbol in order.symbols)
