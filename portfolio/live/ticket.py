"""The live view of the order ticket: quotes of its legs, the net price, the market panel."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from decimal import Decimal, InvalidOperation
from typing import TYPE_CHECKING, Any

from brokerage import access, market
from portfolio import market_panel, ticket_quotes
from portfolio.live.cells import Cell
from portfolio.live.pages import ShellLive
from portfolio.live.patches import Patch, Wanted, register
from portfolio.live.valuation import Valuation
from portfolio.ticket_quotes import QuotedLeg

if TYPE_CHECKING:
    from portfolio.live.hub import Hub

MAX_LEGS = 4
# The orders of a ticket behind the first.
PREFIXES = ("o1", "o2", "o3")


@register("ticket")
class TicketLive(ShellLive):
    """The top bar, the ticket and its market panel.

    args: those of the shell and ``{"connection": uuid, "symbol": streamer symbol of the panel,
    "tick": "0.01", "legs": [{"s": streamer symbol, "r": signed ratio, "t": tick}],
    "more": {"o1": [legs of the second order, written likewise]}}``. A foreign connection is
    NotFound.
    """

    def __init__(self, user: Any, args: Mapping[str, Any]) -> None:
        super().__init__(user, args)
        connection_id = str(args.get("connection") or "")
        self.feed = ""
        if connection_id:
            self.feed = market.feed_key(access.get_connection(user, connection_id))
        self.symbol = str(args.get("symbol") or "")[:64]
        self.tick = _decimal(args.get("tick"))
        more = args.get("more")
        others = more if isinstance(more, dict) else {}
        self.orders = {"": _legs(args.get("legs"))} | {
            prefix: _legs(others.get(prefix)) for prefix in PREFIXES if prefix in others
        }
        self._hub: Hub | None = None

    def feeds_and_symbols(self) -> Wanted:
        wanted = {feed: set(pairs) for feed, pairs in super().feeds_and_symbols().items()}
        if self.feed:
            legs = [leg for order in self.orders.values() for leg in order]
            own = ticket_quotes.wanted(self.feed, self.symbol, legs, market_panel.EVENTS)
            for feed, pairs in own.items():
                wanted.setdefault(feed, set()).update(pairs)
        return wanted

    def patches(self, hub: Hub, dirty: Collection[tuple[str, str]] | None) -> list[Patch]:
        self._hub = hub
        return super().patches(hub, dirty)

    def cells(self, valuation: Valuation, touched: set[int], now: float) -> Iterator[Cell]:
        yield from super().cells(valuation, touched, now)
        if self._hub is None or not self.feed:
            return
        book = self._hub.book(self.feed)
        for prefix, legs in self.orders.items():
            yield from ticket_quotes.cells(book, legs, now, prefix).values()
        if self.symbol:
            yield from market_panel.build(book, self.symbol, "", self.tick, now).cells()


def _legs(given: Any) -> list[QuotedLeg]:
    rows = given[:MAX_LEGS] if isinstance(given, list) else []
    return [leg for row in rows if (leg := ticket_quotes.leg_from_args(row))]


def _decimal(value: Any) -> Decimal | None:
    try:
        return Decimal(str(value)) if value else None
    except InvalidOperation:
        return None
