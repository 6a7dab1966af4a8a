"""Quote alerts of a user."""

from __future__ import annotations

from decimal import Decimal, InvalidOperation
from typing import TYPE_CHECKING, Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from simulator.access import user_of
from simulator.alerts import FIELDS, OPERATORS, read_expiry
from simulator.http import (
    body_json,
    context_of,
    invalid,
    items,
    not_found,
    ok,
    stamp,
    text,
    world_of,
)

if TYPE_CHECKING:
    from simulator.world import World

NEEDED = ("symbol", "field", "operator", "threshold")


async def own(request: Request) -> Response:
    """`GET /quote-alerts`."""
    return items(user_of(request).alerts.values(), context_of(request))


async def create(request: Request) -> Response:
    """`POST /quote-alerts` → 201."""
    world, user = world_of(request), user_of(request)
    body = await body_json(request)
    missing = [(key, "is missing") for key in NEEDED if not body.get(key)]
    if missing:
        raise invalid(*missing)
    alert: dict[str, Any] = {
        "alert-external-id": world.ids.uuid("alert"),
        "user-external-id": user.external_id,
        **_read(world, body),
        "provider": "dxfeed",
        "created-at": stamp(world.clock.now()),
    }
    if body.get("expires-at"):
        alert["expires-at"] = str(body["expires-at"])
    user.alerts[alert["alert-external-id"]] = alert
    world.touch(user)
    return ok(alert, context_of(request), 201)


def _read(world: World, body: dict[str, Any]) -> dict[str, Any]:
    if body["field"] not in FIELDS or body["operator"] not in OPERATORS:
        wrong = "field" if body["field"] not in FIELDS else "operator"
        raise invalid((wrong, "does not have a valid value"))
    try:
        number = Decimal(str(body.get("threshold-numeric") or body["threshold"]))
    except InvalidOperation:
        raise invalid(("threshold", "must be a decimal")) from None
    try:
        read_expiry(body.get("expires-at") or 0)
    except ValueError:
        raise invalid(("expires-at", "must be a date time")) from None
    symbol = body["symbol"]
    if not isinstance(symbol, str) or not number.is_finite():
        raise invalid(("symbol", "does not have a valid value"))
    known = world.market.instrument(symbol) or {}
    return {
        "symbol": symbol,
        "dx-symbol": body.get("dx-symbol") or known.get("streamer-symbol") or symbol,
        "instrument-type": body.get("instrument-type") or known.get("instrument-type", "Equity"),
        "field": body["field"],
        "operator": body["operator"],
        "threshold": str(body["threshold"]),
        "threshold-numeric": text(number),
    }


async def delete(request: Request) -> Response:
    """`DELETE /quote-alerts/{id}` → 204."""
    user = user_of(request)
    if user.alerts.pop(request.path_params["id"], None) is None:
        raise not_found("Quote alert")
    world_of(request).touch(user)
    return Response(status_code=204)


def routes(world: World) -> list[Route]:
    """Routes of this family."""
    return [
        Route("/quote-alerts", own, methods=["GET"]),
        Route("/quote-alerts", create, methods=["POST"]),
        Route("/quote-alerts/{id}", delete, methods=["DELETE"]),
    ]
