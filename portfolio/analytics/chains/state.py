"""What is known while chains are rebuilt: pieces held, entries made, what was just closed."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import ROUND_FLOOR, Decimal

from portfolio.analytics.chains.events import Entry, Event, EventKind
from portfolio.analytics.chains.variation import Track
from portfolio.analytics.facts import ZERO

TRADED = frozenset({EventKind.TRADE})
Weights = dict[str, Decimal]


@dataclass(slots=True)
class Piece:
    """What a chain holds of one symbol from one entry, and the cash that opened it."""

    chain: str
    quantity: Decimal
    cash: Decimal

    def take(self, part: Decimal) -> Decimal:
        """Lets a part go (signed as the closing trade); answers its share of the cash."""
        spent = share(self.cash, -part, self.quantity)
        self.quantity += part
        self.cash -= spent
        return spent


@dataclass(slots=True)
class Closed:
    """What a trade closed a moment ago and nothing has replaced yet."""

    chain: str
    at: datetime
    right: str
    is_long: bool
    left: Decimal


@dataclass(slots=True)
class Opening:
    """What an event opens: its signed quantity, cash and fees."""

    event: Event
    quantity: Decimal
    cash: Decimal
    fees: Decimal


@dataclass(slots=True)
class State:
    """Everything by account and symbol, or by account and underlying."""

    together: timedelta
    pieces: dict[tuple[str, str], list[Piece]] = field(default_factory=lambda: defaultdict(list))
    entries: dict[str, list[Entry]] = field(default_factory=dict)
    unchained: list[Event] = field(default_factory=list)
    _recent: dict[tuple[str, str], list[Closed]] = field(default_factory=lambda: defaultdict(list))
    _started: dict[tuple[str, str, str], str] = field(default_factory=dict)
    _last: dict[tuple[str, str], Weights] = field(default_factory=dict)
    _tracks: dict[tuple[str, str], Track] = field(default_factory=lambda: defaultdict(Track))

    def add(self, chain: str, entry: Entry) -> None:
        """An entry at the end of a chain, which it may start."""
        self.entries.setdefault(chain, []).append(entry)

    def own_chain(self, event: Event) -> str:
        """The chain that this order has started already, or a new one."""
        if not event.group:
            return event.key
        return self._started.setdefault((event.account, event.underlying, event.group), event.key)

    def holders(self, event: Event) -> Weights:
        """Chains that hold the symbol now, by quantity."""
        held: Weights = {}
        for piece in self.pieces.get((event.account, event.symbol), ()):
            held[piece.chain] = held.get(piece.chain, ZERO) + abs(piece.quantity)
        return held

    def last_holders(self, event: Event) -> Weights:
        """Chains whose closing left nothing of the symbol, or last took from it."""
        return self._last.get((event.account, event.symbol), {})

    def left(self, event: Event, holders: Weights) -> None:
        """These chains have closed some of the symbol."""
        self._last[event.account, event.symbol] = holders

    def traded(self, event: Event, chain: str, quantity: Decimal) -> None:
        """A future changed hands; its variation is settled later."""
        if event.price is not None:
            self._tracks[event.account, event.symbol].trade(chain, quantity, event.price)

    def variation(self, event: Event) -> Weights:
        """What each chain made of a future's settled amount; empty when it cannot be told."""
        track = self._tracks.get((event.account, event.symbol))
        return {} if track is None else track.settle(event.cash, event.multiplier)

    def remember(self, happening: list[Event], closed: Mapping[tuple[str, str], Decimal]) -> None:
        """A happening that only closed, for a roll that may follow at once."""
        last = happening[-1]
        sides = {event.right: event.quantity < 0 for event in happening if event.quantity}
        notes = self._recent[last.account, last.underlying]
        notes[:] = [note for note in notes if note.left and last.at - note.at <= self.together]
        for (chain, right), amount in closed.items():
            notes.append(Closed(chain, last.at, right, sides[right], amount))

    def just_closed(self, opening: Opening) -> Weights:
        """Chains that lost the same kind of option, long or short alike, a moment before."""
        event, wanted = opening.event, abs(opening.quantity)
        weights: Weights = {}
        if not event.right:
            return weights
        for note in self._recent[event.account, event.underlying]:
            fits = note.right == event.right and note.is_long == (opening.quantity > 0)
            if fits and note.left and event.at - note.at <= self.together:
                used = min(note.left, wanted)
                note.left -= used
                wanted -= used
                if used:
                    weights[note.chain] = weights.get(note.chain, ZERO) + used
        return weights


def share(amount: Decimal, part: Decimal, whole: Decimal) -> Decimal:
    """The part's share; the last part takes what is left, so shares always add up."""
    return amount if part == whole else amount * part / whole


def apportion(
    quantity: Decimal, weights: Mapping[str, Decimal], *, in_whole_units: bool = True
) -> list[tuple[str, Decimal]]:
    """By weight, the largest first. Whole units: what does not divide goes to the first chains;
    else exact parts, the last one taking what is left."""
    rows = sorted(weights.items(), key=lambda item: (-item[1], len(item[0]), item[0]))
    if not in_whole_units:
        return _exactly(quantity, rows)
    total = sum(weights.values(), ZERO)
    size, sign = abs(quantity), Decimal(1).copy_sign(quantity)
    shares = [(size * weight / total).to_integral_value(ROUND_FLOOR) for _, weight in rows]
    rest = size - sum(shares, ZERO)
    for index in range(len(shares)):
        extra = min(rest, Decimal(1))
        shares[index] += extra
        rest -= extra
    shares[0] += rest
    return [(row[0], sign * part) for row, part in zip(rows, shares, strict=True) if part]


def _exactly(quantity: Decimal, rows: list[tuple[str, Decimal]]) -> list[tuple[str, Decimal]]:
    left, weight_left = quantity, sum((weight for _, weight in rows), ZERO)
    parts = []
    for chain, weight in rows:
        part = share(left, weight, weight_left)
        parts.append((chain, part))
        left, weight_left = left - part, weight_left - weight
    return parts
