"""Corporate actions, at the present instant: prices, shares, options, orders and cash together.

`apply` takes one action as a dictionary, the form of the control route:

    {"kind": "split", "symbol", "new": 2, "old": 1}        reverse: new < old
    {"kind": "dividend", "symbol", "amount", "pays-on"}    goes ex now, options stay
    {"kind": "special-dividend", …same}                    strikes fall by the amount
    {"kind": "symbol-change", "symbol", "to"}
    {"kind": "merger", "symbol", "into", "ratio", "cash"}  shares, dollars or both for each share
    {"kind": "spin-off", "symbol", "to", "ratio", "part", "name"}  `part` of the value goes with it

Open orders on the share and its options are removed by the broker. Numbers are decimals as text or
numbers; what cannot be done is a ValueError with the reason and changes nothing.
"""

from __future__ import annotations

import re
from datetime import date
from decimal import Decimal, InvalidOperation
from typing import TYPE_CHECKING, Any

from simulator import corporate_mergers, corporate_splits
from simulator.buying_power import mark_of
from simulator.corporate_holdings import holders, remove_orders
from simulator.lifecycle_cash import entitle, pay
from simulator.market.adjustments import known_name
from simulator.model import ZERO

if TYPE_CHECKING:
    from simulator.world import World

Action = dict[str, Any]
SYMBOL = re.compile(r"^[A-Z]{1,5}(/[A-Z])?$")
MOST = Decimal(1000)
ADJUSTED_FROM = Decimal("0.125")
"""Smallest special dividend per share that moves strikes: 12.50 dollars a contract."""


def apply(world: World, action: Action) -> dict[str, Any]:
    """Carry out one action; answers which accounts it touched. ValueError with the reason."""
    symbol = check(world, action)
    before = _concerned(world, symbol)
    _STEPS[action["kind"]][1](world, symbol, action)
    accounts = [n for n in world.accounts if n in before]
    for number in accounts:
        world.publish_balance(world.accounts[number])
    world.journal.append({"kind": "corporate-action", "at": world.clock.now(), "action": action})
    world.market_moved()
    return {"kind": action["kind"], "symbol": symbol, "accounts": accounts}


def check(world: World, action: Action) -> str:
    """The symbol of an action that could be carried out now; ValueError with the reason."""
    steps = _STEPS.get(str(action.get("kind")))
    if steps is None:
        raise ValueError(f"the kind must be one of {', '.join(_STEPS)}")
    symbol = share(world, action)
    steps[0](world, symbol, action)
    return symbol


def _concerned(world: World, symbol: str) -> set[str]:
    orders = {o.account for n in world.open_orders.values() for o in n.values()
              if o.underlying == symbol}  # fmt: skip
    return orders | {held.account.number for held in holders(world, symbol)}


# -- reading ---------------------------------------------------------------------------------


def share(world: World, action: Action, key: str = "symbol") -> str:
    """The symbol of a listed share or fund."""
    symbol = str(action.get(key, ""))
    line = world.market.line(symbol)
    if line is None or line.is_option or line.kind != "Equity":
        raise ValueError(f"{key} must be a share or fund, not {symbol!r}")
    return symbol


def new_symbol(world: World, action: Action) -> str:
    """A symbol that nothing has or had."""
    symbol = str(action.get("to", ""))
    registry = world.market.registry  # type: ignore[attr-defined]
    taken = known_name(registry.levels, symbol) or symbol.replace("/", "") in registry.roots
    if not SYMBOL.match(symbol) or taken:
        raise ValueError(f"to must be a new symbol of capital letters, not {symbol!r}")
    return symbol


def amount(action: Action, key: str, default: Decimal | None = None) -> Decimal:
    """A number above zero (or the default when the key is missing)."""
    if action.get(key) is None and default is not None:
        return default
    try:
        found = Decimal(str(action.get(key)))
    except InvalidOperation:
        raise ValueError(f"{key} must be a number") from None
    if not found.is_finite() or found <= 0 or found > MOST:
        raise ValueError(f"{key} must be above 0 and at most {MOST}")
    return found


# -- the actions -----------------------------------------------------------------------------


def _split(world: World, symbol: str, action: Action) -> None:
    new, old = _split_terms(world, symbol, action)
    remove_orders(world, symbol)
    corporate_splits.split(world, symbol, new, old)


def _split_terms(world: World, symbol: str, action: Action) -> tuple[Decimal, Decimal]:
    new, old = amount(action, "new"), amount(action, "old", Decimal(1))
    if new == old or not Decimal("0.001") <= new / old <= MOST:
        raise ValueError("new and old must differ, by a factor of at most 1000")
    return new, old


def _dividend(world: World, symbol: str, action: Action) -> None:
    each, pays_on = _dividend_terms(world, symbol, action)
    price = mark_of(world, symbol)
    sub_type = "Special Dividend" if action["kind"].startswith("special") else "Dividend"
    for held in holders(world, symbol):
        if held.terms.right is None:
            entitle(held.account, symbol, each * held.position.quantity, pays_on, sub_type)
            pay(world, held.account, world.today(), world.clock.now())
            world.touch(held.account)
    if sub_type != "Dividend" and each >= ADJUSTED_FROM:
        remove_orders(world, symbol)
        corporate_splits.lower_strikes(world, symbol, each)
    factor = float((price - each) / price)
    world.market.move(symbol, factor, world.clock.now())  # type: ignore[attr-defined]


def _dividend_terms(world: World, symbol: str, action: Action) -> tuple[Decimal, date]:
    each, price = amount(action, "amount"), mark_of(world, symbol)
    if each >= price:
        raise ValueError(f"the amount must be less than the price, {price}")
    if action.get("pays-on") is None:
        return each, world.today()
    pays_on = date.fromisoformat(str(action["pays-on"]))
    if pays_on < world.today():
        raise ValueError("pays-on must not be in the past")
    return each, pays_on


def _symbol_change(world: World, symbol: str, action: Action) -> None:
    to = _new_name(world, symbol, action)
    remove_orders(world, symbol)
    corporate_mergers.rename(world, symbol, to)


def _new_name(world: World, symbol: str, action: Action) -> str:
    return new_symbol(world, action)


def _merger(world: World, symbol: str, action: Action) -> None:
    into, ratio, cash = _merger_terms(world, symbol, action)
    remove_orders(world, symbol)
    if into is None:
        corporate_mergers.buy_out(world, symbol, cash)
    else:
        corporate_mergers.merge(world, symbol, into, ratio, cash)


def _merger_terms(world: World, symbol: str, action: Action) -> tuple[str | None, Decimal, Decimal]:
    cash = amount(action, "cash", ZERO) if action.get("cash") not in (0, "0") else ZERO
    if action.get("into") is None:
        if not cash:
            raise ValueError("a merger needs into with ratio, or cash")
        return None, ZERO, cash
    into, ratio = share(world, action, "into"), amount(action, "ratio")
    if into == symbol:
        raise ValueError("a share cannot merge into itself")
    return into, ratio, cash


def _spin_off(world: World, symbol: str, action: Action) -> None:
    to, ratio, part = _spin_off_terms(world, symbol, action)
    name = str(action.get("name") or f"{to} Inc. - Common Stock")[:80]
    remove_orders(world, symbol)
    corporate_mergers.spin_off(world, symbol, to, name, ratio, part)


def _spin_off_terms(world: World, symbol: str, action: Action) -> tuple[str, Decimal, Decimal]:
    to, ratio, part = new_symbol(world, action), amount(action, "ratio"), amount(action, "part")
    if part >= 1:
        raise ValueError("part must be below 1")
    return to, ratio, part


_STEPS = {
    "split": (_split_terms, _split),
    "dividend": (_dividend_terms, _dividend),
    "special-dividend": (_dividend_terms, _dividend),
    "symbol-change": (_new_name, _symbol_change),
    "merger": (_merger_terms, _merger),
    "spin-off": (_spin_off_terms, _spin_off),
}
"""(what reads the terms, what carries them out) by kind."""
