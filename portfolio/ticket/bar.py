"""The bar from natural to the own side of the market, and where a limit stands on it."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from portfolio.ticket.quotes import Net

# Units of the drawing's width; a limit beyond either side stands at its end.
WIDTH = 100


@dataclass(frozen=True, slots=True)
class PriceBar:
    """`place` of the limit: 0 is natural (fills at once), half is mid, WIDTH the own side."""

    place: float
    words: str


def bar_of(net: Net, limit: Decimal) -> PriceBar | None:
    """`limit` signed like the net prices: received is positive. None without a market."""
    if net.natural is None or net.opposite is None or net.natural == net.opposite:
        return None
    share = float((limit - net.natural) / (net.opposite - net.natural))
    return PriceBar(round(min(1.0, max(0.0, share)) * WIDTH, 1), _words(share))


def _words(share: float) -> str:
    if share <= 0:
        return "at natural: may fill at once"
    if share >= 1:
        return "on its own side of the market: it waits"
    if abs(share - 0.5) < 0.005:
        return "at mid"
    return f"{round(share * 100)}% of the way from natural to the other side"
