"""Steering people and accounts: customers in bulk, money, holdings, permissions, the reset."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import msgspec
from starlette.requests import Request

from simulator.balances import net_liq
from simulator.control_access import grant_for
from simulator.control_api import Table, path_number
from simulator.holdings import Holding, give
from simulator.http import invalid, not_found, stamp
from simulator.ledger import movement
from simulator.model import Account, User
from simulator.reset import reset
from simulator.scenarios.people import MARGINS, PLANS, open_account, open_customer
from simulator.transfers import call_back, pending, send, transfer

if TYPE_CHECKING:
    from simulator.world import World

table = Table()
MOST = 10_000
LONG_AGO = timedelta(days=30)


class AccountPlan(msgspec.Struct, kw_only=True, rename="kebab", forbid_unknown_fields=True):
    """What new accounts are like."""

    count: int = 1
    kind: str = "Individual"
    calculation: str = "Reg T"
    """Margin type: `Cash`, `Reg T`, `IRA Margin`, `Portfolio Margin`, …"""
    level: str = "No Restrictions"
    """Options level of the trading status."""
    futures: bool = True
    crypto: bool = True
    cash: Decimal = Decimal(100_000)
    nickname: str | None = None
    holdings: list[Holding] = []


class People(AccountPlan, kw_only=True, rename="kebab", forbid_unknown_fields=True):
    """New customers, each with the same number of accounts."""

    count: int = 1
    accounts: int = 1
    prefix: str = "customer"
    """Usernames are the prefix and a number; a count of 1 takes the prefix itself."""
    scope: str = "read trade openid"


class Movement(msgspec.Struct, kw_only=True, rename="kebab", forbid_unknown_fields=True):
    """Money that comes (positive) or goes."""

    amount: Decimal
    description: str | None = None
    clears_after: float = 0.0
    """Virtual seconds that a deposit is pending; 0 books it at once."""


class Holdings(msgspec.Struct, kw_only=True, rename="kebab", forbid_unknown_fields=True):
    """Positions that arrive by a transfer, at a cost each."""

    holdings: list[Holding]


def account_at(world: World, request: Request) -> Account:
    """The account of the path."""
    account = world.accounts.get(request.path_params["number"])
    if account is None:
        raise not_found("account")
    return account


@table.add("GET", "/control/accounts")
async def accounts(world: World, request: Request, body: None) -> Any:
    """Every account with its owner, cash and net liquidating value."""
    return {
        "accounts": [
            {
                "account-number": a.number,
                "username": a.owner,
                "cash": a.cash,
                "net-liquidating-value": net_liq(world, a),
                "positions": sum(1 for p in a.positions.values() if p.quantity),
            }
            for a in world.accounts.values()
        ]
    }


@table.add("POST", "/control/accounts", dict)
async def change_status(world: World, request: Request, body: dict[str, Any]) -> Any:
    """Change keys of a trading status (`account-number` names the account), published as such."""
    account = world.accounts.get(str(body.pop("account-number", "")))
    if account is None:
        raise invalid(("account-number", "does not have a valid value"))
    unknown = [key for key in body if key not in account.status]
    if unknown:
        raise invalid(*((key, "is not a trading status key") for key in unknown))
    account.status |= body | {"updated-at": stamp(world.clock.now())}
    world.touch(account)
    world.hub.trading_status(account)
    world.flush()
    return account.status


@table.add("POST", "/control/customers", People)
async def add_customers(world: World, request: Request, body: People) -> Any:
    """Open customers in bulk, each with accounts, money, holdings and a grant."""
    _check(body)
    if not 1 <= body.count <= MOST or not 0 <= body.accounts <= 100:
        raise invalid(("count", "lies outside its range"))
    names = [body.prefix if body.count == 1 else f"{body.prefix}{n + 1}" for n in range(body.count)]
    if any(name in world.users for name in names):
        raise invalid(("prefix", "is taken"))
    made = [_customer(world, name, body) for name in names]
    world.flush()
    return {"customers": made}


def _customer(world: World, name: str, body: People) -> dict[str, Any]:
    user = open_customer(world, name, world.clock.now() - LONG_AGO)
    numbers = [_account(world, user, body).number for _ in range(body.accounts)]
    return {
        "username": name,
        "accounts": numbers,
        **grant_for(world, user, body.scope.split()),
    }


@table.add("POST", "/control/customers/{username}/accounts", AccountPlan)
async def add_accounts(world: World, request: Request, body: AccountPlan) -> Any:
    """Open more accounts for a customer."""
    user = world.users.get(request.path_params["username"])
    if user is None:
        raise not_found("customer")
    _check(body)
    if not 1 <= body.count <= 100:
        raise invalid(("count", "lies outside its range"))
    numbers = [_account(world, user, body).number for _ in range(body.count)]
    world.flush()
    return {"username": user.username, "accounts": numbers}


def _check(body: AccountPlan) -> None:
    if body.calculation not in MARGINS:
        raise invalid(("calculation", f"is one of {', '.join(MARGINS)}"))
    if body.kind not in [plan[0] for plan in PLANS]:
        raise invalid(("kind", f"is one of {', '.join(plan[0] for plan in PLANS)}"))
    if not body.cash.is_finite() or body.cash < 0:
        raise invalid(("cash", "must not be negative"))


def _account(world: World, user: User, plan: AccountPlan) -> Account:
    opened = world.clock.now() - LONG_AGO
    number = _free_number(world)
    account = open_account(
        world, user, number, plan.kind, opened, calculation=plan.calculation, level=plan.level,
        futures=plan.futures, crypto=plan.crypto, nickname=plan.nickname,
    )  # fmt: skip
    if plan.cash:
        movement(world, account, "Deposit", plan.cash, opened, "ACH deposit")
    _give(world, account, plan.holdings)
    return account


def _free_number(world: World) -> str:
    while True:
        number = f"5WT{world.ids.next('account-number'):05d}"
        if number not in world.accounts:
            return number


def _give(world: World, account: Account, holdings: list[Holding]) -> None:
    for holding in holdings:
        try:
            give(world, account, holding)
        except ValueError as failure:
            raise invalid((holding.symbol, str(failure))) from None


@table.add("POST", "/control/accounts/{number}/movements", Movement)
async def move_money(world: World, request: Request, body: Movement) -> Any:
    """Pay money in (positive amount) or out: at once, or as a deposit that is pending first."""
    account = account_at(world, request)
    world.catch_up()
    told: dict[str, Any] = {}
    try:
        if body.clears_after:
            after = timedelta(seconds=body.clears_after)
            told["transfer-id"] = send(world, account, body.amount, after, body.description).id
        else:
            told["transaction-id"] = transfer(world, account, body.amount, body.description).id
    except (ValueError, OverflowError) as failure:
        raise invalid(("amount", str(failure))) from None
    world.flush()
    return {**told, "cash": account.cash, "pending-cash": pending(account)}


@table.add("DELETE", "/control/accounts/{number}/movements/{id}")
async def cancel_movement(world: World, request: Request, body: None) -> Any:
    """Call back a deposit that is still pending."""
    account = account_at(world, request)
    world.catch_up()
    try:
        call_back(world, account, path_number(request))
    except LookupError:
        raise not_found("transfer") from None
    world.flush()
    return {"cash": account.cash, "pending-cash": pending(account)}


@table.add("POST", "/control/accounts/{number}/holdings", Holdings)
async def add_holdings(world: World, request: Request, body: Holdings) -> Any:
    """Let positions arrive by a transfer; negative quantities are short."""
    account = account_at(world, request)
    _give(world, account, body.holdings)
    for holding in body.holdings:
        world.publish_position(account, account.positions[holding.symbol])
    world.publish_balance(account)
    world.flush()
    return {"positions": {s: p.quantity for s, p in account.positions.items()}}


@table.add("POST", "/control/reset")
async def sandbox_reset(world: World, request: Request, body: None) -> Any:
    """What the official sandbox does at midnight: orders, trades and positions are gone."""
    reset(world)
    world.flush()
    return {"accounts": list(world.accounts)}
