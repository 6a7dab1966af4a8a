"""The live view of a roll: the net price of each expiration."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from typing import TYPE_CHECKING, Any

from brokerage import access, market
from portfolio import roll_cells
from portfolio.live.cells import Cell
from portfolio.live.pages import ShellLive
from portfolio.live.patches import Patch, Wanted, register
from portfolio.live.valuation import Valuation

if TYPE_CHECKING:
    from portfolio.live.hub import Hub


@register("roll")
class RollLive(ShellLive):
    """The top bar and the list of rolls.

    args: those of the shell and ``{"connection": uuid, "nets": [[{"s", "r", "t"}, …], …]}``, legs
    as the ticket names them. A foreign connection is NotFound.
    """

    def __init__(self, user: Any, args: Mapping[str, Any]) -> None:
        super().__init__(user, args)
        connection_id = str(args.get("connection") or "")
        self.feed = ""
        if connection_id:
            self.feed = market.feed_key(access.get_connection(user, connection_id))
        self.nets = roll_cells.from_args(args.get("nets"))
        self._hub: Hub | None = None

    def feeds_and_symbols(self) -> Wanted:
        wanted = {feed: set(pairs) for feed, pairs in super().feeds_and_symbols().items()}
        if self.feed:
            wanted.setdefault(self.feed, set()).update(roll_cells.wanted(self.nets))
        return wanted

    def patches(self, hub: Hub, dirty: Collection[tuple[str, str]] | None) -> list[Patch]:
        self._hub = hub
        return super().patches(hub, dirty)

    def cells(self, valuation: Valuation, touched: set[int], now: float) -> Iterator[Cell]:
        yield from super().cells(valuation, touched, now)
        if self._hub is not None and self.feed:
            yield from roll_cells.cells(self._hub.book(self.feed), self.nets, now)
