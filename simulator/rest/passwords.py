"""Forgotten passwords and unconfirmed addresses, behind the setting of the legacy sessions.

No letter is sent: what one would say, the token included, stands in the ledger as an entry of the
kind `mail`. An address that nobody has is answered like one that somebody has.
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from simulator.http import body_json, invalid
from simulator.model import User
from simulator.rest.sessions_legacy import is_good, issue, world_with_sessions

if TYPE_CHECKING:
    from simulator.world import World

LIFETIME = timedelta(hours=24)
SHORTEST = 8
RESET, CONFIRMATION = "password-reset", "confirmation"


async def forgotten(request: Request) -> Response:
    """`POST /password/reset` `{email}` → 204; the token is in the letter."""
    return await _letter(request, RESET)


async def confirmation(request: Request) -> Response:
    """`POST /confirmation` `{email}` → 204: the letter with the confirmation is sent again."""
    return await _letter(request, CONFIRMATION)


async def _letter(request: Request, kind: str) -> Response:
    world = world_with_sessions(request)
    body = await body_json(request)
    address = body.get("email")
    if not address or not isinstance(address, str):
        raise invalid(("email", "is missing"))
    user = next((u for u in world.users.values() if u.email == address), None)
    if user is not None:
        token = issue(world, kind, user.username, LIFETIME)
        world.journal.append(
            {"kind": "mail", "at": world.clock.now(), "to": address, "subject": kind,
             "token": token.value}
        )  # fmt: skip
    return Response(status_code=204)


async def change(request: Request) -> Response:
    """`POST /password` with the token of a letter → 204; the sessions of the user end."""
    world = world_with_sessions(request)
    body = await body_json(request)
    user = _checked(world, body)
    world.tokens[body["reset-password-token"]].revoked = True
    user.password = body["password"]
    for token in world.tokens.values():
        if token.username == user.username and token.kind in ("session", "remember"):
            token.revoked = True
            world.touch(token)
    world.touch(world.tokens[body["reset-password-token"]])
    world.touch(user)
    return Response(status_code=204)


def _checked(world: World, body: dict[str, Any]) -> User:
    """Whose password it is; every failure of the three values is a 400."""
    needed = ("password", "password-confirmation", "reset-password-token")
    missing = [(key, "is missing") for key in needed if not body.get(key)]
    if missing:
        raise invalid(*missing)
    password, token = body["password"], world.tokens.get(str(body["reset-password-token"]))
    if not isinstance(password, str) or len(password) < SHORTEST:
        raise invalid(("password", f"is too short (minimum is {SHORTEST} characters)"))
    if password != body["password-confirmation"]:
        raise invalid(("password-confirmation", "doesn't match password"))
    if token is None or not is_good(world, token, RESET):
        raise invalid(("reset-password-token", "is invalid"))
    return world.users[token.username]


def routes(world: World) -> list[Route]:
    """Routes of this family."""
    return [
        Route("/password/reset", forgotten, methods=["POST"]),
        Route("/password", change, methods=["POST"]),
        Route("/confirmation", confirmation, methods=["POST"]),
    ]
