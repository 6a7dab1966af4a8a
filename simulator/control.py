"""Steering, under `/control`: clock, prices, fills, tokens, streams, faults, ledger.

Not part of the broker's API; served on loopback only, without a token.
"""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import msgspec
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from simulator.http import body_json, invalid, json_response, parse_time, stamp, world_of
from simulator.market.calendar import current_session, next_trading_day, session, state
from simulator.model import Settings
from simulator.oauth import new_grant
from simulator.orders.wire import order_wire

if TYPE_CHECKING:
    from simulator.world import World

FILL_MODELS = ("touch", "queue")
FURTHEST = timedelta(days=400)


def _clock_state(world: World) -> dict[str, Any]:
    now = world.clock.now()
    return {"now": stamp(now), "speed": world.clock.speed, "session": state(now)}


async def clock(request: Request) -> Response:
    """`GET`: the virtual time. `POST {speed | pause | resume | advance | to}` moves it.

    `advance` in seconds; `to` a time, or one of `open`, `close`, `next-open`.
    """
    world = world_of(request)
    if request.method == "POST":
        body = await body_json(request)
        try:
            _steer(world, body)
        except (ValueError, TypeError, OverflowError) as failure:
            raise invalid(("clock", str(failure))) from None
    return json_response(_clock_state(world))


def _steer(world: World, body: dict[str, Any]) -> None:
    base = world.clock.base
    if "advance" in body or "to" in body:
        target = _target(world, body)
        if target - world.clock.now() > FURTHEST:
            raise ValueError("that is too far ahead")
        world.jump(target)
    if "speed" in body:
        world.catch_up()
        base.set_speed(float(body["speed"]))
    if body.get("pause"):
        world.catch_up()
        base.pause()
    if body.get("resume"):
        base.resume()
    world.flush()


def _target(world: World, body: dict[str, Any]) -> datetime:
    now = world.clock.now()
    if "advance" in body:
        return now + timedelta(seconds=float(body["advance"]))
    word = str(body["to"])
    running = current_session(now)
    if word == "close":
        return (
            running.close if now < running.close else session(next_trading_day(running.date)).close
        )
    if word in ("open", "next-open"):
        return running.open if now < running.open else session(next_trading_day(running.date)).open
    return parse_time(word)


async def prices(request: Request) -> Response:
    """`POST {symbol, factor | price}`: move an underlying from now on."""
    world, body = world_of(request), await body_json(request)
    symbol = str(body.get("symbol", ""))
    try:
        factor = _factor(world, symbol, body)
        world.market.move(symbol, factor, world.clock.now())  # type: ignore[attr-defined]
    except (KeyError, ValueError, ArithmeticError, TypeError):
        raise invalid(("symbol", "cannot be moved so")) from None
    world.market_moved()
    mark = world.market.mark(symbol)
    return json_response({"symbol": symbol, "mark": mark})


def _factor(world: World, symbol: str, body: dict[str, Any]) -> float:
    if "factor" in body:
        factor = float(body["factor"])
    else:
        mark = world.market.mark(symbol)
        factor = float(Decimal(str(body["price"])) / Decimal(mark))
    if not 0.01 <= factor <= 100:
        raise ValueError("factor")
    return factor


async def settings(request: Request) -> Response:
    """`GET` and `POST`: fill model, crypto orders, scripted behaviour, token lifetimes."""
    world = world_of(request)
    if request.method == "POST":
        body = {k.replace("-", "_"): v for k, v in (await body_json(request)).items()}
        merged = {**msgspec.to_builtins(world.settings), **body}
        if merged["fill_model"] not in FILL_MODELS or set(merged) != set(
            Settings.__struct_fields__
        ):
            raise invalid(("settings", "does not have a valid value"))
        try:
            world.settings = msgspec.convert(merged, Settings, strict=False)
        except msgspec.ValidationError as failure:
            raise invalid(("settings", str(failure))) from None
        world.flush()
    shown = msgspec.to_builtins(world.settings)
    return json_response({k.replace("_", "-"): v for k, v in shown.items()})


async def ledger(request: Request) -> Response:
    """`GET`: every accepted order request and every execution, in order; orders as they stand."""
    world = world_of(request)
    return json_response(
        {
            "entries": world.journal,
            "orders": [order_wire(order) for order in world.orders.values()],
            "fill-model": world.settings.fill_model,
            "frames-sent": world.hub.sent,
        }
    )


async def tokens(request: Request) -> Response:
    """`POST {action}`: `expire-access`, `expire-quote`, `revoke-grants`, `new-grant`."""
    world, body = world_of(request), await body_json(request)
    action = body.get("action")
    if action in ("expire-access", "expire-quote"):
        kind = action.partition("-")[2]
        for token in world.tokens.values():
            if token.kind == kind:
                token.revoked = True
                world.touch(token)
    elif action == "revoke-grants":
        for grant in world.grants.values():
            grant.revoked = True
            world.touch(grant)
    elif action == "new-grant":
        return json_response(_new_grant(world, body))
    else:
        raise invalid(("action", "does not have a valid value"))
    world.flush()
    return json_response({"done": action})


def _new_grant(world: World, body: dict[str, Any]) -> dict[str, Any]:
    client = next(iter(world.clients.values()))
    username = str(body.get("username") or next(iter(world.users)))
    if username not in world.users:
        raise invalid(("username", "does not have a valid value"))
    scopes = str(body.get("scope") or "read trade openid").split()
    grant = new_grant(world, client, username, scopes)
    world.flush()
    return {
        "client_id": client.client_id,
        "client_secret": client.secret,
        "refresh_token": grant.refresh_token,
        "scope": " ".join(scopes),
    }


async def streams(request: Request) -> Response:
    """`POST {action}` on the account streams: `close` (with `code`), `freeze`, `thaw`."""
    world, body = world_of(request), await body_json(request)
    for one in list(world.hub.subscribers):
        match body.get("action"):
            case "close":
                one.close(int(body.get("code", 1000)), str(body.get("reason", "Bye")))
            case "freeze":
                one.frozen = True
            case "thaw":
                one.frozen = False
            case _:
                raise invalid(("action", "does not have a valid value"))
    return json_response({"subscribers": len(world.hub.subscribers)})


async def faults(request: Request) -> Response:
    """`GET` lists, `POST` adds one (see `faults.Fault`), `DELETE` removes all."""
    world = world_of(request)
    if request.method == "POST":
        try:
            world.faults.add(await body_json(request))
        except (TypeError, KeyError, re.error) as failure:
            raise invalid(("fault", str(failure))) from None
    if request.method == "DELETE":
        world.faults.clear()
    shown = [
        {"id": f.id, "path": f.path, "action": f.action, "status": f.status, "hits": f.hits}
        for f in world.faults.entries
    ]
    return json_response({"faults": shown})


async def accounts(request: Request) -> Response:
    """`POST {account-number, …trading status keys}`: change permissions, published as such."""
    world, body = world_of(request), await body_json(request)
    account = world.accounts.get(str(body.pop("account-number", "")))
    if account is None:
        raise invalid(("account-number", "does not have a valid value"))
    unknown = [key for key in body if key not in account.status]
    if unknown:
        raise invalid(*((key, "is not a trading status key") for key in unknown))
    account.status |= body | {"updated-at": stamp(world.clock.now())}
    world.touch(account)
    world.hub.trading_status(account)
    return json_response(account.status)


async def overview(request: Request) -> Response:
    """`GET /control`: what the simulator is doing."""
    world = world_of(request)
    return json_response(
        {
            "seed": world.seed,
            "clock": _clock_state(world),
            "settings": msgspec.to_builtins(world.settings),
            "accounts": list(world.accounts),
            "orders": len(world.orders),
            "subscribers": len(world.hub.subscribers),
            "faults": len(world.faults.entries),
        }
    )


async def health(request: Request) -> Response:
    """`GET /healthz`."""
    return json_response({"status": "ok"})


def routes(world: World) -> list[Route]:
    """Routes of the steering."""
    both = ["GET", "POST"]
    return [
        Route("/control", overview),
        Route("/control/clock", clock, methods=both),
        Route("/control/prices", prices, methods=["POST"]),
        Route("/control/settings", settings, methods=both),
        Route("/control/ledger", ledger),
        Route("/control/tokens", tokens, methods=["POST"]),
        Route("/control/streams", streams, methods=["POST"]),
        Route("/control/faults", faults, methods=["GET", "POST", "DELETE"]),
        Route("/control/accounts", accounts, methods=["POST"]),
        Route("/healthz", health),
    ]
