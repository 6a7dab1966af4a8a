"""Shares that become others: new names, mergers for shares or cash, spin-offs."""

from __future__ import annotations

import math
from decimal import Decimal
from typing import TYPE_CHECKING

from simulator import announcements, followers
from simulator.buying_power import mark_of
from simulator.corporate_holdings import (
    MERGER,
    RENAME,
    SPIN_OFF,
    Held,
    arrive,
    cash_in_lieu,
    exchange,
    holders,
    pay_off,
    per,
    whole,
)
from simulator.corporate_splits import (
    adjust,
    move,
    option_symbol,
    readjust,
    root_of,
    strikes_entry,
    strikes_in_use,
)
from simulator.ledger import post
from simulator.lifecycle_options import removal
from simulator.market.adjustments import free_root, root_entry
from simulator.market.expirations import Root
from simulator.model import ZERO

if TYPE_CHECKING:
    from simulator.world import World

Moves = dict[str, tuple[str, Decimal]]


def rename(world: World, symbol: str, to: str) -> None:
    """The share and its option classes get other names; nothing else changes."""
    all_held, roots, rungs = _books(world, symbol)
    adjust(world, {"kind": "rename", "symbol": symbol, "to": to})
    moves: Moves = {}
    for root in roots:
        registry = world.market.registry  # type: ignore[attr-defined]
        name = to.replace("/", "") if root.standard else free_root(registry, to)
        also = [(to if s == symbol else s, n) for s, n in root.also]
        adjust(
            world,
            root_entry(root, symbol=name, underlying=to, also=also),
            strikes_entry(name, rungs[root.symbol]),
            {"kind": "drop-root", "symbol": root.symbol},
        )
        moves[root.symbol] = (name, Decimal(1))
    for held in all_held:
        new = to if held.terms.right is None else _renamed(held, moves)
        move(world, held, new, held.position.quantity, RENAME)
    for account in world.accounts.values():
        for one in account.entitlements:
            if one.symbol == symbol:
                one.symbol = to
    announcements.rename(world, symbol, to)
    followers.rename(world, symbol, to, {old: new for old, (new, _) in moves.items()})


def _books(world: World, symbol: str) -> tuple[list[Held], list[Root], dict[str, set[Decimal]]]:
    all_held = holders(world, symbol)
    roots = world.market.registry.roots_on(symbol)  # type: ignore[attr-defined]
    return all_held, roots, {r.symbol: strikes_in_use(world, r, all_held) for r in roots}


def _renamed(held: Held, moves: Moves) -> str:
    return option_symbol(held, moves[root_of(held)][0], held.terms.strike or ZERO)


def merge(world: World, symbol: str, into: str, ratio: Decimal, cash: Decimal) -> None:
    """`ratio` shares of `into`, and dollars, for every share; options deliver the same."""
    all_held, roots, rungs = _books(world, symbol)
    moves: Moves = {}
    for root in roots:
        shares = Decimal(str(root.shares))
        terms = {
            "shares": float(shares * ratio),
            "cash": float(Decimal(str(root.cash)) + shares * cash),
            "standard": False,
        }
        readjust(world, root, into, rungs[root.symbol], moves, **terms)
    adjust(world, {"kind": "delist", "symbol": symbol})
    for held in all_held:
        if held.terms.right is None:
            _merge_shares(world, held, into, ratio, cash)
        else:
            move(world, held, _renamed(held, moves), held.position.quantity, MERGER)


def _merge_shares(world: World, held: Held, into: str, ratio: Decimal, cash: Decimal) -> None:
    now, account, old = world.clock.now(), held.account, held.position.quantity
    units, fraction = whole(old * ratio, old)
    arrived = exchange(world, held, into, units, MERGER, now, ratio)
    world.publish_position(account, held.position)
    if arrived is not None:
        world.publish_position(account, arrived)
    cash_in_lieu(world, account, into, fraction, mark_of(world, into), now)
    if cash:
        value = (cash * old).quantize(Decimal("0.01"))
        row = removal(world, account, held.terms, "Cash Merger", ZERO, now, value)
        row.quantity = None
        row.description = f"Cash merger: {cash} for each of {old} {held.terms.symbol}"
        post(world, account, row)


def buy_out(world: World, symbol: str, cash: Decimal) -> None:
    """Dollars for every share; options end for what they are worth at that price."""
    all_held, _, _ = _books(world, symbol)
    now = world.clock.now()
    for held in all_held:
        if held.terms.right is None:
            pay_off(world, held, cash, "Cash Merger", now)
        else:
            _end_option(world, held, cash)
        world.publish_position(held.account, held.position)
    adjust(world, {"kind": "delist", "symbol": symbol})


def _end_option(world: World, held: Held, cash: Decimal) -> None:
    line = world.market.line(held.terms.symbol)
    root = line.root if line is not None else None
    worth, strike = cash, held.terms.strike or ZERO
    if root is not None:
        total = Decimal(str(root.shares)) * cash + Decimal(str(root.cash))
        total += sum((Decimal(str(n)) * mark_of(world, s) for s, n in root.also), ZERO)
        worth = total / 100
    inside = max(worth - strike if held.terms.right == "C" else strike - worth, ZERO)
    name = "Exercise" if held.position.quantity > 0 else "Assignment"
    sub_type = f"Cash Settled {name}" if inside else "Expiration"
    pay_off(world, held, inside, sub_type, world.clock.now())


def spin_off(world: World, symbol: str, to: str, name: str, ratio: Decimal, part: Decimal) -> None:
    """`ratio` shares of a new company for every share; `part` of the value goes with them."""
    all_held, roots, rungs = _books(world, symbol)
    price = mark_of(world, symbol)
    _list(world, symbol, to, name, price * part / ratio)
    world.market.move(symbol, float(1 - part), world.clock.now())  # type: ignore[attr-defined]
    moves: Moves = {}
    for root in roots:
        more = float(Decimal(str(root.shares)) * ratio)
        terms = {"also": [*root.also, (to, more)], "standard": False}
        readjust(world, root, symbol, rungs[root.symbol], moves, **terms)
    for held in all_held:
        if held.terms.right is None:
            _hand_out(world, held, to, ratio, part)
        else:
            move(world, held, _renamed(held, moves), held.position.quantity, SPIN_OFF)


def _list(world: World, symbol: str, to: str, name: str, price: Decimal) -> None:
    """The new share goes the way of the old one, from its own price on."""
    levels = world.market.levels  # type: ignore[attr-defined]
    at = world.clock.now().timestamp()
    moved = sum(size for since, n, size in levels.shocks if n == symbol and since <= at)
    unmoved = levels.spot(symbol, at) * math.exp(-moved)
    factor = repr(float(price) / unmoved)
    adjust(world, {"kind": "spin-off", "symbol": symbol, "to": to, "name": name, "factor": factor})


def _hand_out(world: World, held: Held, to: str, ratio: Decimal, part: Decimal) -> None:
    now, position = world.clock.now(), held.position
    units, fraction = whole(position.quantity * ratio, position.quantity)
    each = per(position.average_open * part, ratio)
    for name in ("average_open", "day_basis", "year_basis"):
        setattr(position, name, per(getattr(position, name) * (1 - part), Decimal(1)))
    position.updated_at = now
    world.publish_position(held.account, position)
    arrive(world, held.account, to, units, each, SPIN_OFF)
    cash_in_lieu(world, held.account, to, fraction, mark_of(world, to), now)
