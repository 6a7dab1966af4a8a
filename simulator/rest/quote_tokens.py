"""Tokens for the market data stream."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from simulator.access import user_of
from simulator.http import context_of, ok, stamp, world_of
from simulator.model import Token

if TYPE_CHECKING:
    from simulator.world import World


async def quote_token(request: Request) -> Response:
    """`GET /api-quote-tokens`: a fresh token and where to use it."""
    world = world_of(request)
    now = world.clock.now()
    expires = now + timedelta(hours=world.settings.quote_token_hours * max(1.0, world.clock.speed))
    issued = Token(
        value=world.ids.token("quote"),
        kind="quote",
        username=user_of(request).username,
        scopes=[],
        expires_at=expires,
    )
    world.tokens[issued.value] = issued
    world.touch(issued)
    url = world.base_url.replace("http", "ws", 1) + "/dxlink"
    data = {
        "token": issued.value,
        "dxlink-url": url,
        "websocket-url": url,
        "level": "api",
        "issued-at": stamp(now),
        "expires-at": stamp(expires),
    }
    return ok(data, context_of(request))


def accepts(world: World, value: str) -> bool:
    """Whether a market data token is good now (the stream asks)."""
    token = world.tokens.get(value)
    good = token is not None and token.kind == "quote" and not token.revoked
    return good and token is not None and token.expires_at > world.clock.now()


def routes(world: World) -> list[Route]:
    """Routes of this family."""
    return [Route("/api-quote-tokens", quote_token)]
