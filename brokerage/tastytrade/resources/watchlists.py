"""Watchlists of the user, and the broker's public ones."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from brokerage.tastytrade.calls import Call, Safety, get, many, one, send
from brokerage.tastytrade.payloads.watchlists import PairsWatchlist, Watchlist

# (symbol, instrument type); the type may be empty.
Entry = tuple[str, str]


def _body(
    name: str, entries: Sequence[Entry], group_name: str | None, order_index: int | None
) -> dict[str, Any]:
    return {
        "name": name,
        "watchlist-entries": [
            {"symbol": symbol, "instrument-type": kind or None} for symbol, kind in entries
        ],
        "group-name": group_name,
        "order-index": order_index,
    }


def list_watchlists() -> Call[tuple[Watchlist, ...]]:
    return get("/watchlists", parse=many(Watchlist))


def get_watchlist(name: str) -> Call[Watchlist]:
    return get("/watchlists/{}", name, parse=one(Watchlist))


def create(
    name: str,
    entries: Sequence[Entry],
    *,
    group_name: str | None = None,
    order_index: int | None = None,
) -> Call[Watchlist]:
    return send(
        "POST",
        "/watchlists",
        parse=one(Watchlist),
        safety=Safety.CREATE,
        body=_body(name, entries, group_name, order_index),
    )


def replace(
    old_name: str,
    name: str,
    entries: Sequence[Entry],
    *,
    group_name: str | None = None,
    order_index: int | None = None,
) -> Call[Watchlist]:
    """Replaces all of it, and renames it where the names differ."""
    return send(
        "PUT",
        "/watchlists/{}",
        old_name,
        parse=one(Watchlist),
        safety=Safety.IDEMPOTENT,
        body=_body(name, entries, group_name, order_index),
    )


def delete(name: str) -> Call[Watchlist]:
    """The answer is the list that was."""
    return send("DELETE", "/watchlists/{}", name, parse=one(Watchlist), safety=Safety.IDEMPOTENT)


def list_public(*, counts_only: bool | None = None) -> Call[tuple[Watchlist, ...]]:
    return get("/public-watchlists", parse=many(Watchlist), query={"counts-only": counts_only})


def get_public(name: str) -> Call[Watchlist]:
    return get("/public-watchlists/{}", name, parse=one(Watchlist))


def list_pairs() -> Call[tuple[PairsWatchlist, ...]]:
    return get("/pairs-watchlists", parse=many(PairsWatchlist))


def get_pairs(name: str) -> Call[PairsWatchlist]:
    return get("/pairs-watchlists/{}", name, parse=one(PairsWatchlist))
