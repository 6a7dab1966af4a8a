"""Steering what happens to holdings: corporate actions, exercise, assignment, instructions."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Any, Literal

import msgspec
from starlette.requests import Request

from simulator import announcements, corporate, lifecycle_options
from simulator.control_accounts import account_at
from simulator.control_api import Table, path_number
from simulator.http import invalid, not_found

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
    effective: str | None = None
    """The trading day it takes effect on (of a dividend: the ex-date); now without it."""


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
    """Carry out a split, dividend, symbol change, merger or spin-off: now, or on a later day."""
    world.catch_up()
    named = {k: v for k, v in msgspec.to_builtins(body).items() if v is not None}
    day = named.pop("effective", None)
    try:
        if day is None:
            done = corporate.apply(world, named)
        else:
            on = announcements.read_day(day, world.clock.now())
            done = announcements.shown(announcements.announce(world, named, on))
    except ValueError as failure:
        raise invalid(("action", str(failure))) from None
    world.publish_groups()
    world.flush()
    return done


@table.add("GET", "/control/corporate-actions")
async def corporate_actions(world: World, request: Request, body: None) -> Any:
    """What was announced, with its state."""
    return {"announcements": [announcements.shown(m) for m in world.announcements.values()]}


@table.add("DELETE", "/control/corporate-actions/{id}")
async def withdraw(world: World, request: Request, body: None) -> Any:
    """Take back what was announced and has not happened yet."""
    world.catch_up()
    try:
        made = announcements.withdraw(world, path_number(request))
    except KeyError:
        raise not_found("announcement") from None
    except ValueError as failure:
        raise invalid(("id", str(failure))) from None
    world.flush()
    return announcements.shown(made)


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
