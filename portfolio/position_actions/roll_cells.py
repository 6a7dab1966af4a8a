"""The live net prices of a list of rolls, and how the page tells its socket about them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from portfolio import formats
from portfolio.live.book import LatestBook
from portfolio.live.cells import Cell
from portfolio.ticket import quotes as ticket_quotes
from portfolio.ticket.quotes import QuotedLeg

MAX_NETS, MAX_LEGS = 60, 4
Nets = Sequence[Sequence[QuotedLeg]]


def cells(book: LatestBook, nets: Nets, now: float) -> Iterator[Cell]:
    """Mid and natural of each: `0.42 cr` is received, `0.10 db` is paid."""
    for at, legs in enumerate(nets):
        net = ticket_quotes.net_of(book, legs, now)
        for name, value in (("mid", net.mid), ("nat", net.natural)):
            css = "missing" if value is None else "stale" if net.stale else ""
            tone = "" if value is None else "gain-text" if value > 0 else ""
            text = formats.structure_average(value)
            css = " ".join(word for word in ("num w-net", css, tone) if word)
            yield Cell(f"roll-{at}-{name}", text, css, is_figure=True)


def wanted(nets: Nets) -> set[tuple[str, str]]:
    return {("Quote", leg.streamer_symbol) for legs in nets for leg in legs if leg.streamer_symbol}


def as_args(nets: Nets) -> list[list[dict[str, str]]]:
    return [[leg.as_args() for leg in legs] for legs in nets]


def from_args(args: Any) -> list[list[QuotedLeg]]:
    """What a page told its socket; a malformed entry has no legs and no price."""
    rows = args[:MAX_NETS] if isinstance(args, list) else []
    return [_legs(row) for row in rows]


def _legs(row: Any) -> list[QuotedLeg]:
    legs = row[:MAX_LEGS] if isinstance(row, list) else []
    found = [ticket_quotes.leg_from_args(leg) for leg in legs]
    return [leg for leg in found if leg is not None] if None not in found else []
