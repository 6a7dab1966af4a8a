"""Rolls: the same legs in a later expiration, and what the change costs. Pure.

The old legs are closed and the new ones opened in one order, so at most two of each.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from brokerage.execution.commands import OrderLeg
from portfolio.option_chain.facts import CALL, Chain, ChainExpiration, Place
from portfolio.option_chain.structures import Deltas
from portfolio.position_actions.closing import Held, NoAction, closing_legs, units
from portfolio.ticket.quotes import QuotedLeg

MAX_ROLLED = 2
MAX_CHOICES = 40


@dataclass(frozen=True, slots=True)
class Rolled:
    """A held leg and its place in the chain."""

    held: Held
    place: Place


@dataclass(frozen=True, slots=True)
class Choice:
    """One way to roll: where to, with which strikes, in which legs."""

    expiration: ChainExpiration
    targets: tuple[Place, ...]
    legs: tuple[OrderLeg, ...]
    quoted: tuple[QuotedLeg, ...]
    # The strikes are not the old ones, moved as asked: the nearest that the chain lists.
    approximate: bool = False


def places(chain: Chain, held: Sequence[Held]) -> list[Rolled]:
    """The options among the positions, where they stand; NoAction when they cannot be rolled."""
    options = [item for item in held if item.is_option]
    if not options:
        raise NoAction("Only options are rolled; close a share or a future and open another.")
    found = []
    for item in options:
        place = chain.place(item.symbol)
        if place is None:
            raise NoAction(f"{item.label} is not in the chain any more.")
        found.append(Rolled(item, place))
    return sorted(found, key=lambda item: (item.place.right == CALL, item.place.strike))


def sides(rolled: Sequence[Rolled]) -> dict[str, list[Rolled]]:
    """What fits in one order: all of it up to two legs, otherwise puts and calls by themselves."""
    if len(rolled) <= MAX_ROLLED:
        return {"all": list(rolled)}
    found: dict[str, list[Rolled]] = {}
    for item in rolled:
        found.setdefault({"P": "puts", "C": "calls"}[item.place.right], []).append(item)
    return found


def choices(
    chain: Chain, rolled: Sequence[Rolled], shift: int = 0, deltas: Deltas | None = None
) -> list[Choice]:
    """A choice per later expiration; `shift` moves by so many strikes.

    With `deltas` the first short leg (or the first one) keeps its delta instead of its strike, and
    the others their distance to it.
    """
    if len(rolled) > MAX_ROLLED:
        raise NoAction("An order has four legs at most: roll one side, then the other.")
    latest = max((item.place.expiration for item in rolled), key=lambda item: item.day)
    # An order is on one underlying: options on the next future are another order.
    later = [item for item in chain.after(latest.day) if item.underlying == latest.underlying]
    found = [
        choice
        for item in later[:MAX_CHOICES]
        if (choice := _choice(rolled, item, shift, deltas)) is not None
    ]
    if not found:
        raise NoAction("The chain lists no later expiration to roll to.")
    return found


def _choice(
    rolled: Sequence[Rolled], item: ChainExpiration, shift: int, deltas: Deltas | None
) -> Choice | None:
    lead = next((one for one in rolled if one.held.quantity < 0), rolled[0])
    offset = _lead_strike(lead, item, deltas) - lead.place.strike
    targets = [_target(one, item, offset, shift) for one in rolled]
    if any(place is None for place in targets):
        return None
    whole = tuple(place for place in targets if place is not None)
    if len({place.contract.symbol for place in whole}) != len(whole):
        return None
    exact = all(
        place.strike == one.place.strike + offset for one, place in zip(rolled, whole, strict=True)
    )
    return Choice(
        item, whole, tuple(_legs(rolled, whole)), tuple(_quoted(rolled, whole)),
        approximate=not exact and not shift,
    )  # fmt: skip


def _lead_strike(lead: Rolled, item: ChainExpiration, deltas: Deltas | None) -> Decimal:
    """The strike that the leading leg rolls to before any shift."""
    place = lead.place
    if deltas is None:
        return place.strike
    row = place.expiration.by_strike[place.strike]
    wanted = deltas(place.expiration, place.right, row)
    if wanted is None:
        return place.strike
    known = [
        (abs(value - wanted), other.strike)
        for other in item.rows
        if (value := deltas(item, place.right, other)) is not None
    ]
    return min(known)[1] if known else place.strike


def _target(one: Rolled, item: ChainExpiration, offset: Decimal, shift: int) -> Place | None:
    at = item.nearest(one.place.strike + offset) + shift
    if not 0 <= at < len(item.rows):
        return None
    row = item.rows[at]
    contract = row.contract(one.place.right)
    return Place(item, row.strike, one.place.right, contract) if contract else None


def _legs(rolled: Sequence[Rolled], targets: Sequence[Place]) -> list[OrderLeg]:
    """The closing legs, then as much of each opened again."""
    closes = closing_legs([one.held for one in rolled])
    opens = [
        OrderLeg(
            one.held.instrument_type,
            place.contract.symbol,
            f"{'Buy' if one.held.quantity > 0 else 'Sell'} to Open",
            close.quantity,
        )
        for one, place, close in zip(rolled, targets, closes, strict=True)
    ]
    return [*closes, *opens]


def _quoted(rolled: Sequence[Rolled], targets: Sequence[Place]) -> list[QuotedLeg]:
    """Signed shares of one unit: what is held is given back, what is rolled to is taken."""
    free = [one.held.free for one in rolled]
    count = units(free)
    found = []
    for one, place, amount in zip(rolled, targets, free, strict=True):
        sign = 1 if one.held.quantity > 0 else -1
        ratio = sign * amount / count
        found.append(QuotedLeg(one.place.contract.streamer, -ratio))
        found.append(QuotedLeg(place.contract.streamer, ratio))
    return found
