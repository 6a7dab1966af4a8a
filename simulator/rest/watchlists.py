"""Watchlists: a user's own, the public ones and the pairs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from simulator.access import user_of
from simulator.http import (
    body_json,
    context_of,
    invalid,
    items,
    json_response,
    not_found,
    ok,
    query_bool,
    stamp,
    world_of,
)

if TYPE_CHECKING:
    from simulator.world import World

MAX_ENTRIES = 1000
EQUITIES = ("SPY", "QQQ", "IWM", "AAPL", "MSFT", "NVDA", "AMZN", "TSLA", "META", "GOOGL")
PUBLIC: list[dict[str, Any]] = [
    {
        "id": 70215,
        "name": "High Options Volume",
        "watchlist-entries": [{"symbol": s, "instrument-type": "Equity"} for s in EQUITIES],
        "group-name": "Liquidity",
        "order-index": 100,
    },
    {
        "id": 70216,
        "name": "Indices and Futures",
        "watchlist-entries": [
            {"symbol": "SPX", "instrument-type": "Equity"},
            {"symbol": "VIX", "instrument-type": "Equity"},
            {"symbol": "/ES", "instrument-type": "Future"},
            {"symbol": "/CL", "instrument-type": "Future"},
        ],
        "group-name": "Markets",
        "order-index": 200,
    },
    {
        "id": 70217,
        "name": "Crypto",
        "watchlist-entries": [
            {"symbol": "BTC/USD", "instrument-type": "Cryptocurrency"},
            {"symbol": "ETH/USD", "instrument-type": "Cryptocurrency"},
        ],
        "group-name": "Markets",
        "order-index": 300,
    },
]
PAIRS: list[dict[str, Any]] = [
    {
        "name": "Futures",
        "pairs-equations": [
            {
                "left-action": "Buy",
                "left-symbol": "/CL",
                "left-quantity": 1,
                "right-action": "Sell",
                "right-symbol": "/RB",
                "right-quantity": 1,
            }
        ],
        "order-index": 1,
    },
    {
        "name": "Stocks",
        "pairs-equations": [
            {
                "left-action": "Buy",
                "left-symbol": "KO",
                "left-quantity": 100,
                "right-action": "Sell",
                "right-symbol": "PEP",
                "right-quantity": 40,
            }
        ],
        "order-index": 2,
    },
]


def _shown(row: dict[str, Any]) -> dict[str, Any]:
    return {k: v for k, v in row.items() if k not in ("id", "created-at", "updated-at")}


async def own(request: Request) -> Response:
    """`GET /watchlists`."""
    rows = [_shown(row) for row in user_of(request).watchlists.values()]
    return items(rows, context_of(request))


async def one(request: Request) -> Response:
    """`GET /watchlists/{name}`."""
    return ok(_shown(_stored(request)), context_of(request))


def _stored(request: Request) -> dict[str, Any]:
    row = user_of(request).watchlists.get(request.path_params["name"])
    if row is None:
        raise not_found("Watchlist")
    return row


async def create(request: Request) -> Response:
    """`POST /watchlists` → 201; names are unique."""
    world, user = world_of(request), user_of(request)
    row = _read(await body_json(request))
    if row["name"] in user.watchlists:
        raise invalid(("name", "has already been taken"))
    now = stamp(world.clock.now())
    row |= {"id": 7000 + world.ids.next("watchlist"), "created-at": now, "updated-at": now}
    user.watchlists[row["name"]] = row
    world.touch(user)
    return ok(_shown(row), context_of(request), 201)


async def replace(request: Request) -> Response:
    """`PUT /watchlists/{name}`: replaces everything, may rename."""
    world, user = world_of(request), user_of(request)
    old = _stored(request)
    body = await body_json(request)
    row = _read({"name": old["name"], **body})
    if row["name"] != old["name"] and row["name"] in user.watchlists:
        raise invalid(("name", "has already been taken"))
    kept = {"id": old["id"], "created-at": old["created-at"]}
    row |= kept | {"updated-at": stamp(world.clock.now())}
    del user.watchlists[old["name"]]
    user.watchlists[row["name"]] = row
    world.touch(user)
    return ok(_shown(row), context_of(request))


async def delete(request: Request) -> Response:
    """`DELETE /watchlists/{name}` → 200 with an un-enveloped snake_case record."""
    world, user = world_of(request), user_of(request)
    row = _stored(request)
    del user.watchlists[row["name"]]
    world.touch(user)
    record = {
        "id": row["id"],
        "name": row["name"],
        "user_id": user.user_id,
        "created_at": row["created-at"],
        "updated_at": row["updated-at"],
        "watchlist_entries": row.get("watchlist-entries"),
        "cms_id": None,
        "group_name": row.get("group-name"),
        "order_index": row["order-index"],
    }
    return json_response(record)


def _read(body: dict[str, Any]) -> dict[str, Any]:
    name = body.get("name")
    if not isinstance(name, str) or not name.strip():
        raise invalid(("name", "is missing"))
    index = body.get("order-index", 9999)
    if isinstance(index, bool) or not isinstance(index, int):
        raise invalid(("order-index", "must be an integer"))
    row: dict[str, Any] = {"name": name[:200], "watchlist-entries": _entries(body)}
    if isinstance(body.get("group-name"), str):
        row["group-name"] = body["group-name"]
    return row | {"order-index": index}


def _entries(body: dict[str, Any]) -> list[dict[str, Any]]:
    raw = body.get("watchlist-entries")
    if raw is None:
        return []
    if not isinstance(raw, list) or len(raw) > MAX_ENTRIES:
        raise invalid(("watchlist-entries", "does not have a valid value"))
    rows = []
    for entry in raw:
        if not isinstance(entry, dict) or not isinstance(entry.get("symbol"), str):
            raise invalid(("watchlist-entries", "symbol is missing"))
        kind = entry.get("instrument-type") or "Equity"
        rows.append({"symbol": entry["symbol"], "instrument-type": kind})
    return rows


async def public(request: Request) -> Response:
    """`GET /public-watchlists`: with `counts-only`, names and sizes."""
    if query_bool(request, "counts-only"):
        counts = [
            {
                "id": row["id"],
                "name": row["name"],
                "watchlist-entry-count": len(row["watchlist-entries"]),
            }
            for row in PUBLIC
        ]
        return items(counts, context_of(request))
    return items([_shown(row) for row in PUBLIC], context_of(request))


async def one_public(request: Request) -> Response:
    """`GET /public-watchlists/{name}`."""
    return ok(_shown(_named(PUBLIC, request)), context_of(request))


async def pairs(request: Request) -> Response:
    """`GET /pairs-watchlists`."""
    return items(PAIRS, context_of(request))


async def one_pairs(request: Request) -> Response:
    """`GET /pairs-watchlists/{name}`."""
    return ok(_named(PAIRS, request), context_of(request))


def _named(rows: list[dict[str, Any]], request: Request) -> dict[str, Any]:
    for row in rows:
        if row["name"] == request.path_params["name"]:
            return row
    raise not_found("Watchlist")


def routes(world: World) -> list[Route]:
    """Routes of this family."""
    return [
        Route("/watchlists", own, methods=["GET"]),
        Route("/watchlists", create, methods=["POST"]),
        Route("/watchlists/{name:path}", one, methods=["GET"]),
        Route("/watchlists/{name:path}", replace, methods=["PUT"]),
        Route("/watchlists/{name:path}", delete, methods=["DELETE"]),
        Route("/public-watchlists", public),
        Route("/public-watchlists/{name:path}", one_public),
        Route("/pairs-watchlists", pairs),
        Route("/pairs-watchlists/{name:path}", one_pairs),
    ]
