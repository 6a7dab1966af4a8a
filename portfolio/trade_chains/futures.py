"""What futures have made since their last settlement, by chain: not cash yet, but the chain's.

Trades of futures move no cash. Each evening the broker pays what the day made, and that booking is
shared among the chains (see `analytics.chains.variation`). Between two settlements the same sum is
told here: M · (sold − bought + held · mark − carried · last settlement).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal

from portfolio.analytics.chains.events import Entry, Event, EventKind, History
from portfolio.analytics.chains.variation import Track
from portfolio.analytics.facts import ZERO


@dataclass(frozen=True, slots=True)
class Unsettled:
    """Of one chain and contract: ``points`` sold less bought since the last settlement, units held
    now and ``carried`` over it, and its price (None: none is known)."""

    points: Decimal
    held: Decimal
    carried: Decimal
    base: Decimal | None
    multiplier: Decimal | None

    def made(self, mark: Decimal | None) -> Decimal | None:
        """In money; None when a price that it needs is missing."""
        if self.multiplier is None:
            return None
        if (self.held and mark is None) or (self.carried and self.base is None):
            return None
        moved = self.points + self.held * (mark or ZERO) - self.carried * (self.base or ZERO)
        return self.multiplier * moved


def unsettled(history: History) -> dict[tuple[str, str], Unsettled]:
    """By chain and contract, of one account; contracts that are flat and settled are absent."""
    tracks: dict[str, Track] = {}
    points: dict[str, Decimal] = {}
    for event, trades in _told(history):
        track = tracks.setdefault(event.symbol, Track())
        if event.multiplier is not None:
            points[event.symbol] = event.multiplier
        if event.kind in (EventKind.INCOME, EventKind.CASH_SETTLEMENT):
            track.settle(event.cash, event.multiplier)
        if event.kind is EventKind.CASH_SETTLEMENT and trades:
            # Its end: nothing is held, and nothing is left to be paid.
            tracks[event.symbol] = Track()
            continue
        for chain, entry in trades:
            if event.price is not None:
                track.trade(chain, entry.quantity, event.price)
    return {
        (chain, symbol): one
        for symbol, track in tracks.items()
        for chain, one in _of_chains(track, points.get(symbol))
    }


def _told(history: History) -> Iterator[tuple[Event, list[tuple[str, Entry]]]]:
    """Events of futures in order, each with the trades that the chains have of it."""
    found: dict[str, tuple[Event, list[tuple[str, Entry]]]] = {}
    for chain in history.chains:
        for entry in chain.entries:
            if not entry.event.symbol.startswith("/"):
                continue
            trades = found.setdefault(entry.event.key, (entry.event, []))[1]
            if entry.quantity:
                trades.append((chain.key, entry))
    yield from sorted(found.values(), key=lambda one: (one[0].at, len(one[0].key), one[0].key))


def _of_chains(track: Track, multiplier: Decimal | None) -> Iterator[tuple[str, Unsettled]]:
    for chain in dict.fromkeys([*track.held, *track.points]):
        held, carried = track.held.get(chain, ZERO), track.carried.get(chain, ZERO)
        points = track.points.get(chain, ZERO)
        if held or carried or points:
            yield chain, Unsettled(points, held, carried, track.base, multiplier)
