"""Splits and lowered strikes: the same share in other units.

A whole forward split multiplies the contracts and divides the strikes. Any other split leaves
contracts and strikes alone and changes what is delivered: the class becomes an adjusted one
(`ABC1`) and a new standard class is listed beside it.
"""

from __future__ import annotations

from collections.abc import Iterable
from decimal import ROUND_DOWN, ROUND_HALF_UP, Decimal
from typing import TYPE_CHECKING

from simulator.buying_power import mark_of
from simulator.corporate_holdings import (
    FORWARD,
    REVERSE,
    SPECIAL,
    Held,
    Names,
    cash_in_lieu,
    exchange,
    holders,
    whole,
)
from simulator.market import chains
from simulator.market.adjustments import Entry, free_root, root_entry
from simulator.market.expirations import Root
from simulator.market.lines import decimal_text, occ
from simulator.model import ZERO

if TYPE_CHECKING:
    from simulator.world import World

CENT = Decimal("0.01")


def split(world: World, symbol: str, new: Decimal, old: Decimal) -> None:
    """`new` shares for `old` ones."""
    ratio, names = new / old, FORWARD if new > old else REVERSE
    all_held = holders(world, symbol)
    roots = world.market.registry.roots_on(symbol)  # type: ignore[attr-defined]
    is_whole = ratio > 1 and ratio == ratio.to_integral_value()
    rungs = {root.symbol: strikes_in_use(world, root, all_held) for root in roots}
    adjust(world, {"kind": "split", "symbol": symbol, "factor": str(old / new)})
    moves: dict[str, tuple[str, Decimal]] = {}
    for root in roots:
        if is_whole and root.standard:
            moves[root.symbol] = (root.symbol, ratio)
            lowered = {_cents(k / ratio) for k in rungs[root.symbol]}
            adjust(world, strikes_entry(root.symbol, lowered))
        else:
            _deliver_other(world, root, ratio, rungs[root.symbol], moves)
    for held in all_held:
        if held.terms.right is None:
            _split_shares(world, held, ratio, names)
        else:
            _move_option(world, held, moves, names)


def _deliver_other(
    world: World,
    root: Root,
    ratio: Decimal,
    rungs: set[Decimal],
    moves: dict[str, tuple[str, Decimal]],
) -> None:
    """The same contracts deliver other numbers of shares; fractions in cash."""
    exact = Decimal(str(root.shares)) * ratio
    shares = exact.to_integral_value(ROUND_DOWN)
    cash = Decimal(str(root.cash)) + (exact - shares) * mark_of(world, root.underlying)
    terms = {"shares": float(shares), "cash": float(_cents(cash)), "standard": False}
    readjust(world, root, root.underlying, rungs, moves, **terms)


def readjust(
    world: World,
    root: Root,
    underlying: str,
    rungs: set[Decimal],
    moves: dict[str, tuple[str, Decimal]],
    **terms: object,
) -> None:
    """Give a class other deliverables: in place when it was adjusted, else as `ABC1`."""
    registry = world.market.registry  # type: ignore[attr-defined]
    name = root.symbol
    if root.standard or underlying != root.underlying:
        name = free_root(registry, underlying)
    adjust(world, root_entry(root, symbol=name, underlying=underlying, **terms))
    if name != root.symbol:
        adjust(world, strikes_entry(name, rungs))
    moves[root.symbol] = (name, Decimal(1))


def _split_shares(world: World, held: Held, ratio: Decimal, names: Names) -> None:
    now, old = world.clock.now(), held.position.quantity
    units, fraction = whole(old * ratio, old)
    arrived = exchange(world, held, held.position.symbol, units, names, now, ratio)
    world.publish_position(held.account, arrived or held.position)
    cash_in_lieu(
        world, held.account, held.terms.symbol, fraction, mark_of(world, held.terms.symbol), now
    )


def _move_option(
    world: World, held: Held, moves: dict[str, tuple[str, Decimal]], names: Names
) -> None:
    """One contract under its new class and strike."""
    root = root_of(held)
    if root not in moves:
        return
    name, times = moves[root]
    strike = (held.terms.strike or ZERO) / times
    symbol = option_symbol(held, name, _cents(strike) if times != 1 else strike)
    move(world, held, symbol, held.position.quantity * times, names)


def lower_strikes(world: World, symbol: str, by: Decimal) -> None:
    """A special dividend: every strike falls by it."""
    all_held = holders(world, symbol)
    for root in world.market.registry.roots_on(symbol):  # type: ignore[attr-defined]
        rungs = strikes_in_use(world, root, all_held)
        adjust(world, strikes_entry(root.symbol, {k - by for k in rungs if k > by}))
    for held in all_held:
        strike = held.terms.strike
        if held.terms.right is not None and strike is not None and strike > by:
            name = option_symbol(held, root_of(held), strike - by)
            move(world, held, name, held.position.quantity, SPECIAL)


# -- shared with mergers and symbol changes --------------------------------------------------


def move(world: World, held: Held, symbol: str, quantity: Decimal, names: Names) -> None:
    """Book the change of one holding and tell who watches."""
    if symbol == held.position.symbol and quantity == held.position.quantity:
        return
    arrived = exchange(world, held, symbol, quantity, names, world.clock.now())
    if symbol != held.position.symbol:
        world.publish_position(held.account, held.position)
    if arrived is not None:
        world.publish_position(held.account, arrived)


def root_of(held: Held) -> str:
    """The option class of a holding."""
    return held.terms.symbol[:6].strip()


def option_symbol(held: Held, root: str, strike: Decimal) -> str:
    """The symbol of the same right and date under another class or strike."""
    terms = held.terms
    if terms.expiration is None:
        raise LookupError(terms.symbol)
    return occ(root, terms.expiration, terms.right == "C", strike)


def strikes_in_use(world: World, root: Root, all_held: Iterable[Held]) -> set[Decimal]:
    """The strikes on the board of a class and those that are held."""
    found = set(chains.ladder(world.market, root))  # type: ignore[arg-type]
    found |= world.market.registry.extra.get(root.symbol, frozenset())  # type: ignore[attr-defined]
    for held in all_held:
        if held.terms.strike is not None and root_of(held) == root.symbol:
            found.add(held.terms.strike)
    return found


def strikes_entry(root: str, rungs: Iterable[Decimal]) -> Entry:
    """The market's entry that lists strikes beside the grid."""
    return {"kind": "strikes", "root": root, "strikes": [decimal_text(k) for k in sorted(rungs)]}


def adjust(world: World, *entries: Entry) -> None:
    """Change the market; what was read of its instruments is read anew."""
    world.market.adjust(*entries)  # type: ignore[attr-defined]
    world.terms_cache.clear()


def _cents(value: Decimal) -> Decimal:
    return value.quantize(CENT, ROUND_HALF_UP)
