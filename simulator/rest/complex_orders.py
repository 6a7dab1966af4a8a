"""Complex orders: place, check, list, cancel the group, move the ratio of a pair."""

from __future__ import annotations

from typing import TYPE_CHECKING

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from simulator.access import account_of, user_of
from simulator.http import body_json, context_of, items, not_found, ok, world_of
from simulator.market.calendar import new_york_date
from simulator.model import Account, ComplexOrder
from simulator.orders import complex_desk
from simulator.orders.complex_wire import complex_wire
from simulator.rest.orders import page_of, scripted_answer

if TYPE_CHECKING:
    from simulator.world import World


async def place(request: Request) -> Response:
    """`POST /accounts/{number}/complex-orders` → 201 with the group inside a wrapper."""
    world, account = world_of(request), account_of(request, trading=True)
    body = await body_json(request)
    group, data = complex_desk.place(world, account, body, user_of(request).username)
    orders = [world.orders[number] for number in group.members]
    world.journal.append(
        {
            "kind": "complex-order",
            "complex-order-id": group.id,
            "order-ids": group.members,
            "account-number": account.number,
            "external-identifiers": [order.external_identifier for order in orders],
            "at": group.received_at,
            "request": body,
        }
    )
    for order in orders:
        scripted_answer(request, order)
    return ok(data, context_of(request), 201)


async def dry_run(request: Request) -> Response:
    """`POST /accounts/{number}/complex-orders/dry-run` → 201, nothing stored."""
    account = account_of(request)
    data = complex_desk.dry_run(world_of(request), account, await body_json(request))
    return ok(data, context_of(request), 201)


async def listed(request: Request) -> Response:
    """`GET /accounts/{number}/complex-orders`, newest first, 10 a page."""
    world = world_of(request)
    chosen, block = page_of(request, _of(world, account_of(request)), 10)
    return items(
        [complex_wire(world, group) for group in chosen], context_of(request), pagination=block
    )


async def live(request: Request) -> Response:
    """`GET /accounts/{number}/complex-orders/live`: those with a member placed today."""
    world, today = world_of(request), world_of(request).today()
    found = [
        group
        for group in _of(world, account_of(request))
        if any(new_york_date(world.orders[n].received_at) == today for n in group.members)
    ]
    return items([complex_wire(world, group) for group in found], context_of(request))


async def one(request: Request) -> Response:
    """`GET /accounts/{number}/complex-orders/{id}`: the group itself."""
    group = _group(request, account_of(request))
    return ok(complex_wire(world_of(request), group), context_of(request))


async def cancel(request: Request) -> Response:
    """`DELETE /accounts/{number}/complex-orders/{id}`: the group itself, being cancelled."""
    world, group = world_of(request), _group(request, account_of(request, trading=True))
    complex_desk.cancel(world, group, user_of(request).username)
    return ok(complex_wire(world, group), context_of(request))


async def edit(request: Request) -> Response:
    """`PATCH /accounts/{number}/complex-orders/{id}`: the ratio of a pair."""
    group = _group(request, account_of(request, trading=True))
    data = complex_desk.edit(world_of(request), group, await body_json(request))
    return ok(data, context_of(request))


async def dry_edit(request: Request) -> Response:
    """`POST /accounts/{number}/complex-orders/{id}/dry-run` → 201, the checks of an edit."""
    group = _group(request, account_of(request))
    data = complex_desk.dry_edit(world_of(request), group, await body_json(request))
    return ok(data, context_of(request), 201)


def _of(world: World, account: Account) -> list[ComplexOrder]:
    found = [g for g in world.complex_orders.values() if g.account == account.number]
    return sorted(found, key=lambda g: g.id, reverse=True)


def _group(request: Request, account: Account) -> ComplexOrder:
    try:
        found = world_of(request).complex_orders.get(int(request.path_params["id"]))
    except ValueError:
        found = None
    if found is None or found.account != account.number:
        raise not_found("complex order")
    return found


def routes(world: World) -> list[Route]:
    """Routes of this family; fixed words before ids."""
    base = "/accounts/{number}/complex-orders"
    return [
        Route(base, place, methods=["POST"]),
        Route(base, listed, methods=["GET"]),
        Route(f"{base}/live", live),
        Route(f"{base}/dry-run", dry_run, methods=["POST"]),
        Route(f"{base}/{{id}}", one, methods=["GET"]),
        Route(f"{base}/{{id}}", cancel, methods=["DELETE"]),
        Route(f"{base}/{{id}}", edit, methods=["PATCH"]),
        Route(f"{base}/{{id}}/dry-run", dry_edit, methods=["POST"]),
    ]
