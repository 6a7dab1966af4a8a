"""Sessions by username and password, withdrawn by the broker in 2026: behind a setting.

Off (the default) every route refuses with 403. On, any user of the scenario signs in with the
password of the settings; the session token goes without a prefix into `Authorization`. With the
device challenge on, a sign-in without `X-Tastyworks-OTP` is answered with a challenge token first;
the one-time password is always 123456.
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from simulator.http import (
    ApiError,
    body_json,
    context_of,
    invalid,
    json_response,
    not_permitted,
    ok,
    world_of,
)
from simulator.model import Token, User
from simulator.oauth import invalid_session

if TYPE_CHECKING:
    from simulator.world import World

LIFETIME = timedelta(hours=24)
REMEMBERED = timedelta(days=28)
OTP = "123456"
CHALLENGE, CODE = "x-tastyworks-challenge-token", "x-tastyworks-otp"


def world_with_sessions(request: Request) -> World:
    """The world, when it has sessions; else a 403."""
    world = world_of(request)
    if not world.settings.legacy_sessions:
        raise not_permitted()
    return world


async def create(request: Request) -> Response:
    """`POST /sessions` → 201 with session token, and remember token where asked for."""
    world = world_with_sessions(request)
    body = await body_json(request)
    missing = [] if body.get("login") else [("login", "is missing")]
    if not body.get("password") and not body.get("remember-token"):
        missing.append(("password", "is missing"))
    if missing:
        raise invalid(*missing)
    user = _user(world, body)
    if world.settings.legacy_device_challenge and not _answered(world, request):
        return _challenge(world)
    return ok(_session(world, user, body), context_of(request), 201)


def _user(world: World, body: dict[str, Any]) -> User:
    """Who signs in; 401 for a wrong login, password or remember token."""
    login = body["login"]
    found = [u for u in world.users.values() if login in (u.username, u.email)]
    remembered = world.tokens.get(str(body.get("remember-token")))
    if remembered is not None and found and is_good(world, remembered, "remember"):
        if remembered.username == found[0].username:
            remembered.revoked = True
            world.touch(remembered)
            return found[0]
    elif found and body.get("password") == (found[0].password or world.settings.legacy_password):
        return found[0]
    raise ApiError(
        401,
        "invalid_credentials",
        "Invalid login, please check your username and password."
        f" Unique customer support identifier: {world.ids.hex('support')}",
    )


def is_good(world: World, token: Token, kind: str) -> bool:
    """Whether a token is of a kind and serves still."""
    return token.kind == kind and not token.revoked and token.expires_at > world.clock.now()


def _answered(world: World, request: Request) -> bool:
    token = world.tokens.get(request.headers.get(CHALLENGE, ""))
    known = token is not None and is_good(world, token, "challenge")
    return known and request.headers.get(CODE) == OTP


def _challenge(world: World) -> Response:
    token = issue(world, "challenge", "", timedelta(minutes=10))
    world.flush()
    body = {
        "error": {
            "code": "device_challenge_required",
            "message": "Device authentication challenge required",
            "redirect": {
                "method": "POST",
                "url": "/device-challenge",
                "required_headers": ["X-Tastyworks-Challenge-Token"],
            },
        }
    }
    return json_response(body, 403, {"X-Tastyworks-Challenge-Token": token.value})


def _session(world: World, user: User, body: dict[str, Any]) -> dict[str, Any]:
    token = issue(world, "session", user.username, LIFETIME)
    expires = token.expires_at.strftime("%Y-%m-%dT%H:%M:%S.") + (
        f"{token.expires_at.microsecond // 1000:03d}Z"
    )
    data = {
        "user": {
            "email": user.email,
            "external-id": user.external_id,
            "is-confirmed": True,
            "username": user.username,
        },
        "session-expiration": expires,
        "session-token": token.value,
    }
    if body.get("remember-me") is True:
        data["remember-token"] = issue(world, "remember", user.username, REMEMBERED).value
    return data


def issue(world: World, kind: str, username: str, lifetime: timedelta) -> Token:
    """A fresh token of a kind."""
    token = Token(
        value=world.ids.token(kind, 24) + ("+C" if kind == "session" else ""),
        kind=kind,
        username=username,
        scopes=["read", "trade"] if kind == "session" else [],
        expires_at=world.clock.now() + lifetime,
    )
    world.tokens[token.value] = token
    world.touch(token)
    return token


async def challenge(request: Request) -> Response:
    """`POST /device-challenge`: pretends to send the one-time password."""
    world = world_with_sessions(request)
    token = world.tokens.get(request.headers.get(CHALLENGE, ""))
    if token is None or not is_good(world, token, "challenge"):
        raise not_permitted()
    data = {"step": "otp_verification", "redirect": {"method": "POST", "url": "/sessions"}}
    return ok(data, context_of(request))


async def validate(request: Request) -> Response:
    """`POST /sessions/validate` → 201 with the user; a bearer token of today serves as well."""
    user: User = request.state.user
    data = {
        "email": user.email,
        "username": user.username,
        "external-id": user.external_id,
        "id": user.user_id,
    }
    return ok(data, context_of(request), 201)


async def destroy(request: Request) -> Response:
    """`DELETE /sessions` → 204, the token is dead."""
    world = world_with_sessions(request)
    token = world.tokens.get(request.headers.get("authorization", ""))
    if token is None or not is_good(world, token, "session"):
        raise invalid_session(world)
    token.revoked = True
    world.touch(token)
    return Response(status_code=204)


def routes(world: World) -> list[Route]:
    """Routes of this family."""
    return [
        Route("/sessions", create, methods=["POST"]),
        Route("/sessions", destroy, methods=["DELETE"]),
        Route("/sessions/validate", validate, methods=["POST"]),
        Route("/device-challenge", challenge, methods=["POST"]),
    ]
