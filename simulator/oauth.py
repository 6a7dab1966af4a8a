"""OAuth: the token endpoint with both grants, the consent page, bearer tokens and scopes.

The token endpoint is not enveloped: snake_case keys, errors as `error_code`, `error_description`.
Access tokens live 15 virtual minutes, at least `shortest_token` real seconds; `expires_in` is told
in real seconds, so that a client that waits by its own clock stays right.
"""

from __future__ import annotations

import html
from datetime import timedelta
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, urlencode, urlsplit

from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response
from starlette.routing import Route

from simulator.http import ApiError, json_response, loads, world_of
from simulator.model import Client, Code, Grant, Token, User

if TYPE_CHECKING:
    from simulator.world import World

SCOPES = ("read", "trade", "openid")
LIFETIME = timedelta(minutes=15)
CODE_LIFETIME = timedelta(minutes=10)


class OAuthRefusal(Exception):
    """An answer of the token endpoint that refuses."""

    def __init__(self, code: str, description: str, status: int = 400) -> None:
        super().__init__(code)
        self.code, self.description, self.status = code, description, status

    def response(self) -> Response:
        """The un-enveloped body."""
        body = {"error_code": self.code, "error_description": self.description}
        return json_response(body, self.status)


# -- bearer tokens ---------------------------------------------------------------------------


def unauthorized(world: World, header: str | None = None) -> ApiError:
    """A 401 with a support identifier, as every refused token gets; sessions have their own."""
    if world.settings.legacy_sessions and header and " " not in header:
        return invalid_session(world)
    identifier = world.ids.hex("support")
    return ApiError(
        401,
        "unauthorized",
        f"Unauthorized. Unique customer support identifier: {identifier}",
    )


def bearer(world: World, header: str | None) -> Token | None:
    """The live access token of an Authorization value, None when it is not one."""
    scheme, blank, value = (header or "").partition(" ")
    if world.settings.legacy_sessions and not blank:
        return _session(world, scheme)
    token = world.tokens.get(value.strip()) if scheme == "Bearer" else None
    if token is None or token.kind != "access" or token.revoked:
        return None
    if token.expires_at <= world.clock.now():
        return None
    grant = world.grants.get(token.grant_id or "")
    return None if grant is not None and grant.revoked else token


def _session(world: World, value: str) -> Token | None:
    """The live session of a bare token, where sessions are on."""
    token = world.tokens.get(value)
    live = token is not None and token.kind == "session" and not token.revoked
    return token if live and token.expires_at > world.clock.now() else None  # type: ignore[union-attr]


def invalid_session(world: World) -> ApiError:
    """The 401 of a dead session token."""
    identifier = world.ids.hex("support")
    return ApiError(
        401,
        "invalid_session",
        f"Session user not present. Unique customer support identifier: {identifier}",
    )


def needs_trade(method: str, path: str) -> bool:
    """Routing and cancelling orders needs the trade scope; checking them does not."""
    if method in ("GET", "HEAD", "OPTIONS") or path.endswith("/dry-run"):
        return False
    parts = path.split("/")
    return len(parts) > 3 and parts[1] == "accounts" and parts[3] in ("orders", "complex-orders")


def insufficient_scope() -> ApiError:
    """A 403 for a grant without the scope."""
    return ApiError(403, "not_permitted", "insufficient scopes")


# -- token endpoint --------------------------------------------------------------------------


async def token(request: Request) -> Response:
    """`POST /oauth/token`: refresh token or authorization code for an access token."""
    world = world_of(request)
    try:
        return json_response(_grant(world, await _form(request)))
    except OAuthRefusal as refusal:
        return refusal.response()


async def _form(request: Request) -> dict[str, str]:
    raw = await request.body()
    try:
        if "form" in request.headers.get("content-type", ""):
            pairs = parse_qs(raw.decode(), keep_blank_values=True)
            return {key: values[-1] for key, values in pairs.items()}
        body = loads(raw)
    except (ValueError, RecursionError):
        raise OAuthRefusal("invalid_request", "The request body is malformed") from None
    if not isinstance(body, dict):
        raise OAuthRefusal("invalid_request", "The request body is malformed")
    return {key: value for key, value in body.items() if isinstance(value, str)}


def _grant(world: World, form: dict[str, str]) -> dict[str, Any]:
    kind = form.get("grant_type")
    if kind == "refresh_token":
        grant = _by_refresh_token(world, form)
        return _issue(world, grant, _narrowed(grant, form.get("scope")))
    if kind == "authorization_code":
        grant = _by_code(world, form)
        body = _issue(world, grant, grant.scopes)
        body["refresh_token"] = grant.refresh_token
        if "openid" in grant.scopes:
            body["id_token"] = world.ids.token("id")
        return body
    if not kind:
        raise OAuthRefusal("invalid_request", "grant_type is missing")
    raise OAuthRefusal("unsupported_grant_type", "The grant type is not supported")


def _by_refresh_token(world: World, form: dict[str, str]) -> Grant:
    value = _needed(form, "refresh_token")
    secret = _needed(form, "client_secret")
    grant = next((g for g in world.grants.values() if g.refresh_token == value), None)
    if grant is None:
        raise OAuthRefusal("invalid_grant", "Invalid JWT")
    client = world.clients[grant.client_id]
    if client.secret != secret or form.get("client_id", client.client_id) != client.client_id:
        raise OAuthRefusal("invalid_client", "Client authentication failed", 401)
    if grant.revoked:
        raise OAuthRefusal("invalid_grant", "Grant revoked")
    return grant


def _by_code(world: World, form: dict[str, str]) -> Grant:
    value, redirect = _needed(form, "code"), _needed(form, "redirect_uri")
    client = world.clients.get(_needed(form, "client_id"))
    if client is None or client.secret != _needed(form, "client_secret"):
        raise OAuthRefusal("invalid_client", "Client authentication failed", 401)
    code = world.codes.get(value)
    right = code is not None and code.client_id == client.client_id
    if code is None or not right or code.used or code.expires_at <= world.clock.now():
        raise OAuthRefusal("invalid_grant", "The provided authorization grant is invalid")
    if code.redirect_uri != redirect:
        raise OAuthRefusal("invalid_grant", "The redirect address does not match")
    code.used = True
    world.touch(code)
    return new_grant(world, client, code.username, code.scopes)


def _needed(form: dict[str, str], key: str) -> str:
    value = form.get(key)
    if not value:
        raise OAuthRefusal("invalid_request", f"{key} is missing")
    return value


def _narrowed(grant: Grant, scope: str | None) -> list[str]:
    if not scope:
        return grant.scopes
    wanted = scope.split()
    if not set(wanted) <= set(grant.scopes):
        raise OAuthRefusal("invalid_scope", "The requested scope is invalid")
    return wanted


def new_grant(world: World, client: Client, username: str, scopes: list[str]) -> Grant:
    """A consent with its refresh token."""
    grant = Grant(
        id=world.ids.uuid("grant"),
        client_id=client.client_id,
        username=username,
        scopes=scopes,
        refresh_token=world.ids.token("refresh", 48),
    )
    world.grants[grant.id] = grant
    world.touch(grant)
    return grant


def _issue(world: World, grant: Grant, scopes: list[str]) -> dict[str, Any]:
    speed = world.clock.speed
    lifetime = max(LIFETIME, timedelta(seconds=world.settings.shortest_token * speed))
    issued = Token(
        value=world.ids.token("access"),
        kind="access",
        username=grant.username,
        scopes=scopes,
        expires_at=world.clock.now() + lifetime,
        grant_id=grant.id,
    )
    _forget_expired(world)
    world.tokens[issued.value] = issued
    world.touch(issued)
    seconds = lifetime.total_seconds() / speed if speed else lifetime.total_seconds()
    return {
        "access_token": issued.value,
        "token_type": "Bearer",
        "expires_in": max(1, int(seconds)),
    }


def _forget_expired(world: World) -> None:
    now = world.clock.now()
    for value in [v for v, t in world.tokens.items() if t.expires_at <= now]:
        del world.tokens[value]


# -- consent page ----------------------------------------------------------------------------

PAGE = """<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>Authorize an application</title>
<meta name="viewport" content="width=device-width, initial-scale=1">
<style>
body{{font:16px/1.5 system-ui,sans-serif;background:#10141b;color:#e8ecf3;margin:0;
display:grid;place-items:center;min-height:100vh}}
main{{background:#1a212c;padding:2rem;border-radius:12px;max-width:26rem;margin:1rem}}
h1{{font-size:1.25rem;margin:0 0 .5rem}} li{{margin:.25rem 0}} .s{{color:#9fb0c6}}
button{{font:inherit;padding:.6rem 1.2rem;border-radius:8px;border:0;cursor:pointer}}
.y{{background:#2f9e5b;color:#fff}} .n{{background:#39465a;color:#fff;margin-left:.5rem}}
</style></head><body><main>
<p class="s">Simulated broker · no real money</p>
<h1>{client} asks for access</h1>
<p>Signed in as <strong>{user}</strong>. The application may then:</p>
<ul>{scopes}</ul>
<form method="post">{fields}
<button class="y" name="decision" value="allow">Allow</button>
<button class="n" name="decision" value="deny">Deny</button>
</form></main></body></html>"""
MEANING = {
    "read": "read accounts, balances, positions, orders and market data",
    "trade": "place, change and cancel orders",
    "openid": "know who you are",
}


async def consent(request: Request) -> Response:
    """`GET /auth.html`: the page on which a customer allows or denies an application."""
    world = world_of(request)
    asked = dict(request.query_params)
    client, problem = _checked(world, asked)
    if problem is not None or client is None:
        return HTMLResponse(f"<h1>{html.escape(problem or '')}</h1>", 400)
    scopes = _scopes(asked)
    fields = "".join(
        f'<input type="hidden" name="{html.escape(k)}" value="{html.escape(v)}">'
        for k, v in asked.items()
    )
    page = PAGE.format(
        client=html.escape(client.name),
        user=html.escape(_customer(world).username),
        scopes="".join(f"<li>{MEANING[s]}</li>" for s in scopes),
        fields=fields,
    )
    return HTMLResponse(page)


async def decide(request: Request) -> Response:
    """`POST /auth.html`: back to the application with a code, or with the refusal."""
    world = world_of(request)
    asked = {k: v[-1] for k, v in parse_qs((await request.body()).decode()).items()}
    asked = {**dict(request.query_params), **asked}
    client, problem = _checked(world, asked)
    if problem is not None or client is None:
        return HTMLResponse(f"<h1>{html.escape(problem or '')}</h1>", 400)
    back = {"state": asked["state"]} if asked.get("state") else {}
    if asked.get("decision") != "allow":
        return _back(asked["redirect_uri"], {"error": "access_denied", **back})
    code = Code(
        value=world.ids.uuid("code"),
        client_id=client.client_id,
        username=_customer(world).username,
        scopes=_scopes(asked),
        redirect_uri=asked["redirect_uri"],
        expires_at=world.clock.now() + CODE_LIFETIME * max(1.0, world.clock.speed),
    )
    world.codes[code.value] = code
    world.touch(code)
    return _back(asked["redirect_uri"], {"code": code.value, **back})


def _checked(world: World, asked: dict[str, str]) -> tuple[Client | None, str | None]:
    client = world.clients.get(asked.get("client_id", ""))
    if client is None:
        return None, "Unknown application"
    redirect = asked.get("redirect_uri", "")
    parts = urlsplit(redirect)
    if parts.scheme not in ("http", "https") or not parts.netloc or parts.fragment:
        return None, "The redirect address is not valid"
    if client.redirect_uris and redirect not in client.redirect_uris:
        return None, "The redirect address is not registered"
    if asked.get("response_type") != "code":
        return None, "The response type must be code"
    if not set(asked.get("scope", "").split()) <= set(SCOPES):
        return None, "Unknown scope"
    return client, None


def _scopes(asked: dict[str, str]) -> list[str]:
    return asked.get("scope", "").split() or ["read", "trade"]


def _customer(world: World) -> User:
    """Who sits in front of the consent page: the first customer."""
    return next(iter(world.users.values()))


def _back(address: str, values: dict[str, str]) -> Response:
    joint = "&" if "?" in address else "?"
    return RedirectResponse(f"{address}{joint}{urlencode(values)}", 302)


def routes(world: World) -> list[Route]:
    """Token endpoint and consent page."""
    return [
        Route("/oauth/token", token, methods=["POST"]),
        Route("/auth.html", consent, methods=["GET"]),
        Route("/auth.html", decide, methods=["POST"]),
    ]
