"""Chains rebuilt from events.

What is opened starts a chain, unless the same happening closes something of the same underlying
(then it is a roll, an assignment, a split, and continues the chains that were closed), or a trade
closed the same kind of option a moment before (a roll in two orders). What is closed belongs to the
chains whose pieces it closes, oldest first. Shares of one event are split by quantity; the last
share takes the remainder, so no cent is lost.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import ROUND_FLOOR, Decimal

from portfolio.analytics.chains.events import Chain, Entry, Event, EventKind, History, ordered
from portfolio.analytics.facts import ZERO

# Two orders this close together, one closing and one opening, are taken for one roll.
TOGETHER = timedelta(minutes=5)
_TRADED = frozenset({EventKind.TRADE})


@dataclass(slots=True)
class _Piece:
    """What a chain holds of one symbol from one entry."""

    chain: str
    quantity: Decimal


@dataclass(slots=True)
class _Closed:
    """What a trade closed a moment ago and nothing has replaced yet."""

    chain: str
    at: datetime
    right: str
    is_long: bool
    left: Decimal


@dataclass(slots=True)
class _State:
    pieces: dict[tuple[str, str], list[_Piece]] = field(default_factory=lambda: defaultdict(list))
    entries: dict[str, list[Entry]] = field(default_factory=dict)
    recent: dict[tuple[str, str], list[_Closed]] = field(default_factory=lambda: defaultdict(list))
    unchained: list[Event] = field(default_factory=list)


@dataclass(slots=True)
class _Opening:
    event: Event
    quantity: Decimal
    cash: Decimal
    fees: Decimal


def rebuild(events: Iterable[Event], *, together: timedelta = TOGETHER) -> History:
    """All chains of all accounts; never across two of them."""
    state = _State()
    for happening in _happenings(events):
        _apply(state, happening, together)
    chains = [
        Chain(key, rows[0].event.account, rows[0].event.underlying, tuple(rows))
        for key, rows in state.entries.items()
    ]
    return History(tuple(chains), tuple(state.unchained))


def _happenings(events: Iterable[Event]) -> list[list[Event]]:
    """Events that belong together, by the time of the first; an order may fill over minutes."""
    groups: dict[tuple[str, ...], list[Event]] = {}
    for event in ordered(events):
        if event.group:
            key = (event.account, event.underlying, "group", event.group)
        elif event.kind in _TRADED or event.kind in (EventKind.INCOME, EventKind.OTHER):
            key = (event.account, event.underlying, "alone", event.key)
        else:
            key = (event.account, event.underlying, "moment", event.at.isoformat())
        groups.setdefault(key, []).append(event)
    return list(groups.values())


def _apply(state: _State, happening: list[Event], together: timedelta) -> None:
    closed: dict[tuple[str, str], Decimal] = defaultdict(Decimal)
    openings: list[_Opening] = []
    for event in happening:
        if event.quantity:
            openings += _close(state, event, closed)
        else:
            _income(state, event)
    for opening in openings:
        _open(state, opening, closed, together)
    if any(event.kind in _TRADED for event in happening) and not openings:
        _remember(state, happening, closed)


def _close(state: _State, event: Event, closed: dict[tuple[str, str], Decimal]) -> list[_Opening]:
    """Closes pieces of the opposite sign, oldest first; what is left over opens."""
    pieces = state.pieces[event.account, event.symbol]
    quantity, cash, fees = event.quantity, event.cash, event.fees
    while quantity and pieces and (pieces[0].quantity > 0) != (quantity > 0):
        piece = pieces[0]
        part = -piece.quantity if abs(piece.quantity) <= abs(quantity) else quantity
        money, cost = _share(cash, part, quantity), _share(fees, part, quantity)
        state.entries[piece.chain].append(Entry(event, part, money, cost, False))
        closed[piece.chain, event.right] += abs(part)
        piece.quantity += part
        if not piece.quantity:
            pieces.pop(0)
        quantity, cash, fees = quantity - part, cash - money, fees - cost
    return [_Opening(event, quantity, cash, fees)] if quantity else []


def _share(amount: Decimal, part: Decimal, whole: Decimal) -> Decimal:
    return amount if part == whole else amount * part / whole


def _open(
    state: _State,
    opening: _Opening,
    closed: Mapping[tuple[str, str], Decimal],
    together: timedelta,
) -> None:
    event = opening.event
    weights = _weights(closed, event.right)
    if not weights and event.kind in _TRADED:
        weights = _just_closed(state, opening, together)
    if not weights:
        weights = {_own_chain(state, event): Decimal(1)}
    left, cash, fees = opening.quantity, opening.cash, opening.fees
    for chain, part in _apportion(opening.quantity, weights):
        money, cost = _share(cash, part, left), _share(fees, part, left)
        state.entries.setdefault(chain, []).append(Entry(event, part, money, cost, True))
        state.pieces[event.account, event.symbol].append(_Piece(chain, part))
        left, cash, fees = left - part, cash - money, fees - cost


def _weights(closed: Mapping[tuple[str, str], Decimal], right: str) -> dict[str, Decimal]:
    """Chains closed by the same happening, by how much: of the same right where there are any."""
    same = {chain: amount for (chain, kind), amount in closed.items() if kind == right}
    if same:
        return same
    weights: dict[str, Decimal] = defaultdict(Decimal)
    for (chain, _), amount in closed.items():
        weights[chain] += amount
    return dict(weights)


def _own_chain(state: _State, event: Event) -> str:
    """The chain that this order has started already, or a new one."""
    if event.group:
        for key, rows in state.entries.items():
            first = rows[0].event
            if (first.account, first.underlying, first.group) == (
                event.account,
                event.underlying,
                event.group,
            ):
                return key
    return event.key


def _apportion(quantity: Decimal, weights: Mapping[str, Decimal]) -> list[tuple[str, Decimal]]:
    """Whole units by weight, the largest first; what does not divide goes to the first chains."""
    total = sum(weights.values(), ZERO)
    rows = sorted(weights.items(), key=lambda item: (-item[1], item[0]))
    size, sign = abs(quantity), Decimal(1).copy_sign(quantity)
    shares = [(size * weight / total).to_integral_value(ROUND_FLOOR) for _, weight in rows]
    rest = size - sum(shares, ZERO)
    for index in range(len(shares)):
        extra = min(rest, Decimal(1))
        shares[index] += extra
        rest -= extra
    shares[0] += rest
    return [(row[0], sign * share) for row, share in zip(rows, shares, strict=True) if share]


def _income(state: _State, event: Event) -> None:
    """Cash of a held position goes to the chains that hold it, by quantity; other cash to none."""
    pieces = state.pieces.get((event.account, event.symbol), []) if event.symbol else []
    if event.kind is EventKind.OTHER or not pieces:
        state.unchained.append(event)
        return
    held: dict[str, Decimal] = defaultdict(Decimal)
    for piece in pieces:
        held[piece.chain] += abs(piece.quantity)
    left, cash, fees = sum(held.values(), ZERO), event.cash, event.fees
    for chain, amount in sorted(held.items()):
        money, cost = _share(cash, amount, left), _share(fees, amount, left)
        state.entries[chain].append(Entry(event, ZERO, money, cost, False))
        left, cash, fees = left - amount, cash - money, fees - cost


def _remember(
    state: _State, happening: list[Event], closed: Mapping[tuple[str, str], Decimal]
) -> None:
    last = happening[-1]
    sides = {event.right: event.quantity < 0 for event in happening}
    for (chain, right), amount in closed.items():
        note = _Closed(chain, last.at, right, sides[right], amount)
        state.recent[last.account, last.underlying].append(note)


def _just_closed(state: _State, opening: _Opening, together: timedelta) -> dict[str, Decimal]:
    """Chains that lost the same kind of option, long or short alike, a moment before."""
    event, wanted = opening.event, abs(opening.quantity)
    weights: dict[str, Decimal] = {}
    if not event.right:
        return weights
    for note in state.recent[event.account, event.underlying]:
        fits = note.right == event.right and note.is_long == (opening.quantity > 0)
        if fits and note.left and event.at - note.at <= together:
            used = min(note.left, wanted)
            note.left -= used
            wanted -= used
            if used:
                weights[note.chain] = weights.get(note.chain, ZERO) + used
    return weights
