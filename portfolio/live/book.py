"""The latest book of one feed, as a process holds it."""

from __future__ import annotations

import time
from collections.abc import Mapping
from copy import copy

from brokerage import market

_NOTHING = market.Cells()


class LatestBook:
    """Every latest cell of one feed by streamer symbol; safe to read from any thread.

    One event loop writes; cells are replaced whole, so a reader sees each cell old or new.
    Readers return None for what never came.
    """

    def __init__(self, feed: str, cells: Mapping[str, market.Cells] | None = None) -> None:
        self.feed = feed
        self._cells: dict[str, market.Cells] = dict(cells or {})
        self._health = market.FeedHealth()

    def cells(self, symbol: str) -> market.Cells:
        """All cells of a symbol; an empty one for a symbol that never came."""
        return self._cells.get(symbol, _NOTHING)

    def quote(self, symbol: str) -> market.Quote | None:
        return self.cells(symbol).quote

    def trade(self, symbol: str) -> market.Trade | None:
        """The last trade of the regular session."""
        return self.cells(symbol).trade

    def trade_eth(self, symbol: str) -> market.Trade | None:
        """The last trade in extended hours."""
        return self.cells(symbol).trade_eth

    def summary(self, symbol: str) -> market.Summary | None:
        return self.cells(symbol).summary

    def greeks(self, symbol: str) -> market.Greeks | None:
        return self.cells(symbol).greeks

    def theo(self, symbol: str) -> market.Theo | None:
        return self.cells(symbol).theo

    def underlying(self, symbol: str) -> market.Underlying | None:
        return self.cells(symbol).underlying

    def profile(self, symbol: str) -> market.Profile | None:
        return self.cells(symbol).profile

    def depth(self, symbol: str) -> market.Depth | None:
        return self.cells(symbol).depth

    def tape(self, symbol: str) -> market.Tape | None:
        return self.cells(symbol).tape

    @property
    def delayed(self) -> bool | None:
        """Whether the feed's figures come delayed; None while nobody said."""
        return self._health.delayed

    def health(self, now: float | None = None) -> market.FeedHealth:
        """The streams' state; down when no gateway said anything for some seconds."""
        moment = time.time() if now is None else now
        if moment - self._health.at > market.HEALTH_SECONDS:
            return market.parse_health(None)
        return self._health

    def frozen(self) -> LatestBook:
        """The book as it stands now, for one rendering: whatever comes meanwhile, its header,
        table and cards are of one instant. Cells are copied when first read."""
        return _Frozen(self)

    # --- The writer's side -----------------------------------------------------------------------

    def apply(self, frame: market.Frame) -> None:
        """Take over a frame."""
        if frame.cleared:
            self._cells = {}
        for symbol in frame.gone:
            self._cells.pop(symbol, None)
        for symbol, newer in frame.cells.items():
            held = self._cells.get(symbol)
            if held is None:
                self._cells[symbol] = newer
            else:
                held.merge(newer)
        if frame.health is not None:
            self._health = frame.health

    def fill(self, stored: Mapping[str, market.Cells], health: market.FeedHealth) -> None:
        """Take over a stored book where it is not older than what frames brought meanwhile."""
        for symbol, cells in stored.items():
            held = self._cells.setdefault(symbol, market.Cells())
            for name in market.CELL_TYPES:
                value, ours = getattr(cells, name), getattr(held, name)
                if value is not None and (ours is None or ours.received_at <= value.received_at):
                    setattr(held, name, value)
        if health.at >= self._health.at:
            self._health = health


class _Frozen(LatestBook):
    """A book that keeps what it was first read as."""

    def __init__(self, book: LatestBook) -> None:
        super().__init__(book.feed)
        self._live, self._health = book, book.health()

    def cells(self, symbol: str) -> market.Cells:
        held = self._cells.get(symbol)
        if held is None:
            held = self._cells[symbol] = copy(self._live.cells(symbol))
        return held
