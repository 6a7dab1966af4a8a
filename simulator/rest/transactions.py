"""Transactions of an account and the fees of a day."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from simulator.access import account_of
from simulator.http import (
    context_of,
    invalid,
    items,
    not_found,
    ok,
    page,
    query,
    query_date,
    query_list,
    query_time,
    signed,
    stamp,
    text,
    world_of,
)
from simulator.market.calendar import new_york_date
from simulator.model import ZERO, Account, Transaction

if TYPE_CHECKING:
    from simulator.world import World

FEES = (
    ("regulatory-fees", "regulatory"),
    ("clearing-fees", "clearing"),
    ("commission", "commission"),
    ("proprietary-index-option-fees", "proprietary"),
)


async def transactions(request: Request) -> Response:
    """`GET /accounts/{number}/transactions`: newest first, filtered and paged."""
    world, account = world_of(request), account_of(request)
    sort = query(request, "sort") or "Desc"
    if sort not in ("Asc", "Desc"):
        raise invalid(("sort", "does not have a valid value"))
    if query(request, "type") and query_list(request, "types"):
        raise invalid(("type", "is exclusive with types"))
    rows = [r for r in world.transactions[account.number] if _wanted(request, r)]
    rows.sort(key=lambda r: (r.executed_at, r.id), reverse=sort == "Desc")
    chosen, block = page(request, rows, maximum=2000)
    return items([transaction_wire(row) for row in chosen], context_of(request), pagination=block)


def _wanted(request: Request, row: Transaction) -> bool:
    types = query_list(request, "types") or query_list(request, "type")
    sub_types = query_list(request, "sub-type") or query_list(request, "sub-types")
    return (
        (not types or row.type in types)
        and (not sub_types or row.sub_type in sub_types)
        and _in_time(request, row)
        and _of_instrument(request, row)
        and query(request, "currency") in (None, "USD")
    )


def _in_time(request: Request, row: Transaction) -> bool:
    start_at, end_at = _moment(request, "start-at"), _moment(request, "end-at")
    start, end = query_date(request, "start-date"), query_date(request, "end-date")
    if start_at is not None:
        if row.executed_at < start_at:
            return False
    elif start is not None and row.on < start:
        return False
    if end_at is not None:
        return row.executed_at <= end_at
    return end is None or row.on <= end


def _moment(request: Request, name: str) -> datetime | None:
    return query_time(request, name)


def _of_instrument(request: Request, row: Transaction) -> bool:
    symbol, underlying = query(request, "symbol"), query(request, "underlying-symbol")
    future = query(request, "futures-symbol")
    kind, action = query(request, "instrument-type"), query(request, "action")
    return (
        (symbol is None or row.symbol == symbol)
        and (underlying is None or row.underlying == underlying or row.symbol == underlying)
        and (future is None or future in (row.symbol, row.underlying))
        and (kind is None or row.instrument_type == kind)
        and (action is None or row.action == action)
    )


def transaction_wire(row: Transaction) -> dict[str, Any]:
    """A row of the ledger as the API shows it."""
    wire: dict[str, Any] = {"id": row.id, "account-number": row.account}
    if row.symbol is not None:
        wire |= {
            "symbol": row.symbol,
            "instrument-type": row.instrument_type,
            "underlying-symbol": row.underlying,
        }
    wire |= {
        "transaction-type": row.type,
        "transaction-sub-type": row.sub_type,
        "description": row.description,
    }
    if row.action is not None:
        wire["action"] = row.action
    if row.quantity is not None:
        wire["quantity"] = text(row.quantity)
    if row.price is not None:
        wire["price"] = text(row.price)
    wire |= {
        "executed-at": stamp(row.executed_at),
        "transaction-date": row.on.isoformat(),
        **signed("value", row.value),
    }
    for key, name in FEES[:2]:
        wire |= _fee(row, key, name)
    wire |= signed("net-value", row.net_value)
    for key, name in FEES[2:]:
        wire |= _fee(row, key, name)
    return wire | {"is-estimated-fee": row.estimated} | _execution(row) | {"currency": "USD"}


def _fee(row: Transaction, key: str, name: str) -> dict[str, str]:
    cost = getattr(row, name)
    return {} if cost is None else signed(key, -cost)


def _execution(row: Transaction) -> dict[str, Any]:
    if row.order_id is None:
        return {}
    return {
        "ext-exchange-order-number": row.exchange_number or "0",
        "ext-global-order-number": row.global_number or 0,
        "ext-group-id": "0",
        "ext-group-fill-id": row.group_fill_id or "0",
        "ext-exec-id": row.exec_id or "0",
        "exec-id": f"{row.id}_1",
        "exchange": row.exchange or "",
        "order-id": row.order_id,
        "exchange-affiliation-identifier": "",
        "leg-count": row.leg_count or 1,
        "destination-venue": row.venue or "",
    }


async def transaction(request: Request) -> Response:
    """`GET /accounts/{number}/transactions/{id}`."""
    world, account = world_of(request), account_of(request)
    wanted = request.path_params["id"]
    for row in world.transactions[account.number]:
        if str(row.id) == wanted:
            return ok(transaction_wire(row), context_of(request))
    raise not_found("Transaction")


async def total_fees(request: Request) -> Response:
    """`GET /accounts/{number}/transactions/total-fees`: of a New York date, default today."""
    world, account = world_of(request), account_of(request)
    day = query_date(request, "date") or new_york_date(world.clock.now())
    return ok(signed("total-fees", -fees_on(world, account, day)), context_of(request))


def fees_on(world: World, account: Account, day: Any) -> Any:
    """All fees of one date, a cost."""
    total = ZERO
    for row in world.transactions[account.number]:
        if row.on == day:
            total += sum((getattr(row, name) or ZERO for _, name in FEES), ZERO)
    return total


def routes(world: World) -> list[Route]:
    """Routes of this family."""
    return [
        Route("/accounts/{number}/transactions", transactions),
        Route("/accounts/{number}/transactions/total-fees", total_fees),
        Route("/accounts/{number}/transactions/{id}", transaction),
    ]
