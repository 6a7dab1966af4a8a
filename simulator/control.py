"""Steering, under `/control`: every endpoint of the pretend broker that the broker has not.

Served on loopback only, without a token; `openapi.json` describes it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from simulator import (
    control_access,
    control_accounts,
    control_clock,
    control_lifecycle,
    control_market,
    control_orders,
    control_state,
)
from simulator.control_api import Endpoint, Table, routes_of
from simulator.http import json_response

if TYPE_CHECKING:
    from simulator.world import World

MODULES = (
    control_state, control_clock, control_market, control_orders, control_accounts,
    control_lifecycle, control_access,
)  # fmt: skip
own = Table()


@own.add("GET", "/control/openapi.json")
async def openapi(world: World, request: Request, body: None) -> Any:
    """This description, as OpenAPI 3.1."""
    from simulator.openapi import document

    return document()


def endpoints() -> list[Endpoint]:
    """All of them, module by module."""
    return [*own.endpoints, *(e for module in MODULES for e in module.table.endpoints)]


async def health(request: Request) -> Response:
    """`GET /healthz`."""
    return json_response({"status": "ok"})


def routes(world: World) -> list[Route]:
    """Routes of the steering."""
    return [*routes_of(endpoints()), Route("/healthz", health)]
