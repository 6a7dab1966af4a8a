"""Positions of an account."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from simulator.access import account_of
from simulator.buying_power import mark_of
from simulator.http import (
    context_of,
    items,
    query,
    query_bool,
    query_list,
    signed,
    stamp,
    text,
    world_of,
)
from simulator.ledger import day_basis, previous_close
from simulator.model import ZERO, Account, Position

if TYPE_CHECKING:
    from simulator.world import World

FRACTIONAL = ("Cryptocurrency",)


async def positions(request: Request) -> Response:
    """`GET /accounts/{number}/positions`, filtered; closed ones and marks on request."""
    world, account = world_of(request), account_of(request)
    closed = query_bool(request, "include-closed-positions")
    marks = query_bool(request, "include-marks")
    chosen = [
        position_wire(world, account, position, marks)
        for position in account.positions.values()
        if (closed or position.quantity) and _wanted(request, position)
    ]
    return items(chosen, context_of(request))


def _wanted(request: Request, position: Position) -> bool:
    underlyings = query_list(request, "underlying-symbol")
    symbol = query(request, "symbol")
    kind = query(request, "instrument-type")
    code = query(request, "underlying-product-code")
    return (
        (not underlyings or position.underlying in underlyings)
        and (symbol is None or position.symbol == symbol)
        and (kind is None or position.instrument_type == kind)
        and (code is None or _of_product(position, code))
    )


def _of_product(position: Position, code: str) -> bool:
    root = f"/{code.lstrip('/')}"
    if position.instrument_type == "Future":
        return position.underlying == root
    if position.instrument_type == "Future Option":
        return position.underlying[:-2] == root or position.underlying[:-3] == root
    return False


def position_wire(
    world: World, account: Account, position: Position, marks: bool = False
) -> dict[str, Any]:
    """A position as the API and the stream show it."""
    today = world.today()
    basis = day_basis(world, position)
    fresh = position.realized_date == today
    wire: dict[str, Any] = {
        "account-number": account.number,
        "symbol": position.symbol,
        "instrument-type": position.instrument_type,
        "underlying-symbol": position.underlying,
        "quantity": quantity_wire(position, abs(position.quantity)),
        "quantity-direction": direction(position.quantity),
        "close-price": text(previous_close(world, position)),
        "average-open-price": text(position.average_open),
        "average-yearly-market-close-price": text(position.year_basis),
        "average-daily-market-close-price": text(basis),
        "multiplier": _number(position.multiplier),
        "cost-effect": _cost_effect(position.quantity),
        "is-suppressed": False,
        "is-frozen": False,
        "restricted-quantity": quantity_wire(position, ZERO),
    }
    if position.expires_at is not None:
        wire["expires-at"] = stamp(position.expires_at)
    if position.streamer_symbol is not None:
        wire["streamer-symbol"] = position.streamer_symbol
    realized_date = (position.realized_date or today).isoformat()
    wire |= signed("realized-day-gain", position.realized_day_gain if fresh else ZERO)
    wire |= {"realized-day-gain-date": realized_date}
    wire |= signed("realized-today", position.realized_today if fresh else ZERO)
    wire |= {"realized-today-date": realized_date}
    wire |= {"created-at": stamp(position.created_at), "updated-at": stamp(position.updated_at)}
    if marks:
        mark = mark_of(world, position.symbol)
        wire["mark-price"] = text(mark)
        wire["mark"] = text(mark * abs(position.quantity) * position.multiplier)
    return wire


def direction(quantity: Decimal) -> str:
    """`Long`, `Short` or `Zero`."""
    return "Long" if quantity > 0 else "Short" if quantity < 0 else "Zero"


def quantity_wire(position: Position, quantity: Decimal) -> int | str:
    """Whole quantities as integers, fractional ones as text."""
    whole = position.quantity == position.quantity.to_integral_value()
    if whole and position.instrument_type not in FRACTIONAL:
        return int(quantity)
    return text(quantity)


def _number(value: Decimal) -> int | float:
    return int(value) if value == value.to_integral_value() else float(value)


def _cost_effect(quantity: Decimal) -> str:
    """The effect of closing: a long position pays out."""
    return "Credit" if quantity > 0 else "Debit" if quantity < 0 else "None"


def routes(world: World) -> list[Route]:
    """Routes of this family."""
    return [Route("/accounts/{number}/positions", positions)]
