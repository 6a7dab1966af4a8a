"""Indexed events: bars and order books, kept by the service's snapshot and transaction rules.

A snapshot arrives newest first, possibly in several frames, from an event flagged BEGIN to one
flagged END or SNIP; the last one is often a mere marker. Outside a snapshot, events flagged
TX_PENDING wait for the one that completes them.
"""

from __future__ import annotations

from typing import Generic, TypeVar

from brokerage.tastytrade.streaming.dxlink.events import IndexedEvent, Order

TX_PENDING = 0x01
REMOVE_EVENT = 0x02
SNAPSHOT_BEGIN = 0x04
SNAPSHOT_END = 0x08
SNAPSHOT_SNIP = 0x10

IndexedT = TypeVar("IndexedT", bound=IndexedEvent)


class IndexedEvents(Generic[IndexedT]):
    """The state of one symbol (and source): events by index.

    ``complete`` tells that a whole snapshot has been seen; ``snipped`` that it was cut by a limit.
    """

    def __init__(self) -> None:
        self.events: dict[int, IndexedT] = {}
        self.complete = False
        self.snipped = False
        self._pending: list[IndexedT] = []
        self._partial = False
        self._replace = False

    def apply(self, event: IndexedT) -> bool:
        """Take one event in; True when ``events`` changed and is consistent again."""
        flags = event.event_flags
        if flags & SNAPSHOT_BEGIN:
            self._pending.clear()
            self._partial, self._replace = True, True
        if self._partial and flags & (SNAPSHOT_END | SNAPSHOT_SNIP):
            self._partial = False
            self.snipped = bool(flags & SNAPSHOT_SNIP)
        self._pending.append(event)
        if self._partial or flags & TX_PENDING:
            return False
        self._publish()
        return True

    def _publish(self) -> None:
        if self._replace:
            self.events = {}
            self._replace, self.complete = False, True
        for event in self._pending:
            if event.event_flags & REMOVE_EVENT:
                self.events.pop(event.index, None)
            else:
                self.events[event.index] = event
        self._pending.clear()

    def ordered(self) -> list[IndexedT]:
        """Oldest index first: bars in the order of time."""
        return [self.events[index] for index in sorted(self.events)]


def depth(
    orders: IndexedEvents[Order], levels: int = 10
) -> tuple[list[tuple[float, float, int | None]], list[tuple[float, float, int | None]]]:
    """(bids, asks) as (price, size, count), best first; orders at one price are added up.

    Levels without a price or a size stand for nothing and are left out.
    """
    sides: dict[str, dict[float, tuple[float, int | None]]] = {"BUY": {}, "SELL": {}}
    for order in orders.events.values():
        side = sides.get(order.order_side or "")
        if side is None or order.price is None or not order.size:
            continue
        size, count = side.get(order.price, (0.0, None))
        side[order.price] = (size + order.size, _add(count, order))
    bids, asks = sorted(sides["BUY"], reverse=True)[:levels], sorted(sides["SELL"])[:levels]
    return (
        [(price, *sides["BUY"][price]) for price in bids],
        [(price, *sides["SELL"][price]) for price in asks],
    )


def _add(count: int | None, order: Order) -> int | None:
    """Orders behind a price: a single order counts one, a price level says its own number."""
    own = 1 if order.scope == "ORDER" else order.count or None
    if own is None:
        return count
    return own if count is None else count + own
