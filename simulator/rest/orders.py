"""Orders: place, check, search, cancel, replace. Complex orders have their own module."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from simulator.access import account_of, only_me, order_of, user_of, visible_account
from simulator.fault_answers import CODES
from simulator.fills import scripts
from simulator.http import (
    ApiError,
    body_json,
    context_of,
    invalid,
    items,
    ok,
    page,
    query,
    query_date,
    query_list,
    query_time,
    world_of,
)
from simulator.market.calendar import new_york_date
from simulator.model import Order
from simulator.orders import desk
from simulator.orders.wire import order_wire

if TYPE_CHECKING:
    from simulator.world import World

START_NEEDED_SINCE = PAGED_LIVE_SINCE = "20261012"
LARGEST_PAGE = 200
WIDER = {"Working": ("Live", "Cancel Requested", "Replace Requested"), "Partial": ("Live",)}
UNDERLYING_TYPES = {
    "Equity": ("Equity",), "Future": ("Future",), "Cryptocurrency": ("Cryptocurrency",),
}  # fmt: skip


async def place(request: Request) -> Response:
    """`POST /accounts/{number}/orders` → 201 with the order inside a wrapper."""
    world, account = world_of(request), account_of(request, trading=True)
    body = await body_json(request)
    data = desk.place(world, account, body, user_of(request).username)
    order = world.orders[data["order"]["id"]]
    world.journal.append(
        {
            "kind": "order",
            "order-id": order.id,
            "account-number": account.number,
            "external-identifier": order.external_identifier,
            "at": order.received_at,
            "request": body,
        }
    )
    world.publish_order(order)
    data["order"] = order_wire(order)
    scripted_answer(request, order)
    return ok(data, context_of(request), 201)


def scripted_answer(request: Request, order: Order) -> None:
    """The order is taken; a script may lose the answer, or have it say otherwise."""
    name, value = scripts.parts(order)
    if name == "lose-response":
        request.scope[scripts.LOST] = True
    if name == "http":
        status = int(value)
        code, message = CODES.get(status, ("error", "Error"))
        raise ApiError(status, code, message)


async def dry_run(request: Request) -> Response:
    """`POST /accounts/{number}/orders/dry-run` → 201, nothing stored."""
    account = account_of(request)
    data = desk.dry_run(world_of(request), account, await body_json(request))
    return ok(data, context_of(request), 201)


async def search(request: Request) -> Response:
    """`GET /accounts/{number}/orders`, paged, 10 a page."""
    account = account_of(request)
    orders = _found(request, world_of(request).orders_of(account.number))
    chosen, block = page_of(request, orders, 10)
    return items([order_wire(o) for o in chosen], context_of(request), pagination=block)


async def live(request: Request) -> Response:
    """`GET /accounts/{number}/orders/live`: created or updated today, newest first.

    Older versions know neither pages nor filters here.
    """
    orders = _todays(world_of(request), [account_of(request).number])
    if request.headers.get("accept-version", "") < PAGED_LIVE_SINCE:
        return items([order_wire(o) for o in orders], context_of(request))
    chosen, block = page_of(request, [o for o in orders if _matches(request, o)], 100)
    return items([order_wire(o) for o in chosen], context_of(request), pagination=block)


async def one(request: Request) -> Response:
    """`GET /accounts/{number}/orders/{id}`: the order itself."""
    return ok(order_wire(order_of(request, account_of(request))), context_of(request))


async def cancel(request: Request) -> Response:
    """`DELETE /accounts/{number}/orders/{id}`: the order itself, being cancelled."""
    account = account_of(request, trading=True)
    order = order_of(request, account)
    desk.cancel(world_of(request), order, user_of(request).username)
    world_of(request).publish_groups()
    return ok(order_wire(order), context_of(request))


async def replace(request: Request) -> Response:
    """`PUT` and `PATCH /accounts/{number}/orders/{id}`: the new order itself."""
    account = account_of(request, trading=True)
    order = order_of(request, account)
    body = await body_json(request)
    username = user_of(request).username
    fresh = desk.replace(world_of(request), account, order, body, username)
    world_of(request).publish_groups()
    return ok(order_wire(fresh), context_of(request))


async def dry_replace(request: Request) -> Response:
    """`POST /accounts/{number}/orders/{id}/dry-run` → 201, the checks of a replacement."""
    account = account_of(request)
    order = order_of(request, account)
    data = desk.dry_replace(world_of(request), account, order, await body_json(request))
    return ok(data, context_of(request), 201)


async def reconfirm(request: Request) -> Response:
    """`POST /accounts/{number}/orders/{id}/reconfirm`: no order waits for it here."""
    order_of(request, account_of(request, trading=True))
    raise ApiError(422, "cannot_reconfirm_order", "The order could not be reconfirmed.")


async def customer_search(request: Request) -> Response:
    """`GET /customers/me/orders` over several accounts."""
    world = world_of(request)
    orders = [o for number in _numbers(request) for o in world.orders_of(number)]
    orders.sort(key=lambda o: o.id, reverse=True)
    chosen, block = page_of(request, _found(request, orders), 10)
    return items([order_wire(o) for o in chosen], context_of(request), pagination=block)


async def customer_live(request: Request) -> Response:
    """`GET /customers/me/orders/live` over several accounts, paged for newer versions."""
    orders = _todays(world_of(request), _numbers(request))
    orders = [o for o in orders if _matches(request, o)]
    chosen, block = page_of(request, orders, 100)
    return items([order_wire(o) for o in chosen], context_of(request), pagination=block)


def _numbers(request: Request) -> list[str]:
    only_me(request)
    numbers = query_list(request, "account-numbers")
    if not numbers:
        raise invalid(("account-numbers", "is missing"))
    return [visible_account(request, number).number for number in numbers]


def _todays(world: World, numbers: list[str]) -> list[Order]:
    today = world.today()
    found = [
        order
        for number in numbers
        for order in world.orders_of(number)
        if not order.terminal or new_york_date(order.updated_at) == today
    ]
    return sorted(found, key=lambda o: o.id, reverse=True)


def page_of(request: Request, orders: list[Any], default: int) -> tuple[list[Any], dict[str, Any]]:
    """A page of at most 200."""
    per_page = query(request, "per-page")
    if per_page is not None and per_page.isdigit() and int(per_page) > LARGEST_PAGE:
        raise invalid(("per-page", "does not have a valid value"))
    return page(request, orders, default, LARGEST_PAGE)


def _found(request: Request, orders: list[Order]) -> list[Order]:
    sort = query(request, "sort") or "Desc"
    if sort not in ("Asc", "Desc"):
        raise invalid(("sort", "does not have a valid value"))
    version = request.headers.get("accept-version", "")
    start = query(request, "start-date") or query(request, "start-at")
    if start is None and version >= START_NEEDED_SINCE:
        raise invalid(("start-date", "is missing"))
    chosen = [o for o in orders if _matches(request, o) and _in_time(request, o)]
    return chosen if sort == "Desc" else chosen[::-1]


def _in_time(request: Request, order: Order) -> bool:
    start_at, end_at = query_time(request, "start-at"), query_time(request, "end-at")
    start, end = query_date(request, "start-date"), query_date(request, "end-date")
    day = new_york_date(order.received_at)
    if start_at is not None and order.received_at < start_at:
        return False
    if end_at is not None and order.received_at > end_at:
        return False
    return (start is None or day >= start) and (end is None or day <= end)


def _matches(request: Request, order: Order) -> bool:
    statuses = {
        official
        for asked in query_list(request, "status")
        for official in WIDER.get(asked, (asked,))
    }
    underlying = query(request, "underlying-symbol")
    kind = query(request, "underlying-instrument-type")
    future = query(request, "futures-symbol")
    return (
        (not statuses or order.status in statuses)
        and (underlying is None or order.underlying == underlying)
        and (kind is None or order.underlying_type in UNDERLYING_TYPES.get(kind, (kind,)))
        and (future is None or order.underlying == f"/{future.lstrip('/')}")
    )


def routes(world: World) -> list[Route]:
    """Routes of this family; fixed words before ids."""
    base = "/accounts/{number}/orders"
    return [
        Route(base, place, methods=["POST"]),
        Route(base, search, methods=["GET"]),
        Route(f"{base}/live", live),
        Route(f"{base}/dry-run", dry_run, methods=["POST"]),
        Route(f"{base}/{{id}}", one, methods=["GET"]),
        Route(f"{base}/{{id}}", cancel, methods=["DELETE"]),
        Route(f"{base}/{{id}}", replace, methods=["PUT", "PATCH"]),
        Route(f"{base}/{{id}}/dry-run", dry_replace, methods=["POST"]),
        Route(f"{base}/{{id}}/reconfirm", reconfirm, methods=["POST"]),
        Route("/customers/{customer}/orders", customer_search),
        Route("/customers/{customer}/orders/live", customer_live),
    ]
