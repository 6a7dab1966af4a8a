"""Steering tokens, grants, sockets and faults."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

import msgspec
from starlette.requests import Request

from simulator.control_api import Table, path_number
from simulator.fault_events import play
from simulator.faults import ACTIONS, Fault
from simulator.http import invalid, not_found
from simulator.model import User
from simulator.oauth import new_grant

if TYPE_CHECKING:
    from simulator.world import World

table = Table()


class TokenAction(msgspec.Struct, kw_only=True, rename="kebab", forbid_unknown_fields=True):
    """What happens to the tokens and grants there are."""

    action: Literal["expire-access", "expire-quote", "revoke-grants", "new-grant"]
    username: str | None = None
    scope: str = "read trade openid"


class StreamAction(msgspec.Struct, kw_only=True, rename="kebab", forbid_unknown_fields=True):
    """What happens to open sockets now."""

    action: Literal["close", "freeze", "thaw"]
    stream: Literal["account", "market"] = "account"
    connection: str | None = None
    """A socket's id; all without one."""
    code: int = 1000
    reason: str = "Bye"


class Bulletin(msgspec.Struct, kw_only=True, rename="kebab", forbid_unknown_fields=True):
    """Something free for the market data stream."""

    kind: Literal["Message", "Configuration"] = "Message"
    symbol: str = "sim.notice"
    attachment: dict[str, Any]


@table.add("POST", "/control/bulletins", Bulletin)
async def bulletin(world: World, request: Request, body: Bulletin) -> Any:
    """Publish a Message or a Configuration event to those who subscribe to its symbol."""
    server = getattr(world, "dxlink", None)
    if server is None or not body.symbol:
        raise invalid(("symbol", "does not have a valid value"))
    version = server.announce(body.kind, body.symbol, body.attachment)
    return {"kind": body.kind, "symbol": body.symbol, "version": version}


@table.add("POST", "/control/tokens", TokenAction)
async def tokens(world: World, request: Request, body: TokenAction) -> Any:
    """End access or quote tokens, take all grants back, or make a new one for a customer."""
    if body.action == "new-grant":
        return _new_grant(world, body)
    play(world, body.action)
    world.flush()
    return {"done": body.action}


def _new_grant(world: World, body: TokenAction) -> dict[str, Any]:
    username = body.username or next(iter(world.users))
    if username not in world.users:
        raise invalid(("username", "does not have a valid value"))
    made = grant_for(world, world.users[username], body.scope.split())
    world.flush()
    return made


def grant_for(world: World, user: User, scopes: list[str]) -> dict[str, Any]:
    """A grant of the first application, and what a client needs of it."""
    client = next(iter(world.clients.values()))
    grant = new_grant(world, client, user.username, scopes)
    return {
        "client_id": client.client_id,
        "client_secret": client.secret,
        "refresh_token": grant.refresh_token,
        "grant_id": grant.id,
        "scope": " ".join(scopes),
    }


@table.add("GET", "/control/connections")
async def connections(world: World, request: Request, body: None) -> Any:
    """Grants and open sockets, with the ids that faults and stream actions take."""
    return {
        "grants": [
            {"id": g.id, "username": g.username, "scopes": g.scopes, "revoked": g.revoked}
            for g in world.grants.values()
        ],
        "account-streams": [
            {"id": one.id, "username": one.username, "accounts": sorted(one.accounts),
             "frozen": one.frozen}
            for one in sorted(world.hub.subscribers, key=lambda one: one.id)
        ],
        "market-streams": [
            {"id": one.id, "username": one.session.username, "frozen": one.frozen,
             "channels": sorted(one.session.channels), "entries": one.session.limits.used}
            for one in sorted(_market(world), key=lambda one: one.id)
        ],
    }  # fmt: skip


def _market(world: World) -> list[Any]:
    server = getattr(world, "dxlink", None)
    return list(server.connections) if server is not None else []


@table.add("POST", "/control/streams", StreamAction)
async def streams(world: World, request: Request, body: StreamAction) -> Any:
    """Close sockets (with a code and a reason), freeze them silently, or thaw them."""
    found = list(world.hub.subscribers) if body.stream == "account" else _market(world)
    chosen = [one for one in found if body.connection in (None, one.id)]
    for one in chosen:
        if body.action != "close":
            one.frozen = body.action == "freeze"
        elif body.stream == "account":
            one.close(body.code, body.reason)
        else:
            await one.close(body.code, body.reason)
    return {"subscribers": len(world.hub.subscribers), "met": len(chosen)}


def _shown(fault: Fault) -> dict[str, Any]:
    row: dict[str, Any] = msgspec.to_builtins(fault)
    return {k: v for k, v in row.items() if v not in (None, {}, [])}


@table.add("GET", "/control/faults")
async def faults(world: World, request: Request, body: None) -> Any:
    """The faults in force with how often each was met, and the actions there are."""
    return {"faults": [_shown(f) for f in world.faults.entries], "actions": ACTIONS}


@table.add("POST", "/control/faults", Fault)
async def add_fault(world: World, request: Request, body: Fault) -> Any:
    """Enter a fault: what it meets, how often, and what it does then."""
    try:
        fault = world.faults.enter(body)
    except ValueError as failure:
        raise invalid(("fault", str(failure))) from None
    world.flush()
    return {"fault": _shown(fault), "faults": [_shown(f) for f in world.faults.entries]}


@table.add("DELETE", "/control/faults")
async def clear_faults(world: World, request: Request, body: None) -> Any:
    """Take all faults back."""
    world.faults.clear()
    world.flush()
    return {"faults": []}


@table.add("DELETE", "/control/faults/{id}")
async def remove_fault(world: World, request: Request, body: None) -> Any:
    """Take one fault back."""
    if not world.faults.remove(path_number(request)):
        raise not_found("fault")
    world.flush()
    return {"faults": [_shown(f) for f in world.faults.entries]}
