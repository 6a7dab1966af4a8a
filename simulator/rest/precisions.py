"""`GET /instruments/quantity-decimal-precisions`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from simulator.http import context_of, items, world_of
from simulator.market import instruments

if TYPE_CHECKING:
    from simulator.world import World

PATH = "/instruments/quantity-decimal-precisions"


async def precisions(request: Request) -> Response:
    """Decimals of quantities per coin, and the default of shares."""
    market = world_of(request).market
    return items(instruments.precisions(market), context_of(request))  # type: ignore[arg-type]


def routes(world: World) -> list[Route]:
    """Routes of this family."""
    return [Route(PATH, precisions)]
