"""The live view of the chain page: strikes, strip, spot price and the basket's net."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from typing import TYPE_CHECKING, Any

from brokerage import access, market
from portfolio import chain_cells, structures, ticket_quotes
from portfolio.chain_legs import PREFIX
from portfolio.chain_shown import shown_from_args
from portfolio.live.cells import Cell
from portfolio.live.pages import ShellLive
from portfolio.live.patches import Patch, Wanted, register
from portfolio.live.valuation import Valuation

if TYPE_CHECKING:
    from portfolio.live.hub import Hub


@register("chain")
class ChainLive(ShellLive):
    """The top bar and the chain.

    args: those of the shell and ``{"connection": uuid, "chain": see chain_cells.Shown, "legs":
    [{"s": streamer symbol, "r": signed ratio, "t": tick}]}``. A foreign connection is NotFound.
    """

    def __init__(self, user: Any, args: Mapping[str, Any]) -> None:
        super().__init__(user, args)
        connection_id = str(args.get("connection") or "")
        self.feed = ""
        if connection_id:
            self.feed = market.feed_key(access.get_connection(user, connection_id))
        self.shown = shown_from_args(args.get("chain"))
        given = args.get("legs")
        rows = given[: structures.MAX_LEGS] if isinstance(given, list) else []
        self.legs = [leg for row in rows if (leg := ticket_quotes.leg_from_args(row))]
        self._hub: Hub | None = None
        self._dirty: frozenset[str] | None = None

    def feeds_and_symbols(self) -> Wanted:
        wanted = {feed: set(pairs) for feed, pairs in super().feeds_and_symbols().items()}
        if self.feed:
            own = self.shown.wanted() | {("Quote", leg.streamer_symbol) for leg in self.legs}
            wanted.setdefault(self.feed, set()).update(own)
        return wanted

    def patches(self, hub: Hub, dirty: Collection[tuple[str, str]] | None) -> list[Patch]:
        self._hub = hub
        first = self._valuation is None
        self._dirty = None
        if dirty is not None and not first:
            self._dirty = frozenset(symbol for feed, symbol in dirty if feed == self.feed)
        return super().patches(hub, dirty)

    def cells(self, valuation: Valuation, touched: set[int], now: float) -> Iterator[Cell]:
        yield from super().cells(valuation, touched, now)
        if self._hub is None or not self.feed:
            return
        book = self._hub.book(self.feed)
        yield from chain_cells.cells(book, self.shown, now, self._dirty)
        if self.legs:
            yield from ticket_quotes.cells(book, self.legs, now, PREFIX).values()
