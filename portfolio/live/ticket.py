"""The live view of the order ticket: quotes of its legs, the net price, the market panel."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from decimal import Decimal, InvalidOperation
from typing import TYPE_CHECKING, Any

from portfolio import market_panel
from portfolio.live.cells import Cell
from portfolio.live.login import LoginLive
from portfolio.live.patches import register
from portfolio.ticket import quotes as ticket_quotes
from portfolio.ticket.bar import bar_cells
from portfolio.ticket.quotes import QuotedLeg

if TYPE_CHECKING:
    from portfolio.live.book import LatestBook

MAX_LEGS = 4
# The orders of a ticket behind the first.
PREFIXES = ("o1", "o2", "o3")


@register("ticket")
class TicketLive(LoginLive):
    """The top bar, the ticket and its market panel.

    args: those of the shell and ``{"connection": uuid, "symbol": streamer symbol of the panel,
    "tick": "0.01", "legs": [{"s": streamer symbol, "r": signed ratio, "t": tick}],
    "more": {"o1": [legs of the second order, written likewise]}, "limits": {"": "-1.35"}}``:
    signed limits by order, received positive. A foreign connection is NotFound.
    """

    def __init__(self, user: Any, args: Mapping[str, Any]) -> None:
        super().__init__(user, args)
        self.symbol = str(args.get("symbol") or "")[:64]
        self.tick = _decimal(args.get("tick"))
        more = args.get("more")
        others = more if isinstance(more, dict) else {}
        self.orders = {"": _legs(args.get("legs"))} | {
            prefix: _legs(others.get(prefix)) for prefix in PREFIXES if prefix in others
        }
        limits = args.get("limits")
        self.limits = limits if isinstance(limits, dict) else {}

    def pairs(self) -> set[tuple[str, str]]:
        legs = [leg for order in self.orders.values() for leg in order]
        return ticket_quotes.wanted(self.symbol, legs, market_panel.EVENTS)

    def figures(self, book: LatestBook, now: float) -> Iterator[Cell]:
        for prefix, legs in self.orders.items():
            yield from ticket_quotes.cells(book, legs, now, prefix).values()
            net = ticket_quotes.net_of(book, legs, now)
            yield from bar_cells(prefix or "ticket", net, _decimal(self.limits.get(prefix)))
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
