"""Customers, their accounts, and the validation of a token."""

from __future__ import annotations

from typing import TYPE_CHECKING

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from simulator.access import only_me, user_of
from simulator.http import context_of, items, not_found, ok, world_of

if TYPE_CHECKING:
    from simulator.world import World


async def customer(request: Request) -> Response:
    """`GET /customers/me`: the person behind the login."""
    return ok(only_me(request).customer, context_of(request))


async def list_accounts(request: Request) -> Response:
    """`GET /customers/me/accounts`: closed ones too, each with the caller's authority."""
    user, world = only_me(request), world_of(request)
    rows = [
        {"account": world.accounts[number].info, "authority-level": authority}
        for number, authority in user.accounts.items()
    ]
    return items(rows, context_of(request))


async def account(request: Request) -> Response:
    """`GET /customers/me/accounts/{number}`: the bare account; 404 when not visible."""
    user, number = only_me(request), request.path_params["number"]
    if number not in user.accounts:
        raise not_found("Account")
    return ok(world_of(request).accounts[number].info, context_of(request))


async def validate(request: Request) -> Response:
    """`POST /sessions/validate`: who a token belongs to."""
    user = user_of(request)
    data = {
        "email": user.email,
        "username": user.username,
        "external-id": user.external_id,
        "id": user.user_id,
    }
    return ok(data, context_of(request), 201)


def routes(world: World) -> list[Route]:
    """Routes of this family."""
    return [
        Route("/customers/{customer}", customer),
        Route("/customers/{customer}/accounts", list_accounts),
        Route("/customers/{customer}/accounts/{number}", account),
        Route("/sessions/validate", validate, methods=["POST"]),
    ]
