"""Chains rebuilt from events.

What is opened starts a chain, unless the same happening closes something of the same underlying
(then it is a roll, an assignment, a split, and continues the chains that were closed), or a trade
closed the same kind of option a moment before (a roll in two orders). What is closed belongs to the
chains whose pieces it closes, oldest first. A split or a new name moves no money: each chain's
units leave and arrive at what they cost. Shares of one event are split by quantity; the last
share takes the remainder, so no cent is lost.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from datetime import timedelta
from decimal import Decimal

from portfolio.analytics.chains.events import (
    CARRIES,
    Chain,
    Entry,
    Event,
    EventKind,
    History,
    ordered,
)
from portfolio.analytics.chains.state import (
    TRADED,
    Opening,
    Piece,
    State,
    Weights,
    apportion,
    share,
)
from portfolio.analytics.facts import ZERO

# Two orders this close together, one closing and one opening, are taken for one roll.
TOGETHER = timedelta(minutes=5)


def rebuild(events: Iterable[Event], *, together: timedelta = TOGETHER) -> History:
    """All chains of all accounts; never across two of them."""
    state = State(together)
    for happening in _happenings(events):
        _apply(state, happening)
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
        elif event.kind in TRADED or event.kind in (EventKind.INCOME, EventKind.OTHER):
            key = (event.account, event.underlying, "alone", event.key)
        else:
            key = (event.account, event.underlying, "moment", event.at.isoformat())
        groups.setdefault(key, []).append(event)
    return list(groups.values())


def _apply(state: State, happening: list[Event]) -> None:
    closed: dict[tuple[str, str], Decimal] = defaultdict(Decimal)
    costs: dict[str, Decimal] = defaultdict(Decimal)
    openings: list[Opening] = []
    for event in happening:
        if event.quantity:
            openings += _close(state, event, closed, costs)
        else:
            _income(state, event)
    for opening in openings:
        _open(state, opening, closed, costs)
    _settle(state, happening, costs)
    if any(event.kind in TRADED for event in happening) and not openings:
        state.remember(happening, closed)


def _close(
    state: State,
    event: Event,
    closed: dict[tuple[str, str], Decimal],
    costs: dict[str, Decimal],
) -> list[Opening]:
    """Closes pieces of the opposite sign, oldest first; what is left over opens."""
    pieces = state.pieces[event.account, event.symbol]
    quantity, cash, fees = event.quantity, event.cash, event.fees
    if event.kind is EventKind.CASH_SETTLEMENT and _vary(state, event):
        cash = ZERO
    holders: Weights = {}
    while quantity and pieces and (pieces[0].quantity > 0) != (quantity > 0):
        piece = pieces[0]
        part = -piece.quantity if abs(piece.quantity) <= abs(quantity) else quantity
        money, cost = share(cash, part, quantity), share(fees, part, quantity)
        spent = piece.take(part)
        quantity, cash, fees = quantity - part, cash - money, fees - cost
        if event.kind in CARRIES:
            # Out at what it cost; the row's own money is kept for what comes in its place.
            costs[piece.chain] += money + spent
            money = -spent
        state.add(piece.chain, Entry(event, part, money, cost, False))
        state.traded(event, piece.chain, part)
        closed[piece.chain, event.right] += abs(part)
        holders[piece.chain] = holders.get(piece.chain, ZERO) + abs(part)
        if not piece.quantity:
            pieces.pop(0)
    if holders:
        state.left(event, holders)
    return [Opening(event, quantity, cash, fees)] if quantity else []


def _open(
    state: State,
    opening: Opening,
    closed: dict[tuple[str, str], Decimal],
    costs: dict[str, Decimal],
) -> None:
    event = opening.event
    weights = _weights(state, opening, closed) or {state.own_chain(event): Decimal(1)}
    carries = event.kind in CARRIES
    left, cash, fees = opening.quantity, opening.cash, opening.fees
    for chain, part in apportion(opening.quantity, weights, in_whole_units=not carries):
        money, cost = share(cash, part, left), share(fees, part, left)
        left, cash, fees = left - part, cash - money, fees - cost
        if carries:
            money += costs.pop(chain, ZERO)
        state.add(chain, Entry(event, part, money, cost, True))
        state.traded(event, chain, part)
        state.pieces[event.account, event.symbol].append(Piece(chain, part, money))


def _settle(state: State, happening: list[Event], costs: dict[str, Decimal]) -> None:
    """What nothing has come for (a fraction of a share after a reverse split) is realized."""
    for chain, amount in costs.items():
        if amount:
            state.add(chain, Entry(happening[-1], ZERO, amount, ZERO, False))


def _weights(state: State, opening: Opening, closed: dict[tuple[str, str], Decimal]) -> Weights:
    """Chains that the opening continues, by how much; empty for a new one."""
    event = opening.event
    same = {chain: amount for (chain, kind), amount in closed.items() if kind == event.right}
    if same:
        return same
    weights: dict[str, Decimal] = defaultdict(Decimal)
    for (chain, _), amount in closed.items():
        weights[chain] += amount
    if weights:
        return dict(weights)
    if event.kind in TRADED:
        return state.just_closed(opening)
    # Units that come to who holds the same (a dividend in shares).
    return state.holders(event) if event.kind is EventKind.DELIVERY else {}


def _income(state: State, event: Event) -> None:
    """Cash of a held position goes to the chains that hold it, or held it last, by quantity; other
    cash to none. A future's variation goes to those that made it."""
    if event.kind is EventKind.INCOME and _vary(state, event):
        return
    held = state.holders(event) or state.last_holders(event)
    if event.kind is EventKind.OTHER or not event.symbol or not held:
        state.unchained.append(event)
        return
    left, cash, fees = sum(held.values(), ZERO), event.cash, event.fees
    for chain, amount in sorted(held.items()):
        money, cost = share(cash, amount, left), share(fees, amount, left)
        state.add(chain, Entry(event, ZERO, money, cost, False))
        left, cash, fees = left - amount, cash - money, fees - cost


def _vary(state: State, event: Event) -> bool:
    """Books a future's settled amount where it was made; False when that is not known."""
    made = state.variation(event)
    for chain, amount in made.items():
        state.add(chain, Entry(event, ZERO, amount, ZERO, False))
    return bool(made)
