"""Option structures as parts: templates by delta, days and width, and moves of a whole. Pure.

A part is a signed ratio of one contract or of the underlying itself; positive is bought. Strikes
are always ones that the chain lists. `NoStructure` says in plain words what cannot be built.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal

from brokerage.execution.commands import FUTURE, OrderLeg
from portfolio.option_chain.facts import CALL, PUT, Chain, ChainExpiration, StrikeRow

MAX_LEGS = 4
# Delta of a contract at (expiration, right, strike row); None where nothing is known.
Deltas = Callable[[ChainExpiration, str, StrikeRow], float | None]


class NoStructure(Exception):
    """It cannot be built or moved so; the text is for people."""


@dataclass(frozen=True, slots=True)
class Part:
    """One leg: `key` names the expiration; the underlying itself has neither key nor strike."""

    ratio: int
    symbol: str
    key: str = ""
    right: str = ""
    strike: Decimal | None = None

    @property
    def is_option(self) -> bool:
        return self.strike is not None

    @property
    def at(self) -> Decimal:
        """The strike of an option."""
        assert self.strike is not None
        return self.strike


Parts = tuple[Part, ...]


def part_of(chain: Chain, symbol: str, ratio: int) -> Part | None:
    """The part of an order symbol in this chain; None for one that is not in it."""
    place = chain.place(symbol)
    if place is not None:
        return Part(ratio, symbol, place.expiration.key, place.right, place.strike)
    delivered = {item.underlying for item in chain.expirations}
    return Part(ratio, symbol) if symbol in delivered else None


def added(parts: Parts, part: Part) -> Parts:
    """With one more part: the same contract adds up, and to nothing it is gone."""
    held = next((item for item in parts if item.symbol == part.symbol), None)
    if held is None:
        if len(parts) >= MAX_LEGS:
            raise NoStructure("An order has four legs at most; this one was not added.")
        return (*parts, part)
    ratio = held.ratio + part.ratio
    changed = [replace(item, ratio=ratio) if item is held else item for item in parts]
    return tuple(item for item in changed if item.ratio)


def flipped(parts: Parts) -> Parts:
    """Everything bought is sold and the other way round."""
    return tuple(replace(part, ratio=-part.ratio) for part in parts)


# --- moves ------------------------------------------------------------------------------------


def _row(chain: Chain, key: str, strike: Decimal, right: str) -> str:
    """The order symbol at a place; empty when the chain does not list it."""
    item = chain.by_key.get(key)
    row = item.by_strike.get(strike) if item else None
    contract = row.contract(right) if row else None
    return contract.symbol if contract else ""


def _moved(chain: Chain, part: Part, key: str, strike: Decimal) -> Part | None:
    symbol = _row(chain, key, strike, part.right)
    return replace(part, symbol=symbol, key=key, strike=strike) if symbol else None


def _all_or_none(parts: Iterable[Part | None]) -> Parts | None:
    found = tuple(parts)
    whole = tuple(part for part in found if part is not None)
    return whole if len(whole) == len(found) else None


def shifted(chain: Chain, parts: Parts, direction: int) -> Parts:
    """All strikes up (1) or down (−1) by the least distance at which the chain lists them all."""
    first = _options(parts)[0]
    strikes = chain.by_key[first.key].strikes
    distances = sorted(
        (strike - first.at for strike in strikes if (strike - first.at) * direction > 0), key=abs
    )
    for distance in distances:
        found = _all_or_none(
            _moved(chain, part, part.key, part.at + distance) if part.is_option else part
            for part in parts
        )
        if found is not None:
            return found
    raise NoStructure("There are no strikes to move all legs to.")


def rolled(chain: Chain, parts: Parts, direction: int) -> Parts:
    """All expirations later (1) or earlier (−1) by as little as lists all the strikes."""
    options = _options(parts)
    for step in range(1, len(chain.expirations)):
        found = _all_or_none(
            _at_step(chain, part, step * direction) if part in options else part for part in parts
        )
        if found is not None:
            return found
    word = "later" if direction > 0 else "earlier"
    raise NoStructure(f"No {word} expiration lists all these strikes.")


def _at_step(chain: Chain, part: Part, step: int) -> Part | None:
    own = chain.by_key[part.key]
    same = [item for item in chain.expirations if item.settlement == own.settlement]
    at = same.index(own) + step
    return _moved(chain, part, same[at].key, part.at) if 0 <= at < len(same) else None


def widened(chain: Chain, parts: Parts, direction: int) -> Parts:
    """Outer legs one strike further out (1) or back in (−1).

    Of two strikes of one right the one out of the money moves, of three or more both ends; where
    each right has one strike, as in a strangle, both move apart.
    """
    moves = _outer_moves(_options(parts))
    found = []
    for part in parts:
        way = moves.get(part.symbol, 0) * direction
        moved = _neighbour(chain, part, way) if way else part
        if moved is None:
            raise NoStructure("There is no strike further on.")
        found.append(moved)
    if _order(found) != _order(parts):
        raise NoStructure("It cannot be narrower: two legs would meet.")
    return tuple(found)


def _options(parts: Parts) -> Parts:
    options = tuple(part for part in parts if part.is_option)
    if not options:
        raise NoStructure("There is no option to move.")
    return options


def _outer_moves(options: Parts) -> dict[str, int]:
    """Symbols that move when it gets wider, with the way they go: 1 up, −1 down."""
    groups = {
        right: sorted((part for part in options if part.right == right), key=lambda part: part.at)
        for right in (CALL, PUT)
    }
    moves: dict[str, int] = {}
    for right, group in groups.items():
        strikes = {part.at for part in group}
        if len(strikes) >= 2:
            moves[group[-1 if right == CALL else 0].symbol] = 1 if right == CALL else -1
        if len(strikes) >= 3:
            moves |= {group[0].symbol: -1, group[-1].symbol: 1}
    if moves or not all(groups.values()):
        if moves:
            return moves
        raise NoStructure("One strike alone has no width.")
    return {part.symbol: 1 for part in groups[CALL]} | {part.symbol: -1 for part in groups[PUT]}


def _neighbour(chain: Chain, part: Part, way: int) -> Part | None:
    strikes = chain.by_key[part.key].strikes
    at = strikes.index(part.at) + way
    return _moved(chain, part, part.key, strikes[at]) if 0 <= at < len(strikes) else None


def _order(parts: Sequence[Part]) -> list[list[int]]:
    """How the strikes stand to each other, the same before and after a fair change of width."""
    options = [part for part in parts if part.is_option]
    return [
        [(one.at > other.at) - (one.at < other.at) for other in options if one.right == other.right]
        for one in options
    ]


# --- into an order ----------------------------------------------------------------------------


def order_legs(
    chain: Chain, parts: Sequence[Part], lots: int, held: Mapping[str, Decimal]
) -> list[OrderLeg]:
    """Order legs of so many lots; what stands against a held position closes it."""
    return [
        OrderLeg(
            chain.kind if part.is_option else chain.underlying_type,
            part.symbol,
            action(
                part.ratio > 0,
                held.get(part.symbol, Decimal(0)),
                FUTURE if not part.is_option and chain.underlying_type == FUTURE else "",
            ),
            Decimal(abs(part.ratio) * lots),
        )
        for part in parts
    ]


def action(buys: bool, held: Decimal, instrument_type: str = "") -> str:
    """`Sell to Close` where it is held long, else `Sell to Open`; futures are just sold."""
    side = "Buy" if buys else "Sell"
    if instrument_type == FUTURE:
        return side
    closes = held < 0 if buys else held > 0
    return f"{side} to {'Close' if closes else 'Open'}"
