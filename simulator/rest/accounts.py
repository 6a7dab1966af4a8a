"""Trading status and position limits of an account."""

from __future__ import annotations

from typing import TYPE_CHECKING

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from simulator.access import account_of
from simulator.http import context_of, ok
from simulator.orders.checks import POSITION_LIMITS

if TYPE_CHECKING:
    from simulator.world import World


async def trading_status(request: Request) -> Response:
    """`GET /accounts/{number}/trading-status`: permissions and restrictions."""
    return ok(account_of(request).status, context_of(request))


async def position_limit(request: Request) -> Response:
    """`GET /accounts/{number}/position-limit`: ceilings of orders and positions."""
    data = {"account-number": account_of(request).number, **POSITION_LIMITS}
    return ok(data, context_of(request))


def routes(world: World) -> list[Route]:
    """Routes of this family."""
    return [
        Route("/accounts/{number}/trading-status", trading_status),
        Route("/accounts/{number}/position-limit", position_limit),
    ]
