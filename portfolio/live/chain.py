"""The live view of the chain page: strikes, strip, spot price and the basket's net."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from typing import TYPE_CHECKING, Any

from portfolio.live.cells import Cell
from portfolio.live.login import LoginLive
from portfolio.live.patches import Patch, register
from portfolio.option_chain import cells as chain_cells
from portfolio.option_chain import structures
from portfolio.option_chain.legs import PREFIX
from portfolio.option_chain.shown import shown_from_args
from portfolio.ticket import quotes as ticket_quotes

if TYPE_CHECKING:
    from portfolio.live.book import LatestBook
    from portfolio.live.hub import Hub


@register("chain")
class ChainLive(LoginLive):
    """The top bar and the chain.

    args: those of the shell and ``{"connection": uuid, "chain": see chain_cells.Shown, "legs":
    [{"s": streamer symbol, "r": signed ratio, "t": tick}]}``. A foreign connection is NotFound.
    """

    def __init__(self, user: Any, args: Mapping[str, Any]) -> None:
        super().__init__(user, args)
        self.shown = shown_from_args(args.get("chain"))
        given = args.get("legs")
        rows = given[: structures.MAX_LEGS] if isinstance(given, list) else []
        self.legs = [leg for row in rows if (leg := ticket_quotes.leg_from_args(row))]
        self._dirty: frozenset[str] | None = None

    def pairs(self) -> set[tuple[str, str]]:
        return self.shown.wanted() | {("Quote", leg.streamer_symbol) for leg in self.legs}

    def patches(self, hub: Hub, dirty: Collection[tuple[str, str]] | None) -> list[Patch]:
        first = self._valuation is None
        self._dirty = None
        if dirty is not None and not first:
            self._dirty = frozenset(symbol for feed, symbol in dirty if feed == self.feed)
        return super().patches(hub, dirty)

    def figures(self, book: LatestBook, now: float) -> Iterator[Cell]:
        yield from chain_cells.cells(book, self.shown, now, self._dirty)
        if self.legs:
            yield from ticket_quotes.cells(book, self.legs, now, PREFIX).values()
