"""Who asks, and for what: the doors of the REST handlers."""

from __future__ import annotations

from starlette.requests import Request

from simulator.http import ApiError, not_found, not_permitted, world_of
from simulator.model import Account, Order, User


def user_of(request: Request) -> User:
    """The user of the bearer token."""
    user: User = request.state.user
    return user


def account_of(request: Request, trading: bool = False) -> Account:
    """The account of the path; 403 for one that the user does not see or may not trade in."""
    return visible_account(request, request.path_params["number"], trading)


def visible_account(request: Request, number: str, trading: bool = False) -> Account:
    """An account by its number, through the same door."""
    authority = user_of(request).accounts.get(number)
    account = world_of(request).accounts.get(number)
    if authority is None or account is None:
        raise not_permitted()
    if trading and authority == "read-only":
        raise not_permitted()
    return account


def order_of(request: Request, account: Account) -> Order:
    """The order of the path; 404 when it is not one of this account."""
    try:
        found = world_of(request).orders.get(int(request.path_params["id"]))
    except ValueError:
        found = None
    if found is None or found.account != account.number:
        raise not_found("order")
    return found


def only_me(request: Request) -> User:
    """Customer routes know the literal `me` alone."""
    if request.path_params.get("customer", "me") != "me":
        raise not_permitted()
    return user_of(request)


__all__ = ["ApiError", "account_of", "only_me", "order_of", "user_of", "visible_account"]
