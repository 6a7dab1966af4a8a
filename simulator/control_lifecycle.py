"""Steering what happens to holdings: corporate actions, exercise, assignment, instructions."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Any, Literal

import msgspec
from starlette.requests import Request

from simulator import corporate, lifecycle_options
from simulator.control_accounts import account_at
from simulator.control_api import Table
from simulator.http import invalid

if TYPE_CHECKING:
    from simulator.world import World

table = Table()


class CorporateAction(msgspec.Struct, kw_only=True, rename="kebab", forbid_unknown_fields=True):
    """What a company does; which keys a kind takes stands in `corporate.py`."""

    kind: Literal["split", "dividend", "special-dividend", "symbol-change", "merger", "spin-off"]
    symbol: str
    new: Decimal | None = None
    """Split: so many new shares …"""
    old: Decimal | None = None
    """… for so many old ones (1 without it)."""
    amount: Decimal | None = None
    """Dividends: dollars per share."""
    pays_on: str | None = None
    """Dividends: the day the money comes; today without it."""
    to: str | None = None
    """Symbol change and spin-off: the new symbol."""
    into: str | None = None
    """Merger: the share that holders get; without it the company is bought for cash."""
    ratio: Decimal | None = None
    """Merger and spin-off: new shares for each old one."""
    cash: Decimal | None = None
    """Merger: dollars for each old share."""
    part: Decimal | None = None
    """Spin-off: the part of the value that goes with it."""
    name: str | None = None


class OptionAction(msgspec.Struct, kw_only=True, rename="kebab", forbid_unknown_fields=True):
    """An option of the account, and how many contracts are meant."""

    symbol: str
    quantity: Decimal = Decimal(1)


class Instruction(msgspec.Struct, kw_only=True, rename="kebab", forbid_unknown_fields=True):
    """What shall happen to a bought option at its end; null is the rule."""

    symbol: str
    wish: Literal["exercise", "lapse"] | None = None


@table.add("POST", "/control/corporate-actions", CorporateAction)
async def corporate_action(world: World, request: Request, body: CorporateAction) -> Any:
    """Carry out a split, dividend, symbol change, merger or spin-off now."""
    world.catch_up()
    try:
        named = msgspec.to_builtins(body)
        done = corporate.apply(world, {k: v for k, v in named.items() if v is not None})
    except ValueError as failure:
        raise invalid(("action", str(failure))) from None
    world.publish_groups()
    world.flush()
    return done


@table.add("POST", "/control/accounts/{number}/assignments", OptionAction)
async def assign(world: World, request: Request, body: OptionAction) -> Any:
    """Assign sold American options now."""
    return _option(world, request, body, lifecycle_options.assign)


@table.add("POST", "/control/accounts/{number}/exercises", OptionAction)
async def exercise(world: World, request: Request, body: OptionAction) -> Any:
    """Exercise bought American options now."""
    return _option(world, request, body, lifecycle_options.exercise)


def _option(world: World, request: Request, body: OptionAction, act: Any) -> Any:
    account = account_at(world, request)
    world.catch_up()
    try:
        act(world, account, body.symbol, body.quantity)
    except ValueError as failure:
        raise invalid(("option", str(failure))) from None
    world.flush()
    return {"positions": {s: p.quantity for s, p in account.positions.items() if p.quantity}}


@table.add("POST", "/control/accounts/{number}/instructions", Instruction)
async def instruct(world: World, request: Request, body: Instruction) -> Any:
    """Say whether a bought option is exercised at its end, whatever it is worth."""
    account = account_at(world, request)
    try:
        lifecycle_options.instruct(world, account, body.symbol, body.wish)
    except ValueError as failure:
        raise invalid(("option", str(failure))) from None
    world.flush()
    return {"instructions": account.instructions}
