"""What the live views of one login's market share: its feed, and the hub that keeps its book."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from typing import TYPE_CHECKING, Any

from brokerage import access, market
from portfolio.live.cells import Cell
from portfolio.live.pages import ShellLive
from portfolio.live.patches import Patch, Wanted
from portfolio.live.valuation import Valuation

if TYPE_CHECKING:
    from portfolio.live.book import LatestBook
    from portfolio.live.hub import Hub


class LoginLive(ShellLive):
    """The top bar and figures of one login's market; pages say which in `pairs` and `figures`.

    args: those of the shell and ``{"connection": uuid}``; without one there is the top bar alone.
    A foreign connection is NotFound.
    """

    def __init__(self, user: Any, args: Mapping[str, Any]) -> None:
        super().__init__(user, args)
        connection_id = str(args.get("connection") or "")
        self.feed = ""
        if connection_id:
            self.feed = market.feed_key(access.get_connection(user, connection_id))
        self._hub: Hub | None = None

    def pairs(self) -> set[tuple[str, str]]:
        """(event type, streamer symbol) that this page shows, besides the top bar's."""
        raise NotImplementedError

    def figures(self, book: LatestBook, now: float) -> Iterator[Cell]:
        """The cells of this page that may have changed."""
        raise NotImplementedError

    def feeds_and_symbols(self) -> Wanted:
        wanted = {feed: set(pairs) for feed, pairs in super().feeds_and_symbols().items()}
        if self.feed:
            wanted.setdefault(self.feed, set()).update(self.pairs())
        return wanted

    def patches(self, hub: Hub, dirty: Collection[tuple[str, str]] | None) -> list[Patch]:
        self._hub = hub
        return super().patches(hub, dirty)

    def cells(self, valuation: Valuation, touched: set[int], now: float) -> Iterator[Cell]:
        yield from super().cells(valuation, touched, now)
        if self._hub is not None and self.feed:
            yield from self.figures(self._hub.book(self.feed), now)
