"""The bar between the best price and the natural one, and where a limit stands on it.

One truth for the ticket, the order book and their sockets: pages print these cells, no script
computes them.
"""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal

from portfolio.live.cells import Cell
from portfolio.ticket.quotes import Net

# Steps of the bar, from the best price (0) over the mid to the natural one.
STEPS = 20
NOWHERE = "No limit yet, or no market to compare it with."


def bar_cell(name: str, net: Net, limit: Decimal | None) -> Cell:
    """The marker, its place a class; without one the bar is empty.

    `limit` is signed like the net prices: received is positive.
    """
    share = _share(net, limit)
    css = "limit-bar__limit"
    return Cell(f"{name}-bar", "", css if share is None else f"{css} at-{_place(share)}")


def bar_cells(name: str, net: Net, limit: Decimal | None) -> Iterator[Cell]:
    """The marker and the words beside it."""
    yield bar_cell(name, net, limit)
    yield Cell(f"{name}-bar-words", bar_words(net, limit), "small secondary")


def bar_words(net: Net, limit: Decimal | None) -> str:
    share = _share(net, limit)
    return NOWHERE if share is None else f"Your limit is {_words(share)}."


def _share(net: Net, limit: Decimal | None) -> Decimal | None:
    """The way from natural (0) to the own side of the market (1); may lie beyond either."""
    if limit is None or not limit.is_finite() or net.natural is None or net.opposite is None:
        return None
    width = net.opposite - net.natural
    return (limit - net.natural) / width if width > 0 else None


def _place(share: Decimal) -> int:
    return round((1 - max(Decimal(0), min(Decimal(1), share))) * STEPS)


def _words(share: Decimal) -> str:
    if share <= 0:
        return "at natural: may fill at once"
    if share >= 1:
        return "on its own side of the market: it waits"
    if abs(share - Decimal("0.5")) < Decimal("0.005"):
        return "at mid"
    return f"{round(share * 100)}% of the way from natural to the other side"
