"""The basket of a chain page: legs picked so far, as they travel in the address, and changed.

A leg is written `-1:SPY   261218P00590000` (signed ratio, order symbol); the order is `lots`
times that.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from math import gcd

from portfolio.option_chain import structures
from portfolio.option_chain.facts import Chain
from portfolio.option_chain.structures import NoStructure, Parts

MAX_LOTS = 9999
MAX_RATIO = 100_000


@dataclass(frozen=True, slots=True)
class Basket:
    """Parts and how many times; `problem` says what the last wish could not do."""

    parts: Parts = ()
    lots: int = 1
    problem: str = ""

    @property
    def picked(self) -> dict[str, int]:
        """Signed ratio by order symbol."""
        return {part.symbol: part.ratio for part in self.parts}

    def pairs(self) -> list[tuple[str, str]]:
        """The query values that make this basket again."""
        legs = [("leg", f"{part.ratio}:{part.symbol}") for part in self.parts]
        return [*legs, ("lots", str(self.lots))] if legs else []


def read(chain: Chain, legs: Sequence[str], lots: str) -> Basket:
    """The basket of an address; what is malformed or of another chain is left out."""
    parts: Parts = ()
    for text in legs[: structures.MAX_LEGS]:
        number, _, symbol = text.partition(":")
        ratio = _whole(number)
        part = structures.part_of(chain, symbol, ratio) if ratio else None
        if part is not None:
            parts = structures.added(parts, part)
    return Basket(parts, lots_of(lots))


def lots_of(text: str) -> int:
    """One to MAX_LOTS; one for anything else."""
    count = _whole(text)
    return count if 0 < count <= MAX_LOTS else 1


def _whole(text: str) -> int:
    try:
        number = int(text)
    except ValueError:
        return 0
    return number if abs(number) <= MAX_RATIO else 0


def changed(chain: Chain, basket: Basket, wish: str) -> Basket:
    """The basket after a button: `buy:SYMBOL`, `sell:…`, `remove:…`, `flip:…`, `move:up`, `clear`.

    What cannot be done leaves it as it is, with the reason.
    """
    word, _, detail = wish.partition(":")
    try:
        if word in ("buy", "sell"):
            return replace(basket, parts=_pick(chain, basket.parts, detail, word == "buy"))
        if word == "move":
            return replace(basket, parts=_move(chain, basket.parts, detail))
    except NoStructure as reason:
        return replace(basket, problem=str(reason))
    if word in ("remove", "flip"):
        return replace(basket, parts=_one(basket.parts, detail, flip=word == "flip"))
    if word in ("more", "less"):
        lots = basket.lots + (1 if word == "more" else -1)
        return replace(basket, lots=max(1, min(MAX_LOTS, lots)))
    return Basket() if word == "clear" else basket


def _pick(chain: Chain, parts: Parts, symbol: str, buys: bool) -> Parts:
    part = structures.part_of(chain, symbol, 1 if buys else -1)
    if part is None:
        raise NoStructure("This contract is not in the chain any more.")
    if not part.is_option:
        part = replace(part, ratio=part.ratio * _lot(chain, symbol))
    return structures.added(parts, part)


def _lot(chain: Chain, symbol: str) -> int:
    """Shares that go with one contract; one for a future."""
    shares = next((item.shares for item in chain.expirations if item.underlying == symbol), None)
    return int(shares) if shares else 1


def _move(chain: Chain, parts: Parts, where: str) -> Parts:
    if not parts:
        raise NoStructure("Pick a leg first.")
    if where in ("up", "down"):
        return structures.shifted(chain, parts, 1 if where == "up" else -1)
    if where in ("out", "in"):
        return structures.rolled(chain, parts, 1 if where == "out" else -1)
    if where in ("wider", "narrower"):
        return structures.widened(chain, parts, 1 if where == "wider" else -1)
    return structures.flipped(parts) if where == "flip" else parts


def _one(parts: Parts, symbol: str, *, flip: bool) -> Parts:
    return tuple(
        replace(part, ratio=-part.ratio) if part.symbol == symbol else part
        for part in parts
        if flip or part.symbol != symbol
    )


def shares_of_unit(chain: Chain, basket: Basket) -> dict[str, Decimal]:
    """Signed share of each leg in the price of one unit: an option's deliverable counts as one."""
    units = _unit(basket.parts)
    found: dict[str, Decimal] = {}
    for part in basket.parts:
        lot = 1 if part.is_option else _lot(chain, part.symbol)
        found[part.symbol] = Decimal(part.ratio) / lot / units
    return found


def _unit(parts: Parts) -> int:
    """How often the structure is in itself: two of everything is two units."""
    return gcd(*(part.ratio for part in parts if part.is_option)) or 1
